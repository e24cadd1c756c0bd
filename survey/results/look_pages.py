"""The looks that were fixed before a wave opened, as its results page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from survey.i18n import language
from survey.services.estimates.planned_looks import looks
from survey.services.estimates.visible_results import ResultsView
from survey.words.fieldwork import SPENDING
from survey.words.figures import day, number, percent


@dataclass(frozen=True)
class LookRow:
    number: int
    day: str
    share: str
    level: str
    spent: str
    at_close: bool
    is_past: bool


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
    rows = tuple(
        LookRow(one.number, day(one.day), percent(one.share, lang, places=0), f"{number(100 * one.level, 3, lang)} %",
                f"{number(100 * one.spent, 3, lang)} %", one.at_close, one in past)
        for one in found
    )  # fmt: skip
    notes = (
        _("Fixed on %(day)s, before the wave opened. Way of spending the error: %(kind)s.",
          day=day(view.wave.fixed.set_on), kind=_(SPENDING[view.wave.fixed.spending])),
        _("Over all looks together a target is falsely called reached in at most 5 % of surveys, and as seldom "
          "falsely called missed. A verdict is given at the close; the looks concern the headline figure of the "
          "whole."),
    )  # fmt: skip
    return LooksPart(said, rows, notes)
