"""Every error as a page a person understands: what happened, that nothing was lost, what to do."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException, InternalServerError

from survey import logging
from survey.errors import SurveyError

STAFF_PREFIX = "/quan-tri"


def install(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SurveyError, _survey)
    app.register_error_handler(Exception, _unexpected)


def _page(status: int, message: str | None = None) -> Response:
    staff = request.path.startswith(STAFF_PREFIX)
    template = "site/error.html" if staff and "staff" in g else "citizen/error.html"
    response = make_response(render_template(template, status=status, message=message), status)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    response = _page(error.code or 500)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _survey(error: SurveyError) -> Response:
    return _page(error.status, gettext(error.message, **error.values) if error.values else gettext(error.message))


def _unexpected(error: Exception) -> Response:
    if current_app.debug:
        raise error  # `hailong dev` shows the traceback
    logging.failure(error, endpoint=request.endpoint)
    return _http(InternalServerError())
