"""Answers as columns are what was answered, whatever was left blank."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments import codec
from instruments.model.document import InstrumentVersion
from survey.models.intake.responses import Disposition
from survey.queries.estimates.responses import Batch
from survey.services.estimates import answer_columns
from tests.factories.questionnaires import item, text
from tests.factories.record import Record
from tests.factories.results import SATISFIED, Surveyed, document

OPTIONS = [{"code": n, "label": text(f"Kênh {n}"), **({"substantive": False} if n == 97 else {})} for n in (1, 2, 97)]
ASKED = {"type": "item", "grade": "draft"}
MANY = ASKED | {"code": "m", "text": text("Chọn nhiều"), "short": "m"}
MANY |= {"response": {"kind": "multiple", "options": OPTIONS}}
NUMBER = ASKED | {"code": "g", "text": text("Số"), "short": "g", "response": {"kind": "number"}}
FORM = document(item("q1"), item("q2"), MANY, NUMBER)


@pytest.fixture(scope="module")
def version() -> InstrumentVersion:
    return codec.loads(FORM)


sheets = st.fixed_dictionaries(
    {},
    optional={
        "q1": st.integers(1, 5),
        "q2": st.sampled_from([1, 5, 97, 99]),
        "m": st.lists(st.sampled_from([1, 2, 97]), min_size=1, unique=True).map(sorted),
        "g": st.floats(-1e6, 1e6) | st.integers(0, 300),
        "old": st.integers(),  # an item that the questionnaire does not have
    },
)


@settings(max_examples=80, deadline=None)
@given(st.lists(sheets, min_size=1, max_size=30))
def test_columns_hold_exactly_what_was_answered(version: InstrumentVersion, answers: list[dict[str, Any]]) -> None:
    n = len(answers)
    zeros = (1,) * n
    batch = Batch(
        (b"k",) * n, (b"d",) * n, tuple(json.dumps(a) for a in answers), zeros, zeros, zeros, zeros,
        ("2026-11-20",) * n, zeros, ("qr",) * n, ("C",) * n,
    )  # fmt: skip
    schema, options = answer_columns._schemas(version)
    found = answer_columns._part(batch, schema, options, version)
    for code in ("q1", "q2"):
        assert found[code].dtype == np.uint8
        assert found[code].tolist() == [a.get(code, 255) for a in answers]
    for option in (1, 2, 97):
        wanted = [255 if "m" not in a else int(option in a["m"]) for a in answers]
        assert found[f"m={option}"].tolist() == wanted
    assert np.array_equal(found["g"], [a.get("g", np.nan) for a in answers], equal_nan=True)
    assert "old" not in found


def test_batches_join_without_a_seam(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    survey = Surveyed(record, answers=FORM)
    unit = survey.unit()
    for n in range(7):
        survey.say(unit, SATISFIED | {"g": n}, channel=survey.qr)
    whole = answer_columns.read(record.database, survey.qr.id, codec.loads(FORM))
    monkeypatch.setattr(answer_columns, "BATCH", 3)
    pieces = answer_columns.read(record.database, survey.qr.id, codec.loads(FORM))
    assert pieces.data_hash == whole.data_hash
    assert all(np.array_equal(pieces.values[name], whole.values[name]) for name in whole.values)
    assert sorted(whole.numbers("g").tolist()) == list(range(7))


def test_empty_channel_has_empty_columns_of_the_same_kinds(record: Record) -> None:
    survey = Surveyed(record, answers=FORM)
    unit = survey.unit()
    nothing = answer_columns.read(record.database, survey.qr.id, codec.loads(FORM))
    survey.say(unit, SATISFIED, channel=survey.qr)
    something = answer_columns.read(record.database, survey.qr.id, codec.loads(FORM))
    assert (len(nothing), len(something)) == (0, 1)
    assert set(nothing.values) == set(something.values)


def test_only_counted_answers_become_rows(record: Record) -> None:
    survey = Surveyed(record, answers=FORM)
    unit = survey.unit()
    survey.say(unit, SATISFIED, 2, channel=survey.qr)
    survey.say(unit, SATISFIED, 3, channel=survey.qr, disposition=Disposition.PARTIAL)
    survey.say(unit, SATISFIED, 5, channel=survey.qr, late=True)
    survey.say(unit, SATISFIED, 7, channel=survey.qr, disposition=Disposition.EXCLUDED, exclusion_reason="thử")
    assert len(answer_columns.read(record.database, survey.qr.id, codec.loads(FORM))) == 5


@pytest.mark.parametrize("damage", ["a column less", "a column cut off", "the end cut off"])
def test_snapshot_that_is_not_whole_is_read_from_the_record_instead(
    record: Record, tmp_path: Path, damage: str
) -> None:
    survey = Surveyed(record, answers=FORM)
    survey.say(survey.unit(), SATISFIED | {"g": 3}, 4, channel=survey.qr)
    whole = answer_columns.read(record.database, survey.qr.id, codec.loads(FORM), snapshots=tmp_path)
    (snapshot,) = tmp_path.glob("*.npz")
    if damage == "the end cut off":
        snapshot.write_bytes(snapshot.read_bytes()[:-100])
    else:
        with np.load(snapshot) as held:
            values = {name: held[name] for name in held.files}
        values.pop("_day") if damage == "a column less" else values.update(g=values["g"][:2])
        np.savez(snapshot, **values)
    again = answer_columns.read(record.database, survey.qr.id, codec.loads(FORM), snapshots=tmp_path)
    assert again.data_hash == whole.data_hash
    assert again.numbers("g").tolist() == [3, 3, 3, 3]
    assert again.fact("_day").tolist() == whole.fact("_day").tolist()
