"""Words for codes, the same on every staff page: `words("unit_kind", "ward")` is "Phường" on the screen.

In templates `words` is a global; in Python the tables below are lazy texts for choice lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

ROLES = {
    "administrator": _l("Administrator"),
    "designer": _l("Questionnaire designer"),
    "approver": _l("Approver"),
    "field_officer": _l("Field officer"),
    "analyst": _l("Analyst"),
    "unit_viewer": _l("Unit viewer"),
}
ROLE_HINTS = {
    "administrator": _l("gives and takes rights, keeps units, plans and settings"),
    "designer": _l("writes questionnaires and their versions"),
    "approver": _l("reads versions and approves or returns them"),
    "field_officer": _l("plans waves, collection points and placards"),
    "analyst": _l("reads results and takes files"),
    "unit_viewer": _l("reads the results of the own unit"),
}
DOMAINS = {
    "admin": _l("Administrative procedures"),
    "health": _l("Public health"),
    "education": _l("Public education"),
}
UNIT_KINDS = {
    "province": _l("Province or city"),
    "ward": _l("Ward"),
    "commune": _l("Commune"),
    "special_zone": _l("Special zone"),
    "department": _l("Department"),
    "central_agency": _l("Central agency in the province"),
    "one_stop_centre": _l("One-stop centre or counter"),
    "land_office": _l("Land-registration office"),
    "hospital": _l("Hospital"),
    "health_station": _l("Health station"),
    "vaccination_point": _l("Vaccination point"),
    "preschool": _l("Preschool"),
    "primary_school": _l("Primary school"),
    "lower_secondary_school": _l("Lower secondary school"),
    "upper_secondary_school": _l("Upper secondary school"),
    "other_school": _l("Other school"),
    "former_province": _l("Former province"),
    "former_district": _l("Former district"),
    "former_commune": _l("Former commune or ward"),
    "other": _l("Other unit"),
}
GRADES = {
    "": _l("entered by staff"),
    "verbatim": _l("as in the decision"),
    "transcribed": _l("to be compared with the original"),
    "single-source": _l("one source only, to be compared"),
    "abridged": _l("shortened wording, to be replaced"),
    "draft": _l("draft, not official"),
}
FIELD_GROUPS = {
    "land": _l("Land"),
    "construction": _l("Construction"),
    "investment": _l("Investment"),
    "health": _l("Health"),
    "education": _l("Education"),
    "other": _l("Other fields"),
}
PLAN_BINDINGS = {
    "not_yet": _l("not yet in force"),
    "in_force": _l("in force"),
    "extended": _l("extended by decision"),
    "expired": _l("period over: for comparison only"),
}
TARGET_UNITS = {"percent": _l("Rate in percent"), "rank": _l("Rank")}
APPLY_TO = {
    "each": _l("each field for itself"),
    "group": _l("the fields together"),
    "both": _l("each field and the fields together"),
}
COMPARISONS = {">=": _l("at least (≥)"), ">": _l("more than (>)"), "<=": _l("at most (≤), for ranks")}
UNIT_COLUMNS = {
    "code": _l("Code"),
    "name": _l("Name"),
    "kind": _l("Kind"),
    "parent": _l("Unit above"),
    "valid_from": _l("First day"),
    "valid_to": _l("Last day"),
    "successors": _l("Successors"),
    "is_sample": _l("Made up"),
    "grade": _l("Grade"),
    "source": _l("Source"),
}
AUDIT_KEYS = {
    **UNIT_COLUMNS,
    "role": _l("Role"),
    "unit": _l("Unit"),
    "domains": _l("Services"),
    "row_data": _l("files with a row per answer"),
    "comments": _l("open comments"),
    "grants": _l("Rights"),
    "full_name": _l("Full name"),
    "reason": _l("Reason"),
    "days": _l("Number of days"),
    "sessions": _l("Sessions ended"),
    "sessions_ended": _l("Sessions ended"),
    "wrong_tries_before": _l("Wrong tries before"),
    "invited_by": _l("Invited by account"),
    "added": _l("New"),
    "changed": _l("Changed"),
    "ended": _l("Ended"),
    "title": _l("Title"),
    "document": _l("Document"),
    "issuer": _l("Issued by"),
    "scope": _l("Holds for"),
    "issued_on": _l("Date of issue"),
    "decision": _l("Decision"),
    "decided_on": _l("Date of the decision"),
    "until": _l("until"),
    "targets": _l("Targets"),
    "threshold": _l("Threshold"),
    "year": _l("Year"),
    "indicator": _l("What is measured"),
    "name_en": _l("Name in English"),
    "group": _l("Group for targets"),
    "position": _l("Place in the list"),
    "replaced_by": _l("Replaced by"),
    "version": _l("Version"),
    "plan": _l("Plan"),
    "channel": _l("Channel"),
    "selection": _l("Selection"),
    "cells": _l("Cells"),
    "transactions": _l("Transactions"),
    "point": _l("Point"),
    "count": _l("Number"),
    "content_hash": _l("Hash of the content"),
    "before": _l("Before"),
    "after": _l("After"),
}
# The first word of an audit event's subject, and the actors that are no person.
AUDIT_NOUNS = {
    "account": _l("account"),
    "unit": _l("unit"),
    "units": _l("units"),
    "file": _l("file"),
    "setting": _l("setting"),
    "field": _l("field"),
    "fields": _l("fields"),
    "procedure": _l("procedure"),
    "plan": _l("plan"),
    "wave": _l("wave"),
    "point": _l("collection point"),
    "instrument": _l("questionnaire"),
    "channel": _l("channel"),
    "code": _l("code"),
    "answers": _l("answers"),
}
AUDIT_ACTORS = {
    "command line": _l("command line"),
    "system": _l("the system itself"),
    "installation": _l("installation"),
    "shipped questionnaires": _l("shipped questionnaires"),
    "demonstration": _l("demonstration"),
}
ACCOUNT_STATUSES = {"active": _l("active"), "disabled": _l("disabled")}

TABLES: Mapping[str, Mapping[str, Any]] = {
    "role": ROLES,
    "role_hint": ROLE_HINTS,
    "domain": DOMAINS,
    "unit_kind": UNIT_KINDS,
    "grade": GRADES,
    "field_group": FIELD_GROUPS,
    "plan_binding": PLAN_BINDINGS,
    "target_unit": TARGET_UNITS,
    "apply_to": APPLY_TO,
    "comparison": COMPARISONS,
    "account_status": ACCOUNT_STATUSES,
    "unit_column": UNIT_COLUMNS,
    "audit_key": AUDIT_KEYS,
    "audit_noun": AUDIT_NOUNS,
    "audit_actor": AUDIT_ACTORS,
}


def words(table: str, value: str) -> str:
    """The word for a code; the code itself where there is none yet."""
    return str(TABLES[table].get(str(value), value))


def choices(table: str) -> list[tuple[str, Any]]:
    """A table as choices of a form."""
    return list(TABLES[table].items())
