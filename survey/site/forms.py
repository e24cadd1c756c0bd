"""What may be entered about the installation: settings, units, fields and procedures, target plans."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from survey.services.province.settings import LIMITS
from survey.web.code_words import choices
from survey.web.staff_forms import (
    Carried,
    Checks,
    Choice,
    Day,
    Fraction,
    Line,
    Paragraph,
    Radios,
    StaffForm,
    Tick,
    Upload,
    WholeNumber,
)


def _months(key: str, label: Any, hint: Any) -> WholeNumber:
    return WholeNumber(label, low=LIMITS[key].low, high=LIMITS[key].high, hint=hint)


class SettingsForm(StaffForm):
    """Every setting of the province, by its key."""

    province_name = Line(
        _l("Name of the province or city"),
        required=False,
        most=100,
        hint=_l("As citizens read it, for example: thành phố Đà Nẵng."),
    )
    domain = Line(
        _l("Address citizens type"),
        required=False,
        most=190,
        hint=_l("A host name such as ks.danang.gov.vn. This server answers to it within 30 seconds."),
    )
    hotline = Line(
        _l("Hotline"), required=False, most=60, hint=_l("Printed on every form and placard, for example: 1022.")
    )
    complaint_text = Paragraph(
        _l("Where to complain"),
        required=False,
        most=300,
        hint=_l("One or two sentences under the thank-you, for people who have a complaint."),
    )
    retention_answers_months = _months(
        "retention_answers_months", _l("Keep raw answers, months"), _l("From 1 to 120. Aggregates stay.")
    )
    retention_comments_months = _months(
        "retention_comments_months", _l("Keep open comments, months"), _l("From 1 to 120, not longer than the answers.")
    )
    backup_days = _months(
        "backup_days",
        _l("Back-ups expire after a purge within, days"),
        _l("From 1 to 365. The privacy page promises it to citizens; see to it that your back-ups keep to it."),
    )
    audit_months = _months(
        "audit_months",
        _l("Keep the record of staff actions, months"),
        _l("From 12 to 120; the database keeps 12 in any case."),
    )
    minimum_cell = _months(
        "minimum_cell", _l("Smallest group shown, people"), _l("From 5 to 100. Smaller ones are hidden, in files too.")
    )
    judged_minimum = _months("judged_minimum", _l("A unit is judged from, answers"), _l("From 10 to 1.000."))
    row_combination_minimum = _months(
        "row_combination_minimum",
        _l("Files of rows: rows that share unit, month, field and facts about a person, at least"),
        _l("From 5 to 100."),
    )
    row_stratum_minimum = _months(
        "row_stratum_minimum",
        _l("Files of rows: rows that share a stratum, cluster or weight, at least"),
        _l("From 5 to 100."),
    )
    idle_minutes = _months(
        "idle_minutes",
        _l("A session ends without a request after, minutes"),
        _l("From 5 to 60. What was typed is kept."),
    )
    idle_account_days = _months(
        "idle_account_days", _l("An account is disabled without signing in after, days"), _l("From 7 to 365.")
    )


class UnitForm(StaffForm):
    code = Line(_l("Code"), most=40, hint=_l("Never changes. Wards and communes: the official five digits."))
    name = Line(_l("Name"), most=300)
    kind = Choice(_l("Kind"), choices=choices("unit_kind"))
    parent = Line(_l("Code of the unit above"), required=False, most=40, hint=_l("Empty: directly under the province."))
    valid_from = Day(_l("First day"), required=False)
    valid_to = Day(_l("Last day"), required=False)
    successors = Line(
        _l("Successors"),
        required=False,
        most=1000,
        hint=_l("Codes, each perhaps with its share: 20242:0,6; 20245:0,4."),
    )
    source = Line(_l("Source"), required=False, most=300, hint=_l("Decision or list the unit is taken from."))
    is_sample = Tick(_l("A made-up unit for trials"))


class UnitFileForm(StaffForm):
    file = Upload(
        _l("CSV file"), hint=_l("UTF-8, at most 1 MB. Nothing is changed before you have seen what it would do.")
    )


class TakeFileForm(StaffForm):
    """The file that was looked at, carried along, and the digest of what was seen."""

    content = Carried()
    digest = Carried()


class FieldForm(StaffForm):
    code = Line(_l("Code"), most=40, hint=_l("Small letters without marks, for example dat-dai. Never changes."))
    name = Line(_l("Name"), most=200)
    name_en = Line(_l("Name in English"), required=False, most=200)
    group = Choice(
        _l("Group for targets"), choices=choices("field_group"), hint=_l("Plans set targets for these groups.")
    )
    position = WholeNumber(
        _l("Place in the list"), low=1, high=999, hint=_l("Citizens are offered the first seven that fit their unit.")
    )


class ProcedureForm(StaffForm):
    code = Line(_l("Code"), most=40, hint=_l("Of the national list, for example 1.004873. Never changes."))
    name = Line(_l("Name"), most=300)
    field = Choice(_l("Field"), choices=[], coerce=int)
    valid_from = Day(_l("First day"), required=False)
    valid_to = Day(_l("Last day"), required=False)
    replaced_by = Line(_l("Replaced by code"), required=False, most=40)


class PlanForm(StaffForm):
    code = Line(_l("Code"), most=40, hint=_l("Short, for tables and files, for example QN-2021-2025. Never changes."))
    title = Line(_l("Title"), most=300)
    document = Line(_l("Document: kind, number, date"), most=300)
    issued_on = Day(_l("Date of issue"), required=False)
    issuer = Line(_l("Issued by"), most=200)
    scope = Line(_l("Holds for"), most=200, hint=_l("Province, district, agency or the whole country, in words."))
    valid_from = Day(_l("First day of its period"))
    valid_to = Day(_l("Last day of its period"))
    grade = Choice(
        _l("How sure are we of the text?"), choices=[c for c in choices("grade") if c[0] != "abridged"], required=False
    )


class TargetForm(StaffForm):
    code = Line(_l("Code"), most=40, hint=_l("For example QN25-ALL."))
    indicator = Line(_l("What is measured"), most=300)
    service_domains = Checks(_l("Services"), choices=choices("domain"))
    field_groups = Checks(
        _l("Groups of fields"),
        choices=choices("field_group"),
        required=False,
        hint=_l("None: every field of the services."),
    )
    year = WholeNumber(_l("Year"), low=2000, high=2100)
    unit = Radios(_l("Measured as"), choices=choices("target_unit"), default="percent")
    comparison = Choice(_l("Comparison"), choices=choices("comparison"), default=">=")
    threshold = Fraction(
        _l("Threshold"),
        required=False,
        low="0",
        high="999",
        hint=_l("A rate in percent (90) or a rank (20). Empty where the document's figure is not known."),
    )
    apply_to = Radios(_l("One threshold for several groups holds for"), choices=choices("apply_to"), default="both")
    among = Line(_l("For a rank: among whom"), required=False, most=200)
    wording = Paragraph(_l("Wording of the document"), required=False, most=1000)


class ExtensionForm(StaffForm):
    decision = Line(_l("Decision: kind, number, issuer"), least=5, most=300)
    decided_on = Day(_l("Date of the decision"))
    until = Day(_l("The plan binds until"))
