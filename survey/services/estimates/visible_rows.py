"""The lines of a channel's results: the whole and its domains, every figure of the questionnaire, shares of answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from analysis.totals.measure_plan import Measure
from instruments.model import indices
from instruments.model.index_rules import Rounding
from survey import vietnamese_order
from survey.queries.estimates.labels import FieldLabel, UnitLabel
from survey.queries.estimates.wave_basis import NO_FIELD
from survey.services.estimates.channel_results import ChannelResults
from survey.services.estimates.channel_verdicts import Key, Verdict
from survey.services.estimates.disclosure import precision
from survey.services.estimates.disclosure.hidden_cells import Hiding, Shown
from survey.services.estimates.measure_plans import Figure
from survey.services.estimates.wave_facts import WaveFacts


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line: the whole, a domain (unit, field, target group) or one answer to a question, with its estimate."""

    label: str
    shown: Shown
    key: int = 0  # id of the unit or field, number of the target group, code of the answer
    target: float | None = None
    verdict: Verdict | None = None  # only once the wave is closed
    sample: bool = False  # a fictional unit


@dataclass(frozen=True, kw_only=True)
class FigureRow(Row):
    """One figure of the questionnaire in the whole scope."""

    figure: Figure
    text: str
    grade: str
    mean: Shown | None = None
    name: str = ""  # what the questionnaire calls the figure
    mean_rounding: Rounding | None = None  # as the questionnaire publishes the mean


@dataclass(frozen=True)
class ChoiceRows:
    """The shares of the answers of one question."""

    item: str
    text: str
    n: int | None
    rows: tuple[Row, ...]
    rounding: Rounding | None = None  # as the questionnaire publishes them


