"""What to improve first, and whether questions measure the factors they are filed under."""

from __future__ import annotations

import re

import numpy as np
import pytest

from survey.models.people.accounts import Role
from survey.services.estimates.analyses.importance import FactorImportance, Importance
from survey.services.files import analysis_tables
from survey.services.files.result_tables import Words
from tests.factories.questionnaires import item
from tests.factories.record import Record
from tests.factories.results import Surveyed, document
from tests.factories.surveyed_waves import SignIn, analysed


def with_overall(record: Record) -> Surveyed:
    rules = [
        {"level": "item", "rule": "item_rate", "measure": "rate"},
        {"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True},
        {"level": "overall", "rule": "overall_question", "measure": "rate", "items": ["g1"]},
    ]
    factors = [{"code": c, "name": {"vi": f"Yếu tố {c}"}, "grade": "verbatim"} for c in "AB"]
    overall = item("g1")
    del overall["factor"]
    asked = document(
        item("a1", factor="A"), item("a2", factor="A"), item("b1", factor="B"), item("b2", factor="B"), overall,
        indices=rules, factors=factors,
    )  # fmt: skip
    return Surveyed(record, answers=asked)


def test_factor_that_moves_the_overall_question_has_the_greater_share(record: Record) -> None:
    survey = with_overall(record)
    unit = survey.unit()
    rng = np.random.default_rng(3)
    drawn = []
    for _ in range(150):
        a, b = (int(v) for v in rng.integers(2, 6, 2))
        overall = int(np.clip(a + rng.integers(-1, 2), 1, 5))
        drawn.append((a, b, overall))
        survey.say(unit, {"a1": a, "a2": a, "b1": b, "b2": b, "g1": overall})
    found = analysed(survey).importance
    assert found is not None
    assert (found.outcome, found.n, found.reason) == ("g1", 150, "")
    assert [f.factor for f in found.factors] == ["A", "B"]
    assert sum(f.share for f in found.factors) == pytest.approx(1)
    assert found.factors[0].share > 0.9
    a, b, overall = (np.array(column, float) for column in zip(*drawn, strict=True))
    x = np.column_stack([np.ones(150), a, b])
    residual = overall - x @ np.linalg.lstsq(x, overall)[0]
    assert found.explained == pytest.approx(1 - residual @ residual / ((overall - overall.mean()) ** 2).sum())
    assert found.factors[0].odds_ratio is not None
    assert found.factors[0].odds_ratio > 2


@pytest.mark.parametrize("people", [150, 500])
def test_where_to_begin_is_told_only_as_far_as_the_answers_bear_it(
    record: Record, sign_in: SignIn, people: int
) -> None:
    survey = with_overall(record)
    unit = survey.unit()
    rng = np.random.default_rng(7)
    for _ in range(people):
        a, b = (int(v) for v in rng.integers(2, 6, 2))
        a = max(1, a - 1) if people == 500 else a
        overall = int(np.clip((a if people == 500 else round((a + b) / 2)) + rng.integers(-1, 2), 1, 5))
        survey.say(unit, {"a1": a, "a2": a, "b1": b, "b2": b, "g1": overall})
    found = analysed(survey).importance
    assert found is not None
    assert all(f.low is not None and f.high is not None and f.low < f.share < f.high for f in found.factors)
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    page = client.get("/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn").text
    assert any(f.begin_here for f in found.factors) is (people == 500)
    assert ("Nên bắt đầu từ đây" in page) is (people == 500)


def test_advice_goes_as_far_as_the_interval_of_the_importance() -> None:
    def factor(quadrant: str, low: float | None, high: float | None, *, sure: bool = False) -> FactorImportance:
        return FactorImportance("F", 0.5, 0.5, None, None, 4.0, quadrant, low, high, 1, 2, surely_first=sure)

    alike, told = factor("keep_up", 0.4, 0.6), factor("keep_up", 0.52, 0.6)
    first, perhaps = factor("improve", 0.52, 0.6, sure=True), factor("improve", 0.4, 0.6)
    found = Importance("g1", 200, 0.5, (alike, told))
    assert [found.advice(one) for one in (alike, told, first, perhaps, factor("low_priority", None, None))] == [
        "not_told_apart", "keep_up", "improve", "perhaps_first", "not_told_apart",
    ]  # fmt: skip


def test_form_without_an_overall_question_says_so(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 90, 60)
    found = analysed(survey).importance
    assert found is not None
    assert found.reason == "no_outcome"


def two_factors(record: Record, *, people: int, filed: str = "AAABBB", alike: bool = False) -> Surveyed:
    """Questions a1-a3 and b1-b3, which follow one opinion each; if `alike`, b1 follows a1 more than b2, and so on."""
    codes = ("a1", "a2", "a3", "b1", "b2", "b3")
    factors = [{"code": c, "name": {"vi": f"Yếu tố {c}"}, "grade": "verbatim"} for c in "AB"]
    questions = [item(code, factor=factor) for code, factor in zip(codes, filed, strict=True)]
    survey = Surveyed(record, answers=document(*questions, factors=factors))
    unit, rng = survey.unit(), np.random.default_rng(5)
    for _ in range(people):
        said = np.repeat(rng.normal(3.6, 0.9, 2), 3) + rng.normal(0, 0.6, 6)
        if alike:
            said = np.tile(said[:3], 2) + rng.normal(0, 0.6, 6)
        survey.say(unit, dict(zip(codes, np.clip(np.round(said), 1, 5).astype(int).tolist(), strict=True)))
    return survey


def filing_sentence(survey: Surveyed) -> str:
    sheets = analysis_tables.tables(survey.view(), analysed(survey), Words.of("en"))
    (said,) = next(sheet.notes for sheet in sheets if sheet.name == "Quality")
    return said


def test_questions_that_measure_their_factors_are_said_to_on_page_and_sheet(record: Record, sign_in: SignIn) -> None:
    survey = two_factors(record, people=220)
    found = analysed(survey).filing
    assert found is not None
    assert found.n == 220
    assert found.fits
    assert "The questions measure the factors they are filed under" in filing_sentence(survey)
    survey.close()
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    page = client.get("/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn")
    assert "Các câu hỏi đo đúng yếu tố mà chúng được xếp vào" in page.text


def test_questions_filed_under_the_wrong_factor_are_said_not_to_measure_it(record: Record) -> None:
    survey = two_factors(record, people=220, filed="AABABB")
    found = analysed(survey).filing
    assert found is not None
    assert not found.fits
    assert found.cfi is None or found.cfi < 0.9
    assert re.search("do not all measure|do not describe", filing_sentence(survey))


def test_factors_that_the_answers_do_not_tell_apart_are_named(record: Record) -> None:
    survey = two_factors(record, people=220, alike=True)
    found = analysed(survey).filing
    assert found is not None
    assert (found.alike, found.fits) == (("A", "B"), False)
    assert "do not tell these two factors apart, so read them as one: Yếu tố A; Yếu tố B." in filing_sentence(survey)


def test_nothing_is_said_of_factors_with_few_complete_answers(record: Record) -> None:
    assert analysed(two_factors(record, people=60)).filing is None


def test_nothing_is_said_of_a_form_without_factors_of_several_questions(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 150, 100)
    assert analysed(survey).filing is None
