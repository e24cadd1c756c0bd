"""The sheets of the workbook as plain tables: what it is, the results, by unit and field, the codebook, the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from instruments.model.index_rules import Rounding
from survey import __version__
from survey.errors import N_
from survey.exports.tables import HIDDEN, Cell, Column, Kind, Printed, Table
from survey.services.estimates import stored_results
from survey.services.estimates.disclosure.hidden_cells import Shown
from survey.services.estimates.group_means import GroupMean
from survey.services.estimates.visible_results import ResultsView
from survey.services.estimates.visible_rows import FigureRow, Row
from survey.services.files import question_tables
from survey.services.files.question_sentences import headline_basis, without_column
from survey.services.files.result_sentences import (
    Words,
    group_mean_words,
    headline_name,
    how_judged,
    how_protected,
    is_confidential,
    level_words,
    plan_line,
    rule_words,
    step_lines,
    why_none,
    why_unjudged,
)
from survey.words import capital
from survey.words.fieldwork import SELECTIONS
from survey.words.figures import (
    SMALLEST_P,
    day,
    number,
    printed_p,
    printed_percent,
    printed_score,
    target_percent,
    whole,
)
from survey.words.results import (
    LEVELS,
    REASONS,
    ROLLUPS,
    UNWEIGHTED,
    VERDICTS,
    WEIGHT_STAGES,
    WEIGHTING,
    group_name,
)
from survey.words.standing import GRADES

CONFIDENTIAL = N_(
    "[c]: confidential. The figure rests on fewer than %(minimum)s answers, or would give away one that does."
)
NOT_PRINTED = N_(
    "Sheets with a row per response are for programs and not for paper: they are as wide as a page and as long as "
    "there are responses. The other sheets are fitted to A4."
)


def about(view: ResultsView, w: Words, *, rows: Sequence[tuple[str, str]] = ()) -> list[tuple[str, Cell]]:
    """The read-me sheet: everything a reader needs to know what the figures are; `rows` is what it says of rows."""
    wave, version = view.wave, view.version
    stages = "; ".join(_stage_line(stage, w) for stage in view.weight_stages)
    lines: list[tuple[str, Cell]] = [
        (w(N_("Wave")), f"{wave.code} – {wave.title}"),
        (w(N_("Days")), f"{day(wave.opens_on)} – {day(wave.closes_on)}"),
        (w(N_("Asked by")), wave.asked_by),
        (w(N_("Questionnaire")), f"{wave.instrument}@{wave.version} – {version.title.inside(w.language)}"),
        (w(N_("Content hash of the questionnaire")), wave.content_hash),
        (w(N_("Lowest grade of its wording")), w(GRADES[version.lowest_grade])),
        (w(N_("Channel")), f"{view.channel_title} ({w(SELECTIONS[view.selection.value])})"),
        (w(N_("Filter")), ", ".join(view.scope_names) or w(N_("all units of the wave"))),
        (w(N_("Answers")), view.responses if view.responses is not None else HIDDEN),
        (w(N_("Headline figure")), headline_name(view, w)),
        (w(N_("The headline figure counts")), headline_basis(view, w) or "–"),
        (w(N_("Target")), _goal_line(view, w)),
        (w(N_("Weights")), (stages or "–") if view.weighted else capital(w(UNWEIGHTED)) + "."),
        (w(N_("Answers without a frame cell")), view.results.flagged),
        (w(N_("Cells hidden")), how_protected(view, w)),
        (HIDDEN, w(CONFIDENTIAL, minimum=view.minimum_cell)),
        (w(N_("State")), w(N_("final, made when the wave closed")) if view.final else w(N_("provisional"))),
        *([(w(N_("Counted so far")), " ".join(step_lines(view, w)))] if view.delayed else []),
        (w(N_("Made at")), view.made_at),
        *([(w(N_("Version of the results")), _version_line(view, w))] if view.versions else []),
        *([(w(N_("Verdicts")), judged)] if (judged := how_judged(view, w)) else []),
        (w(N_("Arrived after closing, not in these figures")), view.late),
        (w(N_("Left at their citizens' wish since")), view.deleted_since),
        (w(N_("Data hash")), view.results.data_hash),
        (w(N_("Result hash")), stored_results.fingerprint(view.results)),
        (w(N_("Software")), f"Hài Lòng {__version__}"),
    ]  # fmt: skip
    if rows:
        lines += rows
        lines.append((w(N_("Printing")), w(NOT_PRINTED)))
        if missing := without_column(view.version, w):
            lines.append((w(N_("Questions without a column")), missing))
    return lines


def _version_line(view: ResultsView, w: Words) -> str:
    """Which version this is and which others there are."""
    others = [
        w(N_("version %(number)s of %(day)s"), number=v.number, day=day(v.made_at))
        for v in view.versions
        if v.number != view.results.version
    ]
    if not others:
        return str(view.results.version)
    return w(N_("%(number)s; beside it stand: %(others)s"), number=view.results.version, others="; ".join(others))


def _stage_line(stage: Mapping[str, Any], w: Words) -> str:
    """One stage of weighting: how many, what the weights add up to, how far they spread."""

    def said(name: str, places: int) -> str:
        return number(stage[name], places, w.language)

    name = w(WEIGHT_STAGES.get(stage["name"], stage["name"]))
    line = f"{name}: n = {said('n', 0)}, Σ = {said('total', 1)}"
    if "largest" not in stage:
        return line
    return f"{line}, {said('smallest', 3)} – {said('largest', 3)}, CV = {said('cv', 3)}, deff = {said('kish', 3)}"


def tables(view: ResultsView, w: Words, *, beside: Sequence[Table] = ()) -> list[Table]:
    """The sheets of a view; those of the further analyses come before the codebook."""
    found = [_results(view, w), _units(view, w)]
    if view.by_field:
        found.append(_fields(view, w))
    found += [_shares(view, w), *question_tables.tables(view, w), *beside]
    return [*(_explained(table, view, w) for table in found), _codebook(view, w), _method(view, w)]


def _explained(table: Table, view: ResultsView, w: Words) -> Table:
    """The table with what its mark of hidden figures means below it, where it bears one."""
    rows = [list(row) for row in table.rows]
    notes = table.notes
    if any(HIDDEN in row for row in rows):
        notes = (w(CONFIDENTIAL, minimum=view.minimum_cell), *notes)
    return replace(table, rows=rows, notes=notes)


def _goal_line(view: ResultsView, w: Words) -> str:
    goal = view.wave.overall_goal
    if goal is None:
        return w(N_("no target yet"))
    return f"{target_percent(goal.rate, w.language)} ({goal.code}); {plan_line(view, w)}"


def _figure_columns(w: Words) -> tuple[Column, ...]:
    return (
        Column(w(N_("n")), Kind.COUNT, 9),
        Column(w(N_("Rate or score")), Kind.RATE, 11),
        Column(w(N_("Standard error")), Kind.RATE, 11),
        Column(w(N_("95 % low")), Kind.RATE, 10),
        Column(w(N_("95 % high")), Kind.RATE, 10),
        Column(w(N_("Effective n")), Kind.COUNT, 10),
        Column(w(N_("df")), Kind.COUNT, 8),
        Column(w(N_("Design effect")), Kind.SCORE, 9),
    )


def _proof_columns(w: Words) -> tuple[Column, ...]:
    """What a verdict stands on: p-value and bound within its family, and the size of that."""
    return (
        Column(w(N_("p (of the family)")), Kind.NUMBER, 10),
        Column(w(N_("Bound (of the family)")), Kind.RATE, 11),
        Column(w(N_("Judged together")), Kind.COUNT, 10),
    )


def _verdict_cells(view: ResultsView, row: Row, w: Words) -> list[Cell]:
    """Target, verdict and what it stands on."""
    v = row.verdict
    if v is None:
        hidden = HIDDEN if view.final and row.target is not None and is_confidential(row.shown) else None
        return [row.target, hidden, hidden, hidden, hidden]
    return [
        row.target,
        w(VERDICTS[v.verdict]),
        as_p(v.p),
        as_rate(v.bound, view.rounding(), v.target),
        v.members or None,
    ]


def as_rate(value: float | None, rounding: Rounding | None, target: float | None = None) -> Cell:
    """A rate as its questionnaire publishes it; unrounded where it declares nothing, for the column to show."""
    if value is None or rounding is None:
        return value
    shown = printed_percent(value, rounding, target=target)
    return Printed(float(shown / 100), _places(shown))


def as_score(value: float | None, rounding: Rounding | None) -> Cell:
    """A score as its questionnaire publishes it; unrounded where it declares nothing."""
    if value is None or rounding is None:
        return value
    shown = printed_score(value, rounding)
    return Printed(float(shown), _places(shown))


def as_p(value: float | None) -> Printed | None:
    """A p-value as it is printed; the very small ones as the smallest printed, marked as below it."""
    if value is None:
        return None
    if value < SMALLEST_P:
        return Printed(SMALLEST_P, 3, below=True)
    shown = printed_p(value)
    return Printed(float(shown), _places(shown))


def _places(shown: Decimal) -> int:
    return -int(shown.as_tuple().exponent)


def _figures(shown: Shown, rounding: Rounding | None, target: float | None = None) -> list[Cell]:
    if is_confidential(shown):
        return [HIDDEN] * 8
    return [
        shown.n, as_rate(shown.value, rounding, target), shown.se or None, as_rate(shown.low, rounding),
        as_rate(shown.high, rounding),
        None if shown.effective_n is None else whole(shown.effective_n), shown.df, shown.deff_wr,
    ]  # fmt: skip


def _results(view: ResultsView, w: Words) -> Table:
    columns = (
        Column(w(N_("Level")), width=10),
        Column(w(N_("Code")), width=12),
        Column(w(N_("What is measured")), width=38),
        Column(w(N_("Index rule")), width=18),
        *_figure_columns(w),
        Column(w(N_("Mean score")), Kind.SCORE, 9),
        Column(w(N_("Target")), Kind.RATE, 9),
        Column(w(N_("Verdict")), width=18),
        *_proof_columns(w),
        Column(w(N_("Answers needed next time")), Kind.COUNT, 11),
        Column(w(N_("Grade of the wording")), width=16),
        Column(w(N_("Remark")), width=28),
    )
    levels = {code: w(text) for code, text in LEVELS.items()}
    rows: list[list[Cell]] = []
    if view.overall is not None and view.headline is not None:
        v = view.overall.verdict
        rows.append(
            [levels["overall"], "", headline_name(view, w), rule_words(view.headline, w),
             *_figures(view.overall.shown, view.rounding(), view.overall.target), None,
             *_verdict_cells(view, view.overall, w), v.needed if v else None,
             w(GRADES[view.version.lowest_grade]), _remarks(view, view.overall, w)]
        )  # fmt: skip
    rows += [_figure_line(view, r, levels[r.figure.level], w) for r in (*view.halves, *view.factors, *view.items)]
    for row in view.others:
        shown = row.shown
        if row.figure.kind == "percent":  # 0..100, as people entered it
            shown = replace(
                shown, value=_hundredth(shown.value), se=_hundredth(shown.se), low=_hundredth(shown.low),
                high=_hundredth(shown.high),
            )  # fmt: skip
        line = _figure_line(view, replace(row, shown=shown), levels["overall"], w)
        if row.figure.kind == "score":  # a score is not a rate: its own column, no percentage
            line[5:9] = [None] * 4
            line[12] = HIDDEN if is_confidential(shown) else as_score(shown.value, row.figure.rounding)
        rows.append(line)
    rows += [_group_mean_line(view, mean, levels["overall"], w) for mean in view.group_means]
    return Table(
        w(N_("Results")), f"{view.wave.title} – {view.channel_title}", columns, rows,
        lead=(plan_line(view, w),), notes=question_tables.basis(view, w), strong_rows=frozenset({0}),
    )  # fmt: skip


def _group_mean_line(view: ResultsView, mean: GroupMean, level: str, w: Words) -> list[Cell]:
    """A mean of units: n and value alone, in the column of its kind."""
    is_score = view.headline is not None and view.headline.kind == "score"
    rate = None if is_score else as_rate(mean.value, view.rounding())
    score = as_score(mean.value, view.rounding()) if is_score else None
    rule = w(ROLLUPS[mean.rule])
    return [level, mean.rule, f"{headline_name(view, w)}: {rule}", rule, mean.forms, rate, *[None] * 6, score,
            *[None] * 6, w(GRADES[view.version.lowest_grade]), group_mean_words(mean, w)]  # fmt: skip


def _hundredth(value: float | None) -> float | None:
    return None if value is None else value / 100


def _figure_line(view: ResultsView, row: FigureRow, level: str, w: Words) -> list[Cell]:
    mean = as_score(row.mean.value, row.mean_rounding) if row.mean else None
    if row.mean is not None and is_confidential(row.mean):
        mean = HIDDEN
    rule = rule_words(row.figure, w)
    code = row.figure.measure.variable if row.figure.level == "overall" else row.label
    name = row.name or row.text or rule
    return [level, code, name, rule, *_figures(row.shown, row.figure.rounding), mean, *[None] * 6,
            w(GRADES[row.grade]), why_none(view, row.shown, w)]  # fmt: skip


def _remarks(view: ResultsView, row: Row, w: Words) -> str:
    parts = [why_none(view, row.shown, w), why_unjudged(view, row, w)]
    if row.verdict is not None:
        parts += [w(REASONS[r]) for r in row.verdict.reasons if r in REASONS]
        if (
            row.verdict.verdict.endswith("not_proven") and row.verdict.needed_why in REASONS
        ):  # why no number can be given, or one below what was collected
            parts.append(w(REASONS[row.verdict.needed_why]))
        if row.verdict.after_looks and row.verdict.claims:
            parts.append(level_words(row.verdict.level, w))
    return "; ".join(dict.fromkeys(p for p in parts if p))


def _domain_table(
    view: ResultsView, w: Words, name: str, title: str, first: str, rows: list[tuple[str, str, Row]]
) -> Table:
    columns = (
        Column(first, width=34),
        Column(w(N_("Code")), width=12),
        *_figure_columns(w),
        Column(w(N_("Target")), Kind.RATE, 9),
        Column(w(N_("Verdict")), width=18),
        *_proof_columns(w),
        Column(w(N_("Remark")), width=28),
    )
    lines = [
        [label, code, *_figures(row.shown, view.row_rounding, row.target), *_verdict_cells(view, row, w),
         _remarks(view, row, w)]
        for label, code, row in rows
    ]  # fmt: skip
    notes = tuple(note for note in (how_judged(view, w),) if note)
    return Table(name, title, columns, lines, lead=(plan_line(view, w),), notes=notes)


def _units(view: ResultsView, w: Words) -> Table:
    rows = [(row.label, view.unit_codes.get(row.key, ""), row) for row in view.by_unit]
    return _domain_table(view, w, w(N_("By unit")), w(N_("By unit")), w(N_("Unit")), rows)


def _fields(view: ResultsView, w: Words) -> Table:
    rows = [(group_name(row.label, w.say), row.label, row) for row in view.by_group]
    rows += [(row.label, view.field_codes.get(row.key, ""), row) for row in view.by_field]
    return _domain_table(view, w, w(N_("By field")), w(N_("By field of procedures")), w(N_("Field")), rows)


def _shares(view: ResultsView, w: Words) -> Table:
    columns = (
        Column(w(N_("Code")), width=14),
        Column(w(N_("Question")), width=40),
        Column(w(N_("Answer")), width=32),
        *_figure_columns(w),
        Column(w(N_("Remark")), width=30),
    )
    rows: list[list[Cell]] = [
        [
            question.item,
            question.text,
            row.label,
            *_figures(row.shown, question.rounding),
            why_none(view, row.shown, w),
        ]
        for question in view.choices
        for row in question.rows
    ]
    return Table(w(N_("Other questions")), w(N_("Shares of the answers to the other questions")), columns, rows)


def _codebook(view: ResultsView, w: Words) -> Table:
    version = view.version
    columns = (
        Column(w(N_("Code")), width=14),
        Column(w(N_("Printed number")), width=12),
        Column(w(N_("Kind")), width=10),
        Column(w(N_("Factor")), width=20),
        Column(w(N_("Wording")), width=50),
        Column(w(N_("Answers and codes")), width=40),
        Column(w(N_("Grade of the wording")), width=16),
        Column(w(N_("Source")), width=26),
        Column(w(N_("Local addition")), width=10),
    )
    factors = {f.code: f.name.inside(w.language) for f in version.factors}
    rows: list[list[Cell]] = []
    for item in version.asked_items:
        options = "; ".join(
            f"{o.code} {o.label.inside(w.language)}"
            + (" ✓" if o.satisfied else "")
            + ("" if o.substantive else f" ({w(N_('not counted'))})")
            for o in version.options(item)
        )
        rows.append(
            [item.code, item.label, item.kind, factors.get(item.factor or ""), version.said(item.wording, w.language),
             options or None, w(GRADES[item.grade]), item.source, w(N_("yes")) if item.origin == "overlay" else None]
        )  # fmt: skip
    lead = (w(N_("✓ counts as satisfied. Codes marked as not counted are left out of numerator and denominator.")),)
    return Table(w(N_("Codebook")), version.title.inside(w.language), columns, rows, lead=lead)


def _method(view: ResultsView, w: Words) -> Table:
    own = OPT_IN_METHOD if view.selection.value == "opt_in" else DRAWN_METHOD
    lines: list[list[Cell]] = [[w(label), w(sentence)] for label, sentence in (*own, *METHOD)]
    if own is DRAWN_METHOD or not view.weighted:
        lines = [line for line in lines if line[0] != w(N_("Weights"))]
        lines.insert(
            0, [w(N_("Weights")), capital(w(WEIGHTING[view.selection.value] if view.weighted else UNWEIGHTED)) + "."]
        )
    lines.append([w(N_("Documentation")), "analysis/METHODS.md"])
    columns = (Column("", width=28), Column("", width=110))
    return Table(w(N_("Method")), w(N_("How the figures were made")), columns, lines)


METHOD = (
    (N_("Estimator"), N_("Weighted ratio estimators; a domain is the whole sample with weight zero outside it.")),
    (N_("Interval"), N_("95 %, on the logit scale with Student's t; at 0 % and 100 % Korn and Graubard's.")),
    (
        N_("Verdict"),
        N_(
            "Exact binomial test on the effective number, referred to Student's t, variance floored (rule "
            "floored-binomial-t); judged from 30 people, 30 effective ones and 12 degrees of freedom on."
        ),
    ),
    (
        N_("Not counted"),
        N_("Blank answers, not applicable, do not know, refused, and code 0 on the health forms."),
    ),
)
OPT_IN_METHOD = (
    (
        N_("Weights"),
        N_(
            "Self-selected answers are post-stratified to the frame's transactions per unit and field; cells with "
            "fewer than 5 answers are merged first."
        ),
    ),
    (
        N_("Variance"),
        N_(
            "Taylor linearisation; strata are units, clusters are collection point and day; residuals of the "
            "post-strata."
        ),
    ),
    (
        N_("Self-selected answers"),
        N_("The interval is conditional on representativity, and the verdict is never called proven."),
    ),
)
DRAWN_METHOD = (
    (
        N_("Variance"),
        N_(
            "Taylor linearisation; strata are unit and field, each answer is its own sampling unit; where an "
            "interviewer, a telephone or a batch of paper took answers together, those of a day are one unit and the "
            "strata are units; no finite population correction, since the verdict is about the service."
        ),
    ),
)
