"""The forms of the staff pages: fields that take what Vietnamese civil servants type, in sentences that help.

`StaffForm` is Flask-WTF's form with our form protection, our sentences, and the work a person typed before a session
ended. Fields normalise to NFC and trim; days are read as 20/11/2026 or 2026-11-20; numbers as 8,5 or 8.5.

A form class is used like this; a failed `validate_on_submit` shows the same page again:

    class PointForm(StaffForm):
        name = Line(_l("Name of the place"), most=200)
        opens_on = Day(_l("First day"))

    form = PointForm(data=...)
    if form.validate_on_submit():
        with form.problems():                   # a service's Invalid becomes problems beside the fields
            points.add(...)
            return staff.done(...)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from flask_wtf.form import _Auto
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from survey.errors import Invalid, SurveyError
from survey.i18n import language
from survey.services.tabular_files import read_day
from survey.web import staff, unsaved_input
from survey.words.figures import day, plain

REQUIRED = _l("Fill in this field.")


class StaffForm(FlaskForm):
    """Flask-WTF's form with the work that was kept and sentences of our own."""

    form_errors: list[str]

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            if formdata is _Auto and (kept := unsaved_input.kept()) and any(name in kept for name in form._fields):
                return kept
            return super().wrap_formdata(form, formdata)

        def get_translations(self, form: Any) -> Any:
            return _OurWords()

    @contextmanager
    def problems(self) -> Iterator[None]:
        """Show what a service found wrong beside the fields (by name), or above the form."""
        try:
            yield
        except Invalid as error:
            placed = False
            for name, text in error.problems.items():
                if name in self._fields:
                    self._fields[name].errors = [*self._fields[name].errors, gettext(text)]
                    placed = True
            strays = [gettext(text) for name, text in error.problems.items() if name not in self._fields]
            self.form_errors = [*self.form_errors, *strays]
            if not placed and not strays:
                self.refuse(error)
        except SurveyError as error:
            if error.status in (403, 404) or error.status >= 500:
                raise
            self.refuse(error)

    def refuse(self, error: SurveyError) -> None:
        """Show a service's sentence above the form."""
        self.form_errors = [*self.form_errors, staff.sentence(error)]


class _OurWords:
    """WTForms' own sentences go through our catalogue."""

    def gettext(self, text: str) -> str:
        return str(gettext(text))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return str(gettext(singular if n == 1 else plural))


def clean(text: Any) -> Any:
    """NFC, one space between words, none around."""
    return " ".join(unicodedata.normalize("NFC", text).split()) if isinstance(text, str) else text


def clean_lines(text: Any) -> Any:
    """NFC, Unix line ends, no blanks around; lines stay lines."""
    if not isinstance(text, str):
        return text
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()


