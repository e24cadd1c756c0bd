"""The addresses citizens open: a code's form, its sending, the thank-you, the receipt, and plain pages for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Response, abort, current_app, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response as BaseResponse

from instruments import answers as reading
from instruments.model.document import InstrumentVersion
from instruments.routing import visible
from survey import clock
from survey.citizen import blueprint, forms
from survey.citizen.entries import Entries, Kept
from survey.citizen.quick import KEY_MARK, NONCE_MARK, QuickPage, prepare
from survey.errors import RecordUnavailable
from survey.form.page import Addresses, FormPage, Place, form_page
from survey.queries.intake.entry import Entry
from survey.services.intake import collecting, receipts
from survey.services.intake.collecting import Doors, Fate, Sending
from survey.tokens import DELETED, FIRST_STOOD, RECORDED, SubmissionKey, Thanks, is_code, normalise_receipt
from survey.web import audio_answer
from survey.web.application import runtime
from survey.web.security import nonce


class CodeConverter(BaseConverter):
    """Six or eight letters and digits with at least one digit, in either case: what a poster or a slip carries."""

    regex = r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]{6}(?:[A-Za-z0-9]{2})?"
    part_isolating = False

    def to_python(self, value: str) -> str:
        return value.upper()

    def to_url(self, value: str) -> str:
        return value.upper()


def _quick_pages() -> Kept:
    found: Kept = current_app.extensions["hailong.quick_pages"]
    return found


def _entries() -> Entries:
    found: Entries = current_app.extensions["hailong.entries"]
    return found


# --- the form ------------------------------------------------------------------------------------------------


@blueprint.get("/<code:code>")
def form(code: str) -> Response:
    now = clock.now()
    entry, version = _find(code)
    if (door := collecting.doors(entry, now)) is not Doors.OPEN:
        return _door_page(entry, door)
    language = _language(version, request.args.get("lang", ""))
    key = _new_key(entry, now)
    made: QuickPage = _quick_pages().get(
        (entry.version_id, code, language, _shown_facts(entry)), lambda: _prepared(entry, version, language)
    )
    return _quick(made, key)


@blueprint.post("/<code:code>")
def send(code: str) -> BaseResponse:
    now = clock.now()
    arrived = forms.read(request)
    entry, version = _find(code)
    key = runtime().tokens.read_submission_key(arrived.key)
    if key is not None and key.entry != code:
        key = None
    if key is not None and key.version_id != entry.version_id:
        version = _entries().version(key.version_id) or version
    language = _language(version, arrived.language or arrived.shown_in)
    if key is None:
        return _again(entry, version, language, arrived, now, notice=_(
            "This form could not be recognised, so nothing was sent yet. Your answers are kept below: "
            "please press Send once more."
        ))  # fmt: skip
    if arrived.language:
        return _again(entry, version, language, arrived, now, key=arrived.key, status=200)
    sheet = reading.read(version, arrived.answers)
    if sheet.problems or arrived.damaged:
        if before := collecting.found_before(runtime().database, key):
            return _thanks(key, now, before)
        return _again(entry, version, language, arrived, now, key=arrived.key, sheet=sheet)
    sending = _sending(entry, version, key, sheet, arrived)
    try:
        fate = collecting.take(
            runtime().database, runtime().tokens, entry, sending, now, as_open_answer=arrived.open_answer
        )
    except RecordUnavailable:
        return _again(entry, version, language, arrived, now, key=arrived.key, status=503, notice=_(
            "The answers could not be saved just now, and nothing of them was kept. They are still in the form below: "
            "please wait a moment and press Send again."
        ))  # fmt: skip
    return _answer(fate, entry, version, language, arrived, key, now)


def _answer(
    fate: Fate,
    entry: Entry,
    version: InstrumentVersion,
    language: str,
    arrived: forms.Arrived,
    key: SubmissionKey,
    now: datetime,
) -> BaseResponse:
    if fate in _THANKED:
        if entry.one_time is not None:
            _entries().forget(entry.code)
        return _thanks(key, now, fate)
    if fate is Fate.EMPTY:
        return _again(entry, version, language, arrived, now, key=arrived.key, general=_(
            "No question has been answered yet. Choose an answer to at least one question, or simply close this page."
        ))  # fmt: skip
    if fate is Fate.EXPIRED:
        return _again(entry, version, language, arrived, now, notice=_(
            "This form was opened more than a day ago. Your answers are kept below: please press Send once more."
        ))  # fmt: skip
    if fate is Fate.CLOSED:
        return _door_page(entry, Doors.CLOSED)
    return _again(entry, version, language, arrived, now, key=arrived.key, status=410, open_answer=True, notice=_(
        "This code has been used or withdrawn in the meantime. You may still send your answers as an open opinion, "
        "which is counted apart from those sent with a code."
    ))  # fmt: skip


def _find(code: str) -> tuple[Entry, InstrumentVersion]:
    entry = _entries().entry(code) if is_code(code) else None
    if entry is None:
        abort(make_response(render_template("citizen/unknown.html", code=code), 404))
    version = _entries().version(entry.version_id)
    if version is None:
        raise ServiceUnavailable
    return entry, version


def _sending(
    entry: Entry,
    version: InstrumentVersion,
    key: SubmissionKey,
    sheet: reading.AnswerSheet,
    arrived: forms.Arrived,
) -> Sending:
    seen = visible(version, {**sheet.codes, **sheet.texts})
    known = frozenset(f.id for f in _entries().fields()) if entry.asks_field else frozenset()
    return Sending(
        key=key,
        sheet=sheet,
        field_id=collecting.field_from(arrived.field, entry, known),
        questions=len(seen),
        rated=tuple(item.code for item in version.rated_items if item.code in seen),
    )


def _again(
    entry: Entry,
    version: InstrumentVersion,
    language: str,
    arrived: forms.Arrived,
    now: datetime,
    *,
    key: str | None = None,
    sheet: reading.AnswerSheet | None = None,
    status: int = 422,
    notice: str = "",
    general: str = "",
    open_answer: bool = False,
) -> Response:
    """The same form with everything that was written, and why it comes back."""
    g.language = language
    typed: Mapping[str, Sequence[str]] = reading.typed(version, arrived.answers)
    if sheet is not None:
        gone = {p.item for p in sheet.problems if p.kind == "hidden_item"}
        typed = {name: values for name, values in typed.items() if name not in gone}
    if arrived.field:
        typed = {**typed, "_field": (arrived.field,)}
    if arrived.damaged and not (sheet and sheet.problems):
        general = _("Some of the text arrived damaged (shown as �). Please look it over and press Send again.")
    page = _page(
        entry, version, language, typed=typed, problems=sheet.problems if sheet else (), notice=notice,
        general_problem=general, open_answer=open_answer,
    )  # fmt: skip
    response = make_response(_render(page, key or _new_key(entry, now), nonce()), status)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _prepared(entry: Entry, version: InstrumentVersion, language: str) -> QuickPage:
    g.language = language
    page = _page(entry, version, language)
    return prepare(_render(page, KEY_MARK, NONCE_MARK))


def _page(entry: Entry, version: InstrumentVersion, language: str, **again: Any) -> FormPage:
    """The form's page at this entry; `again` is what was typed and what was wrong with it."""
    place = Place(
        agency=entry.unit_deciding,
        point=entry.point_name,
        received_at=entry.unit_received,
        asked_by=entry.asked_by,
        synthetic=entry.is_synthetic,
        asks_field=entry.asks_field,
    )
    to = Addresses(
        send=url_for("citizen.form", code=entry.code),
        privacy=url_for("citizen.privacy"),
        receipt=url_for("citizen.receipt"),
        recordings=audio_answer.folder("citizen.recording"),
    )
    kept = _entries()
    return form_page(
        place, version, to, language=language, province=kept.province(), fields=kept.fields(), **again
    )  # fmt: skip


