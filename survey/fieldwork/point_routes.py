"""Collection points: the list, one point, adding one or many, names, printed codes."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from survey import addresses
from survey.errors import NotFound
from survey.fieldwork import blueprint
from survey.fieldwork.forms import (
    CodeForm,
    ManyPointsForm,
    NameForm,
    PointFileForm,
    PointForm,
    TakePointsForm,
    by_kind,
    with_none,
)
from survey.fieldwork.frame_routes import field_choices, seal, unseal
from survey.fieldwork.pages import (
    PointChangePage,
    PointFilePage,
    PointFormPage,
    PointPage,
    PointsPage,
    ReplacePage,
)
from survey.fieldwork.routes import OFFICERS, READERS, View, find
from survey.permissions import access
from survey.queries.fieldwork import points as queries
from survey.queries.fieldwork.points import Mode, PointDetail, UnitChoice
from survey.queries.fieldwork.waves import WaveDetail
from survey.services.fieldwork import point_files, points
from survey.services.fieldwork.points import MadePoints, NewPoint
from survey.web import home_and_menu, staff
from survey.web.application import runtime
from survey.web.code_words import words
from survey.web.staff_forms import Button


def find_point(
    record: home_and_menu.Record, wave: WaveDetail, point_id: int, *, to_change: bool = False
) -> PointDetail:
    """A point of the wave in the units of whoever asks; to be changed, in those they work for."""
    found = queries.one(record, staff.actor(), wave.id, wave.line.service_domain, point_id)
    if found is None or (to_change and not found.may_change):
        raise NotFound("The wave %(code)s has no such collection point.", code=wave.code)
    return found


def public_base() -> str:
    """The address that citizens see."""
    return addresses.public_base(runtime().config.public_url, staff.settings().domain)


@blueprint.get("/<wave_code>/diem", endpoint="points")
@access(READERS)
def points_list(wave_code: str) -> View:
    """Points of a wave with their codes."""
    text = request.args.get("q", "")[:100].strip()
    channel = request.args.get("channel", "")[:40]
    with staff.reading() as record:
        wave = find(record, wave_code)
        listing = queries.listing(
            record, staff.actor(), wave.id, wave.line.service_domain, text=text, channel=channel,
            number=staff.page_number(),
        )  # fmt: skip
    return render_template("fieldwork/points.html", page=PointsPage(wave, listing, text, channel, Button()))


@blueprint.get("/<wave_code>/diem/<int:point_id>")
@access(READERS)
def point(wave_code: str, point_id: int) -> View:
    """One point: its codes and what can be done with them."""
    with staff.reading() as record:
        wave = find(record, wave_code)
        found = find_point(record, wave, point_id)
    shown = {code.code: f"{addresses.typed(public_base())}/{code.code}" for code in found.line.codes}
    return render_template("fieldwork/point.html", page=PointPage(wave, found, shown))


@blueprint.route("/<wave_code>/diem/them", methods=["GET", "POST"])
@access(OFFICERS)
def add_point(wave_code: str) -> View:
    """One place with its printed code."""
    form = PointForm(data={"mode": Mode.QR_ON_SITE.value})
    with staff.reading() as record:
        wave = find(record, wave_code)
        units = _units(record, wave)
        form.channel.offer(_channels(wave))
        form.unit_deciding.offer(with_none(gettext("Choose a unit"), by_kind(units)))
        form.unit_received.offer(with_none(gettext("The same unit"), by_kind(units)))
        form.field.offer(field_choices(record, wave.line.service_domain))
    if form.validate_on_submit():
        with form.problems():
            made = points.add_point(
                runtime().database,
                wave_code,
                NewPoint(
                    channel=form.channel.data,
                    unit_received=form.unit_received.data or form.unit_deciding.data,
                    unit_deciding=form.unit_deciding.data,
                    name=form.name.data,
                    mode=Mode(form.mode.data),
                    field=form.field.data or None,
                ),
                actor=staff.actor(),
                now=staff.now(),
            )
            message = gettext("The point is added.")
            if made.code:
                message = gettext("The point is added. Its code is %(code)s.", code=made.code)
            return staff.done(message, "fieldwork.point", wave_code=wave_code, point_id=made.id)
    return render_template("fieldwork/point_form.html", page=PointFormPage(wave, form))


@blueprint.route("/<wave_code>/diem/them-nhieu", methods=["GET", "POST"])
@access(OFFICERS)
def add_points(wave_code: str) -> View:
    """The same place at every unit of some kinds."""
    form = ManyPointsForm(data={"mode": Mode.QR_ON_SITE.value})
    with staff.reading() as record:
        wave = find(record, wave_code)
        units = _units(record, wave)
        form.channel.offer(_channels(wave))
        form.kinds.offer(_kinds(units))
        form.field.offer(field_choices(record, wave.line.service_domain))
    if form.validate_on_submit():
        with form.problems():
            wanted = [
                NewPoint(
                    channel=form.channel.data,
                    unit_received=unit.code,
                    unit_deciding=unit.code,
                    name=form.name.data,
                    mode=Mode(form.mode.data),
                    field=form.field.data or None,
                )
                for unit in units
                if unit.kind.value in form.kinds.data
            ]
            made = points.add_points(runtime().database, wave_code, wanted, actor=staff.actor(), now=staff.now())
            return staff.done(_added(made), "fieldwork.points", wave_code=wave_code)
    return render_template("fieldwork/many_points.html", page=PointFormPage(wave, form))


@blueprint.route("/<wave_code>/diem/nhap", methods=["GET", "POST"])
@access(OFFICERS)
def import_points(wave_code: str) -> View:
    """A file of points is looked at first, then taken."""
    take = TakePointsForm()
    if take.sealed.data and take.validate_on_submit():
        return _take(wave_code, take)
    form = PointFileForm()
    with staff.reading() as record:
        wave = find(record, wave_code)
        form.channel.offer(_channels(wave))
        if not form.validate_on_submit():
            return render_template("fieldwork/point_file.html", page=PointFilePage(wave, form))
        data = form.file.data.stream.read()
        look = point_files.look(record, wave_code, form.channel.data, data, actor=staff.actor())
    take = TakePointsForm(formdata=None, data={"sealed": seal(data, form.channel.data)})
    page = PointFilePage(wave, form, look, None if look.problems else take)
    return render_template("fieldwork/point_look.html", page=page), 422 if look.problems else 200


def _take(wave_code: str, form: TakePointsForm) -> View:
    held = unseal(form.sealed.data)
    if held is None:
        flash(gettext("The file was looked at too long ago. Please choose it again."), "error")
        return redirect(url_for("fieldwork.import_points", wave_code=wave_code), 303)
    with staff.reading() as record:
        find(record, wave_code)
        look = point_files.look(record, wave_code, held[1], held[0].encode(), actor=staff.actor())
    with staff.said_on("fieldwork.points", wave_code=wave_code) as answer:
        made = points.add_points(
            runtime().database, wave_code, look.points, actor=staff.actor(), now=staff.now()
        )  # fmt: skip
        answer.done(_added(made))
    return answer.response


def _added(made: MadePoints) -> str:
    added = str(ngettext("%(num)s point is added.", "%(num)s points are added.", len(made.made)))
    if not made.already:
        return added
    already = ngettext("%(num)s was there already.", "%(num)s were there already.", made.already)
    return f"{added} {already}"


def _units(record: home_and_menu.Record, wave: WaveDetail) -> tuple[UnitChoice, ...]:
    line = wave.line
    return queries.units_to_judge(
        record, staff.actor(), wave.unit_path, line.service_domain, on=(line.opens_on, line.closes_on)
    )


def _channels(wave: WaveDetail) -> list[tuple[str, str]]:
    return [(channel.code, channel.title) for channel in wave.channels] or [
        ("", gettext("The wave has no channel yet"))
    ]


def _kinds(units: tuple[UnitChoice, ...]) -> list[tuple[str, str]]:
    """Kinds of the units with how many there are."""
    counts: dict[str, int] = {}
    for unit in units:
        counts[unit.kind.value] = counts.get(unit.kind.value, 0) + 1
    return [
        (kind, gettext("%(kind)s (%(count)s)", kind=words("unit_kind", kind), count=count))
        for kind, count in counts.items()
    ]


# --- one point's name and codes ------------------------------------------------------------------------------------


@blueprint.route("/<wave_code>/diem/<int:point_id>/ten", methods=["GET", "POST"])
@access(OFFICERS)
def rename_point(wave_code: str, point_id: int) -> View:
    """Change the name of a point."""
    with staff.reading() as record:
        wave = find(record, wave_code)
        found = find_point(record, wave, point_id, to_change=True)
    form = NameForm(data={"name": found.line.name})
    if form.validate_on_submit():
        with form.problems():
            points.rename_point(
                runtime().database, wave_code, point_id, name=form.name.data, actor=staff.actor(), now=staff.now()
            )
            message = gettext("The point has its new name. Print its placards anew.")
            return staff.done(message, "fieldwork.point", wave_code=wave_code, point_id=point_id)
    return render_template("fieldwork/point_name.html", page=PointChangePage(wave, found, form))


@blueprint.route("/<wave_code>/diem/<int:point_id>/ma", methods=["GET", "POST"])
@access(OFFICERS)
def add_code(wave_code: str, point_id: int) -> View:
    """A further printed code: a take-home slip beside the poster, a field of its own."""
    form = CodeForm(data={"mode": Mode.QR_LATER.value})
    with staff.reading() as record:
        wave = find(record, wave_code)
        found = find_point(record, wave, point_id, to_change=True)
        form.field.offer(field_choices(record, wave.line.service_domain))
    if form.validate_on_submit():
        with form.problems():
            code = points.add_code(
                runtime().database, wave_code, point_id, mode=Mode(form.mode.data), field=form.field.data or None,
                actor=staff.actor(), now=staff.now(),
            )  # fmt: skip
            message = gettext("The point has the further code %(code)s.", code=code)
            return staff.done(message, "fieldwork.point", wave_code=wave_code, point_id=point_id)
    return render_template("fieldwork/point_code.html", page=PointChangePage(wave, found, form))


@blueprint.route("/<wave_code>/diem/<int:point_id>/ma/<entry_code>/thay", methods=["GET", "POST"])
@access(OFFICERS)
def replace_code(wave_code: str, point_id: int, entry_code: str) -> View:
    """A poster was stolen or pasted over: what withdrawing its code means, and the buttons."""
    with staff.reading() as record:
        wave = find(record, wave_code)
        found = find_point(record, wave, point_id, to_change=True)
        code = next((c for c in found.line.codes if c.code == entry_code), None)
    if code is None:
        raise NotFound("The wave %(wave)s has no entry code %(code)s.", wave=wave_code, code=entry_code)
    if Button().validate_on_submit():
        with staff.said_on("fieldwork.point", wave_code=wave_code, point_id=point_id) as answer:
            new = points.replace_code(
                runtime().database, wave_code, entry_code, actor=staff.actor(), now=staff.now()
            )  # fmt: skip
            message = gettext("%(old)s is withdrawn; the new code is %(new)s.", old=entry_code, new=new)
            answer.done(message + " " + gettext("Print the placard anew."))
        return answer.response
    return render_template("fieldwork/replace_code.html", page=ReplacePage(wave, found, code))


@blueprint.post("/<wave_code>/diem/<int:point_id>/ma/<entry_code>/thu-hoi")
@access(OFFICERS)
def retire_code(wave_code: str, point_id: int, entry_code: str) -> View:
    """Withdraw a code without a new one."""
    with staff.reading() as record:
        wave = find(record, wave_code)
        found = find_point(record, wave, point_id, to_change=True)
    if entry_code not in {code.code for code in found.line.codes}:
        raise NotFound("The wave %(wave)s has no entry code %(code)s.", wave=wave_code, code=entry_code)
    with staff.said_on("fieldwork.point", wave_code=wave_code, point_id=point_id) as answer:
        points.retire_code(runtime().database, wave_code, entry_code, actor=staff.actor(), now=staff.now())
        answer.done(gettext("%(code)s is withdrawn. Whoever scans it is told so.", code=entry_code))
    return answer.response
