"""One-time codes of a point: issued and shown once, as a list or as slips; voided when slips are lost."""

from __future__ import annotations

import json
import secrets
import zlib

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from survey import i18n
from survey.exports import codes as code_files
from survey.fieldwork import blueprint
from survey.fieldwork.forms import CodesFileForm, IssueForm
from survey.fieldwork.frame_routes import field_choices
from survey.fieldwork.pages import IssuedPage, IssuePage
from survey.fieldwork.point_routes import find_point, public_base
from survey.fieldwork.routes import OFFICERS, View, find
from survey.permissions import access
from survey.services.fieldwork import one_time_codes, placards
from survey.services.tabular_files import read_day
from survey.web import staff
from survey.web.application import runtime

SEED_SECONDS = 12 * 3600
SHOWN_SECONDS = 3600


@blueprint.route("/<wave_code>/diem/<int:point_id>/phieu", methods=["GET", "POST"])
@access(OFFICERS)
def issue_codes(wave_code: str, point_id: int) -> View:
    """How many codes, until when; then the page that shows them this once.

    The form carries a sealed seed: pressed twice, the button issues the same codes once and shows them both times.
    """
    form = IssueForm(data={"seed": staff.vault().wrap(secrets.token_bytes(32))})
    with staff.reading() as record:
        wave = find(record, wave_code)
        found = find_point(record, wave, point_id, to_change=True)
        form.field.offer(field_choices(record, wave.line.service_domain))
        if request.method == "GET":
            form.expires_on.data = wave.line.closes_on
    if form.validate_on_submit():
        seed = staff.vault().unwrap(form.seed.data, seconds=SEED_SECONDS)
        if seed is None:
            flash(gettext("This page was out of date. Please check what is entered and send it again."), "error")
            return redirect(url_for("fieldwork.issue_codes", wave_code=wave_code, point_id=point_id), 303)
        with form.problems():
            codes = one_time_codes.issue(
                runtime().database, runtime().tokens, wave_code, point_id=point_id, count=form.count.data,
                expires_on=form.expires_on.data, field_code=form.field.data or None, seed=seed, actor=staff.actor(),
                now=staff.now(),
            )  # fmt: skip
            carried = zlib.compress(json.dumps([form.expires_on.data.isoformat(), *codes]).encode(), 9)
            page = IssuedPage(
                wave=wave,
                point=found,
                form=CodesFileForm(formdata=None, data={"sealed": staff.vault().wrap(carried)}),
                codes=codes,
                expires_on=form.expires_on.data,
                most_slips=placards.MOST_SLIPS,
            )
            return render_template("fieldwork/issued.html", page=page)
    return render_template("fieldwork/issue.html", page=IssuePage(wave, found, form))


@blueprint.post("/<wave_code>/diem/<int:point_id>/phieu/tep")
@access(OFFICERS)
def codes_file(wave_code: str, point_id: int) -> View:
    """The codes just issued as a list (CSV) or as slips (PDF), for as long as the page that shows them is fresh."""
    form = CodesFileForm()
    with staff.reading() as record:
        wave = find(record, wave_code)
        found = find_point(record, wave, point_id, to_change=True)
        held = staff.vault().unwrap(form.sealed.data or "", seconds=SHOWN_SECONDS)
        if held is None:
            flash(gettext("The codes can no longer be shown. Void them and issue new ones."), "error")
            return redirect(url_for("fieldwork.point", wave_code=wave_code, point_id=point_id), 303)
        until, *codes = json.loads(zlib.decompress(held))
        expires_on = read_day(until)
        assert expires_on is not None
        name = f"ma-mot-lan-{wave_code}-{point_id}"
        if request.form.get("kind") == "pdf":
            made = placards.slips(
                record, wave_code, public_url=runtime().config.public_url, actor=staff.actor(), point_id=point_id,
                codes=codes,
            )  # fmt: skip
            words = i18n.translations(placards.LANGUAGE).gettext
            return download(placards.slip_file(made, expires_on, words), f"{name}.pdf", "application/pdf")
    listed = code_files.as_csv(
        codes, base=public_base(), unit_code=found.unit_code, point_id=point_id, expires_on=expires_on,
        dialect=staff.chosen_csv_dialect(),
    )  # fmt: skip
    return download(listed, f"{name}.csv", "text/csv")


def download(data: bytes, name: str, mimetype: str) -> FlaskResponse:
    """A file to keep, never stored on the way."""
    response = FlaskResponse(data, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/<wave_code>/diem/<int:point_id>/phieu/huy")
@access(OFFICERS)
def void_codes(wave_code: str, point_id: int) -> View:
    """Every unused code of the point becomes worthless."""
    with staff.reading() as record:
        wave = find(record, wave_code)
        find_point(record, wave, point_id, to_change=True)
    with staff.said_on("fieldwork.point", wave_code=wave_code, point_id=point_id) as answer:
        count = one_time_codes.void(
            runtime().database, wave_code, point_id=point_id, actor=staff.actor(), now=staff.now()
        )  # fmt: skip
        answer.done(ngettext("%(num)s unused code is void.", "%(num)s unused codes are void.", count))
    return answer.response