def _quick(made: QuickPage, key: str = "") -> Response:
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = Response(made.gzip_body(nonce=nonce(), key=key), mimetype="text/html")
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = Response(made.body(nonce=nonce(), key=key), mimetype="text/html")
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _render(page: FormPage, key: str, style_nonce: str) -> str:
    return render_template("citizen/form.html", page=page, key=key, style_nonce=style_nonce)


def _shown_facts(entry: Entry) -> tuple[object, ...]:
    """Everything on the page that staff may change while the wave runs."""
    return (
        entry.asked_by, entry.point_name, entry.unit_deciding, entry.unit_received, entry.field_id,
        entry.is_synthetic, _entries().province(), _entries().fields() if entry.asks_field else (),
    )  # fmt: skip


def _new_key(entry: Entry, now: datetime) -> str:
    return runtime().tokens.new_submission_key(
        version_id=entry.version_id, point_id=entry.point_id or 0, entry=entry.code, now=now
    )


def _language(version: InstrumentVersion, wanted: str) -> str:
    language = wanted if wanted in version.language_codes else version.source_language
    g.language = language
    return language


def _door_page(entry: Entry, door: Doors) -> Response:
    status = 200 if door is Doors.NOT_YET else 410
    page = render_template("citizen/closed.html", entry=entry, door=door.value, province=_entries().province())
    return make_response(page, status)


