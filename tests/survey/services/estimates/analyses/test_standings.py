"""Where units stand: ranks, groups, model-based rates, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from analysis.models import small_areas
from tests.factories.results import Surveyed
from tests.factories.surveyed_waves import FIRST_DAY, analysed, three_wards


def test_first_unit_is_surely_first_and_the_others_cannot_be_told_apart(survey: Surveyed) -> None:
    a, b, c = three_wards(survey)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    rows = {row.unit: row for row in found.rows}
    assert [row.unit for row in found.rows] == [a.id, b.id, c.id]
    assert (rows[a.id].rank, rows[a.id].low_together, rows[a.id].high_together) == (1, 1, 1)
    assert (rows[b.id].low, rows[b.id].high) == (2, 3)
    assert (rows[c.id].low_together, rows[c.id].high_together) == (2, 3)
    assert rows[b.id].group == rows[c.id].group != rows[a.id].group
    assert found.told_apart == pytest.approx(2 / 3)
    assert not found.is_noise


def test_order_of_like_units_is_called_noise(survey: Surveyed) -> None:
    for n in range(5):
        survey.answer(survey.unit(f"Phường {n}"), 40 + n, 10)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    assert found.is_noise
    assert {(row.low_together, row.high_together) for row in found.rows} == {(1, 5)}


def test_unit_with_too_few_answers_is_not_ranked_and_its_model_rate_is_drawn_to_the_others(survey: Surveyed) -> None:
    three_wards(survey)
    small = survey.unit("Phường nhỏ")
    survey.answer(small, 6, 6)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    row = next(r for r in found.rows if r.unit == small.id)
    assert (row.rank, row.low, row.limit_low) == (0, 0, None)
    assert found.ranked == 3
    assert row.shrunken is not None
    assert found.usual is not None
    assert abs(row.shrunken - found.usual) < abs(row.rate - found.usual)


def test_unit_of_few_days_is_not_ranked_among_self_selected_answers(survey: Surveyed) -> None:
    units = [survey.unit(f"Phường {name}") for name in "ABCD"]
    for unit in units:
        days = 3 if unit is units[3] else 12
        for n in range(days):
            good = 8 + (n % 2) * (1 if days > 3 else 0)
            survey.answer(unit, good + (n == 0), 2, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    survey.close()
    found = analysed(survey, "qr").standings
    assert found is not None
    assert found.ranked == 3
    assert [row.unit for row in found.rows if not row.rank] == [units[3].id]


def test_unit_where_everybody_agrees_is_shrunken_as_if_its_answers_were_as_alike_as_elsewhere(survey: Surveyed) -> None:
    units = [survey.unit(f"Phường {name}") for name in "ABCD"]
    for unit in units[:3]:
        for n in range(12):
            survey.answer(unit, *((10, 0), (6, 4))[n % 2], channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    for n in range(12):
        survey.answer(units[3], 10, 0, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    survey.close()
    found = analysed(survey, "qr").standings
    assert found is not None
    rows = {row.unit: row for row in found.rows}
    view = survey.view("qr")
    assert view.headline is not None
    table = view.results.table("unit").of(view.headline.measure)
    share = float(np.median(table.effective_n[:3] / table.n[:3]))
    assert share < 0.5  # answers of one day are alike
    rate, effective = np.array([0.8] * 3 + [1.0]), 120 * np.array([share] * 4)
    expected = small_areas.beta_binomial(rate * effective, effective)
    assert rows[units[3].id].rank == 0
    assert rows[units[3].id].shrunken == pytest.approx(expected.estimate[3], abs=1e-4)
    assert rows[units[3].id].shrunken_low == pytest.approx(expected.lower[3], abs=1e-4)


def test_hidden_unit_has_no_place_in_the_standings(survey: Surveyed) -> None:
    three_wards(survey)
    tiny = survey.unit("Phường giấu")
    survey.answer(tiny, 3, 0)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    assert tiny.id not in {row.unit for row in found.rows}


def test_running_wave_has_no_ranks(survey: Surveyed) -> None:
    three_wards(survey)
    assert analysed(survey).standings is None
