"""What may be entered about accounts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms.validators import EqualTo

from survey.web.code_words import choices
from survey.web.staff_forms import Carried, Checks, Choice, Line, Radios, Secret, StaffForm, Tick


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

    role = Radios(_l("Role"), choices=choices("role"))
    unit = Choice(_l("Unit"), choices=[], coerce=int, hint=_l("The right holds for this unit and everything under it."))
    domains = Checks(_l("Services"), choices=choices("domain"))
    row_data = Tick(_l("May take files with a row per answer"), hint=_l("analysts only"))
    comments = Tick(_l("May read open comments"), hint=_l("analysts and unit viewers only"))


class InviteForm(GrantForm):
    username = Line(_l("Sign-in name"), most=60, hint=_l("Small letters without marks, for example lan.nguyen."))
    full_name = Line(_l("Full name"))
