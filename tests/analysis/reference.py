"""The oracle's data and numbers, read once per run, and how agreement with them is measured."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from analysis.arrays import Bools, Codes, Floats
from analysis.design.sample_design import SampleDesign, sample_design
from analysis.totals.measure_plan import MeasurePlan, Node, RatedItem

HERE = Path(__file__).parent
ORACLE = HERE / "oracle"
ITEMS = tuple(f"q{k:02d}" for k in range(1, 23))
FACTORS = {"F1": ITEMS[:4], "F2": ITEMS[4:9], "F3": ITEMS[9:14], "F4": ITEMS[14:18], "F5": ITEMS[18:22]}
DOMAINS = ("service", "district", "urban", "gender", "age", "ethnicity", "quarter", "channel")
CERTAINTY = ("D11", "D12")


@dataclass(frozen=True)
class Survey:
    """The synthetic survey: columns of text as they stand, answers as uint8 with 255 for a blank."""

    columns: dict[str, np.ndarray]
    codes: Codes
    weight: Floats

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def answers(self, name: str) -> Floats:
        """One rated item as floats with NaN for a blank."""
        values = self.codes[:, (*ITEMS, "overall").index(name)].astype(float)
        return np.where(values == 255, np.nan, values)

    def satisfied(self, name: str) -> Floats:
        values = self.answers(name)
        return np.where(np.isnan(values), np.nan, (values >= 4).astype(float))

    def factor_mean(self, items: tuple[str, ...]) -> Floats:
        values = np.column_stack([self.answers(item) for item in items])
        given = ~np.isnan(values)
        with np.errstate(invalid="ignore"):
            return np.where(given.any(axis=1), np.nansum(values, axis=1) / given.sum(axis=1), np.nan)


def margins_file(folder: Path, source: Path, names: Sequence[str]) -> str:
    """Some of the margins of another file: a request takes no more than it uses."""
    head, *rows = source.read_text("utf-8").splitlines()
    kept = [row for row in rows if row.split(",")[0] in names]
    (folder / "margins.csv").write_text("\n".join([head, *kept, ""]), encoding="utf-8")
    return str(folder / "margins.csv")


def read_csv(path: Path) -> dict[str, np.ndarray]:
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.reader(handle)
        names = next(reader)
        rows = list(reader)
    return {name: np.array([row[k] for row in rows]) for k, name in enumerate(names)}


def numbers(column: np.ndarray) -> Floats:
    return np.array([float(value) if value not in ("", "NA") else math.nan for value in column])


@cache
def survey(folder: Path = ORACLE) -> Survey:
    columns = read_csv(folder / "inputs.csv")
    names = (*ITEMS, "overall")
    codes = np.full((len(columns["id"]), len(names)), 255, np.uint8)
    for k, name in enumerate(names):
        given = columns[name] != ""
        codes[given, k] = columns[name][given].astype(np.uint8)
    return Survey(columns, np.asfortranarray(codes), numbers(columns["weight"]))


class Figure(float):
    """A reference number that knows its family and how loosely it may be compared."""

    family: str
    loosest: float

    def __new__(cls, value: float, family: str, loosest: float) -> Figure:
        made = super().__new__(cls, value)
        made.family, made.loosest = family, loosest
        return made


# what README.md of the reference set allows beyond a family's own tolerance: family, name of the figure, tolerance
EXCEPTIONS = (
    (r"item_satisfied_rate|overall_other_levels|domain_.*rate.*|verdicts", r"(logit|likelihood)_.*", 1e-6),
    (r"weighted_estimates", r".*_se", 3e-2),
    (r"raked_domains", r"se|deff_.*|.*_lo|.*_hi", 4e-2),
    (r"optin", r"raked_se", 3e-2),
    (r"reliability", r"omega_cfa_ml", 1e-4),
    (r"reliability", r"omega_categorical", 1e-3),
    (r"svyglm_logit|svyolr", r"p", 1e-3),  # t squared times the error of t
)


def loosest(family: str, name: str, own: float) -> float:
    """How loosely one figure may be compared."""
    allowed = (
        limit for families, names, limit in EXCEPTIONS if re.fullmatch(families, family) and re.fullmatch(names, name)
    )
    return max(own, *allowed, 0.0)


def _marked(value: Any, family: str, own: float, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _marked(one, family, own, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_marked(one, family, own, name) for one in value]
    return Figure(value, family, loosest(family, name, own)) if isinstance(value, float) else value


@cache
def expected(folder: Path = ORACLE) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    for family, section in loaded.items():
        if family != "meta":
            section["rows"] = _marked(section["rows"], family, section["rel_tol"])
    return loaded


@cache
def api_expected() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ORACLE / "api" / "expected_api.json").read_text(encoding="utf-8"))
    return loaded


@cache
def api_data(name: str) -> dict[str, np.ndarray]:
    return read_csv(ORACLE / "api" / f"{name}.csv")


@cache
def design(name: str, folder: Path = ORACLE) -> SampleDesign:
    """The oracle's designs over rows: `wr`, `fpc2`, `sr`."""
    data = survey(folder)
    district, psu = data["district"], data["psu"]
    if name == "wr":
        return sample_design(data.weight, strata=district, psu=psu)
    if name == "fpc2":
        return sample_design(
            data.weight,
            strata=district,
            psu=psu,
            population_psus=numbers(data["N_h"]),
            population_units=numbers(data["M_hi"]),
        )
    strata, units, first, second = self_representing(data, folder)
    return sample_design(data.weight, strata=strata, psu=units, population_psus=first, population_units=second)


