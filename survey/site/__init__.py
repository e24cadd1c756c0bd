"""The site face: the home page, settings, units, fields and procedures, target plans, the record of actions."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("site", __name__, url_prefix="/quan-tri")

# What stands under "Administration" in the main navigation.
ADMINISTRATION = ("/quan-tri/thiet-lap", "/quan-tri/don-vi", "/quan-tri/linh-vuc", "/quan-tri/thu-tuc",
                  "/quan-tri/ke-hoach", "/quan-tri/tai-khoan", "/quan-tri/nhat-ky")  # fmt: skip


def register(app: Flask) -> None:
    from flask_babel import lazy_gettext as _l

    from survey.site import help_routes, job_routes, panels, plan_routes, procedure_routes, routes, unit_routes
    from survey.web import home_and_menu, staff

    assert routes
    assert help_routes
    assert job_routes
    assert unit_routes
    assert procedure_routes
    assert plan_routes  # their views are on the blueprint
    staff.install(app)
    app.register_blueprint(blueprint)
    home_and_menu.add_nav(app, home_and_menu.NavEntry(0, _l("Today"), "site.home"))
    home_and_menu.add_nav(app, home_and_menu.NavEntry(90, _l("Administration"), "site.administration", ADMINISTRATION))
    home_and_menu.add_panel(app, 0, panels.setting_up)
    home_and_menu.add_panel(app, 70, panels.work_in_background)
    home_and_menu.add_panel(app, 90, panels.state_of_the_system)
