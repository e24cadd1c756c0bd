"""Files that take a while: one page that says how far a file is and gives it when it is there.

Whoever asked for a file finds it here, and nobody else; each face says where its kinds of files lead back to
(`home_and_menu.add_file_kind`).
"""

from __future__ import annotations

from flask import Response, current_app, make_response, redirect, render_template, send_file, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from survey.errors import NotFound
from survey.permissions import SIGNED_IN, access
from survey.services import jobs
from survey.services.files.rows import taking
from survey.services.jobs import KeptFile
from survey.site import blueprint
from survey.site.pages import JobPage
from survey.web import home_and_menu, staff
from survey.web.application import runtime

LOOK_AGAIN = 2  # seconds


@blueprint.get("/viec/<int:job_id>")
@access(SIGNED_IN)
def job(job_id: int) -> Response:
    """How far it is; the file with its size, hash and expiry when it is there."""
    state = jobs.state(runtime().database, job_id, actor=staff.actor())
    kind = home_and_menu.registry(current_app).files.get(state.kind)
    page = JobPage(
        job=state,
        file=_file(job_id) if state.artifact_id else None,
        back=kind.back(state.params) if kind else url_for("site.home"),
        label=str(kind.label) if kind else gettext("Today"),
        look_again=LOOK_AGAIN,
    )
    response = make_response(render_template("site/job.html", page=page))
    if page.busy:
        response.headers["Refresh"] = str(LOOK_AGAIN)
    return response


@blueprint.get("/viec/<int:job_id>/tep")
@access(SIGNED_IN)
def job_file(job_id: int) -> AnyResponse:
    """The file; while it is not there, the page that says how far it is."""
    if jobs.state(runtime().database, job_id, actor=staff.actor()).artifact_id is None:
        return redirect(url_for("site.job", job_id=job_id), 303)
    folder = jobs.files(runtime().config.instance)
    kept = taking.download(runtime().database, folder, job_id, actor=staff.actor(), now=staff.now())
    if not kept.path.exists():
        raise NotFound("The file has expired and was deleted; please ask for it again.")
    response = send_file(kept.path, mimetype=kept.media_type, as_attachment=True, download_name=kept.name)
    response.headers["Repr-Digest"] = f"sha-256=:{kept.digest_base64}:"
    response.headers["Cache-Control"] = "no-store"
    return response


def _file(job_id: int) -> KeptFile:
    folder = jobs.files(runtime().config.instance)
    return jobs.file_of(runtime().database, folder, job_id, actor=staff.actor(), now=staff.now())
