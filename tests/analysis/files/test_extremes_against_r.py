"""Extreme weights, averaged lonely strata and crossings down to one answer, through the command line, against R."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.files import command_line
from tests.analysis import reference
from tests.analysis.reference import Agreement

FOLDER = reference.ORACLE / "extremes"
ROWS: list[dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))["rows"]
DESIGN: dict[str, Any] = {"strata": "district", "psu": "psu", "weight": "weight", "lonely_psu": "average"}
CROSSINGS: list[list[str]] = [
    [],
    ["service"],
    ["district"],
    ["district", "gender"],
    ["district", "gender", "service"],
]


def answer(folder: Path, variance: str, calibration: str, **changes: Any) -> dict[str, Any]:
    asked = {
        "design": {**DESIGN, "variance": variance, "population_psus": "N_h"},
        "items": ["q01", "q02"],
        "overall": "overall",
        "domains": CROSSINGS,
        "measures": ["item_rate", "overall_rate"],
        "intervals": ["mean", "logit", "kg"],
        "calibration": {
            "method": calibration,
            "margins": str(FOLDER / "margins.csv"),
            "variables": ["service", "gender"],
        },
        **changes,
    }
    (folder / "request.json").write_text(json.dumps(asked), encoding="utf-8")
    request, out = str(folder / "request.json"), folder / "result.json"
    data = str(FOLDER / "inputs.csv")
    assert command_line.main(["estimate", "--data", data, "--request", request, "--out", str(out)]) == 0
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("calibration", ["none", "linear", "raking"])
@pytest.mark.parametrize("variance", ["with_replacement", "finite_population"])
def test_rates_down_to_one_answer_equal_r_where_lonely_strata_are_averaged(
    tmp_path: Path, variance: str, calibration: str
) -> None:
    found = answer(tmp_path, variance, calibration)["estimates"]
    index = {(e["variable"], tuple(e["domain"].items())): e for e in found}
    agreement, loose = Agreement(), calibration != "none"
    few = unanimous = 0
    for row in ROWS:
        if (row["variance"], row["calibration"]) != (variance, calibration):
            continue
        by = row["by"] if isinstance(row["by"], list) else [row["by"]]
        key = tuple(zip(by, row["level"].split("|"), strict=True)) if by else ()
        if (row["variable"], key) not in index:
            assert not row["n"], key
            continue
        entry, where = index[row["variable"], key], f"{variance} {calibration} {row['variable']} {key}"
        assert entry["n"] == row["n"], where
        assert entry["df"] == number(row["df"]), where
        agreement.add("est", entry["estimate"], number(row["est"]), where, tolerance=1e-6 if loose else 1e-7)
        agreement.add("se", entry["se"], number(row["se"]), where, tolerance=1e-3 if loose else 1e-7)
        for name in ("mean", "logit"):
            for pair, wanted in zip(entry["interval"][name] or (None, None), row[name], strict=True):
                agreement.add(name, pair, number(wanted), where, tolerance=1e-3 if loose else 1e-7)
        few += row["n"] == 1
        unanimous += row["est"] == 1
    assert few > 3, "crossings with one answer are compared"
    assert unanimous > 3, "crossings where everybody is satisfied are compared"
    assert agreement.compared > 400


def number(value: Any) -> float | None:
    """A figure of R's in JSON: nothing where it has none."""
    return None if value is None or isinstance(value, str) else float(value)


def test_a_rate_of_one_answer_is_suppressed_in_estimates_and_verdicts(tmp_path: Path) -> None:
    by = ["district", "gender", "service"]
    found = answer(tmp_path, "with_replacement", "none", targets=[{"domain": by, "threshold": 0.5}])
    alone = [e for e in found["estimates"] if e["n"] == 1]
    assert alone
    for entry in alone:
        assert entry["estimate"] is entry["se"] is entry["df"] is None
        assert entry["flags"] == ["suppressed", "no_degrees_of_freedom"]
        assert set(entry["interval"].values()) == {None}
    judged = [e for e in found["verdicts"] if e["n"] == 1]
    assert judged
    assert {(e["estimate"], e["test"], e["verdict"]) for e in judged} == {(None, "not_estimable", "not_estimable")}


def test_a_fit_without_any_error_gives_no_p_value_and_no_warning(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    """One commune of each district, lonely strata counted 0: every standard error is 0."""
    lines = (FOLDER / "inputs.csv").read_text(encoding="utf-8").splitlines()
    kept = [lines[0], *(line for line in lines[1:] if line.split(",")[1] == "01")]
    (tmp_path / "data.csv").write_text("\n".join(kept), encoding="utf-8")
    asked = {
        "design": {**DESIGN, "lonely_psu": "remove"},
        "items": ["q01", "q02"],
        "overall": "overall",
        "factors": {"A": ["q01"], "B": ["q02"]},
        "drivers": True,
    }
    (tmp_path / "request.json").write_text(json.dumps(asked), encoding="utf-8")
    files = {"data": "data.csv", "request": "request.json", "out": "result.json"}
    assert (
        command_line.main(["estimate", *(part for k, v in files.items() for part in (f"--{k}", str(tmp_path / v)))])
        == 0
    )
    found = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["drivers"]
    assert [one["se"] for one in found] == [0.0, 0.0]
    assert [one["p_value"] for one in found] == [None, None]
    assert not recwarn.list


def test_a_psu_whose_code_restarts_is_named_with_its_stratum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{d},1,1,9,{2 if d == 'B' else 8},4" for d in "AB" for _ in range(3)]
    (tmp_path / "data.csv").write_text("\n".join(["d,p,w,N,M,q", *rows]), encoding="utf-8")
    design = {"strata": "d", "psu": "p", "weight": "w", "population_psus": "N", "population_units": "M"}
    asked = {"design": {**design, "variance": "finite_population"}, "items": ["q"]}
    (tmp_path / "request.json").write_text(json.dumps(asked), encoding="utf-8")
    files = {"data": "data.csv", "request": "request.json", "out": "result.json"}
    assert (
        command_line.main(["estimate", *(part for k, v in files.items() for part in (f"--{k}", str(tmp_path / v)))])
        == 2
    )
    assert "PSU 1 of stratum B has a population of 2 units, but 3 were sampled" in capsys.readouterr().err
    assert not (tmp_path / "result.json").exists()
