"""The face of results: what a wave says, how sure that is, and what may be taken home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, url_for
from flask_babel import lazy_gettext as _l

from survey.result_words import GRADES, RULES, SELECTIONS

KEPT = "hailong.results"
blueprint = Blueprint("results", __name__, url_prefix="/quan-tri")
blueprint.context_processor(lambda: {"rule_words": RULES, "selection_words": SELECTIONS, "grade_words": GRADES})


def register(app: Flask) -> None:
    from survey import faces
    from survey.app import runtime_of
    from survey.results import routes
    from survey.services import joined_rows, result_files
    from survey.services.kept_results import KeptResults

    app.extensions[KEPT] = KeptResults(result_files.snapshots(runtime_of(app).config.instance))

    app.register_blueprint(blueprint)
    faces.add_nav(app, faces.NavEntry(10, _l("Results"), "results.waves"))
    for kind in result_files.KINDS.values():
        faces.add_file_kind(app, kind, faces.FileKind(_wave, _l("Back to the results")))
    faces.add_file_kind(app, joined_rows.KIND, faces.FileKind(_joined, _l("Back to the waves")))
    faces.add_panel(app, 10, routes.todays_results)


def _wave(params: Mapping[str, Any]) -> str:
    return url_for("results.wave", wave_code=params["wave"], kenh=params["channel"])


def _joined(_params: Mapping[str, Any]) -> str:
    return url_for("results.joined")
