"""Arithmetic of published indices: the named aggregation rules, and rounding for display.

For figures that are already rates or scores: a ministry's table, a city's monthly report, a national index. Everything
is decimal, so that 96.485 stays 96.485; rounding happens once, by `shown`, except in reports that themselves round in
between (`mean_over_max` with `round_intermediate`). Rules and their sources: METHODS.md; estimates from answers with
their standard errors are `domain_estimates`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from analysis.errors import AnalysisError

Number = Decimal | int | float | str
MODES = {"half_up": ROUND_HALF_UP, "truncate": ROUND_DOWN}


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a published table: a group's rate with its number of forms; `unattributed` = forms without unit."""

    rate: Decimal
    forms: int
    unattributed: bool = False


@dataclass(frozen=True, slots=True)
class AnswerCounts:
    """Answers of some items: how many are substantive, how many satisfied, and the sum of their codes."""

    valid: int
    satisfied: int
    points: int


def _exact(value: Number) -> Decimal:
    """A number as the decimal it is written as: 96.485, not the nearest binary fraction."""
    if isinstance(value, Decimal):
        return value
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def shown(value: Number, places: int = 2, mode: str = "half_up") -> Decimal:
    """A number as it is printed: rounded half up in decimal, or cut."""
    if mode not in MODES:
        raise AnalysisError(f"Rounding mode '{mode}' is unknown; choose {' or '.join(MODES)}.")
    return _exact(value).quantize(Decimal(1).scaleb(-places), MODES[mode])


def percent(rate: Number, places: int = 2, mode: str = "half_up") -> Decimal:
    """A rate of 0..1 as a percentage as printed."""
    return shown(_exact(rate) * 100, places, mode)


def percent_beside_target(rate: Number, target: Number, places: int = 2, most: int = 6) -> Decimal:
    """A percentage with as many places as it takes not to round across its target: 89.997 against 90 stays 89.997."""
    value, goal = _exact(rate) * 100, _exact(target) * 100
    for digits in range(places, most + 1):
        printed = shown(value, digits)
        if (printed >= goal) == (value >= goal):
            return printed
    return shown(value, most, "truncate")


def mean_of_children(children: Sequence[Number]) -> Decimal:
    """The unweighted mean of unrounded values."""
    values = [_exact(child) for child in children]
    if not values:
        raise AnalysisError("A mean of children needs at least one child.")
    return sum(values, Decimal(0)) / len(values)


def item_weighted(children: Mapping[str, Number], items: Mapping[str, int]) -> Decimal:
    """The mean of children weighted by their number of items (or of factors)."""
    total = sum(items[name] for name in children)
    if total <= 0:
        raise AnalysisError("An item-weighted mean needs at least one item.")
    return sum((_exact(value) * items[name] for name, value in children.items()), Decimal(0)) / total


def pooled_answers(counts: AnswerCounts) -> Decimal:
    """Satisfied answers over valid answers, as a rate of 0..1 (top2_answers)."""
    if counts.valid <= 0:
        raise AnalysisError("There is no valid answer to take a rate of.")
    return Decimal(counts.satisfied) / counts.valid


def score(counts: AnswerCounts) -> Decimal:
    """The mean of all valid answers of a factor (factor_mean_pooled): not the mean of item means."""
    if counts.valid <= 0:
        raise AnalysisError("There is no valid answer to take a mean of.")
    return Decimal(counts.points) / counts.valid


def answer_counts(
    answers: Mapping[str, Sequence[int]], *, satisfied: Sequence[int] = (4, 5), excluded: Sequence[int] = (0,)
) -> AnswerCounts:
    """Counts of plain lists of codes, for tables and checks; responses are counted by `totals`."""
    valid = [code for codes in answers.values() for code in codes if code not in excluded]
    return AnswerCounts(len(valid), sum(code in satisfied for code in valid), sum(valid))


def groups_unweighted(groups: Sequence[Group], *, include_unattributed: bool) -> Decimal:
    """The mean of group rates, each group once. State whether forms without a unit count as a group."""
    return mean_of_children([group.rate for group in _counted(groups, include_unattributed)])


def groups_by_forms(groups: Sequence[Group], *, include_unattributed: bool) -> Decimal:
    """The mean of group rates weighted by their numbers of forms."""
    counted = _counted(groups, include_unattributed)
    forms = sum(group.forms for group in counted)
    if forms <= 0:
        raise AnalysisError("A mean by forms needs at least one form.")
    return sum((group.rate * group.forms for group in counted), Decimal(0)) / forms


def _counted(groups: Sequence[Group], include_unattributed: bool) -> list[Group]:
    return [group for group in groups if include_unattributed or not group.unattributed]


def psi(factor_scores: Mapping[str, Number], *, cost_score: Number | None = None) -> Decimal:
    """Chỉ số hài lòng người bệnh: the unweighted mean of the factor scores A-E.

    The cost group stays out unless its score is given.
    """
    scores = list(factor_scores.values())
    return mean_of_children(scores if cost_score is None else [*scores, cost_score])


def mean_over_max(value: Number, maximum: Number = 5, *, round_intermediate: int | None = None) -> Decimal:
    """score / maximum · 100: a rescaled score in percent, never a share of satisfied people.

    With `round_intermediate` the score is first rounded to that many places, as some hospital reports do.
    """
    number = _exact(value) if round_intermediate is None else shown(value, round_intermediate)
    return number / _exact(maximum) * 100


def share(count: int, total: int) -> Decimal:
    """count / total · 100."""
    if total <= 0:
        raise AnalysisError("A share needs a total above zero.")
    return Decimal(count) * 100 / total


def net_gap(own: Number, independent: Number) -> Decimal:
    """Self-survey minus independent survey, in the units given (percentage points)."""
    return _exact(own) - _exact(independent)


def a766_group5(on_time: Number, petitions: Number, procedure: Number) -> Decimal:
    """Points for "mức độ hài lòng" in the index of Quyết định 766/QĐ-TTg: 6 + 6 + 6. It is not a survey.

    `on_time` and `petitions` are shares of 0..1; `procedure` gives full marks from 0.90.
    """
    return 6 * _exact(on_time) + 6 * _exact(petitions) + 6 * min(_exact(procedure) / Decimal("0.90"), Decimal(1))
