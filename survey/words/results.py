"""The words of results, the same on screen, in the workbook and in reports. Source texts, to be translated.

A face passes gettext, a file made outside a request passes the translations of its language.
"""

from __future__ import annotations

from collections.abc import Callable

from survey.errors import N_

Translate = Callable[[str], str]

VERDICTS = {
    "reached": N_("reached"),
    "reached_not_proven": N_("reached, not yet certain"),
    "missed_not_proven": N_("missed, not yet certain"),
    "missed": N_("missed"),
    "too_few": N_("too few data for a conclusion"),
    "not_estimable": N_("cannot be estimated"),
}
TONES = {
    "reached": "reached",
    "reached_not_proven": "unproven",
    "missed_not_proven": "unproven",
    "missed": "missed",
    "too_few": "open",
    "not_estimable": "open",
}
SELECTIONS = {
    "drawn": N_("drawn sample"),
    "census": N_("everybody was asked"),
    "opt_in": N_("self-selected"),
}
RULES = {
    "item_rate": N_("Satisfaction rate of the item"),
    "item_mean": N_("Mean score of the item"),
    "overall_rate": N_("Overall question: satisfaction rate"),
    "overall_mean": N_("Overall question: mean score"),
    "top2_answers": N_("Satisfaction rate (answers)"),
    "pooled_answers": N_("Satisfaction rate over all answers below"),
    "mean_items_rate": N_("Satisfaction index of the factor (mean of item rates)"),
    "mean_items_mean": N_("Mean of item scores"),
    "mean_of_children": N_("Mean of the parts, equal weights"),
    "item_weighted": N_("Mean of the parts by number of items"),
    "factor_mean_pooled": N_("Mean score of all answers of the factor"),
    "mean_over_max": N_("Mean score over 5, in per cent (a rescaled score, not a share of people)"),
    "top2_persons_all_items": N_("People satisfied with every item they answered"),
    "top2_persons_mean": N_("People whose own mean is at least 4"),
    "expectation_mean": N_("Share of expectation met"),
    "return_definite": N_("Certain to come back or to recommend"),
    "return_broad": N_("Will come back"),
    "overall_question": N_("Overall question"),
    "psi": N_("Patient satisfaction index (mean of the factor scores)"),
    "share": N_("Share of answers"),
}
HIDDEN = {
    "small": N_("fewer than %(minimum)s answers"),
    "complement": N_("hidden to protect a smaller cell"),
    "empty": N_("no answers"),
}
REASONS = {
    "n": N_("fewer answers than needed to judge"),
    "effective_n": N_("effective number of answers below 30"),
    "df": N_("too few independent places and days (degrees of freedom below 8)"),
    "opt_in": N_("people chose themselves to answer"),
    "near_target": N_("the rate is within half a point of the target"),
    "above_frame": N_("more answers than there are transactions"),
    "too_few_clusters": N_("too few independent places and days to plan from"),
}
GRADES = {
    "verbatim": N_("verbatim"),
    "transcribed": N_("transcribed, waiting to be compared with the original"),
    "single-source": N_("one public transcription, to be checked"),
    "abridged": N_("abridged wording, for demonstration only"),
    "draft": N_("our own draft, not official"),
}
QUADRANTS = {
    "improve": N_("improve first"),
    "keep_up": N_("keep up"),
    "low_priority": N_("later"),
    "possible_overkill": N_("good enough"),
    "perhaps_first": N_("perhaps first, not certain"),
    "not_told_apart": N_("importance not told apart"),
}
FIELD_GROUPS = {
    "land": N_("land"),
    "construction": N_("construction"),
    "investment": N_("investment"),
    "health": N_("health"),
    "education": N_("education"),
    "other": N_("other fields"),
}


def group_name(codes: str, say: Translate) -> str:
    """The name of a target group from the codes of its fields: "land, construction, investment"."""
    order = list(FIELD_GROUPS)
    parts = sorted(codes.split(","), key=lambda c: order.index(c) if c in order else 99)
    words = ", ".join(say(FIELD_GROUPS.get(part, part)) for part in parts)
    return words[:1].upper() + words[1:]
