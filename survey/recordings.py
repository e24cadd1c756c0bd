"""How is a recording sent? Whole or in the pieces a player asks for, to be kept by the browser for good.

Both faces send it: the citizen's under `/am-thanh/`, the staff's for the preview. Its name is the hash of its content.
"""

from __future__ import annotations

from flask import Response, request
from werkzeug.exceptions import NotFound

from survey.database import Database
from survey.queries import recordings as queries

KEPT_SECONDS = 31_536_000


def answer(database: Database, name: str) -> Response:
    """The file, or not found. Safari plays nothing from a server that does not send pieces."""
    with database.view() as connection:
        found = queries.by_name(connection, name)
    if found is None:
        raise NotFound
    response = Response(found.data, mimetype=found.media_type)
    response.set_etag(found.digest)
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, immutable"
    response.make_conditional(request, accept_ranges=True, complete_length=len(found.data))
    return response
