"""Target plans: the list, one plan with its targets, entering both, recording a decision that extends a plan."""

from __future__ import annotations

from decimal import Decimal

from flask import render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from survey import clock
from survey.errors import NotFound
from survey.permissions import Role, access, roles
from survey.queries.province import targets as queries
from survey.queries.province.targets import PlanDetail, TargetLine
from survey.services.province import target_plans
from survey.services.province.target_plans import ApplyTo, FieldGroup, PlanInput, TargetInput, TargetUnit
from survey.site import blueprint
from survey.site.forms import ExtensionForm, PlanForm, TargetForm
from survey.site.pages import ExtensionPage, PlanFormPage, PlanPage, PlansPage, TargetFormPage
from survey.web import staff
from survey.web.application import runtime
from survey.web.staff_forms import Button

View = str | Response
READERS = roles(Role.ADMINISTRATOR, Role.FIELD_OFFICER, Role.ANALYST)


@blueprint.get("/ke-hoach")
@access(READERS)
def plans() -> View:
    with staff.reading() as record:
        listing = queries.listing(record, number=staff.page_number())
    page = PlansPage(listing=listing, on=clock.local_day(staff.now()), may_change=staff.actor().governs_province)
    return render_template("site/plans.html", page=page)


@blueprint.get("/ke-hoach/<int:plan_id>")
@access(READERS)
def plan(plan_id: int) -> View:
    page = PlanPage(
        plan=_found(plan_id),
        on=clock.local_day(staff.now()),
        may_change=staff.actor().governs_province,
        button=Button(),
    )
    return render_template("site/plan.html", page=page)


@blueprint.route("/ke-hoach/them", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def add_plan() -> View:
    form = PlanForm()
    if form.validate_on_submit():
        with form.problems():
            entered = _plan(form, form.code.data, None)
            plan_id = target_plans.save_plan(runtime().database, staff.actor(), entered, plan_id=None, now=staff.now())
            return staff.done(gettext("The plan is entered. Now enter its targets."), "site.plan", plan_id=plan_id)
    return render_template("site/plan_form.html", page=PlanFormPage(form=form, plan=None))


@blueprint.route("/ke-hoach/<int:plan_id>/sua", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def change_plan(plan_id: int) -> View:
    found = _found(plan_id)
    line = found.line
    form = PlanForm(
        data={
            "title": line.title,
            "document": line.document,
            "issued_on": found.issued_on,
            "issuer": found.issuer,
            "scope": line.scope,
            "valid_from": line.valid_from,
            "valid_to": line.valid_to,
            "grade": line.grade,
        }
    )
    del form.code
    if form.validate_on_submit():
        with form.problems():
            entered = _plan(form, line.code, found.unit_id)
            target_plans.save_plan(runtime().database, staff.actor(), entered, plan_id=plan_id, now=staff.now())
            return staff.done(gettext("The plan is changed."), "site.plan", plan_id=plan_id)
    return render_template("site/plan_form.html", page=PlanFormPage(form=form, plan=found))


@blueprint.route("/ke-hoach/<int:plan_id>/chi-tieu/them", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def add_target(plan_id: int) -> View:
    found = _found(plan_id)
    form = TargetForm(data={"year": found.line.valid_to.year})
    if form.validate_on_submit():
        with form.problems():
            target_plans.save_target(
                runtime().database, staff.actor(), plan_id, _target(form), target_id=None, now=staff.now()
            )
            return staff.done(gettext("The target is entered."), "site.plan", plan_id=plan_id)
    return render_template("site/target_form.html", page=TargetFormPage(form=form, plan=found, target=None))


@blueprint.route("/ke-hoach/<int:plan_id>/chi-tieu/<int:target_id>", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def change_target(plan_id: int, target_id: int) -> View:
    found = _found(plan_id)
    line = _line(found, target_id)
    form = TargetForm(
        data={
            "code": line.code,
            "indicator": line.indicator,
            "year": line.year,
            "comparison": line.comparison,
            "among": line.among,
            "wording": line.wording,
            "service_domains": list(line.service_domains),
            "field_groups": [g.value for g in line.field_groups],
            "unit": line.unit.value,
            "apply_to": line.apply_to.value,
            "threshold": _typed(line),
        },
    )
    if form.validate_on_submit():
        with form.problems():
            target_plans.save_target(
                runtime().database, staff.actor(), plan_id, _target(form), target_id=target_id, now=staff.now()
            )
            return staff.done(gettext("The target is changed."), "site.plan", plan_id=plan_id)
    return render_template("site/target_form.html", page=TargetFormPage(form=form, plan=found, target=line))


@blueprint.post("/ke-hoach/<int:plan_id>/chi-tieu/<int:target_id>/bo")
@access(roles(Role.ADMINISTRATOR))
def remove_target(plan_id: int, target_id: int) -> View:
    with staff.said_on("site.plan", plan_id=plan_id) as answer:
        target_plans.remove_target(runtime().database, staff.actor(), plan_id, target_id, now=staff.now())
        answer.done(gettext("The target is removed."))
    return answer.response


@blueprint.route("/ke-hoach/<int:plan_id>/gia-han", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def extend_plan(plan_id: int) -> View:
    """Record the decision under which the plan binds beyond its period."""
    found = _found(plan_id)
    form = ExtensionForm()
    if form.validate_on_submit():
        with form.problems():
            target_plans.extend(
                runtime().database,
                staff.actor(),
                plan_id,
                decision=form.decision.data,
                decided_on=form.decided_on.data,
                until=form.until.data,
                now=staff.now(),
            )
            return staff.done(gettext("The decision is recorded."), "site.plan", plan_id=plan_id)
    return render_template("site/plan_extension.html", page=ExtensionPage(form=form, plan=found))


def _found(plan_id: int) -> PlanDetail:
    with staff.reading() as record:
        found = queries.one(record, plan_id)
    if found is None:
        raise NotFound("There is no such plan.")
    return found


def _line(found: PlanDetail, target_id: int) -> TargetLine:
    line = next((t for t in found.targets if t.id == target_id), None)
    if line is None:
        raise NotFound("There is no such target.")
    return line


def _typed(line: TargetLine) -> Decimal | None:
    """The threshold as people write it: 90 for a rate of 0.9, 20 for rank 20."""
    if line.threshold is None or line.unit is TargetUnit.RANK:
        return line.threshold
    return line.threshold * 100


def _plan(form: PlanForm, code: str, unit_id: int | None) -> PlanInput:
    return PlanInput(
        code=code,
        title=form.title.data,
        document=form.document.data,
        issuer=form.issuer.data,
        scope=form.scope.data,
        valid_from=form.valid_from.data,
        valid_to=form.valid_to.data,
        grade=form.grade.data or "",
        issued_on=form.issued_on.data,
        unit_id=unit_id,
    )


def _target(form: TargetForm) -> TargetInput:
    unit = TargetUnit(form.unit.data)
    threshold = form.threshold.data
    if threshold is not None and unit is TargetUnit.PERCENT:
        threshold = threshold / 100
    return TargetInput(
        code=form.code.data,
        service_domains=frozenset(form.service_domains.data),
        field_groups=frozenset(FieldGroup(g) for g in form.field_groups.data),
        indicator=form.indicator.data,
        year=form.year.data,
        comparison=form.comparison.data,
        threshold=threshold,
        unit=unit,
        apply_to=ApplyTo(form.apply_to.data),
        among=form.among.data or "",
        wording=form.wording.data or "",
    )
