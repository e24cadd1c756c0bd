"""The verdict's rule through the command line, against its steps written out once more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import special

from tests.analysis import reference
from tests.analysis.files.test_command_line import find, request, run
from tests.analysis.reference import ITEMS


def test_the_rule_is_that_of_the_method_step_by_step(tmp_path: Path) -> None:
    """Every step written out again from the rows of the file, for a share of persons and a pooled figure."""
    service = {"domain": ["service"], "threshold": 0.85, "adjust": ["none", "holm"]}
    targets = [{**service, "measure": name} for name in ("overall_rate", "index_pooled_rate")]
    made = run(tmp_path, request(targets=targets, domains=[["service"]], gates={"df": 5}))
    data = reference.survey()
    assert len(made["verdicts"]) > 4
    for entry in made["verdicts"]:
        domain = entry["domain"]["service"]
        variance = find(made["estimates"], entry["measure"], entry["variable"], service=domain)["se"] ** 2
        pooled = entry["measure"] == "index_pooled_rate"
        items = ITEMS if pooled else ("overall",)
        each = np.column_stack([data.satisfied(item) for item in items])
        y, x = np.nansum(each, axis=1), (~np.isnan(each)).sum(axis=1).astype(float)
        keep = (data["service"] == domain) & (data.weight > 0) & (x > 0)
        w, y, x, psu, stratum = data.weight[keep], y[keep], x[keep], data["psu"][keep], data["district"][keep]
        total = (w * x).sum()
        p, omega = (w * y).sum() / total, w * x / total
        z = omega * (y / x - p)
        units = sorted(set(zip(stratum.tolist(), psu.tolist(), strict=True)))
        own = [(stratum == s) & (psu == c) for s, c in units]
        shares = np.array([omega[k].sum() for k in own])
        spread, people, clusters = (omega * (y / x - p) ** 2).sum(), (omega**2).sum(), (shares**2).sum()
        df = clusters**2 / (shares**4).sum() * (1 - len({s for s, _ in units}) / len(units))
        alike = spread * (0.9 * people + 0.1 * clusters)
        floored = max(variance, spread * people, (8 * alike + df * variance) / (8 + df))
        n_eff = min(p * (1 - p) / floored, x.sum())
        deviate = -special.ndtri(special.betainc(n_eff * p, n_eff * (1 - p) + 1, 0.85))
        if pooled:
            sums = np.array([z[k].sum() for k in own])
            skew = (sums**3).sum() / (sums**2).sum() ** 1.5
            excess = min(0.0, skew - (1 - 2 * p) / np.sqrt(n_eff * p * (1 - p)))
            if deviate > 1:
                steps = np.linspace(1, deviate, 100_001)
                deviate = (steps + excess * (steps**2 - 1) / 3).max()
        assert entry["df"] == pytest.approx(df, rel=1e-9)
        assert entry["kish_n"] == pytest.approx(1 / people, rel=1e-9)
        assert entry["effective_n"] == pytest.approx(n_eff, rel=1e-9)
        assert entry["p_reached_rule"] == pytest.approx(special.stdtr(df, -deviate), rel=1e-6)
