"""The border for services: every number equals the one from rows, whatever the selection."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.design.calibration import ClassResiduals
from analysis.design.sample_design import SampleDesign, sample_design
from analysis.design.variance import taylor_variance
from analysis.errors import AnalysisError, WeightingError
from analysis.estimation import estimators
from analysis.inference import waves
from analysis.inference.estimate_tables import EstimateTable
from analysis.inference.verdicts import Gates, Judgement
from analysis.inference.waves import WeighedWave
from analysis.totals.measure_plan import BLANK, Measure
from tests.analysis import wave_factory as made
from tests.analysis.wave_factory import Wave

CROSSINGS: list[tuple[str, ...]] = [(), ("unit",), ("field",), ("group",), ("unit", "field")]


@pytest.fixture(scope="module")
def answers() -> Wave:
    return made.wave()


def weighed(answers: Wave, selection: str) -> WeighedWave:
    together = answers.together and selection != "opt_in"
    return waves.weigh(answers.totals(selection), selection, made.frame(), together=together)


def rows_design(answers: Wave, wave: WeighedWave) -> SampleDesign:
    """The same design over rows."""
    keys = {tuple(key): k for k, key in enumerate(wave.weights.keys.tolist())}
    place = np.array([keys[u, f] for u, f in zip(answers.unit.tolist(), answers.field.tolist(), strict=True)])
    w = wave.weights.weight[place]
    if wave.selection != "opt_in":
        return sample_design(w, strata=answers.unit * 100 + answers.field)
    classes = wave.weights.code[place]
    inside = classes + 1
    sums = np.bincount(inside, w)
    sums[0] = 0.0
    return sample_design(w, strata=answers.unit, psu=answers.cluster).reweighted(w, ClassResiduals(w, inside, sums))


def values_of(answers: Wave, name: str) -> np.ndarray:
    column = answers.codes[:, int(name[1]) - 1].astype(float)
    return np.where(column > 5, np.nan, column)


def domains(answers: Wave, by: tuple[str, ...], keys: np.ndarray) -> list[np.ndarray]:
    columns = [getattr(answers, name) for name in by]
    return [
        np.logical_and.reduce([np.ones(len(answers.unit), bool), *(c == k for c, k in zip(columns, key, strict=True))])
        for key in keys
    ]


def row_ratio(answers: Wave, measure: Measure, plan_items: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Numerator and denominator per row of a measure that is one ratio."""
    every = np.column_stack([values_of(answers, name) for name in plan_items])
    given = (~np.isnan(every)).sum(axis=1).astype(float)
    given[given == 0] = np.nan
    good = (every >= 4).sum(axis=1).astype(float)
    points = np.nansum(every, axis=1)
    one = np.where(np.isnan(given), np.nan, 1.0)
    return {
        "item_rate": (good, given),
        "overall_rate": (good, given),
        "item_mean": (points, given),
        "factor_pooled_rate": (good, given),
        "index_pooled_rate": (good, given),
        "factor_mean_pooled": (points, given),
        "factor_mean_score": (points / given, one),
        "all_answers_satisfied": ((good == given).astype(float), one),
        "share_mean_ge_4": ((points / np.where(np.isnan(given), 1, given) >= 4).astype(float), one),
    }[measure.name]


SINGLE = {
    "item_rate",
    "overall_rate",
    "item_mean",
    "factor_pooled_rate",
    "index_pooled_rate",
    "factor_mean_pooled",
    "factor_mean_score",
    "all_answers_satisfied",
    "share_mean_ge_4",
}


