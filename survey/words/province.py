"""Words for the codes of the province: its services, units, fields, plans and targets."""

from __future__ import annotations

from survey.errors import N_

DOMAINS = {
    "admin": N_("Administrative procedures"),
    "health": N_("Public health"),
    "education": N_("Public education"),
}
UNIT_KINDS = {
    "province": N_("Province or city"),
    "ward": N_("Ward"),
    "commune": N_("Commune"),
    "special_zone": N_("Special zone"),
    "department": N_("Department"),
    "central_agency": N_("Central agency in the province"),
    "one_stop_centre": N_("One-stop centre or counter"),
    "land_office": N_("Land-registration office"),
    "hospital": N_("Hospital"),
    "health_station": N_("Health station"),
    "vaccination_point": N_("Vaccination point"),
    "preschool": N_("Preschool"),
    "primary_school": N_("Primary school"),
    "lower_secondary_school": N_("Lower secondary school"),
    "upper_secondary_school": N_("Upper secondary school"),
    "other_school": N_("Other school"),
    "former_province": N_("Former province"),
    "former_district": N_("Former district"),
    "former_commune": N_("Former commune or ward"),
    "other": N_("Other unit"),
}
UNIT_COLUMNS = {
    "code": N_("Code"),
    "name": N_("Name"),
    "kind": N_("Kind"),
    "parent": N_("Unit above"),
    "valid_from": N_("First day"),
    "valid_to": N_("Last day"),
    "successors": N_("Successors"),
    "is_sample": N_("Made up"),
    "grade": N_("Grade"),
    "source": N_("Source"),
}
FIELD_GROUPS = {
    "land": N_("Land"),
    "construction": N_("Construction"),
    "investment": N_("Investment"),
    "health": N_("Health"),
    "education": N_("Education"),
    "other": N_("Other fields"),
}
PLAN_BINDINGS = {
    "not_yet": N_("not yet in force"),
    "in_force": N_("in force"),
    "extended": N_("extended by decision"),
    "expired": N_("period over: for comparison only"),
}
TARGET_UNITS = {"percent": N_("Rate in percent"), "rank": N_("Rank")}
APPLY_TO = {
    "each": N_("each field for itself"),
    "group": N_("the fields together"),
    "both": N_("each field and the fields together"),
}
COMPARISONS = {">=": N_("at least (≥)"), ">": N_("more than (>)"), "<=": N_("at most (≤), for ranks")}
