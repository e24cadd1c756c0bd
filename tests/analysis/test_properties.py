"""Laws that hold for every survey, tried on random ones: lonely PSUs, weights of zero, blanks, finite populations."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.arrays import Floats
from analysis.design import calibration, replicates
from analysis.design.sample_design import SampleDesign, sample_design
from analysis.estimation import estimators
from analysis.estimation.domain_estimates import DomainEstimates, estimate
from analysis.estimation.row_scores import RowMeasures, with_row_variances
from analysis.inference import intervals, profile, verdicts
from analysis.inference.verdicts import Figures, Gates
from analysis.totals.chunk_sums import Chunk
from analysis.totals.measure_plan import MeasurePlan, Node, RatedItem
from analysis.totals.streaming import Shape, Totals
from tests.analysis.evidence_factory import evidence

RULES = ("pooled_rate", "mean_of_item_rates", "mean_score", "mean_pooled")
PLAN = MeasurePlan(
    tuple(RatedItem(code) for code in ("q1", "q2", "q3", "all")),
    nodes=(
        Node("F", "factor", ("q1", "q2"), "mean_of_item_rates", RULES),
        Node("X", "index", ("F", "q3"), "mean_of_children"),
    ),
    overall="all",
    persons_of=("F",),
)
COLUMNS = ("n", "rows", "sum_w", "estimate", "se", "df", "deff_wor", "deff_wr")
CROSSINGS = ((), ("service",), ("service", "sex"))
LONELY = ("adjust", "average", "certainty", "remove")
surveys = st.builds(lambda seed, stages: Survey.random(seed, stages), st.integers(0, 10**6), st.sampled_from([1, 2]))


@dataclass(frozen=True)
class Survey:
    """A random survey as one chunk, and its rows as a design."""

    chunk: Chunk
    shape: Shape

    @classmethod
    def random(cls, seed: int, stages: int) -> Survey:
        random = np.random.default_rng(seed)
        sampled = random.integers(1, 5, size=int(random.integers(2, 7)))
        stratum = np.repeat(np.arange(len(sampled)), sampled)
        people = random.integers(1, 14, size=len(stratum))
        psu = np.repeat(np.arange(len(stratum)), people)
        rows = len(psu)
        chance = random.dirichlet(np.ones(7), size=len(stratum))
        codes = np.array([2, 3, 4, 5, 97, 99, 255], np.uint8)
        picked = (random.random((rows, 4, 1)) > np.cumsum(chance, axis=1)[psu][:, None, :-1]).sum(axis=2)
        weight = random.lognormal(2, 1, rows) * (random.random(rows) > 0.1)
        there = np.maximum(sampled + random.integers(0, 4, len(sampled)), 1).astype(float)
        units = people + random.integers(0, 30, len(people)).astype(float)
        keys = {
            "stratum": stratum[psu] * 7 + 3,
            "psu": psu,
            "service": random.integers(0, 3, rows),
            "sex": random.integers(-1, 2, rows),
        }
        first, second = (there[stratum[psu]], units[psu]) if stages == 2 else (None, None)
        chunk = Chunk(np.asfortranarray(codes[picked]), keys, weight, None, first, second)
        return cls(chunk, Shape(clustered=True, second_stage=stages == 2))

    def totals(self, chunk: Chunk | None = None) -> Totals:
        return Totals(PLAN, self.shape, CROSSINGS).add(chunk or self.chunk).settle()

    def design(self, lonely: str = "adjust") -> SampleDesign:
        chunk = self.chunk
        return sample_design(
            np.asarray(chunk.weight),
            strata=chunk.keys["stratum"],
            psu=chunk.keys["psu"],
            population_psus=chunk.population_psus,
            population_units=chunk.population_units,
            lonely=lonely,
        )

    def taken(self, order: Floats) -> Chunk:
        chunk, place = self.chunk, np.asarray(order, np.int64)

        def cut(values: Floats | None) -> Floats | None:
            return None if values is None else values[place]

        keys = {name: values[place] for name, values in chunk.keys.items()}
        codes = np.asfortranarray(chunk.codes[place])
        return Chunk(codes, keys, cut(chunk.weight), None, cut(chunk.population_psus), cut(chunk.population_units))


def same(first: DomainEstimates, second: DomainEstimates, columns: tuple[str, ...] = COLUMNS) -> None:
    np.testing.assert_array_equal(first.keys, second.keys)
    for name in columns:
        one, two = (getattr(found, name).astype(float) for found in (first, second))
        np.testing.assert_allclose(one, two, rtol=1e-8, atol=1e-11, err_msg=name)


@settings(max_examples=40, deadline=None)
@given(surveys, st.integers(0, 10**6), st.integers(1, 6))
def test_order_of_rows_chunks_and_merging_change_nothing(survey: Survey, seed: int, parts: int) -> None:
    random, rows = np.random.default_rng(seed), survey.chunk.rows
    mixed = survey.taken(random.permutation(rows))
    cuts = [0, *np.sort(random.integers(0, rows + 1, parts)).tolist(), rows]
    pieces = [survey.totals(mixed.part(a, b)) for a, b in itertools.pairwise(cuts) if b > a]
    random.shuffle(pieces)
    merged = pieces[0]
    for piece in pieces[1:]:
        merged = merged.merge(piece)
    whole = survey.totals()
    for by in CROSSINGS:
        same(estimate(merged.settle(), by), estimate(whole, by))


@settings(max_examples=40, deadline=None)
@given(surveys, st.floats(1e-3, 1e6))
def test_scaling_all_weights_changes_no_estimate(survey: Survey, scale: float) -> None:
    scaled = replace(survey.chunk, weight=np.asarray(survey.chunk.weight) * scale)
    for by in CROSSINGS:
        first, second = estimate(survey.totals(), by), estimate(survey.totals(scaled), by)
        same(first, second, ("n", "rows", "estimate", "se", "df", "deff_wr"))
        np.testing.assert_allclose(second.sum_w, first.sum_w * scale, rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(surveys)
def test_other_names_of_strata_and_psus_change_nothing(survey: Survey) -> None:
    """Codes that restart in each stratum, strata in another order."""
    keys = dict(survey.chunk.keys)
    first_of = {s: keys["psu"][keys["stratum"] == s].min() for s in np.unique(keys["stratum"])}
    keys["psu"] = keys["psu"] - np.array([first_of[s] for s in keys["stratum"]])
    keys["stratum"] = 1000 - keys["stratum"]
    for by in CROSSINGS:
        same(estimate(survey.totals(replace(survey.chunk, keys=keys)), by), estimate(survey.totals(), by))


@settings(max_examples=40, deadline=None)
@given(surveys)
def test_domains_add_up(survey: Survey) -> None:
    totals = survey.totals()
    whole, parts = estimate(totals), estimate(totals, ("service",))
    for name in ("n", "rows", "sum_w"):
        np.testing.assert_allclose(getattr(parts, name).sum(axis=0), getattr(whole, name)[0], rtol=1e-10)
    for k, measure in enumerate(whole.measures):
        if measure.name in ("item_rate", "item_mean", "overall_rate", "factor_mean_score", "all_answers_satisfied"):
            total = np.nansum(parts.estimate[:, k] * parts.sum_w[:, k])
            assert total == pytest.approx(np.nan_to_num(whole.estimate[0, k]) * whole.sum_w[0, k], rel=1e-9, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(surveys, st.sampled_from(LONELY), st.sampled_from(CROSSINGS))
def test_totals_and_rows_give_the_same_standard_errors(survey: Survey, lonely: str, by: tuple[str, ...]) -> None:
    found, design = estimate(survey.totals(), by, lonely=lonely), survey.design(lonely)
    measures = RowMeasures(PLAN, survey.chunk.codes)
    for k, measure in enumerate(found.measures):
        if measure.name in ("factor_mean_of_item_rates", "index_mean_of_children"):
            continue
        y, x = measures.ratio(measure)
        for place, key in enumerate(found.keys):
            inside = np.ones(design.rows, bool)
            for name, code in zip(by, key, strict=True):
                inside &= survey.chunk.keys[name] == code
            made = estimators.ratio(design, y, x, inside & (x > 0))
            assert (found.n[place, k], found.df[place, k]) == (made.n, made.df)
            for name in ("estimate", "se"):
                wanted = getattr(made, name)
                assert getattr(found, name)[place, k] == pytest.approx(wanted, rel=1e-7, abs=1e-11, nan_ok=True), (
                    measure
                )


@settings(max_examples=40, deadline=None)
@given(surveys, st.sampled_from(["linear", "poststratify", "rake", "raking"]), st.integers(0, 10**6))
def test_calibration_meets_its_controls_and_leaves_them_no_error(survey: Survey, method: str, seed: int) -> None:
    design, random = survey.design(), np.random.default_rng(seed)
    service = survey.chunk.keys["service"]
    there = [int(level) for level in np.unique(service[design.weights > 0])]
    counts = {str(level): float(random.uniform(50, 500)) for level in there}
    margin = calibration.margin("service", service, counts, design.weights)
    if method == "poststratify":
        made = calibration.post_stratify(design, margin)
    elif method == "rake":
        made = calibration.rake(design, [margin])
    else:
        made = calibration.calibrate(design, [margin], method=method)
    for level in there:
        found = estimators.total(made.design, (service == level).astype(float))
        assert found.estimate == pytest.approx(counts[str(level)], rel=1e-8)
        assert found.se <= 1e-6 * found.estimate, "a known count has no error"


@settings(max_examples=30, deadline=None)
@given(surveys)
def test_without_projections_rows_and_totals_agree_on_everything(survey: Survey) -> None:
    columns = [survey.chunk.keys["service"]]
    found = estimate(survey.totals(), ("service",))
    made = with_row_variances(found, survey.design(), RowMeasures(PLAN, survey.chunk.codes), columns)
    if not (np.bincount(survey.design().psu_stratum) == 1).any():
        same(made, found, ("estimate", "se", "deff_wor", "deff_wr"))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_the_jackknife_of_a_total_is_the_linearised_variance(seed: int) -> None:
    random = np.random.default_rng(seed)
    strata = np.repeat(np.arange(3), random.integers(2, 6, 3))
    psu = np.repeat(np.arange(len(strata)), random.integers(1, 9, len(strata)))
    design = sample_design(random.uniform(1, 5, len(psu)), strata=strata[psu], psu=psu)
    values = random.normal(3, 1, len(psu))
    made = replicates.jackknife(design).covariance(lambda w: np.array([w @ values]), around_estimate=True)
    assert np.sqrt(made[0, 0]) == pytest.approx(estimators.total(design, values).se, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(surveys, st.sampled_from(CROSSINGS), st.permutations([2, 4, 5, 5]), st.booleans())
def test_people_who_all_agree_leave_no_error(
    survey: Survey, by: tuple[str, ...], answers: list[int], clustered: bool
) -> None:
    """Not even of rounding: a unit with an error of 1e-9 would be judged, one without is not estimable."""
    one = np.tile(np.array(answers, np.uint8), (survey.chunk.rows, 1))
    chunk, shape = replace(survey.chunk, codes=np.asfortranarray(one)), survey.shape
    if not clustered:
        keys = {name: own for name, own in chunk.keys.items() if name != "psu"}
        chunk, shape = replace(chunk, keys=keys, population_psus=None, population_units=None), Shape(clustered=False)
    found = estimate(Totals(PLAN, shape, CROSSINGS).add(chunk).settle(), by)
    assert np.nanmax(found.se, initial=0.0) == 0.0
    assert np.isnan(found.deff_wr).all()


@settings(max_examples=100, deadline=None)
@given(st.floats(0.01, 0.99), st.floats(1e-4, 0.45), st.integers(1, 4), st.integers(2, 400), st.integers(0, 30))
def test_likelihood_intervals_exist_or_are_nothing(p: float, se: float, df: int, n: int, silent: int) -> None:
    figures = (np.array([p]), np.array([se]), np.array([df]), np.array([n]), np.array([n + silent]))
    low, high = profile.likelihood(*figures).limits(0)
    assert np.isnan(low) == np.isnan(high)
    assert np.isnan(low) or 0 <= low < p < high <= 1


figures = st.builds(
    lambda p, deff, df, n: (p, np.sqrt(p * (1 - p) / n * deff), df, n),
    st.floats(0.02, 0.98),
    st.floats(0.3, 12),
    st.integers(1, 200),
    st.integers(5, 5000),
)


NO_GATES = Gates(None, None, None, None, None)


def judge(of: Figures, goal: float, **more: Any) -> verdicts.Judgement:
    return verdicts.judge(of, evidence(of, clustered=int(of.n[0]) % 2 == 0), goal, **more)


def one(p: float, se: float, df: int, n: int) -> Figures:
    return Figures(np.array([p]), np.array([se]), np.array([df]), np.array([n]))


@settings(max_examples=200, deadline=None)
@given(figures, st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_a_higher_target_is_never_easier(unit: tuple[float, float, int, int], first: float, second: float) -> None:
    low, high = sorted((first, second))
    order = ["reached", "reached_not_proven", "missed_not_proven", "missed"]
    gates = NO_GATES
    easy, hard = (judge(one(*unit), goal, gates=gates) for goal in (low, high))
    assert order.index(easy.verdict[0]) <= order.index(hard.verdict[0])
    assert easy.p_reached[0] <= hard.p_reached[0] + 1e-12
    assert easy.p_missed[0] >= hard.p_missed[0] - 1e-12
    proof = [verdicts.proof(one(*unit), goal).p_reached[0] for goal in (low, high)]
    assert proof[0] <= proof[1] + 1e-12


@settings(max_examples=200, deadline=None)
@given(figures, st.floats(0.05, 0.95))
def test_nothing_is_both_reached_and_missed_and_gates_only_take_away(
    unit: tuple[float, float, int, int], goal: float
) -> None:
    free = judge(one(*unit), goal, gates=NO_GATES)
    assert not (free.p_reached[0] <= 0.05 and free.p_missed[0] <= 0.05)
    gated = judge(one(*unit), goal)
    assert gated.verdict[0] in (free.verdict[0], "too_few")
    assert (gated.verdict[0] == "too_few") == bool(gated.reasons[0])
    held = judge(one(*unit), goal, gates=NO_GATES, opt_in=True)
    assert held.verdict[0].endswith("_not_proven")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_are_never_smaller_and_keep_their_order(values: list[float]) -> None:
    p = np.array(values)
    for adjusted in (verdicts.holm(p), verdicts.benjamini_hochberg(p)):
        assert (adjusted >= p - 1e-15).all()
        assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= -1e-15).all()
    assert (verdicts.holm(p) >= verdicts.benjamini_hochberg(p) - 1e-15).all()


@settings(max_examples=200, deadline=None)
@given(figures, st.sampled_from(["logit", "wilson", "beta", "korn_graubard"]))
def test_intervals_hold_the_estimate_and_widen_with_the_level(unit: tuple[float, float, int, int], name: str) -> None:
    p, se, df, n = one(*unit).estimate, one(*unit).se, one(*unit).df, one(*unit).n
    more = () if name in ("logit", "wilson") else (n,)
    narrow, wide = (getattr(intervals, name)(p, se, df, *more, level=level) for level in (0.8, 0.95))
    if np.isnan(wide.lower[0]):
        return
    assert 0 <= wide.lower[0] <= narrow.lower[0] + 1e-12
    assert narrow.upper[0] <= wide.upper[0] + 1e-12 <= 1 + 2e-12
    assert narrow.lower[0] <= p[0] <= narrow.upper[0]


def test_likelihood_limits_of_many_shares_are_those_of_each_alone() -> None:
    rng = np.random.default_rng(4)
    size = 300
    p = rng.beta(0.6, 0.6, size)
    n = rng.integers(2, 400, size)
    se = np.sqrt(p * (1 - p) / n) * rng.uniform(0.4, 2.5, size)
    df, start = rng.integers(1, 40, size), rng.normal(0, 1, size)
    together = profile.likelihood(p, se, df, n, start=start)
    alone = [
        profile.likelihood(p[k : k + 1], se[k : k + 1], df[k : k + 1], n[k : k + 1], start=start[k : k + 1])
        for k in range(size)
    ]
    assert np.isfinite(together.lower).sum() > size / 2
    assert together.lower == pytest.approx([one.lower[0] for one in alone], rel=1e-12, nan_ok=True)
    assert together.upper == pytest.approx([one.upper[0] for one in alone], rel=1e-12, nan_ok=True)


def test_first_steps_of_domains_are_those_of_their_rows() -> None:
    rng = np.random.default_rng(6)
    domain, satisfied = rng.integers(0, 4, 200), rng.integers(0, 2, 200).astype(np.float64)
    weights = np.where((domain == 3) | (rng.random(200) < 0.2), 0.0, rng.uniform(1, 5, 200))
    together = profile.first_steps(weights, satisfied, domain, 5)
    for k in range(3):
        assert together[k] == pytest.approx(profile.first_step(weights[domain == k], satisfied[domain == k]), rel=1e-12)
    assert np.isnan(together[3:]).all()