# --- thanks and receipt --------------------------------------------------------------------------------------


_THANKED = {
    Fate.STORED: RECORDED,
    Fate.REPEATED: RECORDED,
    Fate.FIRST_STANDS: FIRST_STOOD,
    Fate.DELETED: DELETED,
}


def _thanks(key: SubmissionKey, now: datetime, fate: Fate) -> BaseResponse:
    token = runtime().tokens.thanks(key, now=now, kind=_THANKED[fate])
    lang = None if g.language == "vi" else g.language
    return redirect(url_for("citizen.thanks", token=token, lang=lang), 303)


@blueprint.get("/cam-on/<token>")
def thanks(token: str) -> Response:
    g.language = "en" if request.args.get("lang") == "en" else "vi"
    found = runtime().tokens.read_thanks(token)
    if found is None:
        abort(404)
    in_time = clock.now().timestamp() <= found.closes and found.kind != DELETED
    if in_time and "ma" in request.args:
        return make_response(_thanks_page(found, in_time, runtime().tokens.receipt_code(found.seed), nonce()))
    entry = _entries().entry(found.entry)
    facts = (found.kind, in_time, found.entry, g.language, entry and entry.is_synthetic, _entries().province())
    return _quick(
        _quick_pages().get(("thanks", facts), lambda: prepare(_thanks_page(found, in_time, None, NONCE_MARK)))
    )


def _thanks_page(found: Thanks, in_time: bool, receipt_code: str | None, style_nonce: str) -> str:
    return render_template(
        "citizen/thanks.html",
        first_stood=found.kind == FIRST_STOOD,
        deleted=found.kind == DELETED,
        in_time=in_time,
        receipt=receipt_code,
        code=found.entry,
        entry=_entries().entry(found.entry),
        province=_entries().province(),
        style_nonce=style_nonce,
    )


@blueprint.get("/ma-phieu")
def receipt() -> str:
    return render_template("citizen/receipt.html", province=_entries().province())


@blueprint.post("/ma-phieu")
def receipt_look() -> BaseResponse:
    """Say whether the answer is counted; on a second deliberate press, delete it."""
    typed = request.form.get("ma", "")[:60]
    code = normalise_receipt(typed)
    if code is None:
        problem = _("A receipt code has 10 letters and digits, like 7K2M-9QX4-TB. Please check it and type it again.")
        return make_response(
            render_template("citizen/receipt.html", typed=typed, problem=problem, province=_entries().province()), 422
        )
    if request.form.get("lam") == "xoa":
        done = receipts.delete(runtime().database, runtime().tokens, code)
        return redirect(url_for("citizen.receipt_done", ket="da-xoa" if done else "khong-thay"), 303)
    page = {"typed": typed, "code": code, "province": _entries().province()}
    page["state"] = receipts.state(runtime().database, runtime().tokens, code).value
    return make_response(render_template("citizen/receipt.html", **page))


@blueprint.get("/ma-phieu/xong")
def receipt_done() -> str:
    deleted = request.args.get("ket") == "da-xoa"
    return render_template("citizen/receipt_done.html", deleted=deleted, province=_entries().province())


# --- plain pages ---------------------------------------------------------------------------------------------


@blueprint.get("/")
def home() -> BaseResponse:
    typed = request.args.get("ma", "").strip()[:40]
    code = "".join(c for c in typed.upper() if c not in " -")
    if is_code(code):
        return redirect(url_for("citizen.form", code=code), 302)
    return make_response(render_template("citizen/home.html", typed=typed, province=_entries().province()))


@blueprint.get("/rieng-tu")
def privacy() -> str:
    return render_template("citizen/privacy.html", province=_entries().province())


@blueprint.get("/am-thanh/<name>")
def recording(name: str) -> Response:
    """A question read aloud."""
    return audio_answer.answer(runtime().database, name, lasting=True)


@blueprint.get("/quan-tri")
def staff() -> BaseResponse:
    return redirect("/quan-tri/", 302)


@blueprint.get("/healthz")
def health() -> Response:
    """Tell a monitoring program whether a citizen can be served now."""
    _entries().province()
    return Response("ok\n", mimetype="text/plain")
