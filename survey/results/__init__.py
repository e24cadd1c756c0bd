"""The face of results: what a wave says, how sure that is, and what may be taken home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, url_for
from flask_babel import lazy_gettext as _l

KEPT = "hailong.results"
blueprint = Blueprint("results", __name__, url_prefix="/quan-tri")


def register(app: Flask) -> None:
    from survey.results import routes
    from survey.services.estimates.results_cache import KeptResults
    from survey.services.files import result_files, several_waves
    from survey.services.files.file_kinds import RESULT_FILES
    from survey.web import home_and_menu
    from survey.web.application import runtime_of

    app.extensions[KEPT] = KeptResults(result_files.snapshots(runtime_of(app).config.instance))

    app.register_blueprint(blueprint)
    home_and_menu.add_nav(app, home_and_menu.NavEntry(10, _l("Results"), "results.waves"))
    for kind in RESULT_FILES.values():
        home_and_menu.add_file_kind(app, kind.job, home_and_menu.FileKind(_wave, _l("Back to the results")))
    home_and_menu.add_file_kind(app, several_waves.KIND, home_and_menu.FileKind(_joined, _l("Back to the waves")))
    home_and_menu.add_panel(app, 10, routes.todays_results)


def _wave(params: Mapping[str, Any]) -> str:
    return url_for("results.wave", wave_code=params["wave"], kenh=params["channel"])


def _joined(_params: Mapping[str, Any]) -> str:
    return url_for("results.joined")
