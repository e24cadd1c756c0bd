"""Figures of a wave against paper and pencil and against the analysis itself, before and after closing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from analysis.design.frame_weights import FrameCells
from analysis.estimation.domain_estimates import DomainEstimates
from analysis.inference import waves as analysis_waves
from analysis.inference.waves import begin, wave_chunk, weigh
from analysis.totals.streaming import Totals
from instruments import codec, library
from instruments.model.document import InstrumentVersion
from survey.models.intake.responses import Disposition
from survey.models.people.accounts import Role
from survey.models.province.procedures import FieldGroup
from survey.models.province.targets import Target, TargetPlan
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import ServiceDomain
from survey.permissions import system
from survey.services import housekeeping
from survey.services.estimates import finalising, stored_results
from survey.services.estimates.channel_results import estimate_channel
from survey.services.estimates.measure_plans import plan_of
from survey.services.estimates.results_cache import KeptResults
from survey.services.estimates.wave_facts import facts
from survey.services.fieldwork import waves
from survey.services.province import target_plans
from tests.factories.people import EVERYTHING
from tests.factories.questionnaires import item, text
from tests.factories.record import Record
from tests.factories.results import DISSATISFIED, SATISFIED, Surveyed, document


def two_wards(survey: Surveyed) -> tuple[Unit, Unit]:
    """A: 100 transactions, 8 of 10 satisfied. B: 300 transactions, 15 of 30 satisfied."""
    a, b = survey.unit("Phường A"), survey.unit("Phường B")
    survey.frame(a, 100)
    survey.frame(b, 300)
    survey.answer(a, 8, 2)
    survey.answer(b, 15, 15)
    return a, b


def test_rate_of_a_drawn_channel_is_weighted_by_transactions(survey: Surveyed) -> None:
    two_wards(survey)
    survey.close()
    shown = survey.view().overall.shown  # type: ignore[union-attr]
    assert shown.value == pytest.approx((100 * 0.8 + 300 * 0.5) / 400, abs=1e-12)
    # strata: (W_h)² p(1-p)/(n-1); every person gave two equal answers, so the pooled rate moves as the share of people
    variance = 0.25**2 * 0.8 * 0.2 / 9 + 0.75**2 * 0.5 * 0.5 / 29
    assert shown.se == pytest.approx(variance**0.5, rel=1e-9)
    assert (shown.n, shown.df) == (40, 38)


def test_self_selected_answers_stand_for_the_transactions_of_their_unit(survey: Surveyed) -> None:
    a, b = survey.unit("Phường A"), survey.unit("Phường B")
    survey.frame(a, 900)
    survey.frame(b, 100)
    for unit, good, bad in ((a, 5, 5), (b, 9, 1)):
        for day in range(4):
            survey.answer(unit, good, bad, channel=survey.qr, day=date(2026, 11, 2 + day))
    survey.close()
    shown = survey.view("qr").overall.shown  # type: ignore[union-attr]
    assert shown.value == pytest.approx(0.9 * 0.5 + 0.1 * 0.9, abs=1e-12)
    assert shown.se == pytest.approx(0.0, abs=1e-12)  # every day alike: the clusters do not differ


def test_figures_are_those_of_the_analysis_itself(survey: Surveyed) -> None:
    rng = np.random.default_rng(5)
    units = [survey.unit(f"Phường {n}") for n in range(3)]
    rows = []
    for unit in units:
        survey.frame(unit, int(rng.integers(200, 900)))
        for day in range(5):
            good, bad = (int(x) for x in rng.integers(1, 12, 2))
            survey.answer(unit, good, bad, channel=survey.qr, day=date(2026, 11, 2 + day))
            rows += [(unit.id, day, kind) for kind, n in ((SATISFIED, good), (DISSATISFIED, bad)) for _ in range(n)]
    survey.close()
    wave = facts(survey.record.database, survey.wave.code)
    plan = wave.survey_plan
    totals = begin(plan.measures, "opt_in")
    unit_of, day_of = (np.array([row[k] for row in rows], np.int64) for k in range(2))
    codes = np.array([[kind[c] for c in plan.coded] for _, _, kind in rows], np.uint8)
    none = np.full(len(rows), -1)
    totals.add(wave_chunk("opt_in", codes, unit=unit_of, field=none, group=none * 0, cluster=unit_of * 1000 + day_of))
    cells = np.array([(cell.unit, cell.transactions) for cell in wave.frame], np.int64)
    frame = FrameCells(cells[:, 0], np.full(3, -1), cells[:, 1].astype(float), np.zeros(3, int), np.zeros(3, int))
    weighed = weigh(totals, "opt_in", frame)
    assert plan.headline is not None
    survey.close()
    expected = weighed.estimates(("unit",)).of(plan.headline.measure)
    shown = {row.key: row.shown for row in survey.view("qr").by_unit}
    for place, unit in enumerate(expected.domain["unit"].tolist()):
        row = expected.row(place)
        assert shown[unit].n == row.n
        assert (shown[unit].value, shown[unit].se) == pytest.approx((row.estimate, row.se), abs=0.0005)
        assert (shown[unit].low, shown[unit].high) == pytest.approx(row.interval["logit"], abs=0.0005)


def test_channels_are_never_pooled(survey: Surveyed) -> None:
    unit = survey.unit()
    survey.answer(unit, 20, 0)
    survey.answer(unit, 0, 20, channel=survey.qr)
    assert survey.view("drawn").overall.shown.value == 1.0  # type: ignore[union-attr]
    assert survey.view("qr").overall.shown.value == 0.0  # type: ignore[union-attr]


def test_late_excluded_and_deleted_answers_are_not_counted(survey: Surveyed) -> None:
    unit = survey.unit()
    survey.answer(unit, 20, 10)
    survey.answer(unit, 0, 7, late=True)
    survey.answer(unit, 0, 5, disposition=Disposition.EXCLUDED, exclusion_reason="thử")
    survey.delete_one(unit)
    view = survey.view()
    assert (view.responses, view.late) == (29, 7)


def test_running_wave_shows_estimates_and_no_verdict(survey: Surveyed) -> None:
    two_wards(survey)
    view = survey.view()
    assert not view.final
    assert view.overall is not None
    assert view.overall.target == 0.90
    assert view.overall.verdict is None
    assert not any(row.verdict for row in view.by_unit)


def test_closed_wave_waits_for_its_verdicts_until_they_are_frozen(survey: Surveyed) -> None:
    two_wards(survey)
    kept = KeptResults()
    waves.close_wave(survey.record.database, "W-1", actor=system(), now=survey.record.now)
    before = survey.view(kept=kept)
    assert (before.final, before.overall.verdict) == (False, None)  # type: ignore[union-attr]
    finalising.make_final(survey.record.database, "W-1", actor=system(), now=survey.record.now)
    after = survey.view(kept=kept)
    assert after.final
    assert after.overall.verdict.verdict == "too_few"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("good", "bad", "verdict"),
    [(200, 0, "reached"), (91, 9, "reached_not_proven"), (88, 12, "missed_not_proven"), (50, 50, "missed"),
     (15, 5, "too_few")],
)  # fmt: skip
def test_verdict_of_a_drawn_channel(survey: Surveyed, good: int, bad: int, verdict: str) -> None:
    unit = survey.unit()
    survey.frame(unit, 5000)
    survey.answer(unit, good, bad)
    survey.close()
    assert survey.view().overall.verdict.verdict == verdict  # type: ignore[union-attr]


def test_self_selected_answers_prove_nothing(survey: Surveyed) -> None:
    unit = survey.unit()
    for day in range(14):
        survey.answer(unit, 20, 0 if day % 3 else 1, channel=survey.qr, day=date(2026, 11, 2 + day))
    survey.close()
    verdict = survey.view("qr").overall.verdict  # type: ignore[union-attr]
    assert verdict is not None
    assert verdict.verdict == "reached_not_proven"
    assert "opt_in" in verdict.reasons


def test_fields_named_by_the_plan_have_their_own_threshold(survey: Surveyed) -> None:
    unit = survey.unit()
    land, other = survey.record.field(group=FieldGroup.LAND), survey.record.field()
    survey.answer(unit, 70, 10, field=land)
    survey.answer(unit, 70, 10, field=other)
    survey.close()
    view = survey.view()
    assert {row.key: row.target for row in view.by_field} == {land.id: 0.85, other.id: 0.90}
    sides = {row.key: row.verdict.verdict for row in view.by_field if row.verdict}
    assert sides == {land.id: "reached_not_proven", other.id: "missed_not_proven"}


# --- what was made once stays ---------------------------------------------------------------------------------------


def test_frozen_results_do_not_change_by_late_answers_or_deletions(survey: Surveyed) -> None:
    a, _ = two_wards(survey)
    survey.close()
    before = survey.view()
    survey.answer(a, 0, 20, late=True)
    survey.delete_one(a)
    after = survey.view()
    assert after.overall == before.overall
    assert after.by_unit == before.by_unit
    assert stored_results.fingerprint(after.results) == stored_results.fingerprint(before.results)
    assert (after.late, after.deleted_since) == (20, 1)


def test_frozen_results_of_one_unit_do_not_change_either(survey: Surveyed) -> None:
    a, b = survey.unit("Phường A"), survey.unit("Phường B")
    field = survey.record.field()
    for unit in (a, b):
        survey.frame(unit, 500, field)
        survey.answer(unit, 40, 12, field=field)
    running = survey.view(actor=survey.analyst(a))
    survey.close()
    before = survey.view(actor=survey.analyst(a))
    assert before.overall is not None
    assert before.overall.verdict is not None
    assert before.overall.shown.n == running.overall.shown.n  # type: ignore[union-attr]
    assert not running.by_field  # a unit is crossed with fields once the wave is closed
    assert [row.shown.n for row in before.by_field] == [52]
    assert before.items[0].shown.n == running.items[0].shown.n
    survey.delete_one(a)
    after = survey.view(actor=survey.analyst(a))
    assert (after.overall, after.by_field, after.items) == (before.overall, before.by_field, before.items)
    assert after.deleted_since == 1


def test_verdict_of_a_unit_is_the_same_for_whoever_reads_it(survey: Surveyed) -> None:
    """Alone it would be missed for sure; as one of seven it is not, and its own people read that too."""
    a = survey.unit("Phường A")
    for unit in (a, *(survey.unit() for _ in range(6))):
        survey.frame(unit, 5000)
        survey.answer(unit, 80, 18) if unit is a else survey.answer(unit, 85, 15)
    survey.close()
    among = next(row for row in survey.view().by_unit if row.key == a.id)
    alone = survey.view(actor=survey.analyst(a))
    assert among.verdict is not None
    assert (among.verdict.verdict, among.verdict.members) == ("missed_not_proven", 7)
    assert alone.overall is not None
    assert alone.overall.verdict == alone.by_unit[0].verdict == among.verdict
    assert alone.overall.shown == among.shown


def test_each_crossing_is_estimated_once_and_judged_from_that(
    survey: Surveyed, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_wards(survey)
    waves.close_wave(survey.record.database, "W-1", actor=system(), now=survey.record.now)
    asked: list[tuple[str, ...]] = []
    real = analysis_waves.estimate

    def counting(totals: Totals, by: tuple[str, ...], **more: Any) -> DomainEstimates:
        asked.append(tuple(by))
        return real(totals, by, **more)

    monkeypatch.setattr(analysis_waves, "estimate", counting)
    wave = facts(survey.record.database, "W-1")
    results = estimate_channel(survey.record.database, wave, "drawn", now=survey.record.now)
    assert asked == [(), ("unit",), ("field",), ("group",), ("unit", "field"), ("unit", "group")]
    assert set(results.verdicts) == {"", "unit", "field", "group", "unit,field", "unit,group"}


def test_questionnaire_is_read_once_for_all_views(survey: Surveyed, monkeypatch: pytest.MonkeyPatch) -> None:
    two_wards(survey)
    read: list[str] = []
    real = codec.loads

    def counting(text: str) -> InstrumentVersion:
        read.append(text)
        return real(text)

    monkeypatch.setattr(codec, "loads", counting)
    plan_of.cache_clear()
    for channel in ("drawn", "qr", "drawn"):
        survey.view(channel)
    assert len(read) == 1


def test_results_are_made_once(survey: Surveyed) -> None:
    two_wards(survey)
    assert survey.close() == 2
    first = survey.view()
    again = finalising.make_final(
        survey.record.database, "W-1", actor=system(), now=survey.record.now + timedelta(days=3)
    )
    assert again == 0
    assert survey.view().made_at == first.made_at


def test_packed_results_come_back_as_they_were(survey: Surveyed) -> None:
    two_wards(survey)
    survey.close()
    results = survey.view().results
    packed = stored_results.pack(results)
    assert stored_results.pack(stored_results.unpack(packed)) == packed


def test_frozen_results_outlive_the_answers(survey: Surveyed) -> None:
    a, _ = two_wards(survey)
    survey.close()
    before = survey.view()
    later = survey.record.now + timedelta(days=800)
    removed, _ = housekeeping.purge_answers(survey.record.database, later)
    assert removed == 40
    after = survey.view(now=later)
    assert (after.overall, after.by_unit) == (before.overall, before.by_unit)
    own = survey.view(now=later, actor=survey.analyst(a))
    assert own.overall is not None
    assert own.overall.shown.n == 10


def test_empty_channel_can_be_closed_and_read(survey: Surveyed) -> None:
    unit = survey.unit()
    survey.record.point(survey.drawn, unit=unit)
    assert survey.close() == 2
    for actor in (None, survey.analyst(unit)):
        view = survey.view(actor=actor)
        assert (view.overall, view.by_unit, view.responses) == (None, (), 0)


def test_questionnaire_without_an_index_can_be_closed_and_read(record: Record) -> None:
    survey = Surveyed(record, answers=document(indices=[{"level": "item", "rule": "item_rate", "measure": "rate"}]))
    unit = survey.unit()
    survey.answer(unit, 30, 10)
    survey.answer(survey.unit(), 20, 10)
    survey.close()
    for actor in (None, survey.analyst(unit)):
        view = survey.view(actor=actor)
        assert view.final
        assert (view.headline, view.overall) == (None, None)
        assert view.items[0].shown.value is not None


def test_unit_where_nobody_answered_has_an_empty_page_after_closing(survey: Surveyed) -> None:
    silent, loud = survey.unit(), survey.unit()
    survey.record.point(survey.drawn, unit=silent)
    survey.answer(loud, 30, 10)
    survey.close()
    view = survey.view(actor=survey.analyst(silent))
    assert view.overall is None or view.overall.shown.hidden == "empty"
    assert not any(row.shown.value for row in (*view.items, *view.by_unit, *view.by_field))


def test_plan_that_names_only_some_fields_judges_these(survey: Surveyed) -> None:
    with survey.record.database.writing() as session:
        session.delete(session.scalars(select(Target).where(Target.code == "QN25-ALL")).one())
    unit, land, other = survey.unit(), survey.record.field(group=FieldGroup.LAND), survey.record.field()
    for field in (land, other):
        survey.answer(unit, 40, 5, field=field)
    survey.close()
    for actor in (None, survey.analyst(unit)):
        view = survey.view(actor=actor)
        assert view.overall is not None
        assert (view.overall.target, view.overall.verdict) == (None, None)
        assert {row.key: row.verdict is not None for row in view.by_field} == {land.id: True, other.id: False}


# --- what the target means ------------------------------------------------------------------------------------------


def test_plan_whose_period_is_over_is_for_comparison_only(survey: Surveyed) -> None:
    view = survey.view()
    assert view.plan is not None
    assert view.plan.comparison_only


def test_recorded_decision_makes_the_plan_bind_again(survey: Surveyed) -> None:
    administrator = survey.person(Role.ADMINISTRATOR, domains=EVERYTHING)
    with survey.record.database.reading() as session:
        plan_id = session.scalars(select(TargetPlan.id).where(TargetPlan.code == "QN-2021-2025")).one()
    target_plans.extend(
        survey.record.database, administrator, plan_id, decision="QĐ 01/QĐ-UBND", decided_on=date(2026, 1, 5),
        until=date(2026, 12, 31), now=survey.record.now,
    )  # fmt: skip
    view = survey.view()
    assert view.plan is not None
    assert (view.plan.comparison_only, view.plan.decision) == (False, "QĐ 01/QĐ-UBND")


def test_wave_without_a_plan_has_rates_and_no_target(record: Record) -> None:
    survey = Surveyed(record, plan=None)
    unit = survey.unit()
    survey.answer(unit, 30, 10)
    survey.close()
    view = survey.view()
    assert view.final
    assert view.overall is not None
    assert (view.overall.shown.value, view.overall.target, view.overall.verdict) == (0.75, None, None)


# --- figures of the health and education forms ----------------------------------------------------------------------


def test_expectation_is_a_mean_of_percentages_with_an_interval(record: Record) -> None:
    number = {"type": "item", "code": "g1", "text": text("Đáp ứng bao nhiêu % mong đợi?"), "short": "Mong đợi",
              "response": {"kind": "number", "unit": text("%")}, "grade": "verbatim"}  # fmt: skip
    rules = [
        {"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True},
        {"level": "overall", "rule": "expectation_mean", "measure": "percent", "items": ["g1"],
         "name": text("Tỷ lệ đáp ứng so với mong đợi")},
    ]  # fmt: skip
    survey = Surveyed(record, answers=document(item("q1"), item("q2"), number, indices=rules))
    unit = survey.unit()
    for value in (80, 100, 120, 90):
        survey.say(unit, SATISFIED | {"g1": value}, 5)
    survey.close()
    row = next(r for r in survey.view().others if r.figure.rule == "expectation_mean")
    assert row.name == "Tỷ lệ đáp ứng so với mong đợi"
    assert row.shown.value == pytest.approx(97.5)  # above 100 kept
    assert row.shown.low is not None
    assert row.shown.low < 97.5 < row.shown.high  # type: ignore[operator]


def test_codes_without_opinion_count_neither_above_nor_below(record: Record) -> None:
    options = [{"code": 0, "label": text("Không sử dụng"), "substantive": False}] + [
        {"code": n, "label": text(f"Mức {n}"), "satisfied": n >= 4} for n in range(1, 6)
    ]
    form = document(item("q1"), item("q2"), scales=[{"code": "sat5", "options": options}])
    survey = Surveyed(record, answers=form)
    unit = survey.unit()
    survey.say(unit, {"q1": 5, "q2": 0}, 12)
    survey.say(unit, {"q1": 3}, 12)
    items = {row.label: row.shown for row in survey.view().items}
    assert (items["q1"].n, items["q1"].value) == (24, 0.5)
    assert items["q2"].hidden == "empty"


def test_education_form_has_its_scores_beside_its_rates(record: Record) -> None:
    """The mean of five domains and the separate question, both as rate and as score."""
    education = library.load("edu-thcs-parent")
    survey = Surveyed(record, answers=codec.dumps(education), wave_values={"domain": ServiceDomain.EDUCATION})
    unit = survey.unit()
    rated = [item.code for item in education.rated_items]
    low = {code: 3 if code.startswith("a") else 5 for code in rated}
    survey.say(unit, dict.fromkeys(rated, 4) | {"g1": 4, "g2": 90}, 20)
    survey.say(unit, low | {"g1": 2, "g2": 70}, 20)
    survey.close()
    view = survey.view()
    figures = {(row.figure.rule, row.figure.kind): row.shown.value for row in view.others}
    assert figures["mean_of_children", "score"] == pytest.approx((3.5 + 4 * 4.5) / 5)
    assert figures["overall_question", "rate"] == pytest.approx(0.5)
    assert figures["overall_question", "score"] == pytest.approx(3.0)
    assert figures["expectation_mean", "percent"] == pytest.approx(80.0)
    assert view.overall is not None
    assert view.overall.shown.value == pytest.approx((0.5 + 4) / 5)
    means = [row.mean.value for row in view.factors if row.mean]
    assert means == pytest.approx([3.5, 4.5, 4.5, 4.5, 4.5])
