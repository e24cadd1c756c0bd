"""Fields of procedures and the procedures in them."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from survey.errors import NotFound
from survey.permissions import Role, access, roles
from survey.queries.province import procedures as queries
from survey.services.province import procedures
from survey.services.province.procedures import FieldGroup, FieldInput, ProcedureInput
from survey.site import blueprint
from survey.site.forms import FieldForm, ProcedureForm
from survey.site.pages import FieldPage, FieldsPage, ProcedurePage, ProceduresPage
from survey.web import staff
from survey.web.application import runtime

View = str | Response
READERS = roles(Role.ADMINISTRATOR, Role.FIELD_OFFICER, Role.ANALYST)


@blueprint.get("/linh-vuc")
@access(READERS)
def fields() -> View:
    with staff.reading() as record:
        page = FieldsPage(fields=queries.fields(record), may_change=staff.actor().governs_province)
    return render_template("site/fields.html", page=page)


@blueprint.route("/linh-vuc/them", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def add_field() -> View:
    form = FieldForm(data={"position": procedures.next_position(runtime().database), "group": "other"})
    if form.validate_on_submit():
        with form.problems():
            entered = _field(form, form.code.data)
            procedures.save_field(runtime().database, staff.actor(), entered, field_id=None, now=staff.now())
            return staff.done(gettext("The field is entered."), "site.fields")
    return render_template("site/field_form.html", page=FieldPage(form=form, field=None))


@blueprint.route("/linh-vuc/<int:field_id>", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def change_field(field_id: int) -> View:
    with staff.reading() as record:
        found = queries.field(record, field_id)
    if found is None:
        raise NotFound("There is no such field.")
    form = FieldForm(obj=found, data={"group": found.group.value})
    del form.code
    if form.validate_on_submit():
        with form.problems():
            entered = _field(form, found.code)
            procedures.save_field(runtime().database, staff.actor(), entered, field_id=field_id, now=staff.now())
            return staff.done(gettext("The field is changed."), "site.fields")
    return render_template("site/field_form.html", page=FieldPage(form=form, field=found))


@blueprint.get("/thu-tuc")
@access(READERS)
def procedures_index() -> View:
    text = request.args.get("q", "")[:100].strip()
    field_id = request.args.get("field", type=int)
    with staff.reading() as record:
        page = ProceduresPage(
            listing=queries.procedures(record, text=text, field_id=field_id, number=staff.page_number()),
            fields=queries.fields(record),
            text=text,
            field_id=field_id,
            may_change=staff.actor().governs_province,
        )
    return render_template("site/procedures.html", page=page)


@blueprint.route("/thu-tuc/them", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def add_procedure() -> View:
    form = ProcedureForm()
    _offer_fields(form)
    if form.validate_on_submit():
        with form.problems():
            entered = _procedure(form, form.code.data)
            procedures.save_procedure(runtime().database, staff.actor(), entered, procedure_id=None, now=staff.now())
            return staff.done(gettext("The procedure is entered."), "site.procedures_index")
    return render_template("site/procedure_form.html", page=ProcedurePage(form=form, procedure=None))


@blueprint.route("/thu-tuc/<int:procedure_id>", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def change_procedure(procedure_id: int) -> View:
    with staff.reading() as record:
        found = queries.procedure(record, procedure_id)
    if found is None:
        raise NotFound("There is no such procedure.")
    form = ProcedureForm(obj=found, data={"field": found.field_id})
    del form.code
    _offer_fields(form)
    if form.validate_on_submit():
        with form.problems():
            entered = _procedure(form, found.code)
            procedures.save_procedure(
                runtime().database, staff.actor(), entered, procedure_id=procedure_id, now=staff.now()
            )
            return staff.done(gettext("The procedure is changed."), "site.procedures_index")
    return render_template("site/procedure_form.html", page=ProcedurePage(form=form, procedure=found))


def _offer_fields(form: ProcedureForm) -> None:
    with staff.reading() as record:
        form.field.offer([(f.id, f.name) for f in queries.fields(record)])


def _field(form: FieldForm, code: str) -> FieldInput:
    return FieldInput(
        code=code,
        name=form.name.data,
        name_en=form.name_en.data or "",
        group=FieldGroup(form.group.data),
        position=form.position.data,
    )


def _procedure(form: ProcedureForm, code: str) -> ProcedureInput:
    return ProcedureInput(
        code=code,
        name=form.name.data,
        field_id=form.field.data,
        valid_from=form.valid_from.data,
        valid_to=form.valid_to.data,
        replaced_by=form.replaced_by.data or None,
    )
