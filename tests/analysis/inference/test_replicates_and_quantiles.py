"""Replicate variances and quantiles against as.svrepdesign and svyquantile."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from analysis.arrays import Floats
from analysis.design import replicates
from analysis.design.replicates import Replicates
from analysis.design.sample_design import SampleDesign, sample_design
from analysis.errors import DesignError
from analysis.estimation import estimators
from analysis.inference import quantiles
from tests.analysis import reference
from tests.analysis.reference import Agreement, numbers
from tests.analysis.test_api_against_r import column
from tests.analysis.test_api_against_r import design as api_design

EXPECTED, API = reference.expected(), reference.api_expected()


def compare(found: quantiles.Quantile, row: dict[str, Any], agreement: Agreement) -> None:
    where = f"{row['design']} {row['qrule']} {row['interval']} {row['p']}"
    for own, wanted in (("estimate", "q"), ("lower", "lo"), ("upper", "hi"), ("se", "se")):
        agreement.add(own, getattr(found, own), row[wanted], where, tolerance=1e-8)


def test_quantiles_of_the_duration_equal_svyquantile() -> None:
    seconds, agreement = numbers(reference.survey()["duration_s"]), Agreement()
    for row in EXPECTED["quantiles_duration"]["rows"]:
        made = reference.design(row["design"])
        compare(
            quantiles.quantile(made, seconds, row["p"], rule=row["qrule"], interval=row["interval"]), row, agreement
        )
    print("quantiles", agreement.worst)


def test_quantiles_of_the_public_data_equal_svyquantile() -> None:
    agreement = Agreement()
    for row in API["quantile"]["rows"]:
        if row["qrule"] not in quantiles.RULES or row["interval"] not in quantiles.INTERVALS:
            continue
        made = api_design(row["design"])
        values = column(row["design"], row.get("y", "api00"))
        compare(quantiles.quantile(made, values, row["p"], rule=row["qrule"], interval=row["interval"]), row, agreement)
    assert agreement.compared > 200


def share(design: SampleDesign, satisfied: Floats, keep: Any) -> Any:
    inside = keep & ~np.isnan(satisfied)
    values = np.where(inside, satisfied, 0.0)
    return lambda w: np.array([w @ values / (w @ inside)])


def without_lonely_districts() -> tuple[SampleDesign, Any]:
    """The survey's rows of positive weight in districts with two such communes or more, as the oracle takes them."""
    data = reference.survey()
    positive = data.weight > 0
    district, psu = data["district"], data["psu"]
    lonely = [one for one in np.unique(district) if len(np.unique(psu[positive & (district == one)])) < 2]
    keep = positive & ~np.isin(district, lonely)
    return sample_design(data.weight[keep], strata=district[keep], psu=psu[keep]), keep


def test_the_jackknife_equals_as_svrepdesign_and_agrees_with_taylor() -> None:
    data, (design, rows), agreement = reference.survey(), without_lonely_districts(), Agreement()
    made = replicates.jackknife(design)
    satisfied = data.satisfied("overall")[rows]
    items = data.codes[rows, :22]
    good, given = ((items >= 4) & (items != 255)).sum(axis=1), (items != 255).sum(axis=1)
    for row in EXPECTED["jackknife_jkn"]["rows"]:
        assert made.size == row["replicates"]
        keep = np.ones(design.rows, bool) if row["service"] == "ALL" else data["service"][rows] == row["service"]
        se = float(np.sqrt(made.covariance(share(design, satisfied, keep))[0, 0]))
        agreement.add("se_jkn", se, row["se_jkn"], row["service"], tolerance=1e-8)
        taylor = estimators.mean(design, satisfied, keep)
        agreement.add("se_taylor", taylor.se, row["se_taylor"], row["service"], tolerance=1e-8)

        def index(w: Floats, keep: Any = keep) -> Floats:
            return np.array([(w * keep) @ good / ((w * keep) @ given)])

        se = float(np.sqrt(made.covariance(index)[0, 0]))
        agreement.add("index_se_jkn", se, row["index_se_jkn"], row["service"], tolerance=1e-8)
    print("jackknife", agreement.worst)


def test_the_jackknife_of_the_public_data_equals_r() -> None:
    agreement = Agreement()
    for row in API["jackknife"]["rows"]:
        full = api_design(row["design"] if row["fpc"] or row["design"] == "apisrs" else f"{row['design']}_wr")
        if row["design"] == "apisrs" and not row["fpc"]:
            full = sample_design(full.weights)
        made = replicates.jackknife(full)
        assert made.size == row["reps"]
        values = column(row["design"], "api00")

        def mean(w: Floats, values: Floats = values) -> Floats:
            return np.array([w @ values / w.sum()])

        for name, mse in (("se", False), ("se_mse", True)):
            se = float(np.sqrt(made.covariance(mean, around_estimate=mse)[0, 0]))
            agreement.add(name, se, row[name], row["design"], tolerance=1e-8)


