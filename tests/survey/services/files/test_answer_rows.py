"""Rows of answers hide what the published tables hide, figure by figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from survey.services.estimates.answer_columns import BLANK
from survey.services.files.answer_rows import Hides, RecodedRows
from survey.services.files.result_sentences import Words
from survey.services.files.rows import statements as row_statements
from survey.services.files.rows.recoding import HIDDEN
from tests.factories.questionnaires import item
from tests.factories.record import Record
from tests.factories.results import DISSATISFIED, SATISFIED, SEX, Surveyed, document


class Wave:
    """Three units with twenty answers in each of three fields."""

    def __init__(self, record: Record) -> None:
        self.survey = Surveyed(record, answers=document(item("q1"), item("q2"), SEX))
        self.units = [self.survey.unit() for _ in range(3)]
        self.fields = [record.field() for _ in range(3)]
        for unit in self.units:
            for field in self.fields:
                for sex in (1, 2):
                    self.survey.say(unit, SATISFIED | {"r_sex": sex}, 10 - sex, field=field)
                    self.survey.say(unit, DISSATISFIED | {"r_sex": sex}, sex, field=field)
        self.survey.close()

    def rows(self, folder: Path, *hidden: tuple[str, tuple[int, ...], str]) -> RecodedRows:
        """The rows where the tables hide these cells."""

        def hides(crossing: str, key: tuple[int, ...], figure: str) -> bool:
            return (crossing, key, figure) in hidden

        asked: Hides = hides
        database = self.survey.record.database
        return RecodedRows(database, self.survey.view(), Words.of("en"), folder, hides=asked)


@pytest.fixture
def wave(record: Record) -> Wave:
    return Wave(record)


def shown(rows: RecodedRows, name: str) -> np.ndarray:
    return np.array([row[rows.headings.index(name)] for row in rows.coded().rows], object)


def test_nothing_is_hidden_where_the_tables_hide_nothing(wave: Wave, tmp_path: Path) -> None:
    rows = wave.rows(tmp_path)
    assert rows.hidden_rows == {"unit": 0, "field": 0, "month": 0}
    assert rows.blanked == 0
    assert len(rows) == 180
    assert None not in shown(rows, "r_sex")


@pytest.mark.parametrize("crossing", ["unit", "field"])
def test_answers_are_blank_where_the_figure_of_their_question_is_hidden(
    wave: Wave, tmp_path: Path, crossing: str
) -> None:
    first = (wave.units if crossing == "unit" else wave.fields)[0]
    rows = wave.rows(tmp_path, (crossing, (first.id,), "q2"))
    own = shown(rows, crossing) == first.code
    assert own.sum() == rows.blanked == 60
    assert (rows.values("q2")[own] == BLANK).all()
    assert (rows.values("q2")[~own] != BLANK).all()
    assert (rows.values("q1") != BLANK).all()
    whole = row_statements.from_rows(wave.survey.view(), rows)
    assert whole is not None
    assert whole.estimate == pytest.approx((153 * 2 - 51) / (360 - 60))
    said = dict(row_statements.lines(wave.survey.view(), rows, Words.of("en")))
    assert said["Why they differ"] == "60 rows are without an answer whose figure is hidden."


def test_rows_without_their_field_are_blanked_together(wave: Wave, tmp_path: Path) -> None:
    """Else a blank answer would tell which of the hidden fields they are of."""
    unit, (first, second, _) = wave.units[0], wave.fields
    cells = [("unit,field", (u.id, f.id), "") for u in (unit, wave.units[1]) for f in (first, second)]
    rows = wave.rows(tmp_path, *cells, ("field", (first.id,), "q2"))
    own = (shown(rows, "unit") == unit.code) & (shown(rows, "field") == None)  # noqa: E711
    assert own.sum() == 40
    assert (rows.values("q2")[own] == BLANK).all()


def test_a_hidden_value_of_a_fact_is_in_no_row(wave: Wave, tmp_path: Path) -> None:
    rows = wave.rows(tmp_path, ("fact:r_sex", (2,), ""))
    assert set(shown(rows, "r_sex")) == {1, None}
    assert (rows.kept.facts[0] == HIDDEN).sum() >= 90


def test_a_fact_is_not_shown_with_answers_whose_figure_by_it_is_hidden(wave: Wave, tmp_path: Path) -> None:
    rows = wave.rows(tmp_path, ("fact:r_sex", (2,), "q2"))
    assert not ((shown(rows, "r_sex") == 2) & (rows.values("q2") != BLANK)).any()
    assert rows.blanked == 0


def test_a_hidden_unit_is_in_no_row_and_its_rows_are_there(wave: Wave, tmp_path: Path) -> None:
    hidden = wave.units[:2]
    rows = wave.rows(tmp_path, *(("unit", (unit.id,), "") for unit in hidden))
    assert set(shown(rows, "unit")) == {None, wave.units[2].code}
    assert rows.hidden_rows["unit"] == 120
    assert len(rows) == 180