@pytest.mark.parametrize("by", CROSSINGS, ids=str)
@pytest.mark.parametrize("selection", waves.SELECTIONS)
def test_every_ratio_in_every_domain_equals_the_one_from_rows(
    answers: Wave, selection: str, by: tuple[str, ...]
) -> None:
    wave = weighed(answers, selection)
    design, table = rows_design(answers, wave), wave.estimates(by)
    plan = made.plan()
    keys = np.unique(np.column_stack([table.domain[name] for name in by]), axis=0) if by else np.zeros((1, 0), int)
    masks = domains(answers, by, keys)
    compared = 0
    for measure in plan.measures:
        if measure.name not in SINGLE:
            continue
        top, bottom = row_ratio(answers, measure, plan.items_of(measure.variable))
        rows = table.of(measure)
        assert len(rows) == len(keys)
        for k, mask in enumerate(masks):
            expected = estimators.ratio(design, top, bottom, mask)
            found = rows.row(k)
            assert (found.n, found.rows) == (expected.n, expected.rows)
            if np.isnan(expected.estimate):
                assert found.estimate is None
                continue
            assert found.df == expected.df
            assert found.estimate == pytest.approx(expected.estimate, rel=1e-11)
            assert found.se == pytest.approx(expected.se, rel=1e-9, abs=1e-14)
            assert found.sum_w == pytest.approx(expected.sum_w, rel=1e-11)
            if expected.se > 0:
                assert found.deff_wr == pytest.approx(expected.deff_wr, rel=1e-9)
            compared += 1
    assert compared >= 16


@pytest.mark.parametrize("by", [(), ("unit",), ("group",)], ids=str)
@pytest.mark.parametrize("selection", waves.SELECTIONS)
def test_composite_indices_have_the_variance_of_their_gradient(
    answers: Wave, selection: str, by: tuple[str, ...]
) -> None:
    wave = weighed(answers, selection)
    design, table, plan = rows_design(answers, wave), wave.estimates(by), made.plan()
    rows = table.of(made.HEADLINE)
    keys = np.unique(np.column_stack([table.domain[name] for name in by]), axis=0) if by else np.zeros((1, 0), int)
    for k, mask in enumerate(domains(answers, by, keys)):
        value, score = 0.0, np.zeros(design.rows)
        for factor in ("access", "staff"):
            items = plan.items_of(factor)
            for item in items:
                x = values_of(answers, item)
                keep = mask & ~np.isnan(x)
                w = np.where(keep, design.weights, 0.0)
                rate = w @ (x >= 4) / w.sum()
                value += rate / len(items) / 2
                score += w * ((x >= 4) - rate) / w.sum() / len(items) / 2
        assert rows.row(k).estimate == pytest.approx(value, rel=1e-12)
        assert rows.row(k).se == pytest.approx(np.sqrt(taylor_variance(design, score)[0]), rel=1e-9)


def test_weighted_totals_reproduce_the_frame(answers: Wave) -> None:
    wave, frame = weighed(answers, "opt_in"), made.frame()
    table = wave.totals.by(("unit", "field")).coarsened(("unit", "field"))
    merged = {cell for merge in wave.weights.merges for cell in merge.cells}
    found = {tuple(key): total for key, total in zip(table.keys.tolist(), table.sums[:, 0], strict=True)}
    for unit, field, size in zip(frame.unit.tolist(), frame.field.tolist(), frame.population, strict=True):
        if (unit, field) not in merged:
            assert found[unit, field] == pytest.approx(size, rel=1e-12)
    for merge in wave.weights.merges:
        assert sum(found.get(cell, 0.0) for cell in merge.cells) == pytest.approx(merge.population, rel=1e-12)


def test_shares_numbers_and_options_are_estimated(answers: Wave) -> None:
    wave = weighed(answers, "drawn")
    table, design = wave.estimates(()), rows_design(answers, wave)
    g2 = answers.codes[:, 6].astype(float)
    g2[g2 == BLANK] = np.nan
    for measure in (Measure("return_definite", "g2"), Measure("share", "g2", 5)):
        expected = estimators.mean(design, np.where(np.isnan(g2), np.nan, g2 == 5))
        assert table.of(measure).row(0).estimate == pytest.approx(expected.estimate, rel=1e-12)
        assert table.of(measure).row(0).se == pytest.approx(expected.se, rel=1e-10)
    expected = estimators.mean(design, answers.numbers[:, 0])
    found = table.of(Measure("expectation_mean", "g1")).row(0)
    assert (found.n, found.estimate) == (expected.n, pytest.approx(expected.estimate, rel=1e-12))
    assert found.se == pytest.approx(expected.se, rel=1e-10)
    assert found.interval["logit"] is None


FEW = Gates(5, 5, 5, 2, None)


