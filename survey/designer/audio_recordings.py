"""The pages on which recordings of questions are put to a draft, listened to and taken out.

All files of a language may be chosen at once and are sent with one button. Anybody who reads questionnaires may listen;
only a draft changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from instruments.model.document import InstrumentVersion
from instruments.model.recordings import Heard, heard, is_outdated, recording_of, spoken_elements, words_read
from instruments.model.text import Text
from survey.designer import blueprint
from survey.designer.routes import READERS, View, find
from survey.i18n import own_name
from survey.permissions import Role, access, roles
from survey.queries.questionnaires import instruments as queries
from survey.queries.questionnaires.instruments import VersionRow
from survey.services.questionnaires import audio_files
from survey.services.questionnaires import recordings as service
from survey.web import staff
from survey.web.application import runtime

EDITORS = roles(Role.DESIGNER)
FILE = "file_"


@dataclass(frozen=True)
class Reading:
    """One text that can be read aloud."""

    code: str
    label: str
    words: tuple[str, ...]  # the text, then the answers
    source: str  # the text in the language of the form, where another one is read
    url: str  # of the recording; empty: none
    seconds: float
    outdated: bool
    problem: str


@dataclass(frozen=True)
class LanguageTab:
    code: str
    name: str
    progress: Heard


@dataclass(frozen=True)
class RecordingsPage:
    row: VersionRow
    language: LanguageTab
    tabs: tuple[LanguageTab, ...]
    readings: tuple[Reading, ...]
    may_change: bool
    earlier: int | None  # a version whose recordings can be brought over
    most_megabytes: int


@blueprint.get("/<code>/<int:number>/ghi-am")
@access(READERS)
def recordings(code: str, number: int) -> View:
    """Every text with its recording in one language."""
    return _shown(code, number, {})


@blueprint.post("/<code>/<int:number>/ghi-am")
@access(EDITORS)
def put_recordings(code: str, number: int) -> View:
    """Keep the chosen files, or take one recording out, or bring those of an earlier version over."""
    with staff.reading() as record:
        row = find(record, code, number)
    language = request.form.get("language", "")
    database, actor, now = runtime().database, staff.actor(), staff.now()
    with staff.said_on("designer.recordings", code=code, number=number, lang=language) as answer:
        if element := request.form.get("drop", ""):
            service.drop(database, row.code, row.number, element, language, actor=actor, now=now)
            answer.done(gettext("The recording is taken out."))
            return answer.response
        if (earlier := request.form.get("earlier", "")).isdecimal() and len(earlier) < 7:
            taken = service.take_over(database, row.code, row.number, int(earlier), actor=actor, now=now)
            answer.done(
                ngettext(
                    "%(num)s recording is brought over; where the words have changed, record them again.",
                    "%(num)s recordings are brought over; where the words have changed, record them again.",
                    taken,
                )
            )
            return answer.response
        files = {
            name.removeprefix(FILE): data
            for name, one in request.files.items()
            if name.startswith(FILE) and one.filename and (data := one.stream.read())
        }
        if not files:
            flash(gettext("Choose at least one recording first."), "error")
            return redirect(url_for("designer.recordings", code=code, number=number, lang=language), 303)
        done = service.put(database, row.code, row.number, files, language, actor=actor, now=now)
        if done.refused:
            refused = {element: staff.sentence(problem) for element, problem in done.refused.items()}
            return make_response(_shown(code, number, refused, done.kept), 422)
        answer.done(ngettext("%(num)s recording is kept.", "%(num)s recordings are kept.", done.kept))
    return answer.response


def _shown(code: str, number: int, problems: dict[str, str], kept: int = 0) -> str:
    with staff.reading() as record:
        found = queries.instrument(record, staff.actor(), code)
        row = find(record, code, number)
        document = queries.document(record, row)
    wanted = request.values.get("lang") or request.form.get("language", "")
    language = wanted if wanted in document.language_codes else document.source_language
    tabs = tuple(LanguageTab(one.language, own_name(one.language), one) for one in heard(document))
    if kept:
        flash(ngettext("%(num)s recording is kept.", "%(num)s recordings are kept.", kept))
    page = RecordingsPage(
        row=row,
        language=next(tab for tab in tabs if tab.code == language),
        tabs=tabs,
        readings=_readings(document, language, problems),
        may_change=row.status == "draft" and staff.may_open("designer.put_recordings"),
        earlier=next((v.number for v in found.versions if v.number < number), None) if found else None,
        most_megabytes=audio_files.MOST_BYTES // 2**20,
    )
    return render_template("designer/recordings.html", page=page)


def _readings(document: InstrumentVersion, language: str, problems: dict[str, str]) -> tuple[Reading, ...]:
    found = []
    for element in spoken_elements(document):
        held = recording_of(document, element, language)
        words = _filled(document, words_read(document, element, language), language)
        own = document.source_language
        source = _filled(document, words_read(document, element, own), own)[0]
        found.append(
            Reading(
                code=element.code,
                label=getattr(element, "label", None) or "",
                words=words,
                source="" if source == words[0] else source,
                url=url_for("designer.recording", name=held.file) if held else "",
                seconds=held.seconds if held else 0.0,
                outdated=is_outdated(document, element, language),
                problem=problems.get(element.code, ""),
            )
        )
    return tuple(found)


def _filled(document: InstrumentVersion, words: str, language: str) -> tuple[str, ...]:
    """Line by line what is read out: what the form prints stands in the place of each parameter."""
    return tuple(document.said(Text({language: words}), language).split("\n"))
