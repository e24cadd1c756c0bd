"""The guides under the help link: the list, and one guide with its pictures, in the language of the page."""

from __future__ import annotations

from flask import render_template
from flask_babel import lazy_gettext as _l

from survey.errors import NotFound
from survey.i18n import language
from survey.permissions import SIGNED_IN, access
from survey.site import blueprint, guides
from survey.site.guides import Guide

GUIDES = (
    Guide(
        "bo-cau-hoi",
        "designer",
        _l("How to write a questionnaire"),
        _l("From an empty page to a published version: questions, answers, languages, recordings, review, versions."),
    ),
)


@blueprint.get("/tro-giup")
@access(SIGNED_IN)
def help_index() -> str:
    """The list of guides."""
    return render_template("guides/index.html", guides=GUIDES)


@blueprint.get("/tro-giup/<guide>")
@access(SIGNED_IN)
def help_page(guide: str) -> str:
    """One guide."""
    found = next((one for one in GUIDES if one.code == guide), None)
    if found is None:
        raise NotFound("There is no such guide.")
    return render_template(
        f"guides/{found.template}.{language()}.html", guide=found, pictures=guides.pictures(), spoken=language()
    )