class VisibleRows:
    """The lines of these results as far as `hide` shows them, in one language."""

    def __init__(self, wave: WaveFacts, results: ChannelResults, hide: Hiding, language: str) -> None:
        self._wave, self._version, self._plan = wave, wave.questionnaire, wave.survey_plan
        self._results, self._hide, self._language = results, hide, language

    def overall(self) -> Row | None:
        """The headline figure of the whole."""
        head, goal = self._plan.headline, self._wave.overall_goal
        if head is None:
            return None
        target = goal.rate if goal else None
        shown = self._hide.shown(self._results.one(head.measure), target=target)
        return Row(label="", shown=shown, target=target, verdict=self._verdict("", (), shown))

    def units(self, labels: Mapping[int, UnitLabel]) -> tuple[Row, ...]:
        samples = frozenset(unit for unit, label in labels.items() if label.is_sample)
        return self._domains("unit", {unit: label.name for unit, label in labels.items()}, samples)

    def fields(self, labels: Mapping[int, FieldLabel]) -> tuple[Row, ...]:
        """Fields of procedures; answers whose field is not known are no line of their own."""
        return self._domains("field", {field: label.name for field, label in labels.items()})

    def groups(self) -> tuple[Row, ...]:
        """The groups of fields that have a target of their own, named by their codes."""
        named = [goal for goal in self._wave.goals if goal.groups]
        return self._domains("group", {n: ",".join(goal.groups) for n, goal in enumerate(named, start=1)})

    def _domains(self, by: str, names: Mapping[int, str], samples: frozenset[int] = frozenset()) -> tuple[Row, ...]:
        """Rows of one crossing, the highest first, those without a figure last, by name."""
        head, rows = self._plan.headline, []
        if head is None:
            return ()
        table = self._results.table(by).of(head.measure)
        for place, code in enumerate(table.domain[by].tolist()):
            if by in ("field", "group") and (code == NO_FIELD or (by == "group" and code == 0)):
                continue
            goal = self._wave.goal_of((by,), (code,))
            target = goal.rate if goal else None
            shown = self._hide.shown(table.row(place), by, (code,), target=target)
            rows.append(
                Row(
                    label=names.get(code, "?"), shown=shown, key=code, target=target,
                    verdict=self._verdict(by, (code,), shown), sample=code in samples,
                )
            )  # fmt: skip
        return tuple(sorted(rows, key=_rank))

    def _verdict(self, by: str, key: Key, shown: Shown) -> Verdict | None:
        """A verdict tells on which side of the target the rate lies, so it is hidden with the rate."""
        return None if shown.hidden else self._hide.verdict(by, key)

    def composites(self, level: str) -> tuple[FigureRow, ...]:
        """The rate of each factor or half under the version's main rule, with its mean beside it where there is one."""
        version, rows = self._version, {}
        for figure in self._plan.figures:
            if figure.level == level and figure.kind == "rate" and figure.target not in rows:
                factor = next((f for f in version.factors if f.code == figure.target), None)
                mean = next((f for f in self._plan.figures if f.target == figure.target and f.kind == "score"), None)
                items = tuple(item.code for item in version.items_below(figure.target))
                rows[figure.target] = FigureRow(
                    figure=self._as_published(figure),
                    label=figure.target,
                    text=factor.name.inside(self._language) if factor else figure.target,
                    grade=version.lowest_grade_of(items) if items else version.lowest_grade,
                    shown=self._shown(figure.measure),
                    mean=self._shown(mean.measure) if mean else None,
                    mean_rounding=mean.rounding if mean else None,
                )
        return tuple(rows.values())

    def items(self) -> tuple[FigureRow, ...]:
        """Every question on a satisfaction scale, in the order of the form; the overall one has a line of its own."""
        rows = []
        for item in self._version.asked_items:
            if not self._version.measures_satisfaction(item):
                continue
            figure = self._plan.figure(Measure("item_rate", item.code))
            mean = self._plan.figure(Measure("item_mean", item.code))
            if figure is not None:
                rows.append(
                    FigureRow(
                        figure=self._as_published(figure), label=item.label or item.code,
                        text=self._version.said(item.wording, self._language), grade=item.grade,
                        shown=self._shown(figure.measure), mean=self._shown(Measure("item_mean", item.code)),
                        mean_rounding=mean.rounding if mean else None,
                    )
                )  # fmt: skip
        return tuple(rows)

    def others(self) -> tuple[FigureRow, ...]:
        """Every other figure of the whole: named rules beside the headline, expectation, return, overall question."""
        version, rows = self._version, []
        for figure in self._plan.figures:
            separate = figure.level == "item" and figure.measure.name.startswith("overall_")
            if (figure.level == "overall" and not figure.headline) or separate:
                target = figure.measure.variable
                item = version.item(target) if version.has_item(target) else None
                rows.append(
                    FigureRow(
                        figure=self._as_published(figure),
                        label=figure.rule,
                        text=version.said(item.wording, self._language) if item else "",
                        grade=item.grade if item else version.lowest_grade,
                        shown=self._shown(figure.measure),
                        name=figure.name.inside(self._language) if figure.name else "",
                    )
                )
        return tuple(rows)

    def choices(self) -> tuple[ChoiceRows, ...]:
        """The questions that offer a choice, or a scale of something else, with the share of each answer."""
        found = []
        declared = {i.target: i.rounding for i in indices.plan(self._version) if i.measure == "shares"}
        for item in self._version.asked_items:
            if not self._version.options(item) or self._version.measures_satisfaction(item):
                continue
            rows = []
            for option in self._version.options(item):
                name = f"{item.code}={option.code}" if item.kind == "multiple" else item.code
                estimate = self._results.one(Measure("share", name, 1 if item.kind == "multiple" else option.code))
                if estimate is not None:
                    label = option.label.inside(self._language)
                    rows.append(Row(label=label, shown=self._hide.shown(estimate), key=option.code))
            text = self._version.said(item.wording, self._language)
            n = max((row.shown.n for row in rows if row.shown.n), default=None)
            rounding = declared.get(item.code, self._version.rounding)
            rounding = rounding if self._hide.is_precise("") else precision.declared(rounding)
            found.append(ChoiceRows(item.code, text, n, tuple(rows), rounding))
        return tuple(found)

    def _as_published(self, figure: Figure) -> Figure:
        """A figure with no more decimals than it is given with."""
        rounding = figure.rounding if self._hide.is_precise("") else precision.declared(figure.rounding)
        return replace(figure, rounding=rounding)

    def _shown(self, measure: Measure) -> Shown:
        return self._hide.shown(self._results.one(measure))


def _rank(row: Row) -> tuple[bool, float, str]:
    """A sort key: the highest rate first, rows without a figure last, equal ones by name."""
    return row.shown.value is None, -(row.shown.value or 0), vietnamese_order.key(row.label)
