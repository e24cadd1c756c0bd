"""What may be entered about accounts."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.validators import EqualTo

from survey.permissions import Role
from survey.staff_forms import Carried, Checks, Choice, Line, Radios, Secret, StaffForm, Tick

ROLE_LABELS = {
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.DESIGNER: _l("Questionnaire designer"),
    Role.APPROVER: _l("Approver"),
    Role.FIELD_OFFICER: _l("Field officer"),
    Role.ANALYST: _l("Analyst"),
    Role.UNIT_VIEWER: _l("Unit viewer"),
}
ROLE_HINTS = {
    Role.ADMINISTRATOR: _l("gives and takes rights, keeps units, plans and settings"),
    Role.DESIGNER: _l("writes questionnaires and their versions"),
    Role.APPROVER: _l("reads versions and approves or returns them"),
    Role.FIELD_OFFICER: _l("plans waves, collection points and placards"),
    Role.ANALYST: _l("reads results and takes files"),
    Role.UNIT_VIEWER: _l("reads the results of the own unit"),
}
DOMAIN_LABELS = {
    "admin": _l("Administrative procedures"),
    "health": _l("Public health"),
    "education": _l("Public education"),
}


class SignInForm(StaffForm):
    username = Line(_l("Sign-in name"), most=60)
    password = Secret(_l("Password"))
    kept = Carried()
    next = Carried()


class CodeForm(StaffForm):
    code = Line(_l("Six-digit code"), most=12)
    kept = Carried()
    next = Carried()


class FirstPasswordForm(StaffForm):
    full_name = Line(_l("Your full name"), hint=_l("As it is to stand in records of what was changed and by whom."))
    password = Secret(
        _l("New password"),
        hint=_l("At least 12 characters; a short sentence with blanks is good. Nothing else is asked."),
    )
    again = Secret(
        _l("New password once more"), checks=[EqualTo("password", message=_l("The two passwords are not the same."))]
    )


class OwnPasswordForm(StaffForm):
    current = Secret(_l("Present password"))
    password = Secret(_l("New password"), hint=_l("At least 12 characters; a short sentence with blanks is good."))
    again = Secret(
        _l("New password once more"), checks=[EqualTo("password", message=_l("The two passwords are not the same."))]
    )


class NewSecondStepForm(StaffForm):
    current = Secret(_l("Present password"))
    code = Line(_l("Six-digit code of the new app"), most=12)
    sealed = Carried()


class GrantForm(StaffForm):
    """One right: a role, where, for which services."""

    role = Radios(_l("Role"), choices=[(r.value, label) for r, label in ROLE_LABELS.items()])
    unit = Choice(_l("Unit"), choices=[], coerce=int, hint=_l("The right holds for this unit and everything under it."))
    domains = Checks(_l("Services"), choices=list(DOMAIN_LABELS.items()))
    row_data = Tick(_l("May take files with a row per answer"), hint=_l("analysts only"))
    comments = Tick(_l("May read open comments"), hint=_l("analysts and unit viewers only"))

    def offer_units(self, units: Any) -> None:
        self.unit.choices = units


class InviteForm(GrantForm):
    username = Line(_l("Sign-in name"), most=60, hint=_l("Small letters without marks, for example lan.nguyen."))
    full_name = Line(_l("Full name"))
