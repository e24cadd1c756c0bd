"""What the templates of results receive: rows with their drawings, and the sentences that say what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from markupsafe import Markup

from instruments.model.index_rules import Rounding
from instruments.model.text import heading_words
from survey import clock
from survey.charts import intervals
from survey.charts.intervals import Axis, Mark
from survey.i18n import language
from survey.results.look_pages import LooksPart, looks_part
from survey.results.question_pages import QuestionsPage, questions_page
from survey.services.estimates.channel_verdicts import Verdict
from survey.services.estimates.disclosure.hidden_cells import Shown
from survey.services.estimates.group_means import GroupMean
from survey.services.estimates.visible_results import ResultsView
from survey.services.estimates.visible_rows import FigureRow, Row
from survey.services.files.file_kinds import ResultFile
from survey.services.files.result_sentences import (
    Words,
    former_rule,
    group_mean_words,
    headline_name,
    how_judged,
    how_protected,
    level_words,
    marks,
    plan_line,
    rule_words,
    step_lines,
    why_hidden,
    why_unjudged,
)
from survey.web.code_words import capital_words
from survey.words import capital
from survey.words.figures import grouped, in_percent, interval, p_value, percent, score, standard_error, target_percent
from survey.words.results import REASONS, ROLLUPS, group_name


@dataclass(frozen=True, kw_only=True)
class DrawnRow:
    """A line of results as it is printed, beside its drawing. Figures under a rule of their own are not drawn."""

    label: str
    n: str
    rate: str
    interval: str
    key: int = 0
    note: str = ""
    se: str = ""
    effective_n: str = ""
    mean: str = ""
    why: str = ""  # there is no figure, or a remark
    chart: Markup | None = None
    verdict: Verdict | None = None
    proof: str = ""  # what the verdict stands on, or why there is none
    target: str = ""
    sample: bool = False
    local: bool = False

    @property
    def bounded(self) -> bool:
        """Whether the bounds of a family are drawn."""
        return _bounds(self.verdict) is not None


@dataclass(frozen=True)
class DrawnTable:
    rows: tuple[DrawnRow, ...]
    axis: Markup
    lowest: DrawnRow | None = None
    target: str = ""  # of all rows together, where they do not say their own

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def judged(self) -> bool:
        return any(row.verdict for row in self.rows)

    @property
    def bounded(self) -> bool:
        """Whether the bounds of a family are drawn in a row."""
        return any(row.bounded for row in self.rows)


@dataclass(frozen=True)
class ResultsPage:
    view: ResultsView
    headline: DrawnRow | None
    headline_name: str
    sentences: tuple[str, ...]  # what the headline says, what it cannot say, and what it rests on
    factors: DrawnTable
    halves: DrawnTable
    items: DrawnTable
    units: DrawnTable
    fields: DrawnTable
    groups: DrawnTable
    others: tuple[DrawnRow, ...]
    plan_words: str
    files: Mapping[str, ResultFile]
    units_left_out: int
    protected: str  # which cells are hidden, and what the attack on them found
    asked: QuestionsPage
    legend: Mapping[str, Markup]  # the marks of the drawings
    how_judged: str
    beside: tuple[str, ...] = ()  # what the further analyses add to the headline, once they are made
    may_judge_anew: bool = False
    looks: LooksPart | None = None  # fixed before the wave opened
    steps: tuple[str, ...] = ()  # until when the figures of a running wave count, and what waits


def results_page(
    view: ResultsView,
    *,
    files: Mapping[str, ResultFile],
    beside: tuple[str, ...] = (),
    may_judge_anew: bool = False,
) -> ResultsPage:
    target = view.overall.target if view.overall else None
    headline = _headline(view)
    return ResultsPage(
        view=view,
        headline=headline,
        headline_name=headline_name(view, Words.of(language())),
        sentences=tuple(_sentences(view, view.overall)) if headline and view.overall else (),
        factors=_figures(view, view.factors, target, compact=True),
        halves=_figures(view, view.halves, target, compact=True),
        items=_figures(view, view.items, target),
        units=_domains(view, view.by_unit),
        fields=_domains(view, view.by_field),
        groups=_domains(view, tuple(replace(r, label=group_name(r.label, _)) for r in view.by_group)),
        others=(*(_other(view, row) for row in view.others), *(_group_mean(view, mean) for mean in view.group_means)),
        plan_words=plan_line(view, Words.of(language())),
        files=files,
        protected=how_protected(view, Words.of(language())),
        units_left_out=sum(1 for r in view.by_unit if r.shown.hidden in ("small", "complement")),
        asked=questions_page(view),
        legend=intervals.legend(),
        how_judged=how_judged(view, Words.of(language())),
        beside=beside,
        may_judge_anew=may_judge_anew,
        looks=looks_part(view, clock.local_day(view.made_at)),
        steps=tuple(step_lines(view, Words.of(language()))),
    )


def headline_line(view: ResultsView) -> tuple[str, str]:
    """A closed wave in one line for the home page, and its state: good, warn, bad or nothing."""
    found = _headline(view)
    if found is None:
        return _("closed, too few answers to show"), ""
    words = f"{found.rate} ({found.interval})" if found.interval else found.rate
    if found.verdict is None:
        return _("%(rate)s, no target yet", rate=words), ""
    verdict = found.verdict.verdict
    said = _(
        "%(rate)s · %(verdict)s, %(target)s", rate=words, verdict=capital_words("verdict", verdict), target=found.target
    )
    w = Words.of(language())
    notes = [plan_line(view, w), *([former_rule(view, w)] if view.results.former_rule else [])]
    return f"{said} ({'; '.join(notes)})", _STATES.get(verdict, "warn")


_STATES = {"reached": "good", "missed": "bad"}


def _headline(view: ResultsView) -> DrawnRow | None:
    row = view.overall
    if row is None or row.shown.value is None:
        return None
    verdict, target, lang, rounding = row.verdict, row.target, language(), view.rounding()
    rate = percent(row.shown.value, lang, target=target, rounding=rounding)
    low, high = (in_percent(v, lang, rounding=rounding) for v in (row.shown.low, row.shown.high))
    words = _("target %(rate)s", rate=target_percent(target, lang)) if target is not None else ""
    goal = words or _("no target yet")
    label = _("Rate %(rate)s, no interval, %(target)s", rate=rate, target=goal) if row.shown.low is None else _(
        "Rate %(rate)s, 95 %% interval %(low)s to %(high)s, %(target)s", rate=rate, low=low, high=high, target=goal
    )  # fmt: skip
    notes = marks(view, Words.of(language()))
    mark = _mark(row.shown, verdict, target)
    assert mark is not None
    chart = intervals.headline(
        mark, target_words=words, label=". ".join([label, *notes]), notes=notes, language=language()
    )
    return DrawnRow(
        label=row.label,
        n=_count(view, row.shown),
        rate=rate,
        interval=interval(row.shown.low, row.shown.high, lang, rounding=rounding) if row.shown.low is not None else "",
        chart=chart,
        verdict=verdict,
        target=words,
    )


def _sentences(view: ResultsView, row: Row) -> list[str]:
    """What the figure says, what it cannot say, and what it rests on."""
    lang, verdict = language(), row.verdict
    said = []
    if verdict is None and row.target is not None and not view.final:
        if looks_part(view, clock.local_day(view.made_at)) is not None:
            said.append(_("A verdict is made at the looks that were planned, below, and when the wave is closed."))
        else:
            said.append(_("No verdict yet: it is made once, when the wave is closed."))
    if unjudged := why_unjudged(view, row, Words.of(lang)):
        said.append(unjudged)
    if verdict is not None:
        proof = _proof(view, verdict)
        if verdict.verdict == "reached":
            said.append(_("Reached with 95 %% certainty: %(proof)s.", proof=proof))
        elif verdict.verdict == "missed":
            said.append(_("Missed with 95 %% certainty: %(proof)s.", proof=proof))
        elif "opt_in" in verdict.reasons:
            said.append(_("People chose themselves to answer. The interval holds only as far as they represent all, so "
                          "this channel alone proves nothing."))  # fmt: skip
        elif verdict.verdict == "reached_not_proven":
            said.append(_("The rate reaches the target, but that is not yet certain: %(proof)s.", proof=proof))
        elif verdict.verdict == "missed_not_proven":
            said.append(_("The rate is below the target, but that is not yet certain: %(proof)s.", proof=proof))
        else:
            said += [capital(_(REASONS[r])) + "." for r in verdict.reasons if r in REASONS]
        if verdict.needed is not None and verdict.verdict.endswith("not_proven"):
            needed = grouped(verdict.needed, lang)
            if verdict.needed_why == "fewer_than_now":
                said.append(_("If the level is really so, about %(n)s answers prove it in 8 of 10 waves. More were "
                              "collected; this time chance stood against it.", n=needed))  # fmt: skip
            else:
                said.append(_("If the level is really so, the next wave needs about %(n)s answers to prove it with a "
                              "chance of 80 %%.", n=needed))  # fmt: skip
        if verdict.after_looks and verdict.claims:
            said.append(level_words(verdict.level, Words.of(lang)))
        if verdict.members > 1 and verdict.claims:
            said.append(_("It is one of %(members)s figures judged together; what is said holds for all at once.",
                          members=grouped(verdict.members, lang)))  # fmt: skip
    shown = row.shown
    if shown.low is None:
        said.append(
            _("%(n)s answers from too few independent places and days: how far chance may have moved the rate "
              "cannot be told.", n=grouped(shown.n, lang))
        )  # fmt: skip
        return said
    if not shown.se:
        said.append(
            _("%(n)s answers, effective number %(effective)s, %(df)s degrees of freedom. The answers, or their "
              "clusters, do not differ, so no standard error can be estimated.",
              n=grouped(shown.n, lang), effective=grouped(shown.effective_n or 0, lang), df=grouped(shown.df, lang))
        )  # fmt: skip
        return said
    said.append(
        _("%(n)s answers, effective number %(effective)s, standard error %(se)s points, %(df)s degrees of freedom.",
          n=grouped(shown.n, lang), effective=grouped(shown.effective_n or 0, lang),
          se=standard_error(shown.se, lang, rounding=view.rounding()), df=grouped(shown.df, lang))
    )  # fmt: skip
    return said


def _proof(view: ResultsView, verdict: Verdict) -> str:
    """The p-value and the bound of a verdict, both of its family: "p = 0,012, lower bound 90,4 %"."""
    if verdict.p is None:
        return ""
    p = p_value(verdict.p, language())
    p = p if p.startswith("<") else f"= {p}"
    if verdict.bound is None:
        words: str = _("p %(p)s", p=p)
        return words
    bound = percent(verdict.bound, language(), target=verdict.target, rounding=view.rounding())
    upper: str = _("p %(p)s, upper bound %(bound)s", p=p, bound=bound)
    lower: str = _("p %(p)s, lower bound %(bound)s", p=p, bound=bound)
    return upper if verdict.verdict.startswith("missed") else lower


def _bounds(verdict: Verdict | None) -> tuple[float, float] | None:
    """The two bounds of a family that are drawn; none where evidence did not decide."""
    if verdict is None or not verdict.claims or verdict.lower is None or verdict.upper is None:
        return None
    return verdict.lower, verdict.upper


def _domains(view: ResultsView, rows: tuple[Row, ...]) -> DrawnTable:
    marks = [_mark(r.shown, r.verdict, r.target) for r in rows if r.shown.value is not None]
    axis = intervals.axis([m for m in marks if m is not None])
    drawn = tuple(_drawn(view, r, axis) for r in rows)
    return DrawnTable(drawn, intervals.row_axis(axis, language=language()))


def _drawn(view: ResultsView, row: Row, axis: Axis) -> DrawnRow:
    words = target_percent(row.target, language()) if row.target is not None else ""
    drawn = _row(
        view, row.shown, axis, key=row.key, label=row.label, note="", verdict=row.verdict, target=words,
        goal=row.target, sample=row.sample, rounding=view.row_rounding,
    )  # fmt: skip
    proof = _proof(view, row.verdict) if row.verdict else why_unjudged(view, row, Words.of(language()))
    if row.verdict and row.verdict.reasons:
        proof = "; ".join(_(REASONS[r]) for r in row.verdict.reasons if r in REASONS)
    return replace(drawn, proof=proof)


def _figures(
    view: ResultsView, rows: tuple[FigureRow, ...], target: float | None, *, compact: bool = False
) -> DrawnTable:
    marks = [_mark(r.shown, None, target) for r in rows]
    axis = intervals.axis([m for m in marks if m is not None])
    drawn = tuple(
        _row(
            view, r.shown, axis, key=n, label=heading_words(r.text), note=r.label, verdict=None, goal=target,
            mean=score(r.mean.value if r.mean else None, language(), rounding=r.mean_rounding), compact=compact,
            rounding=r.figure.rounding,
        )
        for n, r in enumerate(rows)
    )  # fmt: skip
    known = [(r.shown.value, n) for n, r in enumerate(rows) if r.shown.value is not None]
    lowest = drawn[min(known)[1]] if len(known) > 1 else None
    words = target_percent(target, language()) if target is not None else ""
    return DrawnTable(drawn, intervals.row_axis(axis, language=language(), compact=compact), lowest, words)


def _other(view: ResultsView, row: FigureRow) -> DrawnRow:
    """A figure under a rule of its own, in words."""
    lang, shown, kind, rounding = language(), row.shown, row.figure.kind, row.figure.rounding

    def words(value: float | None) -> str:
        if kind in ("rate", "rescaled"):
            return percent(value, lang, rounding=rounding)
        if kind == "percent":
            return percent(value / 100 if value is not None else None, lang, rounding=rounding)
        return score(value, lang, rounding=rounding)

    interval = f"{words(shown.low).removesuffix(' %')} – {words(shown.high).removesuffix(' %')}"
    rule = rule_words(row.figure, Words.of(lang))
    return DrawnRow(
        label=row.name or rule,
        note=row.text,
        n=_count(view, shown),
        rate=words(shown.value),
        interval=interval if shown.low is not None else "–",
        why=why_hidden(view, shown, Words.of(language())) or (rule if row.name and kind == "rescaled" else ""),
        local=row.figure.local,
    )


def _group_mean(view: ResultsView, mean: GroupMean) -> DrawnRow:
    """A mean of the units that are shown: for comparison, without an interval."""
    w, is_score = Words.of(language()), view.headline is not None and view.headline.kind == "score"
    written = score if is_score else percent
    return DrawnRow(
        label=f"{headline_name(view, w)}: {w(ROLLUPS[mean.rule])}",
        note="",
        n=grouped(mean.forms, language()),
        rate=written(mean.value, language(), rounding=view.rounding()),
        interval="–",
        why=group_mean_words(mean, w),
    )


def _row(
    view: ResultsView,
    shown: Shown,
    axis: Axis,
    *,
    key: int,
    label: str,
    note: str,
    verdict: Verdict | None,
    mean: str = "–",
    target: str = "",
    goal: float | None = None,
    rounding: Rounding | None = None,
    sample: bool = False,
    compact: bool = False,
) -> DrawnRow:
    lang = language()
    mark = _mark(shown, verdict, goal)
    rate = percent(shown.value, lang, target=goal, rounding=rounding)
    low, high = (in_percent(v, lang, rounding=rounding) for v in (shown.low, shown.high))
    said = _("%(label)s: %(rate)s, interval %(low)s to %(high)s", label=label, rate=rate, low=low, high=high)
    judged = [capital_words("verdict", verdict.verdict)] if verdict is not None else []
    aim = [_("target %(rate)s", rate=target_percent(goal, lang))] if goal is not None else []
    said = ". ".join([said, *aim, *judged, *marks(view, Words.of(language()))])
    return DrawnRow(
        key=key,
        label=label,
        note=note,
        n=_count(view, shown),
        rate=rate,
        se=standard_error(shown.se, lang, rounding=rounding),
        interval=interval(shown.low, shown.high, lang, rounding=rounding),
        effective_n=grouped(shown.effective_n, lang),
        mean=mean,
        why=why_hidden(view, shown, Words.of(language())),
        chart=intervals.row(mark, axis, label=said, compact=compact) if mark is not None else None,
        verdict=verdict,
        target=target,
        sample=sample,
    )  # fmt: skip


def _count(view: ResultsView, shown: Shown) -> str:
    if shown.n is not None:
        return grouped(shown.n, language())
    return f"< {view.minimum_cell}" if shown.hidden == "small" else "–"


def _mark(shown: Shown, verdict: Verdict | None, goal: float | None) -> Mark | None:
    if shown.value is None:
        return None
    word = verdict.verdict if verdict else None
    return Mark(shown.value, shown.low, shown.high, goal, word, _bounds(verdict))
