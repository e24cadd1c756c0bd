"""Two samples side by side on the page of analyses: this wave and the one before, those who came and those drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flask_babel
from flask_babel import ngettext

from instruments.model.text import heading_words
from survey import vietnamese_order
from survey.i18n import language
from survey.services.estimates.analyses.contrasts import BesideDrawn, Contrast
from survey.services.estimates.analyses.reading import AnalysesView
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.analysis_tables import OTHER_UNITS, target_name
from survey.services.files.change_tables import (
    CHOSEN,
    ONE_RULE,
    equivalent_words,
    margin_notes,
    margin_sentence,
    margin_words,
    not_below,
    proven_words,
    units_sentence,
)
from survey.services.files.result_sentences import Words
from survey.web.code_words import words
from survey.words.figures import in_points, margin, number, percent


@dataclass(frozen=True)
class ContrastRow:
    name: str
    first: str
    second: str
    difference: str
    interval: str
    certain: bool
    more_than_chance: str  # yes, not proven, and why it cannot be
    not_worse: str = ""  # by more than the margin: proven, not proven, or worse
    proven: bool = False
    not_below: str = ""
    equivalent: bool = False
    equivalent_words: str = ""


@dataclass(frozen=True)
class Contrasts:
    """Two samples side by side."""

    first: str
    second: str
    sentence: str
    rows: tuple[ContrastRow, ...]
    notes: tuple[str, ...] = ()
    margin: str = ""  # the heading of what is proven against the margin; empty where none was set
    margin_sentence: str = ""
    margin_notes: tuple[str, ...] = ()
    units: tuple[ContrastRow, ...] = ()
    units_sentence: str = ""


def _(text: str, **values: object) -> str:
    return str(flask_babel.gettext(text, **values))


def since_last(found: AnalysesView) -> Contrasts | None:
    """This wave beside the closed one before it."""
    since, view = found.analyses.since_last, found.view
    if since is None:
        return None
    chosen = any(one.reason for one in since.contrasts)
    notes = [_("Compared with: %(title)s.", title=since.title), _(CHOSEN if chosen else ONE_RULE)]
    if since.broken:
        notes.append(
            _("The questionnaire changed, so these are not compared: %(names)s.",
              names=", ".join(figure_name(view, "factor" if t else "overall", t) for t in since.broken))
        )  # fmt: skip
    if since.other_units:
        notes.append(_(OTHER_UNITS))
    if not view.final:
        notes.append(_("This wave is still running: its figures are provisional."))
    sentence = change_sentence(since.contrasts) if since.contrasts else _("Nothing can be compared with that wave.")
    w = Words.of(language())
    against = margin_sentence(since, w)
    heading = ""
    if view.final and against:
        heading = _("Not worse by more than %(margin)s points?", margin=margin(since.margin or 0, language()))
    units = [(view.unit_names.get(one.unit, "?"), one.change) for one in since.units]
    return Contrasts(
        _("This wave"),
        _("Wave before"),
        sentence,
        _contrast_rows(view, since.contrasts),
        tuple(notes),
        heading,
        against,
        margin_notes(since, w),
        _named_rows(view, sorted(units, key=lambda pair: vietnamese_order.key(pair[0]))),
        units_sentence(since, w) if units else "",
    )


def change_sentence(contrasts: Sequence[Contrast]) -> str:
    whole = next((c for c in contrasts if c.level == "overall"), None)
    if whole is None:
        return _("The headline figure cannot be compared.")
    words = in_points(whole.difference, language())
    if whole.reason:
        return _("The headline figure moved by %(points)s points among those who answered: a change is not proven, "
                 "since people chose themselves to answer.", points=words)  # fmt: skip
    if not whole.certain:
        return _("The headline figure moved by %(points)s points: within what chance explains.", points=words)
    words = words.lstrip("+−")
    if whole.difference > 0:
        return _("The headline figure rose by %(points)s points: more than chance explains.", points=words)
    return _("The headline figure fell by %(points)s points: more than chance explains.", points=words)


def beside_drawn(found: AnalysesView) -> Contrasts | None:
    """Self-selected answers beside drawn ones."""
    beside, view = found.analyses.beside_drawn, found.view
    if beside is None:
        return None
    chosen = {channel.code: channel.selection.value for channel in view.channels}
    sentence = beside_sentence(beside)
    notes = []
    if beside.common:
        notes.append(
            ngettext("Compared at the %(num)s unit where both channels ask.",
                     "Compared at the %(num)s units where both channels ask.", beside.common)
        )  # fmt: skip
    if (known := beside.representativity) is not None:
        names = ", ".join(_fact_name(view, code) for code in known.known)
        notes.append(
            _("Who takes part by oneself, compared in %(names)s: coefficient of variation of the propensity %(cv)s "
              "(0 = like those drawn). What these do not explain may still differ.",
              names=names, cv=number(known.cv, 2, language()))
        )  # fmt: skip
    notes.append(_(ONE_RULE))
    return Contrasts(
        words("selection", chosen[beside.opt_in]),
        words("selection", chosen[beside.drawn]),
        sentence,
        _contrast_rows(view, beside.contrasts),
        tuple(notes),
    )


def beside_sentence(beside: BesideDrawn) -> str:
    whole = next((c for c in beside.contrasts if c.level == "overall"), None)
    if whole is None or whole.low is None:
        return _("The headline figures of the two channels cannot be compared.")
    if whole.certain:
        points = in_points(whole.difference, language()).lstrip("+−")
        if whole.difference > 0:
            return _(
                "The headline figure of those who chose themselves is %(points)s points higher. Only a channel that "
                "draws people or asks all speaks for everybody.",
                points=points,
            )
        return _("The headline figure of those who chose themselves is %(points)s points lower. Only a channel that "
                 "draws people or asks all speaks for everybody.", points=points)  # fmt: skip
    return _("No difference of the headline figure is proven. The channels are still never pooled.")


def _contrast_rows(view: ResultsView, contrasts: Sequence[Contrast]) -> tuple[ContrastRow, ...]:
    return _named_rows(view, [(figure_name(view, c.level, c.target), c) for c in contrasts])


def _named_rows(view: ResultsView, named: Sequence[tuple[str, Contrast]]) -> tuple[ContrastRow, ...]:
    lang, w = language(), Words.of(language())
    return tuple(
        ContrastRow(
            name,
            percent(c.first, lang, rounding=view.rounding(c.target)),
            percent(c.second, lang, rounding=view.rounding(c.target)),
            in_points(c.difference, lang),
            f"{in_points(c.low, lang)} … {in_points(c.high, lang)}" if c.low is not None else "–",
            c.certain,
            proven_words(c, w),
            margin_words(c.against, w) if c.against else "",
            c.against is not None and c.against.reading != "not_proven",
            not_below(c, lang),
            c.against is not None and c.against.equivalent,
            equivalent_words(c.against, w) if c.against else "",
        )
        for name, c in named
    )


def figure_name(view: ResultsView, level: str, target: str) -> str:
    return target_name(view, level, target, Words.of(language()))


def _fact_name(view: ResultsView, code: str) -> str:
    if code == "field" or not view.version.has_item(code):
        return _("field of procedures")
    item = view.version.item(code)
    return heading_words((item.short or view.version.said(item.wording, language())).rstrip("?: "))
