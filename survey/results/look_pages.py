"""The looks that were fixed before a wave opened, as its results page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from survey.i18n import language
from survey.services.estimates.channel_verdicts import Verdict
from survey.services.estimates.planned_looks import Look, looks
from survey.services.estimates.visible_results import ResultsView
from survey.words import capital
from survey.words.fieldwork import SPENDING
from survey.words.figures import day, grouped, number, p_value, percent
from survey.words.results import VERDICTS


@dataclass(frozen=True)
class LookRow:
    number: int
    day: str
    share: str
    level: str
    spent: str
    at_close: bool
    is_past: bool
    verdict: str  # what it proved, with its p-value


@dataclass(frozen=True)
class LooksPart:
    sentence: str
    rows: tuple[LookRow, ...]
    notes: tuple[str, ...]


def looks_part(view: ResultsView, today: date) -> LooksPart | None:
    """The plan of looks of a wave; None where none was fixed, and where people chose themselves to answer."""
    found = looks(view.wave)
    if not found or view.selection.value == "opt_in" or view.wave.fixed is None:
        return None
    lang, past = language(), [one for one in found if one.day <= today and (not one.at_close or view.final)]
    said = ngettext("Plan of looks at the wave: %(num)s look, the last at the close;",
                    "Plan of looks at the wave: %(num)s looks, the last at the close;", len(found))  # fmt: skip
    if view.final:
        said += " " + _("the wave is closed and was judged at the level of the last.")
    elif past:
        said += " " + _("today %(day)s, %(past)s have passed.", day=day(today), past=len(past))
    else:
        said += " " + _("today %(day)s none has come yet.", day=day(today))
    if proven := next((one for one in view.looks_made if one.verdict["verdict"] in ("reached", "missed")), None):
        said += " " + _("Look %(number)s proved: %(verdict)s.", number=proven.number,
                        verdict=_(VERDICTS[str(proven.verdict["verdict"])]))  # fmt: skip
    rows = tuple(
        LookRow(one.number, day(one.day), percent(one.share, lang, places=0), f"{number(100 * one.level, 3, lang)} %",
                f"{number(100 * one.spent, 3, lang)} %", one.at_close, one in past, _proved(view, one, lang))
        for one in found
    )  # fmt: skip
    notes = (
        _("Fixed on %(day)s, before the wave opened. Way of spending the error: %(kind)s.",
          day=day(view.wave.fixed.set_on), kind=_(SPENDING[view.wave.fixed.spending])),
        _("Over all looks together a target is falsely called reached in at most 5 % of surveys, and as seldom "
          "falsely called missed. What a look proved is written down in the night after its day, once, and holds "
          "whatever comes later; the looks concern the headline figure of the whole."),
    )  # fmt: skip
    return LooksPart(said, rows, notes)


def _proved(view: ResultsView, look: Look, lang: str) -> str:
    """What a look proved, in words with its p-value; the close stands beside the headline."""
    made = next((one for one in view.looks_made if one.number == look.number), None)
    if made is None or look.at_close:
        return ""
    found = Verdict(**{**made.verdict, "reasons": tuple(made.verdict["reasons"])})
    words: str = capital(_(VERDICTS[found.verdict]))
    if found.p is None:
        return words
    p = p_value(found.p, lang, level=found.level)
    return str(_("%(verdict)s (p %(p)s, %(n)s answers)", verdict=words, n=grouped(made.responses, lang),
                 p=p if p.startswith("<") else f"= {p}"))  # fmt: skip
