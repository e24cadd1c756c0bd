"""What may be entered about questionnaires."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from survey.web.staff_forms import Carried, Choice, Paragraph, StaffForm, Upload


class FileForm(StaffForm):
    """First step of an import: the file, which is only looked at."""

    file = Upload(
        _l("Questionnaire file (JSON or XLSForm)"),
        hint=_l("A document of this program, or a workbook (.xlsx) made with KoboToolbox, ODK or this program; 2 MB."),
    )
    service = Choice(
        _l("Which service is it about?"),
        choices=[],
        required=False,
        hint=_l("Only for a workbook made with another program, which does not say so."),
    )


class KeepForm(StaffForm):
    """Second step: what was looked at comes back sealed and is kept."""

    sealed = Carried()


class PublishForm(StaffForm):
    reason = Paragraph(
        _l("Why may this pass all the same?"),
        required=False,
        most=300,
        hint=_l("The reason is kept with your name in the record of changes."),
    )


class CompareForm(StaffForm):
    """Sent by GET: it changes nothing."""

    old = Choice(_l("Older version"), choices=[])
    new = Choice(_l("Newer version"), choices=[])

    class Meta(StaffForm.Meta):
        csrf = False

    def offer(self, versions: list[tuple[str, str]]) -> None:
        for field in (self.old, self.new):
            field.offer([("", gettext("Choose a version")), *versions])
