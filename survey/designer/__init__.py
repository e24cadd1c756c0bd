"""The designer's face: questionnaires and their versions, read in full, compared, previewed, imported, published."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("designer", __name__, url_prefix="/quan-tri/bo-cau-hoi")


def register(app: Flask) -> None:
    from flask_babel import lazy_gettext as _l

    from survey.designer import (
        audio_recordings,
        local_adaptation,
        pages,
        preview,
        review,
        routes,
        start_draft,
        trial_answers,
        unpreviewable_draft,
    )
    from survey.designer.editor import routes as editor_routes
    from survey.form.page import stylesheet
    from survey.web import home_and_menu, questionnaire_text

    assert routes
    assert local_adaptation
    assert unpreviewable_draft
    assert editor_routes
    assert start_draft
    assert review
    assert trial_answers
    assert audio_recordings
    assert preview  # their views are on the blueprint
    app.jinja_env.globals["citizen_css"] = stylesheet()
    questionnaire_text.install(app)
    app.register_blueprint(blueprint)
    home_and_menu.add_nav(app, home_and_menu.NavEntry(30, _l("Questionnaires"), "designer.instruments"))
    home_and_menu.add_panel(app, 30, pages.drafts_waiting)