def judged(wave: WeighedWave, answers: Wave, table: EstimateTable, goals: np.ndarray, **more: Any) -> Judgement:
    evidence = wave.evidence(table, made.HEADLINE, answers.rows())
    return wave.verdicts(table, evidence, goals, **more)


def test_verdicts_use_the_threshold_of_each_domain(answers: Wave) -> None:
    wave = weighed(answers, "drawn")
    table = wave.estimates(("unit",)).of(made.HEADLINE)
    goals = np.full(len(table), np.nan)
    goals[:2] = 0.30, 0.99
    found = judged(wave, answers, table, goals, gates=FEW)
    assert table.domain_keys()[:2] == [(0,), (1,)]
    assert found.verdict.tolist() == ["reached", "missed", *[None] * (len(table) - 2)]
    assert wave.needed(found)[0].n is not None
    assert found.figures.estimate is table.estimate  # judged are the estimates that are shown


def test_needed_answers_are_at_most_the_transactions_of_the_unit(answers: Wave) -> None:
    wave = weighed(answers, "drawn")
    table = wave.estimates(("unit",)).of(made.HEADLINE)
    near = np.asarray(table.estimate) - 0.006  # more answers than any unit has transactions
    found = judged(wave, answers, table, near)
    assert {one.reason for one in wave.needed(found)} == {None}
    assert {one.reason for one in wave.needed(found, units=table.domain["unit"])} == {"above_frame"}


def test_a_family_is_judged_from_the_evidence_of_all(answers: Wave) -> None:
    wave = weighed(answers, "drawn")
    table = wave.estimates(("unit",)).of(made.HEADLINE)
    goals, places = np.asarray(table.estimate) - 0.02, np.array([2, 0])
    some = table.where(places)
    for adjust in ("none", "holm", "bh"):
        own = judged(wave, answers, table, goals, gates=FEW).family(places, adjust=adjust)
        alone = judged(wave, answers, some, goals[places], gates=FEW, adjust=adjust)
        assert own.verdict.tolist() == alone.verdict.tolist()
        assert own.reasons.tolist() == alone.reasons.tolist()
        assert own.p_reached_adjusted.tolist() == pytest.approx(alone.p_reached_adjusted.tolist(), rel=1e-12)
        assert own.bounds().lower.tolist() == pytest.approx(alone.bounds().lower.tolist(), rel=1e-12)


def test_self_selected_channel_is_capped_and_says_so(answers: Wave) -> None:
    wave = weighed(answers, "opt_in")
    table = wave.estimates(("unit",)).of(made.HEADLINE).where(np.array([0]))
    found = judged(wave, answers, table, np.array([0.10]), gates=FEW)
    assert found.verdict.tolist() == ["reached_not_proven"]
    assert found.reasons[0] == ("opt_in",)
    assert wave.needed(found)[0].reason == "opt_in"


def test_a_verdict_on_a_score_is_refused(answers: Wave) -> None:
    wave = weighed(answers, "drawn")
    table = wave.estimates().of(Measure("item_mean", "q1"))
    evidence = wave.evidence(table, Measure("item_rate", "q1"), answers.rows())
    with pytest.raises(AnalysisError, match="not a rate"):
        wave.verdicts(table, evidence, np.array([0.9]))


def test_totals_of_one_selection_are_not_weighed_as_another(answers: Wave) -> None:
    with pytest.raises(AnalysisError, match="selection"):
        waves.weigh(answers.totals("opt_in"), "drawn", made.frame())


def test_a_wave_without_answers_says_so() -> None:
    totals = waves.begin(made.plan(), "drawn")
    with pytest.raises(WeightingError, match="no answers"):
        waves.weigh(totals, "drawn", made.frame())


def test_estimates_survive_their_plain_form_bit_by_bit(answers: Wave) -> None:
    table = weighed(answers, "opt_in").estimates(("unit", "field"), labels={"unit": {0: "Hải Châu"}})
    again = EstimateTable.from_json(table.to_json())
    assert again.to_json() == table.to_json()
    assert list(again) == list(table)
    assert again.row(0).domain["unit"] == "Hải Châu"


