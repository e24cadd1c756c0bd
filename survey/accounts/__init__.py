"""The accounts face: signing in and out, one-time links, one's own account, the administrators' list of accounts."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("accounts", __name__, url_prefix="/quan-tri")


def register(app: Flask) -> None:
    from survey.accounts import administration, panels, routes
    from survey.web import home_and_menu

    assert administration  # its views are on the blueprint
    app.register_blueprint(blueprint)
    home_and_menu.registry(app).sign_in_page = routes.sign_in_with_work
    home_and_menu.add_panel(app, 80, panels.accounts_today)