class Required:
    """Something other than blanks was entered."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, _form: Any, field: Field) -> None:
        if not field.raw_data or not str(field.raw_data[0]).strip():
            field.errors = []
            raise StopValidation(str(REQUIRED))


def _checks(required: bool, least: int = 0, most: int | None = None) -> list[Any]:
    found: list[Any] = [Required()] if required else [Optional()]
    found.append(_no_control_characters)
    if most is not None:
        found.append(
            Length(min=least or -1, max=most, message=_l("Write between %(min)d and %(max)d characters."))
            if least
            else Length(max=most, message=_l("Write at most %(max)d characters."))
        )
    return found


def _no_control_characters(_form: Any, field: Field) -> None:
    if isinstance(field.data, str) and any(
        unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in field.data
    ):
        raise StopValidation(gettext("There is a character here that cannot be shown. Please type the text again."))


class Line(StringField):
    """One line of text."""

    def __init__(
        self, label: Any, *, required: bool = True, least: int = 0, most: int = 200, hint: Any = "", **values: Any
    ) -> None:
        checks = [*_checks(required, least, most), *values.pop("checks", ())]
        super().__init__(label, checks, filters=[clean], description=hint, **values)


class Paragraph(TextAreaField):
    """Several lines of text."""

    def __init__(self, label: Any, *, required: bool = True, most: int = 2000, hint: Any = "", **values: Any) -> None:
        super().__init__(label, _checks(required, 0, most), filters=[clean_lines], description=hint, **values)


class Secret(PasswordField):
    """A password: taken letter for letter."""

    def __init__(self, label: Any, *, hint: Any = "", **values: Any) -> None:
        checks = [InputRequired(REQUIRED), *values.pop("checks", ())]
        super().__init__(label, checks, description=hint, **values)


class WholeNumber(Field):
    """12, 1.234 or 1 234."""

    widget = TextInput()
    data: Any

    def __init__(
        self, label: Any, *, required: bool = True, low: int = 0, high: int = 10**9, hint: Any = "", **values: Any
    ) -> None:
        super().__init__(label, [Required()] if required else [Optional()], description=hint, **values)
        self.low, self.high = low, high

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        text = "".join(valuelist[0].split()) if valuelist else ""
        if not text:
            return
        digits = text.replace(".", "") if _is_grouped(text) else text
        if not digits.isdecimal() or not self.low <= int(digits) <= self.high:
            raise ValueError(gettext("Enter a whole number from %(low)s to %(high)s.", low=self.low, high=self.high))
        self.data = int(digits)


class Fraction(Field):
    """8,5 or 8.5."""

    widget = TextInput()
    data: Any

    def __init__(
        self, label: Any, *, required: bool = True, low: str = "0", high: str = "100", hint: Any = "", **values: Any
    ) -> None:
        super().__init__(label, [Required()] if required else [Optional()], description=hint, **values)
        self.low, self.high = Decimal(low), Decimal(high)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else plain(self.data, "vi")

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        text = "".join(valuelist[0].split()).replace(",", ".").removesuffix("%") if valuelist else ""
        if not text:
            return
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or not self.low <= value <= self.high:
            raise ValueError(
                gettext(
                    "Enter a number from %(low)s to %(high)s.",
                    low=plain(self.low, language()),
                    high=plain(self.high, language()),
                )
            )
        self.data = value


class Day(Field):
    """20/11/2026 as Vietnamese documents write it; 2026-11-20 is taken too."""

    widget = TextInput()
    data: Any

    def __init__(self, label: Any, *, required: bool = True, hint: Any = "", **values: Any) -> None:
        super().__init__(
            label,
            [Required()] if required else [Optional()],
            description=hint or _l("Day/month/year, for example 20/11/2026."),
            **values,
        )

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return day(self.data) if self.data else ""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        text = "".join(valuelist[0].split()) if valuelist else ""
        if not text:
            return
        self.data = read_day(text)
        if self.data is None:
            raise ValueError(gettext("Enter a day that exists as day/month/year, for example 20/11/2026."))


Pairs = Sequence[tuple[Any, Any]]


def offered(choices: Pairs | Mapping[str, Pairs]) -> list[SelectChoice]:
    """Pairs of value and label, or groups of them by heading, as WTForms wants them."""
    if isinstance(choices, Mapping):
        return [SelectChoice(v, label, optgroup=heading) for heading, part in choices.items() for v, label in part]
    return [SelectChoice(value, label) for value, label in choices]


class _Offering:
    """A list to choose from that a view may know only later."""

    choices: Any

    def offer(self, choices: Pairs | Mapping[str, Pairs]) -> None:
        self.choices = offered(choices)


class Choice(_Offering, SelectField):
    """One of a list, closed until opened."""

    def __init__(self, label: Any, *, choices: Any, required: bool = True, hint: Any = "", **values: Any) -> None:
        checks = [InputRequired(_l("Choose one from the list."))] if required else [Optional()]
        super().__init__(label, checks, choices=offered(choices), description=hint, **values)

    def pre_validate(self, form: Any) -> None:
        try:
            super().pre_validate(form)
        except ValidationError as error:
            raise ValidationError(gettext("Choose one from the list.")) from error


class Radios(_Offering, RadioField):
    """One of a few, all in sight."""

    def __init__(self, label: Any, *, choices: Any, required: bool = True, hint: Any = "", **values: Any) -> None:
        checks = [InputRequired(_l("Choose one."))] if required else [Optional()]
        super().__init__(label, checks, choices=offered(choices), description=hint, **values)

    def pre_validate(self, form: Any) -> None:
        try:
            super().pre_validate(form)
        except ValidationError as error:
            raise ValidationError(gettext("Choose one.")) from error


class Checks(_Offering, SelectMultipleField):
    """Any of a few, all in sight."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any, *, choices: Any, required: bool = True, hint: Any = "", **values: Any) -> None:
        super().__init__(
            label, [_one_at_least] if required else [], choices=offered(choices), description=hint, **values
        )

    def pre_validate(self, form: Any) -> None:
        try:
            super().pre_validate(form)
        except ValidationError as error:
            raise ValidationError(gettext("Choose at least one.")) from error


def _one_at_least(_form: Any, field: Field) -> None:
    if not field.data:
        raise StopValidation(gettext("Choose at least one."))


class Tick(BooleanField):
    """Yes when ticked."""

    def __init__(self, label: Any, *, hint: Any = "", **values: Any) -> None:
        super().__init__(label, description=hint, **values)


class Upload(FileField):
    """A file from the person's computer; what is in it is judged by a service."""

    def __init__(self, label: Any, *, hint: Any = "", **values: Any) -> None:
        super().__init__(label, [InputRequired(_l("Choose a file."))], description=hint, **values)


class Carried(HiddenField):
    """Something the page carries along unseen. Always a text, so that a missing one is an empty one."""

    def __init__(self, **values: Any) -> None:
        super().__init__("", filters=[lambda value: value or ""], **values)


class Button(StaffForm):
    """A form that is only a button: form protection and nothing else."""


def _is_grouped(text: str) -> bool:
    parts = text.split(".")
    return len(parts) > 1 and 1 <= len(parts[0]) <= 3 and all(len(p) == 3 for p in parts[1:])