def test_fact_of_the_respondent_is_crossed_beside_unit_and_field(answers: Wave) -> None:
    gender = np.arange(len(answers.unit)) % 2
    totals = waves.begin(made.plan(), "drawn", beside=("gender",))
    chunk = waves.wave_chunk(
        "drawn",
        answers.codes,
        unit=answers.unit,
        field=answers.field,
        numbers=answers.numbers,
        group=answers.group,
        gender=gender,
    )
    wave = waves.weigh(totals.add(chunk), "drawn", made.frame())
    rows = wave.estimates(("gender",)).of(Measure("overall_rate", "q6"))
    expected = estimators.mean(
        rows_design(answers, wave),
        np.where(np.isnan(values_of(answers, "q6")), np.nan, values_of(answers, "q6") >= 4),
        gender == 1,
    )
    assert rows.row(1).estimate == pytest.approx(expected.estimate, rel=1e-12)
    assert rows.row(1).se == pytest.approx(expected.se, rel=1e-10)


@pytest.mark.parametrize("by", [(), ("unit",), ("field",), ("unit", "field")])
def test_the_evidence_of_a_wave_is_that_of_its_rows(answers: Wave, by: tuple[str, ...]) -> None:
    """Shares and own rates of a mean of factor rates, worked out respondent by respondent."""
    wave = weighed(answers, "drawn")
    table = wave.estimates(by).of(made.HEADLINE)
    found = wave.evidence(table, made.HEADLINE, answers.rows())
    cells = {tuple(key): w for key, w in zip(wave.weights.keys.tolist(), wave.weights.weight.tolist(), strict=True)}
    w = np.array([cells[pair] for pair in zip(answers.unit.tolist(), answers.field.tolist(), strict=True)])
    for k, inside in enumerate(domains(answers, by, np.array(table.domain_keys()))):
        z, omega, count = np.zeros(len(w)), np.zeros(len(w)), np.zeros(len(w))
        for items in (("q1", "q2", "q3"), ("q4", "q5")):
            for item in items:
                value = values_of(answers, item)
                x = (~np.isnan(value)) * inside
                y = (np.nan_to_num(value) >= 4) * x
                below = (w * x).sum()
                z += w * (y - (w * y).sum() / below * x) / below / len(items) / 2
                omega += w * x / below / len(items) / 2
                count += x
        there = omega > 0
        assert found.people[k] == pytest.approx((omega**2).sum(), rel=1e-12)
        assert found.spread[k] == pytest.approx((z[there] ** 2 / omega[there]).sum(), rel=1e-12)
        if (squares := (z**2).sum()) > 0:
            assert found.skewness[k] == pytest.approx((z**3).sum() / squares**1.5, rel=1e-9)
        assert found.answers[k] == count.sum()
        assert found.variance[k] == pytest.approx(table.se[k] ** 2, rel=1e-12) or len(by) == 2
        assert bool(found.pooled[k])


def test_drawn_answers_taken_in_batches_have_these_as_clusters(answers: Wave) -> None:
    """An interviewer's day counts once: strata are units, and the errors are those of a design of batches."""
    batched = replace(answers, together=True)
    wave = weighed(batched, "drawn")
    w = wave.weights.of_rows(answers.unit, answers.field)
    design = sample_design(w, strata=answers.unit, psu=answers.cluster)
    overall = values_of(answers, "q6")
    good = np.where(np.isnan(overall), np.nan, overall >= 4)
    table = wave.estimates(("unit",)).of(Measure("overall_rate", "q6"))
    for k, unit in enumerate(table.domain["unit"].tolist()):
        expected = estimators.mean(design, good, answers.unit == unit)
        assert table.row(k).se == pytest.approx(expected.se, rel=1e-10)
        assert table.row(k).df == expected.df
    headline = wave.estimates(("unit",)).of(made.HEADLINE)
    evidence = wave.evidence(headline, made.HEADLINE, batched.rows())
    alone = weighed(answers, "drawn")
    single = alone.evidence(alone.estimates(("unit",)).of(made.HEADLINE), made.HEADLINE, answers.rows())
    assert evidence.clustered.all()
    assert (evidence.df < single.df).all()
    np.testing.assert_allclose(evidence.people, single.people, rtol=1e-12)
