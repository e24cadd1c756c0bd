"""The designer's face: questionnaires and their versions, read in full, compared, previewed, imported, published."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("designer", __name__, url_prefix="/quan-tri/bo-cau-hoi")


def register(app: Flask) -> None:
    from flask_babel import lazy_gettext as _l

    from survey import faces, wording
    from survey.designer import (
        adapting,
        beginnings,
        broken,
        desk,
        pages,
        preview,
        reading_aloud,
        review,
        routes,
        trying,
    )
    from survey.form_page import stylesheet

    assert routes
    assert adapting
    assert broken
    assert desk
    assert beginnings
    assert review
    assert trying
    assert reading_aloud
    assert preview  # their views are on the blueprint
    app.jinja_env.globals["citizen_css"] = stylesheet()
    wording.install(app)
    app.register_blueprint(blueprint)
    faces.add_nav(app, faces.NavEntry(30, _l("Questionnaires"), "designer.instruments"))
    faces.add_panel(app, 30, pages.drafts_waiting)