def self_representing(data: Survey, folder: Path = ORACLE) -> tuple[np.ndarray, np.ndarray, Floats, Floats]:
    """The `sr` design: communes of certainty districts become strata, their respondents PSUs."""
    certain = np.isin(data["district"], certainty(folder))
    both = np.char.add(np.char.add(data["district"], " "), data["psu"])
    strata = np.where(certain, both, data["district"])
    units = np.where(certain, np.char.add(np.char.add(both, " "), data["id"]), both)
    first = np.where(certain, numbers(data["M_hi"]), numbers(data["N_h"]))
    return strata, units, first, np.where(certain, 1.0, numbers(data["M_hi"]))


@cache
def certainty(folder: Path = ORACLE) -> tuple[str, ...]:
    for line in (folder / "config.R").read_text(encoding="utf-8").splitlines():
        if line.strip().startswith("certainty_strata"):
            inside = line[line.index("(") + 1 : line.index(")")]
            return tuple(part.strip().strip('"') for part in inside.split(","))
    raise AssertionError("config.R names no certainty strata")


def plan() -> MeasurePlan:
    """Every measure of the oracle's survey."""
    rules = ("pooled_rate", "mean_of_item_rates", "mean_score", "mean_pooled")
    factors = tuple(Node(code, "factor", items, "mean_of_item_rates", rules) for code, items in FACTORS.items())
    index = Node("ALL", "index", tuple(FACTORS), "mean_of_children", ("pooled_rate", "mean_of_item_rates"))
    return MeasurePlan(
        items=tuple(RatedItem(code) for code in (*ITEMS, "overall")),
        nodes=(*factors, index),
        overall="overall",
        persons_of=(*FACTORS, "ALL"),
    )


def codes_of(column: np.ndarray) -> tuple[np.ndarray, list[str]]:
    labels, codes = np.unique(column, return_inverse=True)
    return codes.astype(np.int64), [str(label) for label in labels]


@dataclass
class Agreement:
    """Worst relative difference of each kind of figure; `check` fails with the worst place."""

    worst: dict[str, tuple[float, str]] = field(default_factory=dict)
    compared: int = 0

    def add(
        self, kind: str, got: Any, wanted: Any, where: str = "", *, tolerance: float, null_ok: bool = False
    ) -> None:
        self.compared += 1
        if isinstance(wanted, Figure):
            assert tolerance <= wanted.loosest, f"{kind}: {wanted.family} is to be compared at {wanted.loosest}"
        missing = got is None or (isinstance(got, float) and math.isnan(got))
        if wanted is None:
            assert missing or null_ok, f"{kind} at {where}: got {got}, but the reference has no number"
            return
        assert not missing, f"{kind} at {where}: no number, the reference has {wanted}"
        difference = abs(float(got) - float(wanted)) / max(abs(float(wanted)), 1e-12)
        if float(wanted) == 0.0:
            difference = abs(float(got))
        if difference > self.worst.get(kind, (-1.0, ""))[0]:
            self.worst[kind] = (difference, where)
        assert difference <= tolerance, (
            f"{kind} at {where}: got {got!r}, the reference has {wanted!r} ({difference:.2e})"
        )


def mask(column: np.ndarray, value: Any) -> Bools:
    return np.asarray(column == value)