@pytest.mark.parametrize("kind", ["bootstrap", "balanced", "fay"])
def test_other_replicates_agree_with_taylor(kind: str) -> None:
    random = np.random.default_rng(3)
    strata = np.repeat(np.arange(24), 40)
    psu = np.repeat(np.arange(48), 20)
    values = (random.random(960) < 0.7 + 0.2 * random.random(48)[psu]).astype(float)
    design = sample_design(random.uniform(1, 3, 960), strata=strata, psu=psu)
    made: Replicates = {
        "bootstrap": lambda: replicates.bootstrap(design, replicates=1500, seed=1),
        "balanced": lambda: replicates.balanced(design),
        "fay": lambda: replicates.balanced(design, rho=0.5),
    }[kind]()
    se = float(np.sqrt(made.covariance(lambda w: np.array([w @ values / w.sum()]))[0, 0]))
    assert se == pytest.approx(estimators.mean(design, values).se, rel=0.06)


def test_brr_refuses_a_stratum_with_three_psus() -> None:
    design = sample_design(np.ones(5), strata=np.array([0, 0, 1, 1, 1]), psu=np.arange(5))
    with pytest.raises(DesignError, match="stratum number 2 has 3"):
        replicates.balanced(design)


@cache
def replicated() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((reference.ORACLE / "replicates" / "expected.json").read_text(encoding="utf-8"))
    return loaded


def paired() -> tuple[SampleDesign, dict[str, np.ndarray]]:
    columns = {name: np.array(values) for name, values in replicated()["data"].items()}
    return sample_design(columns["w"], strata=columns["stratum"], psu=columns["psu"]), columns


def statistics(columns: dict[str, np.ndarray]) -> dict[str, Any]:
    y, a, b, inside = columns["y"], columns["a"], columns["b"], columns["g"] == "a"
    return {
        "mean": lambda w: np.array([w @ y / w.sum()]),
        "domain": lambda w: np.array([(w * inside) @ y / (w @ inside)]),
        "total": lambda w: np.array([w @ y]),
        "ratio": lambda w: np.array([w @ a / (w @ b)]),
    }


@pytest.mark.parametrize("kind", ["BRR", "Fay", "JKn", "subbootstrap"])
@pytest.mark.parametrize("mse", [False, True])
def test_the_same_replicate_weights_give_r_errors(kind: str, mse: bool) -> None:
    row = next(row for row in replicated()["rows"] if (row["type"], row["mse"]) == (kind, mse))
    (design, columns), agreement = paired(), Agreement()
    factors = np.array(row["factors"])
    scales = row["scale"] * np.broadcast_to(np.array(row["rscales"], float), (factors.shape[1],))
    made = Replicates(factors, scales, np.arange(design.rows), design.weights)
    for name, statistic in statistics(columns).items():
        se = float(np.sqrt(made.covariance(statistic, around_estimate=mse)[0, 0]))
        agreement.add(name, se, row[name], kind, tolerance=1e-8)
    y, a = columns["y"], columns["a"]
    found = made.covariance(lambda w: np.array([w @ y, w @ a]) / w.sum(), around_estimate=mse)
    np.testing.assert_allclose(found, row["covariance"], rtol=1e-8)


def test_own_replicates_equal_those_of_r_where_nothing_is_drawn() -> None:
    (design, columns), agreement = paired(), Agreement()
    taylor = replicated()["taylor"]
    rows = {(row["type"], row["mse"]): row for row in replicated()["rows"]}
    jackknife = replicates.jackknife(design)
    for name, statistic in statistics(columns).items():
        se = float(np.sqrt(jackknife.covariance(statistic)[0, 0]))
        agreement.add(name, se, rows["JKn", False][name], tolerance=1e-8)
    for made in (replicates.balanced(design), replicates.balanced(design, rho=0.3)):
        se = float(np.sqrt(made.covariance(statistics(columns)["total"])[0, 0]))
        agreement.add("total", se, taylor["total"], tolerance=1e-8)
        agreement.add("R", se, rows["BRR", False]["total"], tolerance=1e-8)
        assert (made.factors.mean(axis=1) == 1).all(), "each PSU is in half of the replicates"
    drawn = replicates.bootstrap(design, replicates=40, seed=3)
    assert (
        set(np.unique(drawn.factors)) == {0.0, 2.0} == set(np.unique(rows["subbootstrap", False]["factors"]).round(9))
    )
    assert drawn.scales[0] == pytest.approx(rows["subbootstrap", False]["scale"], rel=1e-12)
