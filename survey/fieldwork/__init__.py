"""The fieldwork face: waves, their channels, frames and collection points, placards and slips, coverage, closing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, url_for

blueprint = Blueprint("fieldwork", __name__, url_prefix="/quan-tri/dot-khao-sat")


def register(app: Flask) -> None:
    from flask_babel import lazy_gettext as _l

    from survey.fieldwork import frame_routes, issued_routes, pages, point_routes, print_routes, routes, slip_routes
    from survey.services.fieldwork import placards
    from survey.web import home_and_menu, questionnaire_text

    assert routes
    assert frame_routes
    assert issued_routes
    assert point_routes
    assert print_routes
    assert slip_routes  # their views are on the blueprint
    questionnaire_text.install(app)
    app.register_blueprint(blueprint)
    home_and_menu.add_nav(app, home_and_menu.NavEntry(20, _l("Waves"), "fieldwork.waves"))
    home_and_menu.add_file_kind(app, placards.PLACARDS, home_and_menu.FileKind(_placards, _l("Back to the placards")))
    home_and_menu.add_panel(app, 20, pages.waves_today)


def _placards(params: Mapping[str, Any]) -> str:
    return url_for("fieldwork.print_placards", wave_code=params["wave"])
