"""Review on screen: what the checks say, what changes against the last version, what becomes of the series, comments,
and the steps from the desk to publication."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext

from instruments.model.document import InstrumentVersion
from instruments.model.response_domains import MultipleChoice
from instruments.versions import conformity
from instruments.versions.conformity import Additions
from survey.designer import blueprint
from survey.designer.differences import Differences, differences
from survey.designer.editor.findings import Findings, findings_of
from survey.designer.editor.routes import EDITORS, closed
from survey.designer.forms import PublishForm
from survey.designer.pages import Badge, Finding, badge, finding
from survey.designer.routes import WRITERS, View, find
from survey.errors import NotFound
from survey.permissions import Role, access
from survey.queries.questionnaires import drafts as draft_queries
from survey.queries.questionnaires import instruments as queries
from survey.queries.questionnaires.drafts import Desk, Remark
from survey.queries.questionnaires.instruments import VersionRow, WaveUse
from survey.services.questionnaires import drafts, publishing
from survey.services.questionnaires.publishing import Readiness
from survey.web import staff
from survey.web.application import runtime


@dataclass(frozen=True)
class Columns:
    """Columns of the row files that this version brings or takes."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    all: int


@dataclass(frozen=True)
class ReviewPage:
    form: PublishForm
    row: VersionRow
    document: InstrumentVersion
    desk: Desk
    findings: Findings
    ready: Readiness
    blockers: tuple[Finding, ...]
    overrides: tuple[Finding, ...]
    differences: Differences | None
    columns: Columns
    waves: tuple[WaveUse, ...]  # that pin the version before and keep it
    remarks: tuple[Remark, ...]
    may_edit: bool
    conformity: Badge | None
    additions: Additions | None  # of a version that carries a locked form
    part: str = "review"

    @property
    def open_remarks(self) -> int:
        return sum(not one.settled for one in self.remarks)


@blueprint.route("/<code>/<int:number>/ra-soat", methods=["GET", "POST"])
@access(WRITERS)
def review(code: str, number: int) -> View:
    """Everything a person needs to decide about a draft, and the buttons to do it."""
    actor = staff.actor()
    form = PublishForm()
    with staff.reading() as record:
        row = find(record, code, number)
        if not row.is_draft:
            if request.method == "POST":  # the button pressed twice
                return redirect(url_for("designer.version", code=code, number=number), 303)
            return closed(row)
        document = queries.document(record, row)
        before = queries.published_before(record, code, number)
        core = queries.document_of(record, document.core.code, document.core.version) if document.core else None
        ready = publishing.readiness(record, code, number, actor=actor)
        found = queries.instrument(record, actor, code)
        desk = draft_queries.desk(record, row, actor.account_id, staff.now())
        remarks = draft_queries.remarks(record, row.id)
    if form.validate_on_submit():
        with form.problems():
            publishing.publish(
                runtime().database, code, number, actor=actor, now=staff.now(), reason=form.reason.data or "",
                expected=request.form.get("content_hash") or "-",
            )  # fmt: skip
            message = gettext("%(name)s is published. It will never change.", name=row.name)
            return staff.done(message, "designer.version", code=code, number=number)
    followed = next((v for v in found.versions if v.number == ready.follows), None) if found else None
    page = ReviewPage(
        form=form,
        row=row,
        document=document,
        desk=desk,
        findings=findings_of(document),
        ready=ready,
        blockers=tuple(finding(p) for p in ready.blockers),
        overrides=tuple(finding(p) for p in ready.overrides),
        differences=differences(before[1], document) if before and not ready.blockers else None,
        columns=_columns(before[1] if before else None, document),
        waves=tuple(w for w in found.uses_of(followed.id) if w.status.value == "open") if found and followed else (),
        remarks=remarks,
        may_edit=actor.has(Role.DESIGNER),
        conformity=badge(document, core),
        additions=conformity.additions(document) if document.core else None,
    )
    return render_template("designer/editor/review.html", page=page)


@blueprint.post("/<code>/<int:number>/ra-soat/gui")
@access(EDITORS)
def submit(code: str, number: int) -> View:
    """Send for review: the draft rests until somebody decides."""
    with staff.reading() as record:
        find(record, code, number)
    with staff.said_on("designer.review", code=code, number=number) as answer:
        drafts.submit(runtime().database, code, number, actor=staff.actor(), now=staff.now())
        answer.done(gettext("The draft is in review. An approver finds it on the home page."))
    return answer.response


@blueprint.post("/<code>/<int:number>/ra-soat/tra-lai")
@access(WRITERS)
def give_back(code: str, number: int) -> View:
    """Return a draft to its editors, with a reason."""
    with staff.reading() as record:
        find(record, code, number)
    with staff.said_on("designer.review", code=code, number=number) as answer:
        drafts.give_back(
            runtime().database, code, number, actor=staff.actor(), now=staff.now(), reason=request.form.get("text", "")
        )
        answer.done(gettext("The draft is back on the desk."))
    return answer.response


@blueprint.post("/<code>/<int:number>/ra-soat/y-kien")
@access(WRITERS)
def remark(code: str, number: int) -> View:
    """Say something about a question, or about the whole."""
    element = request.form.get("element", "")
    with staff.reading() as record:
        find(record, code, number)
    back = request.form.get("back")
    endpoint = "designer.edit" if back == "edit" else "designer.review"
    where = {"mo": element} if back == "edit" else {}
    with staff.said_on(
        endpoint, code=code, number=number, _anchor=f"e-{element}" if element else None, **where
    ) as answer:
        drafts.comment(
            runtime().database, code, number, request.form.get("text", ""), actor=staff.actor(), now=staff.now(),
            element=element,
        )  # fmt: skip
        answer.done(gettext("The comment is kept."))
    return answer.response


@blueprint.post("/<code>/<int:number>/ra-soat/y-kien/<int:remark_id>/xong")
@access(WRITERS)
def settle(code: str, number: int, remark_id: int) -> View:
    """Mark a comment as dealt with."""
    with staff.reading() as record:
        row = find(record, code, number)
        if remark_id not in {one.id for one in draft_queries.remarks(record, row.id)}:
            raise NotFound("There is no such comment.")
    with staff.said_on("designer.review", code=code, number=number, _anchor="remarks") as answer:
        drafts.settle(runtime().database, code, number, remark_id, actor=staff.actor(), now=staff.now())
        answer.done(gettext("The comment is marked as dealt with."))
    return answer.response


def _columns(before: InstrumentVersion | None, after: InstrumentVersion) -> Columns:
    now = tuple(_names(after))
    then = tuple(_names(before)) if before else ()
    return Columns(
        tuple(name for name in now if name not in set(then)) if before else (),
        tuple(name for name in then if name not in set(now)),
        len(now),
    )


def _names(version: InstrumentVersion) -> list[str]:
    """The columns of a row file, as the statistics files name them: no texts, no days, no fact with several answers."""
    found = []
    for item in version.asked_items:
        if item.kind in ("text", "date") or (item.is_respondent_fact and item.kind not in ("single", "number")):
            continue
        if isinstance(item.response, MultipleChoice):
            found += [f"{item.code}_{option.code}" for option in version.options(item)]
        else:
            found.append(item.code)
    return found
