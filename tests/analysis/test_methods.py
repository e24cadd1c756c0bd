"""METHODS.md names every public estimator, and no other."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import analysis

TEXT = (Path(analysis.__file__).parent / "METHODS.md").read_text(encoding="utf-8")
WHOLE = [
    "estimators",
    "quantiles",
    "association",
    "comparison",
    "ranking",
    "drivers",
    "driver_intervals",
    "regression",
    "reliability",
    "polychoric",
    "factors",
    "simple_structure",
    "confirmatory",
    "mixed_logit",
    "interviewers",
    "small_areas",
    "optin",
    "monitoring",
    "quality",
    "replicates",
    "significance",
]
PARTLY = {
    "domain_estimates": {"estimate", "partition_of"},
    "intervals": {"logit", "wald", "arcsine", "wilson", "beta", "korn_graubard", "effective_n"},
    "profile": {"likelihood"},
    "calibration": {"post_stratify", "rake", "calibrate"},
    "verdicts": {"judge", "proof", "responses_needed", "holm", "benjamini_hochberg"},
}
INNER = {("association", "mixture_tail")}


def public(module: str) -> set[str]:
    made = importlib.import_module(f"analysis.{module}")
    names = {
        name
        for name, thing in vars(made).items()
        if inspect.isfunction(thing) and thing.__module__ == made.__name__ and not name.startswith("_")
    }
    return {name for name in names if (module, name) not in INNER}


def test_every_public_estimator_is_documented_and_nothing_else() -> None:
    rows = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| `")]
    named = {match for row in rows for match in re.findall(r"`(\w+\.\w+)`", row)}
    wanted = {f"{module}.{name}" for module in WHOLE for name in public(module)}
    wanted |= {f"{module}.{name}" for module, names in PARTLY.items() for name in names & public(module)}
    assert named == wanted


def test_every_line_has_all_its_columns() -> None:
    for line in TEXT.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == 4, line
            assert all(cells), line
