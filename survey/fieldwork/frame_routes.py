"""The frame of a wave: its cells on screen, a file in and out."""

from __future__ import annotations

import json
import zlib

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from survey.errors import Invalid
from survey.fieldwork import blueprint
from survey.fieldwork.forms import NO_FIELD, CellForm, FrameFileForm, TakeFrameForm, by_kind, with_none
from survey.fieldwork.pages import CellPage, FrameFilePage, FramePage
from survey.fieldwork.routes import OFFICERS, READERS, View, find, in_charge
from survey.i18n import language
from survey.permissions import access
from survey.queries.fieldwork import frames as queries
from survey.queries.fieldwork import points as point_queries
from survey.queries.fieldwork.waves import WaveDetail
from survey.queries.province import procedures as procedure_queries
from survey.services import tabular_files
from survey.services.fieldwork import frames
from survey.services.fieldwork.frames import CellNumbers, NewCell
from survey.services.tabular_files import read_day
from survey.web import home_and_menu, staff
from survey.web.application import runtime
from survey.words.figures import grouped

SEALED_SECONDS = 3600
NUMBER_NAMES = ("transactions", "planned")


@blueprint.get("/<wave_code>/khung-mau")
@access(READERS)
def frame(wave_code: str) -> View:
    """How many dossiers there were, unit by unit and field by field."""
    with staff.reading() as record:
        found = find(record, wave_code)
        return _frame_page(record, found)


@blueprint.post("/<wave_code>/khung-mau")
@access(OFFICERS)
def change_frame(wave_code: str) -> View:
    """New numbers for the cells on the page."""
    with staff.reading() as record:
        found = in_charge(record, wave_code)
    typed = {name: value for name, value in request.form.items() if name.partition("-")[0] in NUMBER_NAMES}
    numbers, problems = _numbers(typed)
    if not problems:
        try:
            changed = frames.change(runtime().database, wave_code, numbers, actor=staff.actor(), now=staff.now())
        except Invalid as error:
            problems = {name: gettext(text) for name, text in error.problems.items()}
        else:
            message = ngettext("%(num)s cell is changed.", "%(num)s cells are changed.", changed)
            return staff.done(message, "fieldwork.frame", wave_code=wave_code)
    with staff.reading() as record:
        return _frame_page(record, found, numbers=typed, problems=problems), 422


def _numbers(typed: dict[str, str]) -> tuple[dict[int, CellNumbers], dict[str, str]]:
    """`transactions-17=1.200` and `planned-17=60` as numbers of cell 17."""
    read: dict[int, dict[str, int]] = {}
    problems: dict[str, str] = {}
    for name, text in typed.items():
        kind, _, cell = name.partition("-")
        value = tabular_files.whole_number(text) if text.strip() else 0
        if not cell.isdecimal():
            continue
        if value is None:
            problems[name] = gettext("Enter a whole number, for example 1.200.")
            continue
        read.setdefault(int(cell), {})[kind] = value
    whole = {cell: values for cell, values in read.items() if len(values) == len(NUMBER_NAMES)}
    return {cell: CellNumbers(v["transactions"], v["planned"]) for cell, v in whole.items()}, problems


def _frame_page(
    record: home_and_menu.Record,
    wave: WaveDetail,
    *,
    numbers: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
) -> str:
    listing = queries.listing(
        record, staff.actor(), wave.id, wave.line.service_domain, number=staff.page_number()
    )  # fmt: skip
    may_change = wave.line.in_charge and wave.line.status != "closed"
    page = FramePage(
        wave=wave,
        listing=listing,
        may_change=may_change,
        on_screen=listing.total <= frames.MOST_CELLS_ON_SCREEN,
        numbers=numbers or {},
        problems=problems or {},
    )
    return render_template("fieldwork/frame.html", page=page)


@blueprint.route("/<wave_code>/khung-mau/o", methods=["GET", "POST"])
@access(OFFICERS)
def add_cell(wave_code: str) -> View:
    """One unit and field with its numbers."""
    with staff.reading() as record:
        found = in_charge(record, wave_code)
        form = CellForm(data={"source": found.frame.source, "as_of": found.frame.as_of})
        _offer(record, found, form)
    if form.validate_on_submit():
        with form.problems():
            entered = NewCell(
                unit_code=form.unit_code.data,
                field_code=form.field_code.data or None,
                numbers=CellNumbers(form.transactions.data, form.planned.data or 0),
                source=form.source.data,
                as_of=form.as_of.data,
            )
            frames.put(runtime().database, wave_code, entered, actor=staff.actor(), now=staff.now())
            return staff.done(gettext("The numbers are entered."), "fieldwork.frame", wave_code=wave_code)
    return render_template("fieldwork/cell.html", page=CellPage(found, form))


