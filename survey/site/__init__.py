"""The site face: the home page, settings, units, fields and procedures, target plans, the audit trail."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("site", __name__, url_prefix="/quan-tri")


def register(app: Flask) -> None:
    from flask_babel import lazy_gettext as _l

    from survey import staff
    from survey.site import routes

    assert routes  # its views are on the blueprint
    staff.install(app)
    app.register_blueprint(blueprint)
    staff.add_nav(app, staff.NavEntry(0, _l("Today"), "site.home"))
