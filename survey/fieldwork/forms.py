"""What may be entered about waves, frames, points and codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from survey.queries.fieldwork.points import Mode, UnitChoice
from survey.queries.fieldwork.waves import Selection
from survey.services.tabular_files import read_day
from survey.web.code_words import capital_choices, words, words_of
from survey.web.staff_forms import (
    Carried,
    Checks,
    Choice,
    Day,
    Fraction,
    Line,
    Radios,
    StaffForm,
    Tick,
    Upload,
    WholeNumber,
)
from survey.words.fieldwork import NEEDS_SLIPS

NO_FIELD = _l("All fields: people are asked which one it was")


class PlanForm(StaffForm):
    title = Line(_l("Title of the wave"), hint=_l("For example: Administrative procedures, fourth quarter of 2026."))
    version = Choice(
        _l("Questionnaire version"), choices=[], hint=_l("A wave keeps its version for good once it is open.")
    )
    unit_code = Choice(
        _l("Whose wave is it?"), choices=[], hint=_l("The wave may judge this unit and everything under it.")
    )
    plan_code = Choice(_l("Target plan"), choices=[], required=False)
    opens_on = Day(_l("First day"))
    closes_on = Day(_l("Last day"))
    asked_by = Line(
        _l("Who asks?"), required=False, hint=_l("As citizens read it. Empty: the province's name in the settings.")
    )
    legal_note = Line(
        _l("Decision or plan the survey is held under"),
        required=False,
        most=300,
        hint=_l("Needed by law for a survey outside the national programme: number and date."),
    )
    code = Line(
        _l("Short code"),
        required=False,
        most=39,
        hint=_l("Capital letters, digits, hyphens. Empty: one is made, for example HC-2026-3."),
    )
    is_synthetic = Tick(
        _l("This is a trial with made-up data"),
        hint=_l("Every screen, file and placard then bears the stamp 'trial'."),
    )


class WordsForm(StaffForm):
    title = Line(_l("Title of the wave"))
    asked_by = Line(_l("Who asks?"), required=False)
    legal_note = Line(_l("Decision or plan the survey is held under"), required=False, most=300)
    plan_code = Choice(_l("Target plan"), choices=[], required=False)


class DaysForm(StaffForm):
    opens_on = Day(_l("First day"))
    closes_on = Day(_l("Last day"))


class TestsForm(StaffForm):
    margin = Fraction(
        _l("Largest fall that still counts as not worse, in points"),
        required=False,
        low="0.5",
        high="20",
        hint=_l(
            "For example 2: a rate that fell from 88 to 86 % counts as not worse, one that fell further does not. "
            "Empty: not tested."
        ),
    )
    looks = Line(
        _l("Days on which the running wave is looked at"),
        required=False,
        hint=_l(
            "Day/month/year, with commas between. What may be concluded at each has its own level, so that looking "
            "several times is not wrong more often. The close is always the last look. "
            "Empty: nothing is concluded before."
        ),
    )
    spending = Radios(_l("How the error is spent over the looks"), choices=[], required=False)

    tables = Checks(
        _l("Two-way tables that will be published"),
        choices=[],
        required=False,
        hint=_l(
            "Small cells are hidden so that all tables of this list together give none away. A table that is not "
            "chosen now cannot be made later; the fewer, the less is hidden."
        ),
    )

    def validate_looks(self, field: Any) -> None:
        if any(found is None for found in _days(field.data)):
            raise ValidationError(gettext("Enter days that exist as day/month/year, with commas between."))

    @property
    def look_days(self) -> tuple[date, ...]:
        """The days entered, in their order."""
        return tuple(found for found in _days(self.looks.data) if found is not None)


def _days(text: str | None) -> list[date | None]:
    return [read_day("".join(part.split())) for part in (text or "").replace(";", ",").split(",") if part.strip()]


class CloseForm(StaffForm):
    sure = Tick(_l("I have read what closing means"))

    def validate_sure(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(gettext("Tick this before the wave is closed."))


class ChannelForm(StaffForm):
    selection = Radios(
        _l("How do people come to be asked?"),
        choices=capital_choices("selection", (Selection.OPT_IN, Selection.DRAWN, Selection.CENSUS)),
    )
    title = Line(_l("Name of the channel"), hint=_l("For example: QR at the counter, slips sent with the result."))

    def hints(self) -> Mapping[str, Any]:
        hints = words_of("selection_sentence")
        return hints | {code: f"{hints[code]} {gettext(NEEDS_SLIPS)}" for code in (Selection.DRAWN, Selection.CENSUS)}


class ModeForm(StaffForm):
    """What the forms share that make a printed code."""

    mode = Radios(
        _l("How is it answered?"), choices=capital_choices("mode", (Mode.QR_ON_SITE, Mode.QR_LATER, Mode.KIOSK))
    )
    field = Choice(_l("Field of procedures"), choices=[], required=False)

    def hints(self) -> Mapping[str, Any]:
        return words_of("mode_hint")


class FrameFileForm(StaffForm):
    file = Upload(
        _l("File (CSV)"),
        hint=_l("Columns: unit code, field code, dossiers, planned answers. In Excel: save as 'CSV UTF-8'."),
    )
    source = Line(_l("Where do the numbers come from?"), hint=_l("For example: one-stop information system."))
    as_of = Day(_l("As of"))


class TakeFrameForm(StaffForm):
    """What was looked at comes back sealed and is taken."""

    sealed = Carried()


class CellForm(StaffForm):
    unit_code = Choice(_l("Unit"), choices=[])
    field_code = Choice(_l("Field of procedures"), choices=[], required=False)
    transactions = WholeNumber(_l("Dossiers settled"), high=99_999_999)
    planned = WholeNumber(_l("Answers planned"), required=False, high=99_999_999)
    source = Line(_l("Where do the numbers come from?"))
    as_of = Day(_l("As of"))


class IssuedForm(StaffForm):
    unit_code = Choice(_l("Unit"), choices=[])
    field_code = Choice(_l("Field of procedures"), choices=[], required=False)
    issued = WholeNumber(_l("Forms issued"), high=99_999_999)
    source = Line(_l("Where do the numbers come from?"), hint=_l("For example: list of forms handed out."))
    as_of = Day(_l("As of"))


class IssuedFileForm(StaffForm):
    file = Upload(
        _l("File (CSV)"),
        hint=_l("Columns: unit code, field code, forms issued. In Excel: save as 'CSV UTF-8'."),
    )
    source = Line(_l("Where do the numbers come from?"), hint=_l("For example: list of forms handed out."))
    as_of = Day(_l("As of"))


class PointForm(ModeForm):
    channel = Choice(_l("Channel"), choices=[])
    unit_deciding = Choice(_l("Unit whose work is judged"), choices=[], hint=_l("The unit that decides the dossier."))
    unit_received = Choice(
        _l("Unit that receives people here"), choices=[], required=False, hint=_l("Where it is another one.")
    )
    name = Line(_l("Where is it?"), hint=_l("As people on the spot call it: Counter 3, one-stop hall."))


class ManyPointsForm(ModeForm):
    channel = Choice(_l("Channel"), choices=[])
    kinds = Checks(_l("At every unit of these kinds"), choices=[])
    name = Line(_l("Where is it?"), hint=_l("The same words at every unit: One-stop counter."))


class PointFileForm(StaffForm):
    channel = Choice(_l("Channel"), choices=[])
    file = Upload(
        _l("File (CSV)"),
        hint=_l("Columns: unit code, name of the point; also receiving unit, mode, field code."),
    )


class TakePointsForm(StaffForm):
    sealed = Carried()


class NameForm(StaffForm):
    name = Line(_l("Where is it?"))


class CodeForm(ModeForm):
    """A further code of a point."""


class IssueForm(StaffForm):
    count = WholeNumber(_l("How many codes?"), low=1, high=50_000)
    expires_on = Day(_l("Last day they can be used"))
    field = Choice(_l("Field of procedures"), choices=[], required=False)
    seed = Carried()


class CodesFileForm(StaffForm):
    """The codes just issued, carried sealed by the page that shows them."""

    sealed = Carried()


class PlacardForm(StaffForm):
    paper = Radios(_l("Paper"), choices=[("a6", _l("A6, for a counter stand")), ("a4", _l("A4, for a wall"))])


def by_kind(units: Iterable[UnitChoice]) -> dict[str, list[tuple[str, str]]]:
    """Units as the groups of a list to choose from."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for unit in units:
        grouped.setdefault(words("unit_kind", unit.kind.value), []).append((unit.code, unit.name))
    return grouped


def with_none(label: Any, groups: Mapping[str, list[tuple[str, str]]]) -> dict[str, list[tuple[str, Any]]]:
    """The same with "none" first."""
    return {gettext("No choice"): [("", label)], **groups}
