"""Differences between the drawn and the self-selected channel, and between a wave and the one before.

Channels are never pooled, and neither are waves: two estimates that share no respondent are subtracted, with an
interval; the differences of one comparison are judged together by Holm, and their intervals say the same. Where people
chose themselves to answer in both waves, the difference and its interval are shown, and nothing is proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from analysis.errors import AnalysisError
from analysis.inference import comparison, margins
from analysis.inference.estimate_tables import Estimate, is_rate, plain
from analysis.monitoring import optin
from analysis.totals.floating_noise import NO_ERROR
from analysis.totals.measure_plan import Measure
from survey.services.estimates.analyses.rows import WeighedRows
from survey.services.estimates.channel_results import ChannelResults
from survey.services.estimates.measure_plans import SurveyPlan

LEAST = 30  # answers on each side


@dataclass(frozen=True)
class AgainstMargin:
    """What a difference proves against the margin that was set before the wave opened."""

    reading: str  # not_worse, not_proven, worse
    equivalent: bool
    low: float | None  # the 90 % interval, which reads as the tests of this difference alone do
    high: float | None
    bound: float | None  # the lower bound that agrees with the reading in its family
    p_not_worse: float | None  # adjusted, as the next
    p_equivalent: float | None
    reason: str = ""  # why nothing can be proven: opt_in


@dataclass(frozen=True)
class Contrast:
    """One figure in two samples, and the first minus the second."""

    level: str  # overall, half, factor
    target: str
    first: float
    second: float
    difference: float
    low: float | None  # the interval and p are those of all differences of the comparison together: 0 does not lie
    high: float | None  # between low and high exactly where the difference is certain
    p_value: float | None
    certain: bool  # more than chance explains
    against: AgainstMargin | None = None
    reason: str = ""  # why nothing can be proven whatever the difference: opt_in


@dataclass(frozen=True)
class UnitChange:
    """The headline figure of one unit in two waves; p and the reading are adjusted over all units compared."""

    unit: int
    change: Contrast


@dataclass(frozen=True)
class Representativity:
    """How alike the self-selected and the drawn respondents are, in the facts that are known of both."""

    cv: float  # spread of the propensity over its mean, as far as the items compared tell
    indicator: float  # 1 − 2 S(ρ); near 1 where few take part
    known: tuple[str, ...]  # items compared; "field" stands for the field of procedures


@dataclass(frozen=True)
class BesideDrawn:
    """Self-selected answers (first) beside the drawn or census ones (second) of the same wave."""

    opt_in: str
    drawn: str
    contrasts: tuple[Contrast, ...]
    representativity: Representativity | None = None
    common: int = 0  # units where both channels ask, when one asks at further units; 0: the same units


@dataclass(frozen=True)
class SinceLast:
    """This wave (first) and the closed one before it (second)."""

    wave: str
    title: str
    contrasts: tuple[Contrast, ...]
    broken: tuple[str, ...] = ()  # targets whose series the change of the questionnaire broke
    other_units: bool = False  # the two waves did not ask at the same units
    channel: str = ""  # of the earlier wave
    margin: float | None = None  # set before this wave opened
    margin_set_on: date | None = None
    units: tuple[UnitChange, ...] = ()


@dataclass(frozen=True)
class Comparable:
    """A figure that means the same on both sides, by its measure on each."""

    level: str
    target: str
    first: Measure
    second: Measure


def comparables(plan: SurveyPlan) -> tuple[Comparable, ...]:
    """The headline figure, halves and factors of one questionnaire: rates under its main rules."""
    found: dict[tuple[str, str], Comparable] = {}
    if plan.headline is not None and is_rate(plan.headline.measure.name):
        found["overall", ""] = Comparable("overall", "", plan.headline.measure, plan.headline.measure)
    for figure in plan.figures:
        if figure.level in ("half", "factor") and is_rate(figure.measure.name):
            found.setdefault(
                (figure.level, figure.target), Comparable(figure.level, figure.target, figure.measure, figure.measure)
            )
    return tuple(found.values())


def contrasts(
    first: ChannelResults, second: ChannelResults, figures: Iterable[Comparable], *, opt_in: bool = False
) -> tuple[Contrast, ...]:
    """Each figure in both samples, where both have enough answers to be shown and an error that is known.

    With `opt_in` (people chose themselves to answer in both) nothing is proven.
    """
    if not first.tables or not second.tables:
        return ()
    pairs = [(f, _one(first, f.first), _one(second, f.second)) for f in figures]
    known = [(f, a, b) for f, a, b in pairs if a is not None and b is not None]
    tested = [_difference(a, b) for _, a, b in known]
    family = comparison.together(tested, opt_in=opt_in)
    return tuple(
        _contrast(f.level, f.target, a, b, family, place, opt_in=opt_in) for place, (f, a, b) in enumerate(known)
    )


def against_margin(
    found: Sequence[Contrast], first: ChannelResults, second: ChannelResults, figures: Iterable[Comparable],
    margin: float, *, opt_in: bool = False,
) -> tuple[Contrast, ...]:  # fmt: skip
    """The same contrasts judged against a margin: the headline by itself, the halves and factors as one family."""
    measures = {(f.level, f.target): f for f in figures}
    judged: dict[int, margins.MarginTest] = {}
    for whole in (True, False):
        places = [k for k, one in enumerate(found) if (one.level == "overall") is whole]
        pairs = [measures[found[k].level, found[k].target] for k in places]
        tested = [_pair(_one(first, f.first), _one(second, f.second)) for f in pairs]
        judged |= dict(zip(places, margins.against_margin(tested, margin, opt_in=opt_in), strict=True))
    return tuple(replace(one, against=_against(judged[k])) for k, one in enumerate(found))


def unit_changes(
    first: ChannelResults, second: ChannelResults, figure: Comparable, margin: float | None, *, opt_in: bool = False
) -> tuple[UnitChange, ...]:
    """The headline figure of every unit that has enough answers in both samples: one family, by Holm."""
    if not first.tables or not second.tables:
        return ()
    sides = [_by_unit(results, measure) for results, measure in ((first, figure.first), (second, figure.second))]
    both = sorted(sides[0].keys() & sides[1].keys())
    if not both:
        return ()
    pairs = [(sides[0][unit], sides[1][unit]) for unit in both]
    tested = [_difference(a, b) for a, b in pairs]
    family = comparison.together(tested, opt_in=opt_in)
    judged = margins.against_margin(tested, margin, opt_in=opt_in) if margin else [None] * len(both)
    return tuple(
        UnitChange(
            unit,
            replace(_contrast("unit", "", a, b, family, place, opt_in=opt_in), against=_against(m) if m else None),
        )
        for place, (unit, (a, b), m) in enumerate(zip(both, pairs, judged, strict=True))
    )


def _by_unit(results: ChannelResults, measure: Measure) -> dict[int, Estimate]:
    """The estimates that can be compared, by unit."""
    table = results.table("unit").of(measure)
    enough = np.flatnonzero((table.n >= LEAST) & (table.se > NO_ERROR) & (table.df > 0))
    return {int(table.domain["unit"][place]): table.row(int(place)) for place in enough}


def _contrast(
    level: str, target: str, a: Estimate, b: Estimate, family: comparison.Together, place: int, *, opt_in: bool
) -> Contrast:
    first, second = a.estimate or 0.0, b.estimate or 0.0
    return Contrast(
        level, target, first, second, first - second, plain(family.lower[place]), plain(family.upper[place]),
        plain(family.p_value[place]), bool(family.proven[place]), reason="opt_in" if opt_in else "",
    )  # fmt: skip


def _against(found: margins.MarginTest) -> AgainstMargin:
    return AgainstMargin(
        found.reading, found.equivalent, plain(found.lower), plain(found.upper), plain(found.bound),
        plain(found.p_not_worse), plain(found.p_equivalent), found.reason,
    )  # fmt: skip


def _pair(a: Estimate | None, b: Estimate | None) -> comparison.Difference:
    assert a is not None
    assert b is not None
    return _difference(a, b)


def representativity(opt_in: WeighedRows, drawn: WeighedRows) -> Representativity | None:
    """Whether those who answer by themselves are like those who were drawn; None where nothing is known of both."""
    facts = [
        item.code
        for item in opt_in.version.asked_items
        if item.is_respondent_fact and item.kind == "single" and drawn.version.has_item(item.code)
    ]
    columns: list[tuple[str, np.ndarray, np.ndarray]] = [
        ("field", opt_in.answers.fact("_field"), drawn.answers.fact("_field"))
    ]
    columns += [(code, opt_in.answers.codes(code), drawn.answers.codes(code)) for code in facts]
    columns = [(name, own, other) for name, own, other in columns if _both_vary(own, other)]
    if not columns or min(len(opt_in), len(drawn)) < LEAST:
        return None
    sampled = drawn.weights > 0
    try:
        found = optin.representativity(
            [own for _, own, _ in columns],
            [other[sampled] for _, _, other in columns],
            drawn.weights[sampled],
            [name for name, _, _ in columns],
        )
    except AnalysisError:
        return None
    if not np.isfinite(found.cv):
        return None
    return Representativity(found.cv, found.r_indicator, tuple(name for name, _, _ in columns))


def _difference(a: Estimate, b: Estimate) -> comparison.Difference:
    assert a.estimate is not None
    assert b.estimate is not None
    return comparison.independent(a.estimate, a.se or 0.0, a.df or 0, b.estimate, b.se or 0.0, b.df or 0)


def _one(results: ChannelResults, measure: Measure) -> Estimate | None:
    """The estimate; None where its standard error is 0 (all or none satisfied, one place and day), so not known."""
    found = results.one(measure)
    if found is None or found.n < LEAST or found.estimate is None or not ((found.se or 0.0) > NO_ERROR and found.df):
        return None
    return found


def _both_vary(own: np.ndarray, other: np.ndarray) -> bool:
    """Whether a fact has two values or more and each occurs in both samples; otherwise some propensity is 0 or 1."""
    there, here = np.unique(own), np.unique(other)
    return len(there) > 1 and np.array_equal(there, here)
