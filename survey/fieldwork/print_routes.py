"""Placards: for one point, some points or a whole wave; at once when few, else as a job with its page and file."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from survey import i18n
from survey.errors import Conflict
from survey.fieldwork import blueprint
from survey.fieldwork.forms import PlacardForm
from survey.fieldwork.pages import PrintPage
from survey.fieldwork.point_routes import public_base
from survey.fieldwork.routes import OFFICERS, View, find
from survey.fieldwork.slip_routes import download
from survey.permissions import access
from survey.queries.fieldwork import points as queries
from survey.queries.fieldwork.waves import WaveDetail
from survey.services.fieldwork import placards
from survey.web import staff
from survey.web.application import runtime


@blueprint.route("/<wave_code>/ap-phich", methods=["GET", "POST"])
@access(OFFICERS)
def print_placards(wave_code: str) -> View:
    """Choose the paper; the answer is the file, or the page that says how far it is."""
    actor = staff.actor()
    chosen = [int(text) for text in request.form.getlist("point") if text.isdecimal() and len(text) < 10]
    form = PlacardForm(data={"paper": "a6"})
    with staff.reading() as record:
        wave = find(record, wave_code)
        found = queries.printed_codes(
            record, actor, wave.id, wave.line.service_domain, point_ids=chosen if chosen else None
        )
        if form.validate_on_submit():
            with form.problems():
                if not found:
                    raise Conflict("The wave %(code)s has no point with a code to print.", code=wave_code)
                if len(found) <= placards.AT_ONCE:
                    made = placards.sheets(
                        record, wave_code, public_url=runtime().config.public_url, actor=actor,
                        point_ids=chosen if chosen else None,
                    )  # fmt: skip
                    words = i18n.translations(placards.LANGUAGE).gettext
                    data = placards.placard_file(made, form.paper.data, words)
                    return download(data, f"ap-phich-{wave_code}-{form.paper.data}.pdf", "application/pdf")
                return _as_job(wave, chosen, form.paper.data)
    base = public_base()
    page = PrintPage(
        wave=wave, form=form, sheets=len(found), base=base, base_is_this_machine=not base.startswith("https://"),
        at_once=placards.AT_ONCE,
    )  # fmt: skip
    return render_template("fieldwork/print.html", page=page)


def _as_job(wave: WaveDetail, chosen: list[int], paper: str) -> Response:
    with staff.reading() as record:
        mine = placards.points_of(record, wave.code, actor=staff.actor())
    points = [point for point in mine if not chosen or point in set(chosen)]
    job_id = placards.ask_for_file(
        runtime().database, wave.code, points, paper, actor=staff.actor(), now=staff.now()
    )  # fmt: skip
    message = gettext("The placards are being made. This page shows how far they are.")
    return staff.done(message, "site.job", job_id=job_id)
