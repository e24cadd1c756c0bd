"""What must be said of a result on every surface: its marks, what the target means for it, why a figure is hidden.

Screen and workbook take these sentences from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from survey import i18n
from survey.errors import N_
from survey.services.estimates.hidden_cells import Shown
from survey.services.estimates.visible_results import ResultsView
from survey.words.results import HIDDEN


@dataclass(frozen=True)
class Words:
    """The interface's words in one language, outside a request."""

    language: str
    say: Callable[[str], str]

    @classmethod
    def of(cls, language: str) -> Words:
        return cls(language, i18n.translations(language).gettext)

    def __call__(self, text: str, **values: object) -> str:
        said = self.say(text)
        return said % values if values else said


def synthetic_stamp(w: Words) -> str:
    return w(N_("TRIAL · made-up data"))


def marks(view: ResultsView, w: Words) -> list[str]:
    """The marks that every sheet and drawing carries: made-up data, provisional figures, a plan that does not bind."""
    found = [synthetic_stamp(w)] if view.wave.is_synthetic else []
    found += [] if view.final else [w(N_("provisional"))]
    return found + ([plan_line(view, w)] if view.plan and view.plan.comparison_only else [])


def plan_line(view: ResultsView, w: Words) -> str:
    """What the target means for this wave, in one line."""
    if view.plan is None or not view.wave.goals:
        return w(N_("no target yet"))
    if view.plan.binding.value == "expired":
        return w(N_("for comparison: plan %(code)s, period over"), code=view.plan.code)
    if view.plan.binding.value == "not_yet":
        return w(N_("for comparison: plan %(code)s, not yet in force"), code=view.plan.code)
    if view.plan.decision:
        return w(N_("plan %(code)s, extended by %(decision)s"), code=view.plan.code, decision=view.plan.decision)
    return w(N_("plan %(code)s"), code=view.plan.code)


def why_hidden(view: ResultsView, shown: Shown, w: Words) -> str:
    """Why a figure is not shown; empty when it is."""
    return w(HIDDEN[shown.hidden], minimum=view.minimum_cell) if shown.hidden else ""
