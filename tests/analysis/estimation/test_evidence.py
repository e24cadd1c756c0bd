"""Evidence from totals by cluster against that from rows, and both against the arrays of the trial."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from analysis.errors import AnalysisError
from analysis.estimation.domain_estimates import estimate
from analysis.estimation.evidence import Evidence, evidence_of_rows
from analysis.estimation.evidence_from_totals import evidence_of_totals
from analysis.estimation.row_scores import RowMeasures, domain_of_rows, figure_rows
from analysis.inference.verdicts import Figures
from analysis.totals.chunk_sums import Chunk
from analysis.totals.measure_plan import BLANK, Measure, MeasurePlan, Node, RatedItem
from analysis.totals.streaming import Shape, Totals
from tests.load import verdict_trials
from tests.load.verdict_trials import Cell, Surveys

ITEMS = tuple(f"q{k}" for k in range(1, 6))
PLAN = MeasurePlan(tuple(RatedItem(item) for item in ITEMS), nodes=(Node("F", "factor", ITEMS, "pooled_rate"),))
MEASURES = (Measure("item_rate", "q1"), Measure("factor_pooled_rate", "F"))


def survey(seed: int, *, blanks: float, varying: bool) -> tuple[Chunk, np.ndarray]:
    """Six domains in two strata each of some clusters; weights vary in a cluster or not."""
    random = np.random.default_rng(seed)
    psu = np.sort(random.integers(0, 40, 900))
    codes = random.choice(np.array([2, 3, 4, 5], np.uint8), (900, 5), p=[0.1, 0.1, 0.4, 0.4])
    codes[random.random((900, 5)) < blanks] = BLANK
    weight = np.exp(random.normal(0, 0.8, 40))[psu] * (np.exp(random.normal(0, 0.5, 900)) if varying else 1.0)
    area = psu // 7
    keys = {"stratum": psu // 4, "psu": psu, "area": area}
    return Chunk(np.asfortranarray(codes), keys, weight), area


def both(chunk: Chunk, area: np.ndarray, measure: Measure) -> tuple[Evidence, Evidence]:
    totals = Totals(PLAN, Shape(clustered=True), (("area",),)).add(chunk).settle()
    found = estimate(totals, ("area",), measures=(measure,))
    quick = evidence_of_totals(totals, found, (measure,)).raveled()
    assert chunk.weight is not None
    domain = domain_of_rows(found.keys, [area], chunk.rows)
    own = figure_rows(RowMeasures(PLAN, chunk.codes), measure, chunk.weight, domain, found.size)
    exact = evidence_of_rows(
        own.score, own.share, domain, found.size, stratum=chunk.keys["stratum"], psu=chunk.keys["psu"],
        variance=found.se[:, 0] ** 2, answers=own.answers, pooled=own.pooled,
    )  # fmt: skip
    return quick, exact


@pytest.mark.parametrize("measure", MEASURES, ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_totals_give_the_evidence_of_rows_where_weights_do_not_vary_in_a_cluster(seed: int, measure: Measure) -> None:
    quick, exact = both(*survey(seed, blanks=0.0, varying=False), measure)
    for one in fields(Evidence):
        np.testing.assert_allclose(getattr(quick, one.name), getattr(exact, one.name), rtol=1e-9, err_msg=one.name)


@pytest.mark.parametrize("measure", MEASURES, ids=str)
def test_elsewhere_only_what_needs_single_people_is_near(measure: Measure) -> None:
    quick, exact = both(*survey(7, blanks=0.2, varying=True), measure)
    for one in fields(Evidence):
        near = {"people": 0.15, "spread": 0.15}.get(one.name, 1e-9)
        np.testing.assert_allclose(getattr(quick, one.name), getattr(exact, one.name), rtol=near, err_msg=one.name)


def test_people_drawn_one_by_one_need_their_rows() -> None:
    chunk, _ = survey(1, blanks=0.0, varying=False)
    totals = Totals(PLAN, Shape(clustered=False), (("area",),)).add(chunk).settle()
    with pytest.raises(AnalysisError, match="rows"):
        evidence_of_totals(totals, estimate(totals, ("area",), measures=MEASURES), MEASURES)


@pytest.mark.parametrize(
    "cell",
    [Cell(1, 0.0, 60), Cell(5, 0.3, 60, weighted=True), Cell(5, 0.3, 90, 12, False, 0.1, True), Cell(1, 0.0, 60, 20)],
    ids=lambda cell: cell.name,
)
def test_the_trial_estimates_as_the_product_does(cell: Cell) -> None:
    """One drawn survey through rows, estimate and evidence, beside the arrays of the trial."""
    drawn = verdict_trials.draw(cell, 3, np.random.default_rng(5))
    figures, evidence = verdict_trials.estimates(drawn)
    for survey_place in range(3):
        own, se, of_rows = by_rows(cell, drawn, survey_place)
        assert figures.estimate[survey_place] == pytest.approx(own, rel=1e-12)
        for one in fields(Evidence):
            trial, product = getattr(evidence, one.name)[survey_place], getattr(of_rows, one.name)[0]
            assert trial == pytest.approx(product, rel=1e-9), one.name
        assert isinstance(figures, Figures)
        assert se > 0


def by_rows(cell: Cell, drawn: Surveys, place: int) -> tuple[float, float, Evidence]:
    items = ITEMS[: cell.items]
    plan = MeasurePlan(tuple(RatedItem(item) for item in items), nodes=(Node("F", "factor", items, "pooled_rate"),))
    measure = Measure("factor_pooled_rate", "F") if cell.items > 1 else Measure("item_rate", "q1")
    good = drawn.satisfied[place].astype(int)
    codes = np.asfortranarray(np.where(np.arange(cell.items) < good[:, None], 5, 2).astype(np.uint8))
    weight = np.broadcast_to(drawn.weight, drawn.satisfied.shape)[place]
    psu = drawn.cluster if drawn.cluster is not None else np.arange(cell.n)
    stratum = np.zeros(cell.n, np.int64)
    chunk = Chunk(codes, {"stratum": stratum, "psu": psu}, weight)
    found = estimate(Totals(plan, Shape(clustered=True), ((),)).add(chunk).settle(), measures=(measure,))
    domain = np.zeros(cell.n, np.int64)
    own = figure_rows(RowMeasures(plan, codes), measure, weight, domain, 1)
    of_rows = evidence_of_rows(
        own.score, own.share, domain, 1, stratum=stratum, psu=drawn.cluster, variance=found.se[:, 0] ** 2,
        answers=own.answers, pooled=own.pooled,
    )  # fmt: skip
    return float(found.estimate[0, 0]), float(found.se[0, 0]), of_rows
