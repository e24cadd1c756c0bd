"""The home page and the language of the staff pages."""

from __future__ import annotations

from flask import redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from survey import staff
from survey.i18n import LANGUAGES
from survey.permissions import PUBLIC, SIGNED_IN, access
from survey.site import blueprint
from survey.site.pages import HomePage

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
    back = staff.safe_next(request.form.get("next", ""))
    return redirect(back if staff.signed_in() or back != url_for("site.home") else url_for("accounts.sign_in"), 303)
