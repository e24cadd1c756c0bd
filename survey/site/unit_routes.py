"""Units: the tree, a search, one unit, a file of units in and out."""

from __future__ import annotations

import base64
import binascii

from flask import Response as FlaskResponse
from flask import render_template, request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from survey import clock
from survey.errors import Invalid, NotFound
from survey.permissions import Role, access, roles
from survey.queries.province import units as queries
from survey.queries.province.units import UnitDetail, UnitKind
from survey.services.demonstration import shipped_data
from survey.services.province import units
from survey.services.province.unit_files import UnitRow, read_successors, write_successors
from survey.site import blueprint
from survey.site.forms import TakeFileForm, UnitFileForm, UnitForm
from survey.site.pages import UnitFilePage, UnitFormPage, UnitPlanPage, UnitsPage
from survey.web import staff
from survey.web.application import runtime

View = str | Response
READERS = roles(Role.ADMINISTRATOR, Role.FIELD_OFFICER, Role.ANALYST)


@blueprint.get("/don-vi")
@access(READERS)
def units_index() -> View:
    """The top of the tree, or what a search finds."""
    return _show(None)


@blueprint.get("/don-vi/<int:unit_id>")
@access(READERS)
def unit(unit_id: int) -> View:
    """One unit: its dates, what became of it, and what is under it."""
    with staff.reading() as record:
        found = queries.one(record, staff.actor(), unit_id)
    if found is None:
        raise NotFound("There is no such unit, or it lies outside your units.")
    return _show(found)


def _show(found: UnitDetail | None) -> View:
    text = request.args.get("q", "")[:100].strip()
    kind = request.args.get("kind", "")
    with_ended = bool(request.args.get("ended"))
    today = None if with_ended else clock.local_day(staff.now())
    actor = staff.actor()
    with staff.reading() as record:
        tops = queries.tops(record, actor)
        if found is None and not text and len(tops) == 1:
            found = queries.one(record, actor, tops[0].id)
        listing = None
        kinds: tuple[queries.KindCount, ...] = ()
        if text or found:
            listing = queries.listing(
                record,
                actor,
                parent_id=found.id if found and not text else None,
                text=text,
                kind=UnitKind(kind) if kind in list(UnitKind) else None,
                on=today,
                number=staff.page_number(),
            )
        if found and not text:
            kinds = queries.kinds_under(record, actor, found.id, on=today)
    page = UnitsPage(
        unit=None if text else found,
        listing=listing,
        kinds=kinds,
        tops=tops,
        text=text,
        kind=kind,
        with_ended=with_ended,
        may_change=_may_change(found),
    )
    return render_template("site/units.html", page=page)


@blueprint.route("/don-vi/them", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def add_unit() -> View:
    form = UnitForm(data={"parent": request.args.get("under", "")[:40], "kind": "department"})
    if form.validate_on_submit():
        with form.problems():
            unit_id = units.save(
                runtime().database, staff.actor(), _row(form, form.code.data), is_new=True, now=staff.now()
            )
            return staff.done(gettext("The unit is entered."), "site.unit", unit_id=unit_id)
    return render_template("site/unit_form.html", page=UnitFormPage(form=form, unit=None))


@blueprint.route("/don-vi/<int:unit_id>/sua", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def change_unit(unit_id: int) -> View:
    with staff.reading() as record:
        found = queries.one(record, staff.actor(), unit_id)
    if found is None or not _may_change(found):
        raise NotFound("There is no such unit, or it lies outside your units.")
    form = UnitForm(
        data={
            "name": found.name,
            "kind": found.kind.value,
            "parent": found.parent_code,
            "valid_from": found.valid_from,
            "valid_to": found.valid_to,
            "successors": write_successors((s.code, s.share) for s in found.successors),
            "source": found.source,
            "is_sample": found.is_sample,
        }
    )
    del form.code
    if form.validate_on_submit():
        with form.problems():
            units.save(runtime().database, staff.actor(), _row(form, found.code), is_new=False, now=staff.now())
            return staff.done(gettext("The unit is changed."), "site.unit", unit_id=unit_id)
    return render_template("site/unit_form.html", page=UnitFormPage(form=form, unit=found))


@blueprint.route("/don-vi/nhap", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def import_units() -> View:
    """A file is chosen; the answer shows what taking it would do."""
    form = UnitFileForm()
    if form.validate_on_submit():
        data = form.file.data.read()
        return _show_plan(data)
    return render_template("site/unit_file.html", page=UnitFilePage(form=form))


@blueprint.post("/don-vi/nhap/nhan")
@access(roles(Role.ADMINISTRATOR))
def take_units() -> View:
    """The file that was looked at is taken."""
    form = TakeFileForm()
    try:
        data = base64.b64decode(form.content.data, validate=True)
    except binascii.Error:
        raise Invalid("The file did not arrive whole. Choose it again.") from None
    if form.validate_on_submit():
        with form.problems():
            plan = units.take_import(
                runtime().database, staff.actor(), data, expected=form.digest.data, now=staff.now()
            )
            number = len(plan.added) + len(plan.changed) + len(plan.ended)
            said = ngettext("%(num)s unit is taken over.", "%(num)s units are taken over.", number)
            return staff.done(said, "site.units_index")
    return _show_plan(data, form)


@blueprint.get("/don-vi/xuat.csv")
@access(roles(Role.ADMINISTRATOR))
def units_file() -> View:
    """The units as a file that can be changed and brought back."""
    name = f"don-vi-{clock.local_day(staff.now()):%Y%m%d}.csv"
    return FlaskResponse(
        units.export(runtime().database, staff.actor(), dialect=staff.csv_dialect()),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@blueprint.get("/don-vi/da-nang.csv")
@access(roles(Role.ADMINISTRATOR))
def danang_file() -> View:
    """The units of Đà Nẵng that are shipped with the program, as a file to import."""
    return FlaskResponse(
        shipped_data.danang_file(dialect=staff.csv_dialect()),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="don-vi-da-nang.csv"'},
    )


def _show_plan(data: bytes, refused: TakeFileForm | None = None) -> View:
    plan = units.plan_import(runtime().database, staff.actor(), data)
    form = refused or TakeFileForm(formdata=None)
    form.content.data, form.digest.data = base64.b64encode(data).decode(), plan.digest
    return render_template("site/unit_plan.html", page=UnitPlanPage(plan=plan, form=form))


def _row(form: UnitForm, code: str) -> UnitRow:
    successors = read_successors(form.successors.data or "")
    if successors is None:
        raise Invalid(
            "Please put this right.",
            {"successors": gettext("Write codes, each perhaps with its share: 20242:0,6; 20245:0,4.")},
        )
    return UnitRow(
        row=0,
        code=code,
        name=form.name.data,
        kind=UnitKind(form.kind.data),
        parent=form.parent.data or None,
        successors=successors,
        is_sample=form.is_sample.data,
        source=form.source.data or "",
        valid_from=form.valid_from.data,
        valid_to=form.valid_to.data,
        clears=frozenset(f.name for f in (form.valid_from, form.valid_to) if f.data is None),
    )


def _may_change(found: UnitDetail | None) -> bool:
    who = staff.actor()
    if found is None:
        return who.governs_province
    return any(found.path.startswith(g.unit_path) for g in who.scopes(Role.ADMINISTRATOR))
