"""What was answered to the questions that have no rate: numbers, dates and free words, as far as it may be shown.

No value is shown that fewer people than the province's minimum cell lie beyond: the first and last day, the largest
number would be one person's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.disclosure.patterns import Place, Relation, suppress
from analysis.disclosure.rules import DisclosureRule
from analysis.totals.measure_plan import Measure
from instruments.answers import OTHER
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.model.response_domains import Number
from survey.services.estimates.channel_results import ChannelResults
from survey.services.estimates.disclosure.hidden_cells import Hiding, Shown
from survey.services.estimates.entered_answers import Between, Entered, PeriodShare
from survey.services.estimates.measure_plans import SurveyPlan


@dataclass(frozen=True)
class VisibleQuantile:
    """A quantile with its interval; None where too few people lie beyond."""

    share: float
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class VisiblePeriod:
    """A month, year or ten years with its share of the dates; `hidden` says why there is none."""

    period: str
    n: int | None
    share: float | None
    low: float | None
    high: float | None
    hidden: str = ""


@dataclass(frozen=True)
class EnteredRow:
    """A number (in its unit) or a date (days since 1970-01-01) that people entered.

    `why` says why there are no quantiles: few (small), none at all (empty), a unit of final results (part), results
    stored before there were any (older).
    """

    item: str
    text: str
    kind: str  # number, date
    unit: str
    decimals: int
    n: int | None
    mean: Shown | None  # of a number
    quantiles: tuple[VisibleQuantile, ...]
    periods: tuple[VisiblePeriod, ...]  # of a date
    why: str


@dataclass(frozen=True)
class CommentCount:
    """How many people wrote words under a question; None where they are fewer than the minimum."""

    item: str
    text: str
    n: int | None
    beside: bool  # beside the answer "other" of a question that offers a choice


class AskedQuestions:
    """The lines of one channel's numbers, dates and comments, in one language."""

    def __init__(self, plan: SurveyPlan, results: ChannelResults, hide: Hiding, language: str, *, whole: bool) -> None:
        self._version: InstrumentVersion = plan.version
        self._plan, self._results, self._hide, self._language = plan, results, hide, language
        self._made = {one.item: one for one in results.entered}
        self._missing = "older" if whole else "part"

    def entered(self) -> tuple[EnteredRow, ...]:
        """Every question for a number or a date."""
        return tuple(self._row(item) for item in self._version.asked_items if item.kind in ("number", "date"))

    def comments(self, counts: Mapping[str, int]) -> tuple[CommentCount, ...]:
        """Every question for free words, and the words beside "other", with how many people wrote some."""
        found = []
        for item in self._version.asked_items:
            if item.kind == "text" or item.other is not None:
                name = item.code if item.kind == "text" else item.code + OTHER
                n = counts.get(name, 0)
                shown = None if 0 < n < self._hide.minimum else n
                text = self._version.said(item.wording, self._language)
                found.append(CommentCount(name, text, shown, item.kind != "text"))
        return tuple(found)

    def _row(self, item: Item) -> EnteredRow:
        response = item.response
        unit = response.unit.inside(self._language) if isinstance(response, Number) and response.unit else ""
        mean = self._mean(item) if item.kind == "number" else None
        made = self._made.get(item.code)
        why = self._why(made)
        shown = made if made is not None and not why else None
        minimum = self._hide.minimum

        def value(found: Between | None) -> float | None:
            return found.value if found is not None and found.tells_no_few(minimum) else None

        return EnteredRow(
            item=item.code,
            text=self._version.said(item.wording, self._language),
            kind=item.kind,
            unit=unit,
            decimals=response.decimals if isinstance(response, Number) else 0,
            n=mean.n if mean is not None and mean.n else shown.n if shown is not None else None,
            mean=mean,
            quantiles=tuple(
                VisibleQuantile(q.share, value(q.found), *(value(v) if value(q.found) is not None else None
                                                           for v in (q.low, q.high)))
                for q in (shown.quantiles if shown is not None else ())
            ),
            periods=_periods(shown.periods, shown.n, self._hide.minimum) if shown is not None else (),
            why=why,
        )  # fmt: skip

    def _mean(self, item: Item) -> Shown | None:
        number = next(n for n in self._plan.measures.numbers if n.code == item.code)
        estimate = self._results.one(Measure(number.name, item.code))
        return None if estimate is None else self._hide.shown(estimate)

    def _why(self, made: Entered | None) -> str:
        if made is None:
            return self._missing
        if not made.n:
            return "empty"
        return "small" if made.n < self._hide.minimum else ""


def _periods(found: tuple[PeriodShare, ...], n: int, minimum: int) -> tuple[VisiblePeriod, ...]:
    """The periods with small ones hidden, and the further ones that would give them away: their sum is shown."""
    rule = DisclosureRule(minimum, public=False)
    counts: dict[Place, int] = {one.period: one.n for one in found}
    pattern = suppress({**counts, "": n}, [Relation("", tuple(counts))], rule)
    made = []
    for one in found:
        hidden = "small" if one.period in pattern.small else "complement" if one.period in pattern.hidden else ""
        made.append(
            VisiblePeriod(one.period, None, None, None, None, hidden)
            if hidden
            else VisiblePeriod(one.period, one.n, one.share, one.low, one.high)
        )
    return tuple(made)
