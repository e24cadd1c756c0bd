"""What the templates of results receive: rows with their drawings, and the sentences that say what they mean."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from instruments.model.text import heading_words
from survey.charts import intervals
from survey.charts.intervals import Axis, Mark
from survey.i18n import decimal_mark, grouped, language, number
from survey.services.estimates.visible_results import FigureRow, ResultsView, Row, Shown, VerdictView
from survey.services.files.result_sentences import Words, marks, plan_line, why_hidden
from survey.words import capital
from survey.words.results import REASONS, RULES, TONES, VERDICTS, group_name, percent_target, rate_text


@dataclass(frozen=True)
class VerdictPill:
    code: str
    words: str
    tone: str


@dataclass(frozen=True)
class DrawnRow:
    """A row of a table beside its drawing."""

    key: int
    label: str
    note: str
    n: str
    rate: str
    se: str
    interval: str
    effective_n: str
    deff: str
    mean: str
    why: str
    chart: Markup | None
    verdict: VerdictPill | None
    target: str = ""
    sample: bool = False


@dataclass(frozen=True)
class DrawnTable:
    rows: tuple[DrawnRow, ...]
    axis: Markup
    lowest: DrawnRow | None = None

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def judged(self) -> bool:
        return any(row.verdict for row in self.rows)


@dataclass(frozen=True)
class OtherFigure:
    """A figure under a rule of its own, in words."""

    name: str
    text: str
    n: str
    value: str
    interval: str
    remark: str
    local: bool


@dataclass(frozen=True)
class Headline:
    rate: str
    interval: str
    chart: Markup
    verdict: VerdictPill | None
    target: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class ResultsPage:
    view: ResultsView
    headline: Headline | None
    factors: DrawnTable
    halves: DrawnTable
    items: DrawnTable
    units: DrawnTable
    fields: DrawnTable
    groups: DrawnTable
    others: tuple[OtherFigure, ...]
    plan_words: str
    may_take_rows: bool
    units_left_out: int
    beside: tuple[str, ...] = ()  # what the further analyses add to the headline, once they are made


def results_page(view: ResultsView, *, may_take_rows: bool, beside: tuple[str, ...] = ()) -> ResultsPage:
    target = view.overall.target if view.overall else None
    return ResultsPage(
        view=view,
        headline=_headline(view),
        factors=_figures(view, view.factors, target, compact=True),
        halves=_figures(view, view.halves, target, compact=True),
        items=_figures(view, view.items, target),
        units=_domains(view, view.by_unit),
        fields=_domains(view, view.by_field),
        groups=_domains(view, tuple(replace(r, label=group_name(r.label, _)) for r in view.by_group)),
        others=tuple(_other(view, row) for row in view.others),
        plan_words=plan_line(view, Words.of(language())),
        may_take_rows=may_take_rows,
        units_left_out=sum(1 for r in view.by_unit if r.shown.hidden in ("small", "complement")),
        beside=beside,
    )


def pill(verdict: VerdictView | None) -> VerdictPill | None:
    if verdict is None:
        return None
    return VerdictPill(verdict.verdict, capital(_(VERDICTS[verdict.verdict])), TONES[verdict.verdict])


def headline_line(view: ResultsView) -> tuple[str, str]:
    """A closed wave in one line for the home page, and how it stands: good, warn, bad or nothing."""
    found = _headline(view)
    if found is None:
        return _("closed, too few answers to show"), ""
    words = f"{found.rate} ({found.interval})" if found.interval else found.rate
    if found.verdict is None:
        return _("%(rate)s, no target yet", rate=words), ""
    said = _("%(rate)s · %(verdict)s, %(target)s", rate=words, verdict=found.verdict.words, target=found.target)
    return f"{said} ({plan_line(view, Words.of(language()))})", _STATES.get(found.verdict.code, "warn")


_STATES = {"reached": "good", "missed": "bad"}


def _headline(view: ResultsView) -> Headline | None:
    row = view.overall
    if row is None or row.shown.value is None:
        return None
    verdict, target, lang = row.verdict, row.target, language()
    rate = rate_text(row.shown.value, target=target, language=lang)
    low, high = (rate_text(v, language=lang).removesuffix(" %") for v in (row.shown.low, row.shown.high))
    words = _("target %(rate)s", rate=percent_target(target, lang)) if target is not None else ""
    goal = words or _("no target yet")
    label = _("Rate %(rate)s, no interval, %(target)s", rate=rate, target=goal) if row.shown.low is None else _(
        "Rate %(rate)s, 95 %% interval %(low)s to %(high)s, %(target)s", rate=rate, low=low, high=high, target=goal
    )  # fmt: skip
    notes = marks(view, Words.of(language()))
    mark = Mark(row.shown.value, row.shown.low, row.shown.high, target, verdict.verdict if verdict else None)
    chart = intervals.headline(
        mark, target_words=words, label=". ".join([label, *notes]), notes=notes, decimal=decimal_mark()
    )
    return Headline(
        rate,
        f"{low} – {high}" if row.shown.low is not None else "",
        chart,
        pill(verdict),
        words,
        tuple(_sentences(view, row)),
    )


def _sentences(view: ResultsView, row: Row) -> list[str]:
    """What the figure says, what it cannot say, and what it rests on."""
    lang, verdict = language(), row.verdict
    said = []
    if verdict is None and row.target is not None and not view.final:
        said.append(_("No verdict yet: it is made once, when the wave is closed."))
    if verdict is not None:
        bound = rate_text(verdict.bound, target=verdict.target, language=lang)
        if verdict.verdict == "reached":
            said.append(_("The one-sided lower bound is %(bound)s, not below the target: reached with 95 %% certainty.",
                          bound=bound))  # fmt: skip
        elif verdict.verdict == "missed":
            said.append(_("The one-sided upper bound is %(bound)s, below the target: missed with 95 %% certainty.",
                          bound=bound))  # fmt: skip
        elif "opt_in" in verdict.reasons:
            said.append(_("People chose themselves to answer. The interval holds only as far as they represent all, so "
                          "this channel alone proves nothing."))  # fmt: skip
        elif verdict.verdict == "reached_not_proven":
            said.append(
                _("The rate reaches the target, but its one-sided lower bound of %(bound)s does not.", bound=bound)
            )
        elif verdict.verdict == "missed_not_proven":
            said.append(
                _("The rate is below the target, but its one-sided upper bound of %(bound)s is not.", bound=bound)
            )
        else:
            said += [capital(_(REASONS[r])) + "." for r in verdict.reasons if r in REASONS]
        if verdict.needed is not None and verdict.verdict.endswith("not_proven"):
            said.append(_("If the level is really so, the next wave needs about %(n)s answers to prove it.",
                          n=grouped(verdict.needed, lang)))  # fmt: skip
    shown = row.shown
    if shown.low is None:
        said.append(
            _("%(n)s answers from too few independent places and days: how far chance may have moved the rate "
              "cannot be told.", n=grouped(shown.n, lang))
        )  # fmt: skip
        return said
    said.append(
        _("%(n)s answers, effective number %(effective)s, standard error %(se)s points, %(df)s degrees of freedom.",
          n=grouped(shown.n, lang), effective=grouped(round(shown.effective_n or 0), lang),
          se=rate_text(shown.se, language=lang, places=2).removesuffix(" %"), df=grouped(shown.df, lang))
    )  # fmt: skip
    return said


def _domains(view: ResultsView, rows: tuple[Row, ...]) -> DrawnTable:
    marks = [_mark(r.shown, r.verdict, r.target) for r in rows if r.shown.value is not None]
    axis = intervals.axis([m for m in marks if m is not None])
    return DrawnTable(tuple(_drawn(view, r, axis) for r in rows), intervals.row_axis(axis, decimal=decimal_mark()))


def _drawn(view: ResultsView, row: Row, axis: Axis) -> DrawnRow:
    words = percent_target(row.target, language()) if row.target is not None else ""
    return _row(
        view, row.shown, axis, key=row.key, label=row.label, note="", verdict=row.verdict, mean=None, target=words,
        goal=row.target, sample=row.sample,
    )  # fmt: skip


def _figures(
    view: ResultsView, rows: tuple[FigureRow, ...], target: float | None, *, compact: bool = False
) -> DrawnTable:
    marks = [_mark(r.shown, None, target) for r in rows]
    axis = intervals.axis([m for m in marks if m is not None])
    drawn = tuple(
        _row(
            view, r.shown, axis, key=n, label=heading_words(r.text), note=r.label, verdict=None, mean=r.mean,
            goal=target, compact=compact,
        )
        for n, r in enumerate(rows)
    )  # fmt: skip
    known = [(r.shown.value, n) for n, r in enumerate(rows) if r.shown.value is not None]
    lowest = drawn[min(known)[1]] if len(known) > 1 else None
    return DrawnTable(drawn, intervals.row_axis(axis, decimal=decimal_mark(), compact=compact), lowest)


def _other(view: ResultsView, row: FigureRow) -> OtherFigure:
    lang, shown, kind = language(), row.shown, row.figure.kind

    def words(value: float | None) -> str:
        if kind in ("rate", "rescaled"):
            return rate_text(value, language=lang)
        if kind == "percent":
            return "–" if value is None else f"{number(value, 1, lang)} %"
        return _decimals(value, 2)

    interval = f"{words(shown.low).removesuffix(' %')} – {words(shown.high).removesuffix(' %')}"
    rule = _(RULES.get(row.figure.rule, row.figure.rule))
    return OtherFigure(
        name=row.name or rule,
        text=row.text,
        n=_count(view, shown),
        value=words(shown.value),
        interval=interval if shown.low is not None else "–",
        remark=why_hidden(view, shown, Words.of(language())) or (rule if row.name and kind == "rescaled" else ""),
        local=row.figure.local,
    )


def _row(
    view: ResultsView,
    shown: Shown,
    axis: Axis,
    *,
    key: int,
    label: str,
    note: str,
    verdict: VerdictView | None,
    mean: Shown | None,
    target: str = "",
    goal: float | None = None,
    sample: bool = False,
    compact: bool = False,
) -> DrawnRow:
    lang = language()
    mark = _mark(shown, verdict, goal)
    rate = rate_text(shown.value, target=goal, language=lang)
    low, high = (rate_text(v, language=lang).removesuffix(" %") for v in (shown.low, shown.high))
    said = _("%(label)s: %(rate)s, interval %(low)s to %(high)s", label=label, rate=rate, low=low, high=high)
    said = ". ".join([said, *marks(view, Words.of(language()))])
    return DrawnRow(
        key=key,
        label=label,
        note=note,
        n=_count(view, shown),
        rate=rate,
        se=rate_text(shown.se, language=lang, places=2).removesuffix(" %"),
        interval=f"{low} – {high}" if shown.low is not None else "–",
        effective_n=grouped(round(shown.effective_n), lang) if shown.effective_n is not None else "–",
        deff=_decimals(shown.deff, 2),
        mean=_decimals(mean.value if mean else None, 2),
        why=why_hidden(view, shown, Words.of(language())),
        chart=intervals.row(mark, axis, label=said, compact=compact) if mark is not None else None,
        verdict=pill(verdict),
        target=target,
        sample=sample,
    )  # fmt: skip


def _count(view: ResultsView, shown: Shown) -> str:
    if shown.n is not None:
        return grouped(shown.n, language())
    return f"< {view.minimum_cell}" if shown.hidden == "small" else "–"


def _mark(shown: Shown, verdict: VerdictView | None, goal: float | None) -> Mark | None:
    if shown.value is None:
        return None
    return Mark(shown.value, shown.low, shown.high, goal, verdict.verdict if verdict else None)


def _decimals(value: float | None, places: int) -> str:
    if value is None:
        return "–"
    text = f"{value:.{places}f}"
    return text if language() == "en" else text.replace(".", ",")


def answers_words(count: int) -> str:
    return str(ngettext("%(num)s response", "%(num)s responses", count))
