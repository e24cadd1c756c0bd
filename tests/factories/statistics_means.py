"""The means that programs of statistics make of a file, each by its own rules for what is missing."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyreadstat

from tests import statistics_programs

R_MEANS = """
library(haven)
asked <- commandArgs(TRUE)
data <- if (endsWith(asked[1], ".sav")) read_sav(asked[1]) else read_dta(asked[1])
for (name in asked[-1]) {
  x <- as.numeric(data[[name]])
  known <- !is.na(x)
  figures <- c(mean(x[known]), weighted.mean(x[known], data[["weight"]][known]))
  cat(name, format(figures, digits = 17), "\\n")
}
"""
PSPP_MEANS = """
GET FILE='{path}'.
{weight}
COMPUTE every_row = 1.
AGGREGATE /OUTFILE=* /BREAK=every_row {means}.
WEIGHT OFF.
FORMATS {names} (F24.15).
LIST.
"""
Means = Mapping[str, tuple[float, float]]  # unweighted, weighted


def by_pyreadstat(path: Path, names: Sequence[str]) -> Means:
    """As Python reads the file."""
    frame, _ = (pyreadstat.read_sav if path.suffix == ".sav" else pyreadstat.read_dta)(str(path))
    found = {}
    for name in names:
        known = frame[name].notna().to_numpy()
        x, weight = frame[name].to_numpy(np.float64)[known], frame["weight"].to_numpy(np.float64)[known]
        found[name] = (float(x.mean()), float(np.average(x, weights=weight)))
    return found


def by_haven(path: Path, names: Sequence[str]) -> Means:
    """As R reads the file."""
    script = path.with_suffix(".R")
    script.write_text(R_MEANS, encoding="utf-8")
    lines = (line.split() for line in statistics_programs.r(script, path, *names).splitlines())
    return {name: (float(mean), float(weighted)) for name, mean, weighted in lines}


def by_pspp(path: Path, names: Sequence[str]) -> Means:
    """As SPSS reads the file: PSPP obeys the same syntax. Only for .sav."""
    plain, weighted = (_by_pspp(path, names, weight) for weight in ("", "WEIGHT BY weight."))
    return {name: (plain[name], weighted[name]) for name in names}


def _by_pspp(path: Path, names: Sequence[str], weight: str) -> dict[str, float]:
    means = " ".join(f"/{name}_mean = MEAN({name})" for name in names)
    syntax = path.with_suffix(".sps")
    said = PSPP_MEANS.format(path=path, weight=weight, means=means, names=" ".join(f"{name}_mean" for name in names))
    syntax.write_text(said, encoding="utf-8")
    rows = [row for row in csv.reader(io.StringIO(statistics_programs.pspp(syntax))) if row]
    head = next(n for n, row in enumerate(rows) if row[0] == "every_row")
    return {name: float(value) for name, value in zip(names, rows[head + 1][1:], strict=True)}


Reader = Callable[[Path, Sequence[str]], Means]
READERS: tuple[tuple[str, Reader], ...] = (
    ("sav", by_pyreadstat),
    ("sav", by_haven),
    ("sav", by_pspp),
    ("dta", by_pyreadstat),
    ("dta", by_haven),
)  # the ending of the file, and who reads it
