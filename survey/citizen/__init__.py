"""The citizen's face: the form behind a printed code, the thank-you, the receipt."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("citizen", __name__)


def register(app: Flask) -> None:
    from survey.citizen import routes
    from survey.citizen.entries import Entries, Kept
    from survey.form.page import stylesheet
    from survey.web.application import runtime_of

    runtime = runtime_of(app)
    app.extensions["hailong.entries"] = Entries(runtime.database, runtime.tokens)
    app.extensions["hailong.quick_pages"] = Kept(300, float("inf"))
    app.jinja_env.globals["citizen_css"] = stylesheet()
    app.url_map.converters["code"] = routes.CodeConverter
    app.register_blueprint(blueprint)
