"""The words of results, the same on screen, in the workbook and in reports. Source texts, to be translated.

A face passes gettext, a file made outside a request passes the translations of its language.
"""

from __future__ import annotations

from collections.abc import Sequence

from survey.errors import N_
from survey.words import Translate, capital
from survey.words.figures import short
from survey.words.province import FIELD_GROUPS

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
LEVELS = {
    "item": N_("question"),
    "factor": N_("factor"),
    "half": N_("half of the form"),
    "overall": N_("whole form"),
}
MEASURES = {
    "rate": N_("rate in %"),
    "score": N_("score on the scale"),
    "percent": N_("percentage"),
    "shares": N_("share of each answer"),
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
    "cost_share": N_("Share of answers on costs"),
}
ROLLUPS = {
    "design_weighted": N_("Every answer with its weight: the headline figure, the only one with an interval"),
    "groups_unweighted": N_("Mean of the units' figures, each unit once"),
    "groups_by_forms": N_("Mean of the units' figures by their numbers of answers"),
}
UNATTRIBUTED = {
    "in": N_("forms without a unit are one more unit"),
    "out": N_("forms without a unit are left out"),
}
WEIGHED_RULES = {
    "mean_items_rate": N_("Satisfaction index of the factor (weighted mean of item rates)"),
    "mean_items_mean": N_("Weighted mean of item scores"),
    "mean_of_children": N_("Weighted mean of the parts"),
    "item_weighted": N_("Weighted mean of the parts"),
    "psi": N_("Patient satisfaction index (weighted mean of the factor scores)"),
}
HIDDEN = {
    "small": N_("fewer than %(minimum)s answers"),
    "complement": N_("hidden to protect a smaller cell"),
    "empty": N_("no answers"),
}
LEFT_OUT = {  # a rated question that a figure does not count
    "overall": N_("the overall question, which has a figure of its own (%(names)s)"),
    "local": N_("questions added locally (%(names)s)"),
    "no_factor": N_("questions that belong to no factor (%(names)s)"),
    "rule": N_("questions that its rule does not name (%(names)s)"),
}
NO_QUANTILES = {  # why a number or a date has no quantiles
    "part": N_("made for the whole wave only once it is closed"),
    "older": N_("not made when this wave was closed"),
}
DATE_QUANTILES = {"0.05": N_("5 % by"), "0.5": N_("Median"), "0.95": N_("95 % by")}
REASONS = {
    "n": N_("fewer answers than needed to judge"),
    "kish_n": N_("a few answers carry so much weight that they count as fewer than 30"),
    "effective_n": N_("effective number of answers below 30"),
    "df": N_("too few independent places and days (degrees of freedom below 12)"),
    "pooled": N_("too few people, counted by weight, for so high a target"),
    "fewer_than_now": N_("so many were collected; this time chance stood against it"),
    "opt_in": N_("people chose themselves to answer"),
    "near_target": N_("the rate is within half a point of the target"),
    "above_frame": N_("more answers than there are transactions"),
    "too_few_clusters": N_("too few independent places and days to plan from"),
}
ROUNDING = {
    "half_up": N_("Shown figures are rounded half up to %(places)s places; nothing is rounded before."),
    "truncate": N_("Shown figures are cut off after %(places)s places; nothing is rounded before."),
}
WEIGHTING = {
    "opt_in": N_("post-stratified to the transactions of each unit and field"),
    "drawn": N_("transactions divided by answers in each unit and field"),
    "census": N_("transactions divided by answers in each unit and field"),
}
UNWEIGHTED = N_("every answer counts the same, since the wave has no counts of transactions")
WEIGHT_STAGES = {"base": N_("base weight"), "post-stratification": N_("post-stratification")}
QUADRANTS = {
    "improve": N_("improve first"),
    "keep_up": N_("keep up"),
    "low_priority": N_("later"),
    "possible_overkill": N_("good enough"),
    "perhaps_first": N_("perhaps first, not certain"),
    "not_told_apart": N_("importance not told apart"),
}
NO_IMPORTANCE = {
    "no_outcome": N_("This form has no overall question, so what moves overall satisfaction cannot be told."),
    "few": N_("Fewer than 100 people answered all factors and the overall question."),
    "alike": N_("The answers hardly differ, so the factors cannot be told apart."),
}
AGAINST_MARGIN = {
    "not_worse": N_("proven"),
    "not_proven": N_("not proven"),
    "worse": N_("worse, proven"),
}
BEYOND = {"above": N_("above its limits"), "below": N_("below its limits")}
CHARTS = {"p": N_("p-chart"), "ewma": "EWMA", "cusum": "CUSUM"}
MARGINS = {"unit_totals": N_("transactions by unit"), "field_totals": N_("transactions by field")}
MERGE_LEVELS = {
    "": N_("unit × field, nothing merged"),
    "unit and target group": N_("thin cells merged within unit and target group"),
    "unit": N_("then within the unit"),
    "kind of unit": N_("then within the kind of unit"),
}
PARTICIPATION_CLASSES = {"unit": N_("unit"), "field": N_("field"), "kind": N_("kind of unit")}
PARTICIPATION_DIFFERS = {
    "unit": N_("Participation differs between units by more than chance: from %(low)s (%(lowest)s) to %(high)s "
               "(%(highest)s)."),
    "field": N_("Participation differs between fields by more than chance: from %(low)s (%(lowest)s) to %(high)s "
                "(%(highest)s)."),
    "kind": N_("Participation differs between kinds of unit by more than chance: from %(low)s (%(lowest)s) to %(high)s "
               "(%(highest)s)."),
}  # fmt: skip
PARTICIPATION_ALIKE = {
    "unit": N_("It is not proven that participation differs between units."),
    "field": N_("It is not proven that participation differs between fields or units."),
    "kind": N_("It is not proven that participation differs between kinds of unit, fields or units."),
}
CHOSEN = {"0": N_("not chosen"), "1": N_("chosen")}


def rule_name(rule: str, weights: Sequence[tuple[str, float]], say: Translate, language: str) -> str:
    """The name of a rule; of a mean whose parts have weights of their own with these: "… (weights: P 2; S 1)"."""
    if not weights or rule not in WEIGHED_RULES:
        return say(RULES.get(rule, rule))
    listed = "; ".join(f"{part} {short(weight, 6, language)}" for part, weight in weights)
    return say(N_("%(rule)s (weights: %(weights)s)")) % {"rule": say(WEIGHED_RULES[rule]), "weights": listed}


def group_name(codes: str, say: Translate) -> str:
    """The name of a target group from the codes of its fields: "land, construction, investment"."""
    order = list(FIELD_GROUPS)
    parts = sorted(codes.split(","), key=lambda c: order.index(c) if c in order else 99)
    return capital(", ".join(_small(say(FIELD_GROUPS.get(part, part))) for part in parts))


def _small(word: str) -> str:
    return word[:1].lower() + word[1:]
