"""Columns of answers as files of SPSS and Stata, with the label of every column and of every code.

Both programs cut what is too long in the middle of a letter or refuse it: labels are cut here, at their limits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

SPSS_LABEL, SPSS_VALUE, SPSS_NOTE = 256, 120, 80  # bytes
STATA_LABEL, STATA_NAME = 80, 32  # letters; bytes of an ASCII name
STATA_WORD = re.compile("byte|double|float|if|in|int|long|using|with|str[0-9l]+")  # what Stata keeps for itself


@dataclass(frozen=True)
class StatisticsColumn:
    """One variable: text, or numbers with NaN for blank, best as an array."""

    name: str
    label: str
    values: Sequence[Any] | npt.NDArray[Any]
    is_text: bool = False
    codes: Mapping[int, str] = field(default_factory=dict)


def write_sav(path: Path, columns: Sequence[StatisticsColumn], *, title: str, note: str = "") -> None:
    """A file of SPSS (.sav); `note` stands among its document notes."""
    import pyreadstat

    pyreadstat.write_sav(
        _frame(columns, [c.name for c in columns]), str(path), file_label=cut(title, 60), row_compress=True,
        note=_lines(note),
        column_labels={c.name: cut(c.label, SPSS_LABEL) for c in columns},
        variable_value_labels={
            c.name: {code: cut(words, SPSS_VALUE) for code, words in c.codes.items()} for c in columns if c.codes
        },
        variable_measure={c.name: _measure(c) for c in columns},
    )  # fmt: skip


def write_dta(path: Path, columns: Sequence[StatisticsColumn], *, title: str) -> None:
    """A file of Stata 14 and later (.dta)."""
    import pyreadstat

    names = stata_names([c.name for c in columns])
    pyreadstat.write_dta(
        _frame(columns, names), str(path), file_label=title[:80], version=15,
        column_labels={name: c.label[:STATA_LABEL] for name, c in zip(names, columns, strict=True)},
        variable_value_labels={
            name: {float(code): words for code, words in c.codes.items()}
            for name, c in zip(names, columns, strict=True)
            if c.codes
        },
    )  # fmt: skip


def stata_names(names: Sequence[str]) -> list[str]:
    """Names of at most 32 letters, each once, none a word of Stata's own."""
    found: list[str] = []
    for name in names:
        short, n = f"{name}_" if STATA_WORD.fullmatch(name) else name[:STATA_NAME], 2
        while short in found:
            short = f"{name[: STATA_NAME - len(str(n)) - 1]}_{n}"
            n += 1
        found.append(short)
    return found


def cut(text: str, most: int) -> str:
    """The beginning of a text that takes at most so many bytes."""
    return text.encode()[:most].decode(errors="ignore")


def _lines(note: str) -> list[str]:
    """A note in lines of at most 80 bytes, as SPSS keeps it; words stay whole."""
    lines: list[str] = []
    for word in note.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and len(longer.encode()) <= SPSS_NOTE:
            lines[-1] = longer
        else:
            lines.append(cut(word, SPSS_NOTE))
    return lines


def _measure(column: StatisticsColumn) -> str:
    return "nominal" if column.is_text else "ordinal" if column.codes else "scale"


def _frame(columns: Sequence[StatisticsColumn], names: Sequence[str]) -> Any:
    import numpy as np
    import pandas as pd

    return pd.DataFrame(
        {
            name: pd.array(["" if v is None else v for v in c.values], dtype=object)
            if c.is_text
            else np.asarray(c.values, np.float64)
            for name, c in zip(names, columns, strict=True)
        },
        copy=False,
    )
