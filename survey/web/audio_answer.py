"""Sends a recording, whole or in the pieces a player asks for, to be kept by the browser for good.

Both faces send it: the citizen's under `/am-thanh/`, the staff's for the preview. Its name is the hash of its content.
"""

from __future__ import annotations

from flask import Response, request, url_for
from werkzeug.exceptions import NotFound

from survey.database import Database
from survey.queries.questionnaires import recordings as queries

KEPT_SECONDS = 31_536_000


def folder(endpoint: str) -> str:
    """The address under which a face sends recordings, to which the name of a file is added."""
    return url_for(endpoint, name="-").removesuffix("-")


def answer(database: Database, name: str, *, lasting: bool) -> Response:
    """The file, or not found. Safari plays nothing from a server that does not send pieces.

    `lasting`: anybody's browser may keep it. Nothing of the staff's pages is kept.
    """
    with database.view() as connection:
        found = queries.by_name(connection, name)
    if found is None:
        raise NotFound
    response = Response(found.data, mimetype=found.media_type)
    response.set_etag(found.digest)
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, immutable" if lasting else "no-store"
    response.headers["Content-Disposition"] = "inline"
    response.make_conditional(request, accept_ranges=True, complete_length=len(found.data))
    return response
