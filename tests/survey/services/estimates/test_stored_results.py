"""Final results as they are stored: what was stored is read, and written again to the byte."""

from __future__ import annotations

import json
import zlib
from typing import Any

from survey.services.estimates import stored_results
from survey.services.estimates.channel_verdicts import FORMER_RULE
from tests.factories.results import Surveyed


def stored(**columns: Any) -> dict[str, Any]:
    """Two judged units as columns, in the form that the first release stored."""
    return {
        "by": ["unit"],
        "keys": [[7], [9]],
        "threshold": [0.9, 0.85],
        "goal": ["QN25-ALL", "QN25-LAND"],
        "verdict": ["missed", "too_few"],
        "reasons": [[], ["n", "df"]],
        "lower": [0.71, None],
        "upper": [0.83, None],
        "p_reached": [1.0, None],
        "p_missed": [0.0125, None],
        "needed": [None, 410],
        "needed_why": ["above_frame", ""],
        "adjusted": "bh",
        **columns,
    }


EMPTY = {name: [] for name in stored()} | {"by": ["field"], "adjusted": "none"}
ONE = {name: values[:1] for name, values in stored().items() if isinstance(values, list)}
ONE |= {"by": [], "keys": [[]], "adjusted": "none"}


def document(**changes: Any) -> bytes:
    found = {
        "format": 1, "channel": "qr", "selection": "drawn", "responses": 0, "status": "final", "data_hash": "ab",
        "made_at": "2026-11-10T09:00:00+00:00", "software": "hailong 0.1.0", "tables": {},
        "verdicts": {"unit": stored(), "field": EMPTY}, "weight_stages": [{"name": "base", "n": 3}], "merges": [],
        "flagged": 0, "uncovered": 4.0, "clusters": 2, "parts": {"7": {"": stored(by=[], keys=[[]]) | ONE}}, **changes,
    }  # fmt: skip
    text = json.dumps(found, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return zlib.compress(text.encode(), 6)


def test_what_was_stored_is_written_again_to_the_byte() -> None:
    assert stored_results.pack(stored_results.unpack(document())) == document()


def test_stored_columns_become_a_verdict_for_each_domain() -> None:
    found = stored_results.unpack(document())
    one = found.verdict("unit", (9,))
    assert one is not None
    assert (one.verdict, one.target, one.goal, one.reasons) == ("too_few", 0.85, "QN25-LAND", ("n", "df"))
    assert (one.bound, one.needed, one.needed_why, one.adjusted) == (None, 410, "", "bh")
    missed = found.verdict("unit", (7,))
    assert missed is not None
    assert (missed.p, missed.bound) == (0.0125, None)  # an own bound never stands beside an adjusted verdict
    assert (missed.own_upper, missed.rule, missed.family, missed.members) == (0.83, FORMER_RULE, "", 0)
    assert found.former_rule
    assert found.verdict("field", (7,)) is None
    alone = found.parts[7][""][()]
    assert (alone.verdict, alone.adjusted, alone.bound) == ("missed", "none", 0.83)


def test_results_of_before_units_were_judged_alone_are_read() -> None:
    data = json.loads(zlib.decompress(document()))
    del data["parts"]
    assert stored_results.unpack(zlib.compress(json.dumps(data).encode())).parts == {}


def test_results_that_were_made_are_stored_in_that_form(survey: Surveyed) -> None:
    for good, bad in ((40, 3), (30, 9)):
        survey.answer(survey.unit(), good, bad)
    survey.close()
    results = survey.view().results
    packed = json.loads(zlib.decompress(stored_results.pack(results)))
    assert packed["format"] == 2
    assert "parts" not in packed
    assert set(packed["verdicts"]) == {"", "unit", "field", "group", "unit,field", "unit,group"}
    own = packed["verdicts"]["unit"]
    assert set(own) == set(stored()) | {"rule", "family", "members", "own_lower", "own_upper"}
    assert (own["by"], len(own["keys"]), own["adjusted"]) == (["unit"], 2, "holm")
    assert (own["family"], own["members"]) == (["unit:commune"] * 2, [2] * 2)
    again = stored_results.unpack(stored_results.pack(results))
    assert again.verdicts == results.verdicts
    assert stored_results.pack(again) == stored_results.pack(results)
