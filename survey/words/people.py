"""Words for the codes of people and their rights."""

from __future__ import annotations

from survey.errors import N_

ROLES = {
    "administrator": N_("Administrator"),
    "designer": N_("Questionnaire designer"),
    "approver": N_("Approver"),
    "field_officer": N_("Field officer"),
    "analyst": N_("Analyst"),
    "unit_viewer": N_("Unit viewer"),
}
ROLE_HINTS = {
    "administrator": N_("gives and takes rights, keeps units, plans and settings"),
    "designer": N_("writes questionnaires and their versions"),
    "approver": N_("reads versions and approves or returns them"),
    "field_officer": N_("plans waves, collection points and placards"),
    "analyst": N_("reads results and takes files"),
    "unit_viewer": N_("reads the results of the own unit"),
}
ACCOUNT_STATUSES = {"active": N_("active"), "disabled": N_("disabled")}
