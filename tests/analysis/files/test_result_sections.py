"""Ranking, reliability and drivers through `python -m analysis estimate`, against csranks, psych and relaimpo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.files import command_line
from tests.analysis import reference
from tests.analysis.files.test_command_line import FINITE, refused, request, run
from tests.analysis.inference.test_ranking import family
from tests.analysis.reference import FACTORS, Agreement

EXPECTED = reference.expected()
GROUPS = {code: list(items) for code, items in FACTORS.items()}
RANKING = {"domain": ["district"], "measure": "overall_rate", "coverage": 0.95, "draws": 20000, "seed": 7}


def test_rank_sets_of_districts_equal_csranks(tmp_path: Path) -> None:
    found = run(tmp_path, request(design=FINITE, ranking=[RANKING]))["ranking"]
    entries = {entry["domain"]["district"]: entry for entry in found}
    rows = family("districts with se>0 and df>0")
    assert {name for name, entry in entries.items() if entry["rank"]} == {row["unit"] for row in rows}
    apart = []
    for row in rows:
        entry = entries[row["unit"]]
        assert entry["rank"] == row["rank"]
        bounds = [*entry["simultaneous"], *entry["marginal"]]
        apart.append(np.abs(np.subtract(bounds, [row["simul_L"], row["simul_U"], row["marg_L"], row["marg_U"]])))
    assert np.max(apart) <= 1
    assert np.count_nonzero(apart) <= 2
    alone = next(entry for entry in found if entry["rank"] is None)
    assert alone["simultaneous"] is alone["marginal"] is None
    assert alone["flags"][0] in ("no_degrees_of_freedom", "no_standard_error")


def test_ranking_by_a_composite_index_with_calibrated_weights(tmp_path: Path) -> None:
    """The diagonal of the covariance behind the ranking is the standard error of the estimates."""
    margins = reference.margins_file(tmp_path, reference.ORACLE / "margins.csv", ["gender", "age"])
    calibration = {"method": "linear", "margins": margins, "variables": ["gender", "age"]}
    asked = {**RANKING, "domain": ["service"], "measure": "index_mean_of_factors", "draws": 2000}
    found = run(tmp_path, request(factors=GROUPS, calibration=calibration, domains=[["service"]], ranking=[asked]))
    direct = [e for e in found["estimates"] if e["measure"] == "index_mean_of_factors"]
    assert [(e["domain"], e["se"]) for e in found["ranking"]] == [(e["domain"], e["se"]) for e in direct]
    order = sorted(found["ranking"], key=lambda e: -e["estimate"])
    assert [entry["rank"] for entry in order] == [1, 2, 3]


def test_report_has_no_ranks_where_an_order_would_be_chance(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{unit},1,{5 if person < 30 + k else 2}" for k, unit in enumerate("ABCD") for person in range(50)]
    (tmp_path / "data.csv").write_text("\n".join(["unit,w,overall", *lines]) + "\n", encoding="utf-8")
    asked = {"domain": ["unit"], "measure": "overall_rate", "draws": 2000}
    whole = {"design": {"weight": "w"}, "overall": "overall", "ranking": [asked]}
    found = run(tmp_path, whole, str(tmp_path / "data.csv"))["ranking"]
    assert {tuple(entry["flags"]) for entry in found} == {("order_is_noise",)}
    assert command_line.main(["report", "--result", str(tmp_path / "result.json")]) == 0
    table = capsys.readouterr().out.partition("## Ranking")[2]
    assert "| overall_rate | overall | unit D | 66.0 % | – | 1 to 4 | 1 to 4 | 1 | order_is_noise |" in table


def test_reliability_equals_psych_and_lavaan(tmp_path: Path) -> None:
    found = {entry["scale"]: entry for entry in run(tmp_path, request(factors=GROUPS, reliability=True))["reliability"]}
    agreement = Agreement()
    for row in EXPECTED["reliability"]["rows"]:
        entry = found[row["scale"]]
        assert (entry["items"], entry["n"]) == (row["items"], row["n"])
        for name in ("alpha_raw", "alpha_std", "mean_r", "guttman6", "alpha_weighted"):
            agreement.add(name, entry[name], row[name], row["scale"], tolerance=1e-6)
        agreement.add("omega_cfa_ml", entry["omega_cfa_ml"], row["omega_cfa_ml"], row["scale"], tolerance=1e-4)
    for row in EXPECTED["item_rest"]["rows"]:
        own = next(one for one in found[row["scale"]]["item_rest"] if one["item"] == row["item"])
        agreement.add("r_drop", own["r_drop"], row["r_drop"], row["item"], tolerance=1e-8)
    assert agreement.compared == 80


def test_drivers_equal_relaimpo_and_name_the_factor_few_answered(tmp_path: Path) -> None:
    entries = run(tmp_path, request(factors=GROUPS, drivers=True))["drivers"]
    found = {entry["driver"]: entry for entry in entries}
    agreement = Agreement()
    for row in EXPECTED["drivers_lmg"]["rows"]:
        entry = found[row["driver"].removesuffix("_mean")]
        for name in ("lmg", "last", "first", "pratt", "weighted_r"):
            agreement.add(name, entry[name], row[name], row["driver"], tolerance=1e-6)
    for row in EXPECTED["drivers_shapley_ordinal"]["rows"]:
        entry = found[row["driver"].removesuffix("_mean")]
        agreement.add("shapley", entry["shapley"], row["shapley"], row["driver"], tolerance=1e-4)
    assert found["F5"]["lmg"] is None
    assert found["F5"]["flags"] == ["answered_by_under_half"]
    assert [entry["driver"] for entry in entries] == ["F1", "F2", "F3", "F4", "F5"]


def test_drivers_without_factors_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "'drivers' needs 'overall' and 'factors'" in refused(tmp_path, capsys, request(drivers=True))


def test_the_report_shows_rates_with_intervals_verdicts_and_rank_sets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = {"domain": ["district"], "threshold": 0.85, "measure": "overall_rate", "adjust": ["none"]}
    run(
        tmp_path,
        request(factors=GROUPS, reliability=True, drivers=True, targets=[target], ranking=[{**RANKING, "draws": 500}]),
    )
    assert command_line.main(["report", "--result", str(tmp_path / "result.json")]) == 0
    text = capsys.readouterr().out
    assert "| overall_rate | overall | all | 11863 | 84.5 % | 81.9 % to 86.7 % (logit) | – |" in text
    for words in ("## Verdicts", "not_estimable", "## Ranking", "## Scales", "| F1 | 4 | 10201 | 0.742", "## Drivers"):
        assert words in text


def test_a_report_of_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("no JSON", '{"meta": {}}', "9" * 5000):
        (tmp_path / "other.json").write_text(content, encoding="utf-8")
        assert command_line.main(["report", "--result", str(tmp_path / "other.json")]) == 2
        captured = capsys.readouterr()
        assert (captured.out, captured.err.count("\n")) == ("", 1)
        assert "other.json" in captured.err


def test_the_report_never_shows_a_mean_as_a_share_nor_mixes_families(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everybody answers 1: the mean is 1.00, the worst there is, and not 100 %."""
    rows = [f"{d},{p},{1 + i},1,{(2, 5)[i % 2]}" for d in ("A|a", "B") for p in "123" for i in range(4)]
    (tmp_path / "data.csv").write_text("\n".join(["d,p,w,q1,q2", *rows]), encoding="utf-8")
    asked = {
        "design": {"strata": "d", "psu": "p", "weight": "w"},
        "items": ["q1", "q2"],
        "factors": {"F1": ["q1"], "F2": ["q2"]},
        "level": 0.975,
        "intervals": ["mean"],
        "measures": ["item_mean", "item_rate"],
        "targets": [{"domain": ["d"], "threshold": 0.5, "measure": "factor_pooled_rate"}],
        "ranking": [{"domain": ["d"], "measure": "item_mean", "draws": 100}],
    }
    run(tmp_path, asked, str(tmp_path / "data.csv"))
    assert command_line.main(["report", "--result", str(tmp_path / "result.json")]) == 0
    page = capsys.readouterr().out
    assert "| item_mean | q1 | all | 24 | 1.00 | 1.00 to 1.00 (mean) |" in page
    assert "| item_rate | q1 | all | 24 | 0.0 % | – |" in page
    for factor in ("F1", "F2"):
        assert f"| factor_pooled_rate | {factor} | d B | 50.0 % | 12 |" in page
    assert "| item_mean | q2 | d A\\|a | 3.80 |" in page, "a bar in a name begins no cell of its own"
    assert "intervals at 97.5 %" in page
    assert "Variances with replacement; strata with one PSU: adjust; weights as they came." in page
