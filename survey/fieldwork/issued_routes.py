"""Forms that a drawn or census channel gave out: what is entered, one unit or a file at a time."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, url_for
from flask_babel import gettext

from survey.fieldwork import blueprint
from survey.fieldwork.forms import IssuedFileForm, IssuedForm, by_kind, with_none
from survey.fieldwork.frame_routes import field_choices
from survey.fieldwork.pages import IssuedFormPage, IssuedFormsPage
from survey.fieldwork.routes import OFFICERS, READERS, View, find, in_charge
from survey.i18n import language
from survey.permissions import access
from survey.queries.fieldwork import issued_forms as queries
from survey.queries.fieldwork import points as point_queries
from survey.queries.fieldwork.waves import ChannelLine, WaveDetail
from survey.services.fieldwork import issued_forms
from survey.services.fieldwork.issued_forms import IssuedEntry
from survey.web import staff
from survey.web.application import runtime
from survey.words.figures import grouped


def _channels(wave: WaveDetail) -> tuple[ChannelLine, ...]:
    """Those that give out forms: everybody but the self-selected."""
    return tuple(channel for channel in wave.channels if channel.selection != "opt_in")


def _channel(wave: WaveDetail) -> ChannelLine | None:
    """The channel of the address, else the first."""
    channels, wanted = _channels(wave), request.args.get("kenh", "")
    return next((one for one in channels if one.code == wanted), next(iter(channels), None))


@blueprint.get("/<wave_code>/phieu-phat-ra", endpoint="issued_forms")
@access(READERS)
def issued_forms_list(wave_code: str) -> View:
    """How many forms each unit gave out, one channel at a time."""
    with staff.reading() as record:
        wave = find(record, wave_code)
        channel = _channel(wave)
        listing = None
        if channel is not None:
            listing = queries.listing(
                record, staff.actor(), channel.id, wave.line.service_domain, number=staff.page_number()
            )
    may_change = wave.line.in_charge and wave.line.status != "closed"
    page = IssuedFormsPage(wave, _channels(wave), channel, listing, may_change)
    return render_template("fieldwork/issued_forms.html", page=page)


@blueprint.route("/<wave_code>/phieu-phat-ra/nhap-tay", methods=["GET", "POST"])
@access(OFFICERS)
def enter_issued(wave_code: str) -> View:
    """The number of one unit and field."""
    with staff.reading() as record:
        wave = in_charge(record, wave_code)
        line = wave.line
        form = IssuedForm()
        units = point_queries.units_to_judge(
            record, staff.actor(), wave.unit_path, line.service_domain, on=(line.opens_on, line.closes_on)
        )
        form.unit_code.offer(with_none(gettext("Choose a unit"), by_kind(units)))
        form.field_code.offer(field_choices(record, line.service_domain, gettext("All fields together")))
    channel = _channel(wave)
    if channel is None:
        return redirect(url_for("fieldwork.issued_forms", wave_code=wave_code), 303)
    if form.validate_on_submit():
        with form.problems():
            entered = IssuedEntry(
                unit_code=form.unit_code.data,
                field_code=form.field_code.data or None,
                issued=form.issued.data,
                source=form.source.data,
                as_of=form.as_of.data,
            )
            issued_forms.put(runtime().database, wave_code, channel.code, entered, actor=staff.actor(), now=staff.now())
            message = gettext("The number is entered. Running results show it within ten minutes.")
            return staff.done(message, "fieldwork.issued_forms", wave_code=wave_code, kenh=channel.code)
    return render_template("fieldwork/issued_form.html", page=IssuedFormPage(wave, channel, form))


@blueprint.route("/<wave_code>/phieu-phat-ra/nhap-tep", methods=["GET", "POST"])
@access(OFFICERS)
def import_issued(wave_code: str) -> View:
    """A file without problems replaces the numbers of the channel; one with problems is given back with each named."""
    with staff.reading() as record:
        wave = in_charge(record, wave_code)
    form, channel = IssuedFileForm(), _channel(wave)
    if channel is None:
        return redirect(url_for("fieldwork.issued_forms", wave_code=wave_code), 303)
    if not form.validate_on_submit():
        return render_template("fieldwork/issued_file.html", page=IssuedFormPage(wave, channel, form))
    data = form.file.data.stream.read()
    with form.problems():
        taken = issued_forms.take(
            runtime().database, wave_code, channel.code, data, source=form.source.data, as_of=form.as_of.data,
            actor=staff.actor(), now=staff.now(),
        )  # fmt: skip
        if not taken.problems:
            cells, number = grouped(taken.cells, language()), grouped(taken.issued, language())
            message = gettext(
                "%(number)s forms issued are entered, in %(cells)s rows. Running results show them within ten minutes.",
                number=number,
                cells=cells,
            )
            return staff.done(message, "fieldwork.issued_forms", wave_code=wave_code, kenh=channel.code)
        page = IssuedFormPage(wave, channel, form, taken.problems)
        return render_template("fieldwork/issued_file.html", page=page), 422
    return render_template("fieldwork/issued_file.html", page=IssuedFormPage(wave, channel, form)), 422


@blueprint.get("/<wave_code>/phieu-phat-ra/tep.csv")
@access(OFFICERS)
def issued_file(wave_code: str) -> View:
    """The numbers as a file to fill in or change."""
    dialect = staff.csv_dialect()
    with staff.reading() as record:
        wave = in_charge(record, wave_code)
        channel = _channel(wave)
        if channel is None:
            return redirect(url_for("fieldwork.issued_forms", wave_code=wave_code), 303)
        file = issued_forms.template(record, wave_code, channel.code, actor=staff.actor(), dialect=dialect)
    response = FlaskResponse(file, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="phieu-phat-ra-{wave_code}-{channel.code}.csv"'
    return response
