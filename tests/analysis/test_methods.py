"""METHODS.md names every public estimator, and nothing that is not there."""

from __future__ import annotations

import ast
import re

import pytest

from survey.config import ROOT

MODULES = (
    "estimators", "variance", "intervals", "verdicts", "significance", "association", "comparison", "ranking",
    "disclosure", "sampling", "calibration", "waves",
)  # fmt: skip
# What a reader of the page does not need by name: plain records that hold what another name gives.
PARTS = {
    "CochranSize", "ClassResiduals", "SweepResiduals", "Residuals", "student_quantile", "at_zero", "at_one", "whole",
    "estimable", "beta_tails", "adjusted",
}  # fmt: skip


def public_names(module: str) -> set[str]:
    tree = ast.parse((ROOT / "analysis" / f"{module}.py").read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")}


@pytest.mark.parametrize("module", MODULES)
def test_every_public_estimator_is_described(module: str) -> None:
    page = set(re.findall(r"`(\w+)`", (ROOT / "analysis" / "METHODS.md").read_text(encoding="utf-8")))
    assert public_names(module) - PARTS - page == set()
