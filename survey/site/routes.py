"""The home page, the language of the staff pages, the settings, the record of staff actions."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from survey import clock, vietnamese_order
from survey.errors import Forbidden
from survey.i18n import LANGUAGES
from survey.permissions import PUBLIC, SIGNED_IN, Role, access, roles
from survey.queries import audit as audit_queries
from survey.queries.audit import AuditFilter
from survey.services import audit
from survey.services.province import settings as setting_service
from survey.services.tabular_files import read_day
from survey.site import blueprint
from survey.site.forms import SettingsForm
from survey.site.pages import AuditPage, HomePage, SettingsPage
from survey.web import staff, unsaved_input
from survey.web.application import runtime
from survey.web.code_words import words_of
from survey.words.audit import ACTIONS

View = str | Response


@blueprint.get("/")
@access(SIGNED_IN)
def home() -> View:
    """What needs doing today."""
    with staff.reading() as record:
        page = HomePage(panels=tuple(staff.panels(record)))
    return render_template("site/home.html", page=page)


@blueprint.post("/ngon-ngu")
@access(PUBLIC)
def change_language() -> View:
    if (chosen := request.form.get("language")) in LANGUAGES:
        session["language"] = chosen
    back = unsaved_input.safe_next(request.form.get("next", ""))
    return redirect(back if staff.signed_in() or back != url_for("site.home") else url_for("accounts.sign_in"), 303)


@blueprint.get("/quan-ly")
@access(roles(Role.ADMINISTRATOR, Role.FIELD_OFFICER, Role.ANALYST))
def administration() -> View:
    """What there is to administer."""
    return render_template("site/administration.html")


@blueprint.route("/thiet-lap", methods=["GET", "POST"])
@access(roles(Role.ADMINISTRATOR))
def settings() -> View:
    """What the province decides for itself."""
    _require_province()
    with staff.reading() as record:
        form = SettingsForm(obj=setting_service.read(record))
    if form.validate_on_submit():
        with form.problems():
            changed = setting_service.save(
                runtime().database,
                staff.actor(),
                {name: value for name, value in form.data.items() if name in setting_service.DEFAULTS},
                now=staff.now(),
            )
            staff.forget_settings()
            said = gettext("The settings are saved.") if changed else gettext("Nothing was changed.")
            return staff.done(said, "site.settings")
    return render_template("site/settings.html", page=SettingsPage(form=form))


@blueprint.get("/nhat-ky")
@access(roles(Role.ADMINISTRATOR))
def audit_trail() -> View:
    """Who changed what, and when."""
    _require_province()
    wanted = _wanted()
    with staff.reading() as record:
        listing = audit_queries.listing(record, wanted, number=staff.page_number())
    actions = list(words_of("audit_action").items())
    actions.sort(key=lambda pair: vietnamese_order.key(pair[1]))
    return render_template("site/audit.html", page=AuditPage(listing=listing, wanted=wanted, actions=tuple(actions)))


@blueprint.get("/nhat-ky.csv")
@access(roles(Role.ADMINISTRATOR))
def audit_file() -> View:
    """The same events as a file."""
    lines = audit.export(runtime().database, staff.actor(), _wanted(), dialect=staff.csv_dialect())
    name = f"nhat-ky-{clock.local_day(staff.now()):%Y%m%d}.csv"
    return FlaskResponse(lines, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _wanted() -> AuditFilter:
    given = request.args
    return AuditFilter(
        text=given.get("q", "")[:100],
        action=given.get("action", "") if given.get("action") in ACTIONS else "",
        first=read_day(given.get("from", "")),
        last=read_day(given.get("to", "")),
    )


def _require_province() -> None:
    if not staff.actor().governs_province:
        raise Forbidden("This page is for administrators of the whole province.")
