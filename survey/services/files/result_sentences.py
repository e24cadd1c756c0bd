"""What must be said of a result on every surface: its marks, what the target means for it, why a figure is hidden.

Screen and workbook take these sentences from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from survey import i18n
from survey.errors import N_
from survey.services.estimates.disclosure.hidden_cells import Shown
from survey.services.estimates.group_means import GroupMean
from survey.services.estimates.measure_plans import Figure
from survey.services.estimates.visible_results import ResultsView
from survey.services.estimates.visible_rows import Row
from survey.words import capital
from survey.words.figures import day, grouped, number
from survey.words.results import HIDDEN, UNATTRIBUTED, rule_name


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
    found += [former_rule(view, w)] if view.results.former_rule and view.results.verdicts else []
    return found + ([plan_line(view, w)] if view.plan and view.plan.comparison_only else [])


def step_lines(view: ResultsView, w: Words) -> list[str]:
    """Until when the figures of a running wave count answers, and what waits; nothing of a closed one."""
    if view.until is None:
        return []
    found = [
        w(N_("Provisional: answers until the end of %(day)s. While the wave runs, figures change once a day, and only "
             "where %(minimum)s answers or more are new, so that nobody can be recognised by when they answered."),
          day=day(view.until), minimum=view.minimum_cell)
    ]  # fmt: skip
    found.append(
        w(
            N_("Rates are rounded the more, the fewer people answered (to 10 points under 60 people, to 1 point from "
               "300, to 0.1 point from 3,000) and limits outwards, so that the final results, which have 0.1 point, do "
               "not tell what the last few said.")
        )
    )  # fmt: skip
    if view.whole_scope and view.waiting is None:
        found.append(w(N_("A few answers until then wait until there are enough of them.")))
    elif view.waiting:
        found.append(w(N_("%(number)s answers until then wait until there are enough of them."),
                       number=grouped(view.waiting, w.language)))  # fmt: skip
    if not view.whole_scope:
        found.append(w(N_("Figures by field within a unit are given once the wave is closed.")))
    found.append(w(N_("An answer that is taken back leaves the record at once, and the figures with the next change.")))
    return found


def former_rule(view: ResultsView, w: Words) -> str:
    """The mark of verdicts that were made before those of a family were judged together."""
    return w(N_("verdicts by the former rule, of %(day)s"), day=day(view.made_at))


def how_judged(view: ResultsView, w: Words) -> str:
    """How the verdicts of a list were made; empty where there are none."""
    if not any(view.results.verdicts.values()):
        return ""
    if view.results.former_rule:
        return w(
            N_("Judged by the former rule: the units or fields of a list are adjusted together by Benjamini and "
               "Hochberg, so some of those said to be proven may be so by chance.")
        )  # fmt: skip
    return w(
        N_("Which figures are judged together was fixed when the wave was opened; p-values and bounds hold for all of "
           "them at once (Holm), and they are the same for whoever reads them.")
    )  # fmt: skip


def why_unjudged(view: ResultsView, row: Row, w: Words) -> str:
    """Why a figure with a target has no verdict although the wave is closed; empty where it has one or needs none."""
    if not view.final or row.target is None or row.verdict is not None or row.shown.hidden or not view.is_judged:
        return ""
    if view.unjudged_group:
        return w(
            N_("These units together were not among the figures fixed when the wave was opened, so no verdict is given "
               "on them.")
        )  # fmt: skip
    return w(N_("Not among the figures fixed when the wave was opened, so not judged."))


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


def headline_name(view: ResultsView, w: Words) -> str:
    """What the questionnaire calls its headline figure, else its rule."""
    head = view.headline
    if head is None:
        return "–"
    return head.name.inside(w.language) if head.name else rule_words(head, w)


def rule_words(figure: Figure, w: Words) -> str:
    """The rule of a figure, with the weights that its questionnaire gives the parts."""
    return rule_name(figure.rule, figure.weights, w.say, w.language)


def group_mean_words(mean: GroupMean, w: Words) -> str:
    """What a mean of units is made of and what it is for."""
    if mean.value is None:
        return w(N_("fewer than two units can be shown"))
    made = w(
        N_("over the %(units)s units that are shown (%(hidden)s hidden); %(unattributed)s"),
        units=mean.units,
        hidden=mean.units_hidden,
        unattributed=w(UNATTRIBUTED["in" if mean.include_unattributed else "out"]),
    )
    use = w(N_("For comparison with reports that compute so: no interval, never judged."))
    return f"{capital(made)}. {use}"


def how_protected(view: ResultsView, w: Words) -> str:
    """How many cells are hidden and what the attack on them found."""
    pattern = view.results.pattern
    said = w(
        N_("Cells under %(minimum)s answers, and those that would give them away: %(count)s, the same for every reader "
           "and file."),
        minimum=pattern.minimum, count=grouped(len(pattern.cells), w.language),
    )  # fmt: skip
    if view.results.part or not pattern.report.get("sensitive") or pattern.report.get("exposed"):
        return said
    tried = w(
        N_("Before publication they were attacked by linear programming: from all that is published, none of "
           "%(number)s protected counts of satisfied people can be told to fewer than three people (nor, where fewer "
           "answered, told at all)."),
        number=grouped(pattern.report["sensitive"], w.language),
    )  # fmt: skip
    return f"{said} {tried}"


def why_hidden(view: ResultsView, shown: Shown, w: Words) -> str:
    """Why a figure is not shown; empty when it is."""
    return w(HIDDEN[shown.hidden], minimum=view.minimum_cell) if shown.hidden else ""


def is_confidential(shown: Shown) -> bool:
    """Whether there is a figure that is not shown, and not only no answer."""
    return shown.hidden in ("small", "complement")


def why_none(view: ResultsView, shown: Shown, w: Words) -> str:
    """Why there is no figure; a hidden one bears its mark instead."""
    return "" if is_confidential(shown) else why_hidden(view, shown, w)


def level_words(level: float, w: Words) -> str:
    """At which level the headline of the whole was judged after looks."""
    said = N_(
        "It is judged at the one-sided level of the last planned look, %(level)s %%, since the looks before have spent "
        "the rest of 5 %%."
    )
    return w(said, level=number(100 * level, 3, w.language))
