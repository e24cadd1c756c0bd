"""The phone preview: the very page a citizen gets, at the width of a telephone, in each language.

Nothing that is answered here is ever counted: the form is read as a citizen's would be and problems are shown as a
citizen would see them. What those who write or approve send is kept apart for a week, so that they see what would be
recorded (`trials`); what others send is forgotten with the answer. The page of the form alone may be framed, by our
own pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import g, make_response, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from instruments import answers as reading
from instruments.model.document import InstrumentVersion
from survey.designer import blueprint
from survey.designer.pages import Frame, PreviewPage
from survey.designer.routes import READERS, View, find
from survey.form.page import Addresses, Place, Province, form_page
from survey.i18n import own_name
from survey.permissions import access
from survey.queries.intake import entry as entries
from survey.queries.questionnaires import instruments as queries
from survey.queries.questionnaires import trials as trial_queries
from survey.queries.questionnaires.instruments import VersionRow
from survey.services.questionnaires import trials
from survey.web import audio_answer, staff
from survey.web.application import runtime
from survey.web.code_words import words
from survey.web.security import may_be_framed_by_us

KEY_NAME = "csrf_token"  # the staff pages' form protection takes the place of the submission key
WIDTHS = ((320, 640), (390, 780))
MOST_FIELDS = 7


@blueprint.get("/<code>/<int:number>/xem-thu")
@access(READERS)
def preview(code: str, number: int) -> View:
    """Two telephones with the form in them."""
    with staff.reading() as record:
        row = find(record, code, number)
        tried = trial_queries.count(record, row)
    languages = row.facts.languages
    chosen = request.args.get("lang", "")
    chosen = chosen if chosen in languages else languages[0]
    asks_field = request.args.get("field") == "asked"
    address = _address(row, chosen, asks_field)
    page = PreviewPage(
        row=row,
        language=chosen,
        languages=tuple((code, own_name(code)) for code in languages),
        asks_field=asks_field,
        frames=tuple(
            Frame(width, height, address, gettext("The form on a telephone %(width)s points wide", width=width))
            for width, height in WIDTHS
        ),
        alone=address,
        tried=tried,
    )
    return render_template("designer/preview.html", page=page)


@blueprint.route("/<code>/<int:number>/xem-thu/trang", methods=["GET", "POST"])
@access(READERS)
def preview_page(code: str, number: int) -> View:
    """The form itself, as a citizen gets it; sent, it says what a citizen would be told, and keeps nothing."""
    may_be_framed_by_us()
    with staff.reading() as record:
        row = find(record, code, number)
        document = queries.document(record, row)
    asks_field = request.args.get("field") == "asked"
    language = request.form.get("_language") or request.form.get("_shown_in") or request.args.get("lang", "")
    language = language if language in document.language_codes else document.source_language
    g.language = language
    if request.method == "GET":
        return _form(row, document, language, asks_field=asks_field)
    typed = {name: values for name, values in request.form.lists() if name != KEY_NAME and not name.startswith("_")}
    chosen = request.form.getlist("_field")
    again = {**reading.typed(document, typed), **({"_field": chosen} if chosen else {})}
    if request.form.get("_language"):
        return _form(row, document, language, asks_field=asks_field, typed=again)
    sheet = reading.read(document, typed)
    if sheet.problems:
        return _form(row, document, language, asks_field=asks_field, typed=again, problems=sheet.problems)
    if sheet.is_empty:
        nothing = gettext("No question has been answered yet. A citizen would be asked to answer at least one.")
        return _form(row, document, language, asks_field=asks_field, typed=again, general_problem=nothing)
    kept = trials.keep(runtime().database, row, sheet, language, actor=staff.actor(), now=staff.now())
    again_at = _address(row, language, asks_field)
    return make_response(render_template("designer/preview_sent.html", again=again_at, kept=kept))


@blueprint.get("/am-thanh/<name>")
@access(READERS)
def recording(name: str) -> Response:
    """A question read aloud, for the preview."""
    return audio_answer.answer(runtime().database, name, lasting=False)


def _form(
    row: VersionRow,
    document: InstrumentVersion,
    language: str,
    *,
    asks_field: bool,
    typed: Mapping[str, Sequence[str]] | None = None,
    problems: Sequence[reading.AnswerProblem] = (),
    general_problem: str = "",
) -> Response:
    settings = staff.settings()
    province = Province(
        name=settings.province_name, domain=settings.domain, hotline=settings.hotline,
        retention_months=settings.retention_answers_months,
    )  # fmt: skip
    with runtime().database.view() as connection:
        fields = entries.field_choices(connection, MOST_FIELDS) if asks_field else ()
    page = form_page(
        _place(row, asks_field=asks_field),
        document,
        Addresses(
            send=_address(row, language, asks_field),
            key_name=KEY_NAME,
            recordings=audio_answer.folder("designer.recording"),
        ),
        language=language,
        province=province,
        fields=fields,
        typed=typed,
        problems=problems,
        general_problem=general_problem,
    )
    status = 422 if problems or general_problem else 200
    return make_response(render_template("citizen/form.html", page=page, key=generate_csrf()), status)


def _place(row: VersionRow, *, asks_field: bool) -> Place:
    """An agency of nowhere, so that no preview can be taken for the form of a real counter."""
    service = row.service_domain.value
    agency, point = words("sample_agency", service), words("sample_point", service)
    return Place(agency=agency, point=point, received_at="", asked_by="", synthetic=False, asks_field=asks_field)


def _address(row: VersionRow, language: str, asks_field: bool) -> str:
    field = "asked" if asks_field else None
    return url_for("designer.preview_page", code=row.code, number=row.number, lang=language, field=field)
