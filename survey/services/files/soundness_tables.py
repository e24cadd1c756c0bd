"""What the figures of a channel rest on, as sentences and sheets: who took part, and what weighting costs."""

from __future__ import annotations

from survey.errors import N_
from survey.exports.tables import Cell, Column, Kind, Table
from survey.models.fieldwork.waves import Selection
from survey.services.estimates.analyses.making import Analyses
from survey.services.estimates.analyses.participation import Classes, ClassForms, Participation
from survey.services.estimates.analyses.weighting import Weighting
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.result_sentences import Words
from survey.words import capital
from survey.words.figures import grouped, number, percent, whole
from survey.words.province import UNIT_KINDS
from survey.words.results import (
    MARGINS,
    MERGE_LEVELS,
    PARTICIPATION_ALIKE,
    PARTICIPATION_CLASSES,
    PARTICIPATION_DIFFERS,
)


def tables(view: ResultsView, found: Analyses, w: Words) -> list[Table]:
    """A sheet for each part there is."""
    sheets = []
    if found.participation is not None:
        sheets.append(_participation(view, found.participation, w))
    if found.weighting is not None:
        sheets.append(_weighting(found.weighting, w))
    return sheets


# --- who took part ---------------------------------------------------------------------------------------------


def participation_words(view: ResultsView, found: Participation, w: Words) -> str:
    """Forms issued, returned and valid of what is seen, in a sentence."""
    forms, lang = found.whole, w.language
    numbers = {"returned": grouped(forms.returned, lang), "valid": grouped(forms.valid, lang)}
    if view.selection is Selection.OPT_IN:
        said = N_("Forms that came back: %(returned)s, valid: %(valid)s. People chose themselves to answer, so nobody "
                  "knows how many were asked: there is no response rate.")  # fmt: skip
        return w(said, **numbers)
    if forms.issued is None:
        said = N_("Forms that came back: %(returned)s, valid: %(valid)s. How many were issued is not in the record, so "
                  "there is no participation rate; the field officer enters it on the wave's page 'Forms issued' while "
                  "the wave runs.")  # fmt: skip
        return w(said, **numbers)
    numbers["issued"] = grouped(forms.issued, lang)
    if forms.rate is None:
        said = N_("Forms issued: %(issued)s, returned: %(returned)s, valid: %(valid)s. More forms are valid than were "
                  "issued, so one of the two numbers is wrong and there is no participation rate.")  # fmt: skip
        return w(said, **numbers)
    said = N_("Forms issued: %(issued)s, returned: %(returned)s, valid: %(valid)s: participation rate %(rate)s.")
    return w(said, **numbers, rate=percent(forms.rate, lang))


def difference_words(view: ResultsView, found: Participation, w: Words) -> str:
    """In which classes fewer people took part, in a sentence; empty where rates of two classes are not known."""
    divisions = [one for one in (found.kinds, found.fields, found.units) if len(one.known) > 1]
    proven = next((one for one in divisions if one.differ), None)
    if proven is not None:
        low, high = proven.known[0], proven.known[-1]
        return w(
            PARTICIPATION_DIFFERS[proven.by], lowest=class_name(view, low, w), highest=class_name(view, high, w),
            low=percent(low.forms.rate, w.language), high=percent(high.forms.rate, w.language),
        )  # fmt: skip
    return w(PARTICIPATION_ALIKE[divisions[0].by]) if divisions else ""


def class_name(view: ResultsView, row: ClassForms, w: Words) -> str:
    """The name of a unit, field or kind of unit."""
    if row.kind:
        return capital(w(UNIT_KINDS[row.kind]))
    return view.unit_names.get(row.key) or view.field_names.get(row.key, "?")


def participation_notes(found: Participation, w: Words) -> tuple[str, ...]:
    """How the numbers were come by."""
    notes = [
        w(N_("Valid forms are those in the figures; returned ones also those left out for a recorded reason or too "
             "late."))
    ]  # fmt: skip
    if found.source:
        notes.append(
            w(N_("Participation rate: valid over issued forms (AAPOR response rate 2); complete: complete over issued "
                 "forms (rate 1). Every form issued counts as given to somebody who could answer."))
        )  # fmt: skip
    if found.source == "codes":
        notes.append(
            w(N_("No number was entered: forms issued are the one-time codes that were used or still can be, without "
                 "voided ones."))
        )  # fmt: skip
    notes.append(
        w(N_("Units and fields whose figures are hidden have no line; kinds of unit are sums of the units shown."))
    )
    return tuple(notes)


def divisions(found: Participation) -> tuple[Classes, ...]:
    """The divisions that are printed, the coarsest first; one of a single kind says nothing."""
    kinds = (found.kinds,) if len(found.kinds.rows) > 1 else ()
    return tuple(one for one in (*kinds, found.fields, found.units) if one.rows)


