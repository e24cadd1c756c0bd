"""Locked forms on screen: a form with local parts begins, and is carried over to a newer version of its form."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from instruments.editing import starting
from instruments.versions import conformity
from survey.designer import blueprint
from survey.designer.editor.routes import EDITORS, closed
from survey.designer.pages import Finding, finding, misfit
from survey.designer.routes import View, find
from survey.errors import NotFound
from survey.permissions import access
from survey.queries.questionnaires import drafts as draft_queries
from survey.queries.questionnaires import instruments as queries
from survey.queries.questionnaires import versions
from survey.queries.questionnaires.instruments import VersionRow
from survey.services.questionnaires import drafts
from survey.web import staff
from survey.web.application import runtime
from survey.web.staff_forms import Carried, Line, StaffForm


class AdaptForm(StaffForm):
    code = Line(
        _l("Code"),
        most=40,
        hint=_l("Small letters, digits and hyphens. It names the form with your additions and never changes."),
    )


class CarryForm(StaffForm):
    revision = Carried()
    form_number = Carried()


@dataclass(frozen=True)
class AdaptPage:
    form: AdaptForm
    row: VersionRow


@dataclass(frozen=True)
class CarryPage:
    """What becomes of the local parts on a newer version of the form."""

    form: CarryForm
    row: VersionRow
    old: str
    new: str
    misfits: tuple[str, ...]
    problems: tuple[Finding, ...]
    kept: int


@blueprint.route("/<code>/<int:number>/them-rieng", methods=["GET", "POST"])
@access(EDITORS)
def adapt(code: str, number: int) -> View:
    """A form of a decision, with room for what a unit adds."""
    with staff.reading() as record:
        row = find(record, code, number)
        taken = versions.codes_in_use(record)
    form = AdaptForm(data=None if request.method == "POST" else {"code": starting.code_for_adaptation(code, taken)})
    if form.validate_on_submit():
        with form.problems():
            drafts.adapt(runtime().database, code, number, form.code.data, actor=staff.actor(), now=staff.now())
            message = gettext("The form is on the desk. Its own questions are locked; add yours behind them.")
            return staff.done(message, "designer.edit", code=form.code.data, number=1)
    return render_template("designer/editor/adapt.html", page=AdaptPage(form, row))


@blueprint.route("/<code>/<int:number>/soan/mau-moi", methods=["GET", "POST"])
@access(EDITORS)
def carry_over(code: str, number: int) -> View:
    """A newer version of the form: what fits, what does not, and the button."""
    with staff.reading() as record:
        row = find(record, code, number)
        if row.status.value != "draft":
            return closed(row)
        document = queries.document(record, row)
        newer = draft_queries.newer_form(record, document)
        desk = draft_queries.desk(record, row, staff.actor().account_id, staff.now())
    if newer is None or document.core is None:
        raise NotFound("There is no newer version of the form that %(name)s carries.", name=row.name)
    form_number, newest = newer
    form = CarryForm(
        data=None if request.method == "POST" else {"revision": str(desk.revision), "form_number": str(form_number)}
    )
    if form.validate_on_submit():
        with form.problems():
            drafts.carry_over(
                runtime().database, code, number, _whole(form.form_number.data), base=_whole(form.revision.data),
                actor=staff.actor(), now=staff.now(),
            )  # fmt: skip
            return staff.done(
                gettext("The local parts stand on the newer form now. Undo brings the old one back."),
                "designer.edit", code=code, number=number,
            )  # fmt: skip
    carried = conformity.carry_over(document, newest, number=document.version)
    additions = conformity.additions(carried.version)
    page = CarryPage(
        form=form,
        row=row,
        old=f"{document.core.code}@{document.core.version}",
        new=f"{document.core.code}@{form_number}",
        misfits=tuple(misfit(one) for one in carried.misfits),
        problems=tuple(finding(one) for one in carried.problems),
        kept=len(additions.questions) + len(additions.statements) + len(additions.switched_off),
    )
    return render_template("designer/editor/carry_over.html", page=page)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else -1
