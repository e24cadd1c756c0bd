"""One pattern for each version of results: kept with them, made for those that had none, the same bytes each time."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from analysis.disclosure.counts import Cell
from survey.config import Config
from survey.errors import Conflict
from survey.jobs.kinds import tidier
from survey.models.estimates.results import ResultSet
from survey.models.province.units import Unit
from survey.services.estimates import stored_results
from survey.services.estimates.disclosure import patterns, published_tables
from survey.services.estimates.disclosure.patterns import HiddenCells
from survey.services.estimates.wave_facts import WaveFacts, facts
from survey.services.files import result_json
from tests.factories.questionnaires import item
from tests.factories.record import Record
from tests.factories.results import SEX, Surveyed, document


def small_unit(survey: Surveyed) -> Unit:
    """Three units of 7, 15 and 60 people; the last one."""
    for name, n in (("Nhỏ", 7), ("Vừa", 15), ("Lớn", 60)):
        unit = survey.unit(name)
        survey.answer(unit, n - 2, 2)
    return unit


def kept(survey: Surveyed) -> tuple[WaveFacts, HiddenCells]:
    wave = facts(survey.record.database, survey.wave.code)
    found = stored_results.find(survey.record.database, wave, survey.drawn.id)
    assert found is not None
    return wave, found.pattern


def units(pattern: HiddenCells) -> dict[tuple[int, ...], str]:
    return {key: why for (crossing, key, figure), why in pattern.cells.items() if crossing == "unit" and not figure}


def test_the_pattern_is_kept_with_the_results(survey: Surveyed) -> None:
    small_unit(survey)
    survey.close()
    _, pattern = kept(survey)
    assert sorted(units(pattern).values()) == ["complement", "small"]
    assert pattern.minimum == 10
    assert pattern.report["sensitive"] > 0
    assert patterns.unpack(patterns.pack(pattern)) == pattern
    assert patterns.pack(pattern) == patterns.pack(patterns.unpack(patterns.pack(pattern)))


def test_results_without_a_pattern_get_one_from_the_jobs(survey: Surveyed, config: Config) -> None:
    """As at an upgrade: until then the rule of totals hides, afterwards the pattern that was attacked."""
    small_unit(survey)
    survey.close()
    _, made = kept(survey)
    with survey.record.database.writing() as session:
        session.execute(update(ResultSet).values(pattern=None))
    _, until_then = kept(survey)
    assert units(until_then).keys() >= units(made).keys()  # it may hide more, never less
    assert not until_then.report
    tidier(config, survey.record.database)(survey.record.now)
    _, again = kept(survey)
    assert again == made


def test_results_whose_answers_have_left_keep_the_rule_of_totals(survey: Surveyed, config: Config) -> None:
    large = small_unit(survey)
    survey.close()
    _, made = kept(survey)
    with survey.record.database.writing() as session:
        session.execute(update(ResultSet).values(pattern=None))
    survey.delete_one(large)
    tidier(config, survey.record.database)(survey.record.now)
    _, again = kept(survey)
    assert units(again).keys() >= units(made).keys()
    assert not again.report


def test_a_unit_reads_the_cells_of_the_whole_under_its_own_names() -> None:
    cells: dict[Cell, str] = {
        ("unit", (3,), "q1"): "small",
        ("unit,field", (3, 8), ""): "complement",
        ("unit,field", (4, 8), ""): "small",
        ("field", (8,), ""): "small",
    }
    own = HiddenCells(10, cells).of_unit(3)
    assert own.cells == {("", (), "q1"): "small", ("unit", (3,), "q1"): "small", ("field", (8,), ""): "complement"}
    assert own.hides("field", (8,), "q1")
    assert not own.hides("", (), "q2")


def test_questions_by_a_fact_are_published_and_hidden_as_listed(record: Record) -> None:
    survey = Surveyed(record, answers=document(item("q1"), item("q2"), SEX))
    unit = survey.unit()
    for codes, n in (({"q1": 5, "r_sex": 1}, 40), ({"q1": 2, "r_sex": 2}, 30), ({"q1": 5}, 12)):
        survey.say(unit, codes, n)
    survey.close()
    wave = facts(survey.record.database, "W-1")
    rows = result_json.table(survey.view(), "fact:r_sex")
    found = {row["domain"]["r_sex"]: row["estimate"] for row in rows if row["measure"] == "item_rate" and row["n"]}
    assert found == {"1": 1.0, "2": 0.0}  # those who did not say are no line
    with pytest.raises(Conflict, match="not on the list"):
        published_tables.check(wave, "unit,day")
