"""What adjusting weights did: on paper, and beside the weights that R made with and without a margin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from analysis.arrays import Floats
from analysis.design import calibration, weight_diagnostics, weights
from analysis.design.calibration import Margin
from analysis.design.frame_weights import AnswerCells, FrameCells
from analysis.design.sample_design import sample_design
from analysis.errors import WeightingError
from tests.analysis import reference
from tests.analysis.design.test_weighting_against_r import FIVE, margin
from tests.analysis.reference import numbers


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_ratios_by_hand_and_of_answers_that_stand_for_several() -> None:
    """Ratios 1, 2, 2, 5 of four answers; the third counted three times makes six."""
    base, final = np.array([10.0, 5, 10, 4, 3]), np.array([10.0, 10, 20, 20, 0])
    found = weight_diagnostics.ratio_range(base, final)
    assert (found.smallest, found.quantiles, found.largest) == (1, (1, 1, 2, 2, 5), 5)
    assert found.mean == pytest.approx(60 / 29)
    assert weight_diagnostics.ratio_range(base, final, np.array([1.0, 1, 3, 1, 1])).quantiles == (1, 2, 2, 2, 5)
    with pytest.raises(WeightingError, match="above 0"):
        weight_diagnostics.ratio_range(base, np.zeros(5))


def test_cost_of_a_margin_by_hand() -> None:
    """Two women and two men of equal base weight, one woman young; by effective number 40²/Σw².

    Both margins leave one solution: 30 for the young woman, 35 − 30 for the other, 5/2 for each man.
    """
    design = sample_design([10.0] * 4)
    sex = calibration.margin("sex", np.array(["f", "f", "m", "m"]), {"f": 35.0, "m": 5.0})
    age = calibration.margin("age", np.array(["y", "o", "o", "o"]), {"y": 30.0, "o": 10.0})

    def refit(margins: Sequence[Margin]) -> Floats:
        return calibration.rake(design, margins).weights

    final = refit([sex, age])
    np.testing.assert_allclose(final, [30, 5, 2.5, 2.5], rtol=1e-8)
    found = weight_diagnostics.calibration_diagnostics(design.weights, final, [sex, age], refit)
    both, without_sex, without_age = 1600 / 937.5, 1600 / (900 + 100 / 3), 1600 / (2 * 17.5**2 + 2 * 2.5**2)
    assert found.effective_before == pytest.approx(4)
    assert found.effective_after == pytest.approx(both, rel=1e-8)
    assert [one.name for one in found.margins] == ["sex", "age"]
    assert found.margins[0].cost == pytest.approx(without_sex - both, rel=1e-6)
    assert found.margins[1].cost == pytest.approx(without_age - both, rel=1e-8)
    assert max(one.misfit for one in found.margins) < 1e-9
    alone = weight_diagnostics.calibration_diagnostics(design.weights, refit([age]), [age], refit)
    assert alone.margins[0].effective_without == pytest.approx(4)


def test_a_margin_without_which_nothing_can_be_met_has_no_cost() -> None:
    design = sample_design([1.0, 1.0])
    one = calibration.margin("a", np.array(["x", "y"]), {"x": 1.0, "y": 3.0})

    def refit(_margins: Sequence[Margin]) -> Floats:
        raise WeightingError("cannot be met")

    found = weight_diagnostics.calibration_diagnostics(design.weights, np.array([1.0, 3.0]), [one, one], refit)
    assert [cost.cost for cost in found.margins] == [None, None]


def test_cost_of_the_district_is_what_r_loses_by_it() -> None:
    """R raked the survey to five margins and to these and the district (weights.csv, weight_summary)."""
    table = reference.read_csv(reference.ORACLE / "weights.csv")
    kish = {row["adjustment"]: row for row in reference.expected()["weight_summary"]["rows"]}
    design = reference.design("wr")
    margins = [margin(name) for name in (*FIVE, "district")]

    def refit(some: Sequence[Margin]) -> Floats:
        return calibration.rake(design, some).weights

    found = weight_diagnostics.calibration_diagnostics(numbers(table["w_base"]), refit(margins), margins, refit)
    n = kish["rake6"]["n"]
    assert found.n == n
    assert found.effective_after == pytest.approx(n / kish["rake6"]["kish_deff"], rel=1e-6)
    district = next(one for one in found.margins if one.name == "district")
    assert district.effective_without == pytest.approx(n / kish["rake5"]["kish_deff"], rel=1e-6)
    wanted = (
        numbers(table["rake6"])[numbers(table["w_base"]) > 0] / numbers(table["w_base"])[numbers(table["w_base"]) > 0]
    )
    np.testing.assert_allclose(
        found.ratios.quantiles, np.quantile(wanted, weight_diagnostics.QUANTILES, method="inverted_cdf"), rtol=1e-6
    )
    raked = numbers(table["rake5"])
    cut = np.zeros(len(raked))
    cut[raked > 0] = weights.trimmed(raked[raked > 0], upper=60.0)
    after = weight_diagnostics.calibration_diagnostics(design.weights, cut, margins[:5], refit)
    assert after.ratios.largest < found.ratios.largest
    off = {one.name: one.misfit for one in after.margins}
    women = np.flatnonzero((reference.survey()["gender"] == margins[1].labels[0]) & (cut > 0))
    told = abs(cut[women].sum() - margins[1].totals[0]) / margins[1].totals[0]
    assert told > 1e-4
    assert told <= off["gender"] == pytest.approx(calibration.misfit(cut, margins[1:2]))


def test_costs_of_unit_field_and_merging_by_hand() -> None:
    """Two units with fields 7 and 8; the second unit has one answer in field 8, which is merged with its field 7.

    Population 100, 100 | 300, 100, answers 10, 10 | 10, 1. Unmerged weights 10, 10, 30, 100; after merging inside unit
    2: 400/11. Without the field: units 200/20 and 400/11, the same. Without the unit: fields 400/20 and 200/11.
    """
    unit, field = ints(1, 1, 2, 2), ints(7, 8, 7, 8)
    frame = FrameCells(unit, field, np.array([100.0, 100, 300, 100]), ints(0, 0, 0, 0), ints(3, 3, 3, 3))
    found = weight_diagnostics.frame_diagnostics(frame, AnswerCells(unit, field, ints(10, 10, 10, 1)))
    unmerged = 600**2 / (20 * 10**2 + 10 * 30**2 + 100**2)
    merged = 600**2 / (20 * 10**2 + 11 * (400 / 11) ** 2)
    fields_only = 600**2 / (20 * 20**2 + 11 * (200 / 11) ** 2)
    assert (found.n, found.effective_before) == (31, 31)
    assert [(one.level, one.merged) for one in found.merging] == [
        ("", 0), ("unit and target group", 1), ("unit", 0), ("kind of unit", 0),
    ]  # fmt: skip
    assert [one.effective for one in found.merging] == pytest.approx([unmerged, merged, merged, merged])
    cost = {one.name: one for one in found.margins}
    assert cost["unit"].cost == pytest.approx(fields_only - merged)
    assert cost["field"].cost == pytest.approx(0)
    assert cost["unit"].misfit == pytest.approx(0)
    # fields: 7 gets 100 + 10·400/11 of 400, 8 gets 100 + 400/11 of 200
    assert cost["field"].misfit == pytest.approx((200 - 100 - 400 / 11) / 200)
    assert found.ratios.largest == pytest.approx(400 / 11)
    assert found.ratios.mean == pytest.approx(600 / 31)


def test_answers_counted_twice_for_a_cell_are_refused() -> None:
    frame = FrameCells(ints(1, 2), ints(7, 7), np.array([10.0, 10.0]), ints(0, 0), ints(0, 0))
    with pytest.raises(WeightingError, match="twice"):
        weight_diagnostics.frame_diagnostics(frame, AnswerCells(ints(1, 1), ints(7, 7), ints(5, 6)))
