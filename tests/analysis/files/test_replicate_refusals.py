"""Requests and files with replicate weights that cannot be carried out: each refused by name, in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.analysis.files.test_command_line import refused
from tests.analysis.files.test_replicate_weights import csv_of, replicated, uneven, with_weights, write

JK1 = {"columns": "rep*", "type": "JK1"}
REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    *(
        (JK1, {"design": {key: value}}, f"'design.{key}' is given beside 'design.replicates'")
        for key, value in (
            ("strata", "unit"), ("psu", "unit"), ("population_psus", "w"), ("population_units", "w"),
            ("nest_psu", False), ("variance", "finite_population"), ("lonely_psu", "fail"),
        )
    ),
    (JK1, {"calibration": {"method": "rake", "margins": "m.csv", "variables": ["unit"]}}, "'calibration' is asked for"),
    (JK1, {"drivers": True}, "'drivers' is asked for beside 'design.replicates'"),
    ({"type": "JK1"}, {}, "The request has no 'design.replicates.columns'"),
    ({"columns": "rep", "type": "JK1"}, {}, "'design.replicates.columns' is 'rep'; a list of column names"),
    ({"columns": ["rep1", "w"], "type": "JK1"}, {}, "names 'w', which the request uses as another column"),
    ({"columns": ["rep1", "rep1"], "type": "JK1"}, {}, "'design.replicates.columns' names 'rep1' twice"),
    ({"columns": ["rep1", "rep99"], "type": "JK1"}, {}, "has no column 'rep99'"),
    ({"columns": ["rep1"], "type": "JK1"}, {}, "need at least 2 replicates; there is 1"),
    ({"columns": "brr*", "type": "JK1"}, {}, "has no column that fits 'brr*'; it has w, unit, q1"),
    ({"columns": "*", "type": "JK1"}, {}, "'*' also fits column 'w', which the request uses otherwise"),
    ({"columns": "rep*"}, {}, "The request has no 'design.replicates.type'; choose BRR, Fay"),
    ({"columns": "rep*", "type": "jackknife"}, {}, "'design.replicates.type' must be one of BRR, Fay, JK1"),
    ({"columns": "rep*", "type": "Fay"}, {}, "no 'design.replicates.rho'; type Fay needs it"),
    ({"columns": "rep*", "type": "Fay", "rho": 1}, {}, "'design.replicates.rho' must be a number from 0 to below 1"),
    ({**JK1, "rho": 0.3}, {}, "'design.replicates.rho' is given, but type JK1 does not use it"),
    *(
        ({"columns": "rep*", "type": kind, **more, key: value}, {}, f"'design.replicates.{key}' is given, but type")
        for kind, more in (("BRR", {}), ("Fay", {"rho": 0.3}), ("ACS", {}), ("successive-difference", {}))
        for key, value in (("scale", 0.5), ("rscales", [1] * 14))
    ),
    ({"columns": "rep*", "type": "JKn"}, {}, "no 'design.replicates.rscales'; weights of type JKn need"),
    ({"columns": "rep*", "type": "other"}, {}, "'design.replicates.type' is other, so"),
    ({**JK1, "scale": 0}, {}, "'design.replicates.scale' must be a number above 0; it is 0"),
    ({**JK1, "rscales": [0.5] * 13}, {}, "'design.replicates.rscales' has 13 numbers, and"),
    ({**JK1, "rscales": [0] * 14}, {}, "'design.replicates.rscales' has no number above 0"),
    ({**JK1, "rscales": [-1] * 14}, {}, "'design.replicates.rscales' must be a list of numbers of at least 0"),
    ({**JK1, "rscales": 1}, {}, "'design.replicates.rscales' must be a list of numbers"),
    ({**JK1, "mse": "yes"}, {}, "'design.replicates.mse' must be true or false"),
    ({**JK1, "scales": 1}, {}, "Unknown key 'design.replicates.scales' in the request"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "changes", "sentence"), REFUSED)
def test_request_that_cannot_be_carried_out_is_refused_by_name(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    asked: dict[str, Any],
    changes: dict[str, Any],
    sentence: str,
) -> None:
    columns, _, weights = uneven()
    path = write(tmp_path, with_weights(columns, weights))
    design = {"weight": "w", "replicates": asked, **changes.get("design", {})}
    whole = {"items": ["q1"], "overall": "q5", "factors": {"F": ["q1"]}, **changes, "design": design}
    assert sentence in refused(tmp_path, capsys, whole, path)


WRONG: list[tuple[str, str]] = [
    ("", "row 3, column 'rep2': a number is expected, it is empty"),
    ("-0.5", "row 3, column 'rep2': a replicate weight of at least 0 is expected, it is -0.5"),
    ("many", "row 3, column 'rep2': a number is expected, it is 'many'"),
    ("nan", "row 3, column 'rep2': a number is expected, it is 'nan'"),
]


@pytest.mark.parametrize(("value", "sentence"), WRONG)
def test_weight_that_is_none_is_refused_with_row_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: str, sentence: str
) -> None:
    columns, _, weights = uneven()
    own = with_weights(columns, weights)
    own["rep2"][2] = value
    path = write(tmp_path, own)
    assert sentence in refused(tmp_path, capsys, {"design": replicated("JK1"), "items": ["q1"]}, path)


def test_replicate_of_nobody_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns, _, weights = uneven()
    weights[:, 6] = 0
    path = write(tmp_path, with_weights(columns, weights))
    sentence = refused(tmp_path, capsys, {"design": replicated("JK1"), "items": ["q1"]}, path)
    assert sentence.endswith("data.csv, column 'rep7': replicate weights are expected, it is 0 in every row.")


def test_row_that_is_cut_short_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns, _, weights = uneven()
    lines = csv_of(with_weights(columns, weights)).splitlines()
    lines[5] = lines[5].rpartition(",")[0]
    (tmp_path / "data.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    asked = {"design": replicated("JK1"), "items": ["q1"]}
    assert "row 5 has 20 values; the header has 21 columns" in refused(
        tmp_path, capsys, asked, str(tmp_path / "data.csv")
    )


@pytest.mark.parametrize("combined", [True, False])
def test_weights_that_are_not_what_they_are_said_to_be_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], combined: bool
) -> None:
    columns, weight, weights = uneven()
    columns["w"] = weight * 20
    factors = weights / weight[:, None]
    path = write(tmp_path, with_weights(columns, factors if combined else factors * columns["w"][:, None]))
    sentence = refused(tmp_path, capsys, {"design": replicated("JK1", combined=combined), "items": ["q1"]}, path)
    assert f"say 'combined': {'false' if combined else 'true'} if that is what they are" in sentence
