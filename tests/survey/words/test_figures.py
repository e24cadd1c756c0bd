"""How figures are written for people, in Vietnamese and in English."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from survey.words import figures


def test_thousands_and_decimals_are_marked_as_the_language_does() -> None:
    assert figures.number(1234.5, 2, "vi") == "1.234,50"
    assert figures.number(1234.5, 2, "en") == "1,234.50"
    assert figures.grouped(12345, "vi") == "12.345"
    assert figures.grouped(None, "vi") == "–"


@pytest.mark.parametrize(
    ("rate", "shown"), [(0.96485, "96,5 %"), (0.8445, "84,5 %"), (0.8005, "80,1 %"), (1, "100,0 %")]
)
def test_half_goes_up_whatever_the_binary_fraction_is(rate: float, shown: str) -> None:
    assert figures.percent(rate, "vi") == shown
    assert figures.percent(rate, "en") == shown.replace(",", ".")
    assert figures.in_percent(rate, "vi") == shown.removesuffix(" %")


def test_a_rate_below_its_target_is_never_written_as_the_target() -> None:
    assert figures.percent(0.8999, "vi") == "90,0 %"
    assert figures.percent(0.8999, "vi", target=0.9) == "89,99 %"
    assert figures.percent(0.9004, "vi", target=0.9) == "90,0 %"


def test_the_nearest_whole_number_of_a_half_is_the_one_above() -> None:
    assert [figures.whole(value) for value in (0.5, 1.5, 2.5)] == [1, 2, 3]
    assert figures.grouped(2.5, "vi") == "3"


def test_targets_and_ticks_have_no_more_decimals_than_they_need() -> None:
    assert figures.target_percent(0.9, "vi") == "90 %"
    assert figures.target_percent(Decimal("0.8750"), "vi") == "87,5 %"
    assert figures.tick(0.85, "vi") == "85"
    assert figures.tick(0.825, "en") == "82.5"
    assert figures.short(1.50, 2, "vi") == "1,5"


def test_points_carry_their_sign_and_no_change_has_none() -> None:
    assert [figures.in_points(value, "vi") for value in (0.0125, -0.004, 0.0004, -0.0004, None)] == [
        "+1,3", "−0,4", "0,0", "0,0", "–",
    ]  # fmt: skip


def test_an_interval_has_its_sign_in_the_head_of_its_column() -> None:
    assert figures.interval(0.82, 0.861, "vi") == "82,0 – 86,1"
    assert figures.interval(None, None, "vi") == "–"


def test_places_in_a_drawing_keep_their_point_in_every_language() -> None:
    assert [figures.coordinate(value) for value in (12.0, 12.25, -0.01)] == ["12", "12.3", "0"]


def test_days_and_moments_are_those_of_viet_nam() -> None:
    late = datetime(2026, 11, 19, 18, 5, 9, tzinfo=UTC)
    assert figures.day(late) == "20/11/2026"
    assert figures.day(date(2026, 11, 2)) == "02/11/2026"
    assert figures.moment(late) == "01:05 20/11/2026"
    assert figures.day(None) == figures.moment(None) == "–"
