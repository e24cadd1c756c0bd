"""RESULT.json as it is written: every row of a table, piece by piece, and who may read the file."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.estimation.domain_estimates import estimate
from analysis.files import result_document
from analysis.inference import waves
from analysis.inference.estimate_tables import Estimate, EstimateTable, table_of
from tests.analysis.files.test_command_line import request, run
from tests.analysis.wave_factory import HEADLINE, UNITS, frame, wave


def a_table(rows: int = 12) -> EstimateTable:
    labels = {"unit": {k: f"Đơn vị {k}" for k in range(UNITS)}}
    made = wave(rows)
    made.codes[made.unit == made.unit[0]] = 255
    found = estimate(made.totals("opt_in"), ("unit",))
    return table_of(found, intervals_wanted=("logit", "kg"), labels=labels)


def plainly(row: Estimate) -> dict[str, Any]:
    names = ("measure", "variable", "n", "sum_w", "estimate", "se", "df", "deff_wor", "deff_wr")
    pairs = {name: None if pair is None else list(pair) for name, pair in row.interval.items()}
    option = {} if row.option is None else {"option": row.option}
    own = {name: getattr(row, name) for name in names}
    return {**own, "domain": dict(row.domain), "interval": pairs, "flags": list(row.flags), **option}


@pytest.mark.parametrize("block", [4096, 7])
def test_entries_are_the_rows_of_the_table(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_document, "_BLOCK", block)
    table = a_table()
    found = list(result_document.entries_of(table))
    assert np.isnan(table.estimate).any()
    assert found == [plainly(row) for row in table]
    assert all(type(entry["n"]) is int and type(entry["sum_w"]) is float for entry in found)


def test_the_text_is_one_document_whether_entries_are_listed_or_made_on_the_way() -> None:
    entries = list(result_document.entries_of(a_table()))
    result = {"meta": {"rows": 12, "đơn vị": None}, "estimates": iter(entries), "verdicts": [], "ranking": entries[:1]}
    text = "".join(result_document.text_of(result))
    assert json.loads(text) == {**result, "estimates": entries}
    assert text.count("\n") == len(entries) + 9


def test_the_result_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        run(tmp_path, request(measures=["overall_rate"]))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "result.json").stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["request.json", "result.json"]


def test_verdicts_take_the_shape_of_the_result_document() -> None:
    drawn = waves.weigh(wave().totals("drawn"), "drawn", frame())
    table = drawn.estimates(("unit",)).of(HEADLINE).where(np.array([0]))
    answers = wave()
    evidence = drawn.evidence(table, HEADLINE, answers.rows())
    found = drawn.verdicts(table, evidence, np.array([0.30]), adjust="holm")
    (entry,) = result_document.verdict_entries(
        by=table.by, measure=HEADLINE, keys=np.array(table.domain_keys()), judgement=found, needed=drawn.needed(found),
        labels={"unit": {0: "Hải Châu"}}, adjust=("none", "holm"),
    )  # fmt: skip
    assert entry["domain"] == {"unit": "Hải Châu"}
    assert entry["verdict"] == "reached"
    assert entry["p_reached_holm"] == entry["p_reached"]
    assert entry["lower_bound"] > 0.30
    assert entry["bound_holm"] == entry["lower_bound_rule"] > 0.30
    assert entry["p_reached_rule_holm"] == entry["p_reached_rule"]
    estimates = result_document.entries_of(drawn.estimates((), intervals=("logit",)))
    assert {tuple(e["interval"]) for e in estimates} == {("logit",)}
