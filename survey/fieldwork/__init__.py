"""The fieldwork face: waves, their channels, frames and collection points, placards and slips, coverage, closing."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("fieldwork", __name__, url_prefix="/quan-tri/dot-khao-sat")


def register(app: Flask) -> None:
    from flask_babel import lazy_gettext as _l

    from survey import staff, wording
    from survey.fieldwork import frame_routes, pages, point_routes, print_routes, routes, slip_routes

    assert routes
    assert frame_routes
    assert point_routes
    assert print_routes
    assert slip_routes  # their views are on the blueprint
    wording.install(app)
    app.register_blueprint(blueprint)
    staff.add_nav(app, staff.NavEntry(20, _l("Waves"), "fieldwork.waves"))
    staff.add_panel(app, 20, pages.waves_today)
