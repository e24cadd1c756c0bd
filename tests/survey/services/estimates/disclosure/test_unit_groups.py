"""Several units together: the weighted mean of what is published of each."""

from __future__ import annotations

import pytest

from tests.factories.results import Surveyed


def test_several_units_are_the_mean_of_what_is_published_of_each_weighted_by_transactions(survey: Surveyed) -> None:
    agency, field = survey.unit("Sở A"), survey.record.field()
    own = [survey.unit(f"Một cửa {n}", parent=agency) for n in (1, 2)]
    other = survey.unit("Phường B")
    for unit, frame, good, bad in ((own[0], 900, 41, 8), (own[1], 300, 29, 4), (other, 500, 70, 30)):
        survey.frame(unit, frame, field)
        survey.answer(unit, good, bad, field=field)
    survey.close()
    whole, part = survey.view(), survey.view(actor=survey.analyst(agency))
    published = {row.key: row.shown for row in whole.by_unit}
    first, second = (published[unit.id] for unit in own)
    assert (first.value, second.value) == (0.837, 0.879)
    assert part.overall is not None
    shown = part.overall.shown
    assert shown.value == pytest.approx((0.837 * 900 + 0.879 * 300) / 1200, abs=0.0005)
    assert first.se is not None
    assert second.se is not None
    assert shown.se == pytest.approx(((first.se * 0.75) ** 2 + (second.se * 0.25) ** 2) ** 0.5, abs=0.0005)
    assert (shown.n, part.responses) == (82, 82)
    assert part.overall.verdict is None
    assert {row.key: row.shown for row in part.by_unit} == {unit.id: published[unit.id] for unit in own}
    assert [row.shown.n for row in part.by_field] == [82]
    assert [row.verdict for row in part.by_unit] == [row.verdict for row in whole.by_unit if row.key != other.id]


def test_a_hidden_unit_is_not_in_the_mean(survey: Surveyed) -> None:
    agency = survey.unit("Sở A")
    own = [survey.unit(f"Một cửa {n}", parent=agency) for n in (1, 2, 3)]
    for unit, good in zip(own, (5, 40, 60), strict=True):
        survey.answer(unit, good, 2)
    survey.answer(survey.unit("Phường B"), 30, 5)
    survey.close()
    part = survey.view(actor=survey.analyst(agency))
    hidden = {row.key for row in part.by_unit if row.shown.hidden}
    assert own[0].id in hidden
    counted = sum(row.shown.n or 0 for row in part.by_unit)
    assert part.overall is not None
    assert (part.overall.shown.n, part.responses) == (counted, counted)