def _offer(record: home_and_menu.Record, wave: WaveDetail, form: CellForm) -> None:
    line = wave.line
    units = point_queries.units_to_judge(
        record, staff.actor(), wave.unit_path, line.service_domain, on=(line.opens_on, line.closes_on)
    )
    form.unit_code.offer(with_none(gettext("Choose a unit"), by_kind(units)))
    form.field_code.offer(field_choices(record, line.service_domain, gettext("All fields together")))


def field_choices(record: home_and_menu.Record, domain: str, none: object = NO_FIELD) -> list[tuple[str, object]]:
    """Fields of procedures to choose from, "none" first; only where the service has any."""
    if domain != "admin":
        return [("", gettext("This service has no fields of procedures"))]
    return [("", none), *((field.code, field.name) for field in procedure_queries.fields(record))]


@blueprint.post("/<wave_code>/khung-mau/<int:cell_id>/bo")
@access(OFFICERS)
def remove_cell(wave_code: str, cell_id: int) -> View:
    """One unit and field out of the frame."""
    with staff.reading() as record:
        in_charge(record, wave_code)
    with staff.said_on("fieldwork.frame", wave_code=wave_code) as answer:
        frames.remove(runtime().database, wave_code, cell_id, actor=staff.actor(), now=staff.now())
        answer.done(gettext("The cell is out of the frame."))
    return answer.response


@blueprint.get("/<wave_code>/khung-mau/tep.csv")
@access(OFFICERS)
def frame_file(wave_code: str) -> View:
    """The frame as a file to fill in or change: its cells, or every unit without numbers."""
    dialect = staff.csv_dialect()
    with staff.reading() as record:
        in_charge(record, wave_code)
        file = frames.template(record, wave_code, actor=staff.actor(), dialect=dialect)
    response = FlaskResponse(file, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="khung-mau-{wave_code}.csv"'
    return response


@blueprint.route("/<wave_code>/khung-mau/nhap", methods=["GET", "POST"])
@access(OFFICERS)
def import_frame(wave_code: str) -> View:
    """A file is looked at first; what taking it would do is shown; then it replaces the frame."""
    take = TakeFrameForm()
    if take.sealed.data and take.validate_on_submit():
        return _take(wave_code, take)
    form = FrameFileForm()
    with staff.reading() as record:
        found = in_charge(record, wave_code)
        if not form.validate_on_submit():
            return render_template("fieldwork/frame_file.html", page=FrameFilePage(found, form))
        data = form.file.data.stream.read()
        with form.problems():
            look = frames.look(record, wave_code, data, actor=staff.actor())
            sealed = seal(data, form.source.data, form.as_of.data.isoformat())
            take = TakeFrameForm(formdata=None, data={"sealed": sealed})
            page = FrameFilePage(found, form, look, None if look.problems else take)
            return render_template("fieldwork/frame_look.html", page=page), 422 if look.problems else 200
    return render_template("fieldwork/frame_file.html", page=FrameFilePage(found, form)), 422


def seal(data: bytes, *more: str) -> str:
    """A file that was looked at, with what was entered beside it, for the page to carry along unseen."""
    return staff.vault().wrap(zlib.compress(json.dumps([data.decode("utf-8", "replace"), *more]).encode(), 9))


def unseal(sealed: str) -> list[str] | None:
    """What the page carried along, if it is ours and not too old."""
    found = staff.vault().unwrap(sealed, seconds=SEALED_SECONDS)
    return None if found is None else list(json.loads(zlib.decompress(found)))


def _take(wave_code: str, form: TakeFrameForm) -> View:
    with staff.reading() as record:
        in_charge(record, wave_code)
    held = unseal(form.sealed.data)
    as_of = read_day(held[2]) if held else None
    if held is None or as_of is None:
        flash(gettext("The file was looked at too long ago. Please choose it again."), "error")
        return redirect(url_for("fieldwork.import_frame", wave_code=wave_code), 303)
    with staff.said_on("fieldwork.frame", wave_code=wave_code) as answer:
        taken = frames.take(
            runtime().database, wave_code, held[0].encode(), source=held[1], as_of=as_of, actor=staff.actor(),
            now=staff.now(),
        )  # fmt: skip
        cells, dossiers = grouped(len(taken.cells), language()), grouped(taken.transactions, language())
        answer.done(
            gettext("The frame has %(cells)s cells with %(dossiers)s dossiers.", cells=cells, dossiers=dossiers)
        )
    return answer.response