def _participation(view: ResultsView, found: Participation, w: Words) -> Table:
    columns = (
        Column(w(N_("By")), width=16),
        Column(w(N_("Class")), width=48),
        Column(w(N_("Forms issued")), Kind.COUNT, 12),
        Column(w(N_("Returned")), Kind.COUNT, 12),
        Column(w(N_("Valid")), Kind.COUNT, 12),
        Column(w(N_("Participation rate")), Kind.RATE, 12),
        Column(w(N_("Complete")), Kind.COUNT, 12),
        Column(w(N_("Complete, share of issued")), Kind.RATE, 14),
        Column(w(N_("Remark")), width=40),
    )
    rows = [_forms_line(w(N_("whole")), w(N_("All that is seen")), ClassForms(0, found.whole), w)]
    rows += [
        _forms_line(w(PARTICIPATION_CLASSES[one.by]), class_name(view, row, w), row, w)
        for one in divisions(found)
        for row in one.rows
    ]
    lead = tuple(said for said in (participation_words(view, found, w), difference_words(view, found, w)) if said)
    return Table(
        w(N_("Participation")), w(N_("Forms issued, returned and valid")), columns, rows, lead=lead,
        notes=participation_notes(found, w), strong_rows=frozenset({0}),
    )  # fmt: skip


def _forms_line(by: str, name: str, row: ClassForms, w: Words) -> list[Cell]:
    forms, rate, complete = row.forms, row.forms.rate, row.forms.complete_rate
    remark = w(N_("more valid forms than issued")) if forms.too_many else None
    return [by, name, forms.issued, forms.returned, forms.valid, rate, forms.complete, complete, remark]


# --- what weighting costs --------------------------------------------------------------------------------------


def weighting_words(found: Weighting, w: Words) -> str:
    """Effective answers before and after weighting, and the margin that costs most, in one sentence."""
    lang, dearest = w.language, found.dearest
    numbers = {"before": grouped(found.n, lang), "after": grouped(whole(found.effective), lang)}
    if dearest is None or dearest.cost is None:
        return w(N_("The effective number of answers is %(after)s of %(before)s after weighting; no margin costs an "
                    "answer by itself."), **numbers)  # fmt: skip
    return w(
        N_("Weighting takes the effective number of answers from %(before)s to %(after)s; the margin “%(margin)s” "
           "costs most, %(cost)s effective answers."),
        **numbers, margin=w(MARGINS[dearest.name]), cost=grouped(whole(dearest.cost), lang),
    )  # fmt: skip


def weighting_notes(found: Weighting, w: Words) -> tuple[str, ...]:
    """How to read the numbers."""
    mean = number(found.mean, 1, w.language)
    return (
        w(N_("Effective number: what unequal weights leave of the answers (Kish), before anything is known of what was "
             "said; the one beside a rate also takes in how alike the answers are. A margin's cost: the effective "
             "number without it minus that with it; costs do not add up, and a negative one means the margin makes "
             "weights more equal. A margin that costs much may still be needed: it keeps units or fields with many "
             "transactions from counting too little.")),
        w(N_("An answer stands for %(mean)s transactions on average; weights are given as multiples of that. Off by at "
             "most: how far merging took a unit or field from its transactions."), mean=mean),
    )  # fmt: skip


def ratio_lines(found: Weighting, w: Words) -> list[tuple[str, float]]:
    """Multiples of the mean weight by the share of answers that do not exceed them."""
    middle = [
        (w(N_("%(share)s of answers weigh at most"), share=percent(share, w.language, places=0)), value)
        for share, value in found.quantiles
    ]
    return [(w(N_("Smallest weight")), found.smallest), *middle, (w(N_("Largest weight")), found.largest)]


def _weighting(found: Weighting, w: Words) -> Table:
    columns = (
        Column(w(N_("What is counted")), width=64),
        Column(w(N_("Effective n")), Kind.SCORE, 14),
        Column(w(N_("Cost in effective n")), Kind.SCORE, 14),
        Column(w(N_("Off by at most")), Kind.RATE, 14),
        Column(w(N_("Cells merged")), Kind.COUNT, 14),
        Column(w(N_("Multiple of the mean weight")), Kind.SCORE, 16),
    )
    rows: list[list[Cell]] = [
        [w(N_("All answers, unweighted")), float(found.n), None, None, None, None],
        [w(N_("All answers, weighted")), found.effective, None, None, None, None],
    ]
    rows += [
        [w(N_("Without the margin: %(margin)s"), margin=w(MARGINS[one.name])), one.effective_without, one.cost,
         one.misfit, None, None]
        for one in found.margins
    ]  # fmt: skip
    rows += [[w(MERGE_LEVELS[one.level]), one.effective, None, None, one.merged, None] for one in found.merging]
    rows += [[label, None, None, None, None, value] for label, value in ratio_lines(found, w)]
    return Table(
        w(N_("Weighting")), w(N_("What weighting costs")), columns, rows, lead=(weighting_words(found, w),),
        notes=weighting_notes(found, w),
    )  # fmt: skip
