"""The staff cookie: a signed note for people who are not signed in, a random token for those who are.

Nothing is written to the record for a visitor: language, form protection and the moments between password and code
travel in a signed cookie. Signing in replaces it with a token whose digest is in `staff_session`. Citizens' pages have
no session at all. Requests are only opened here; `survey.web.staff` decides what the session may do.
"""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer

from survey import logging
from survey.database import Database
from survey.errors import RecordUnavailable
from survey.services.people import signin
from survey.services.people.credentials import token_digest

COOKIE = "hailong_staff"
PREFIX = "/quan-tri"
VISITOR_SECONDS = 12 * 3600
_MARK = "t."  # a token; anything else is a signed note


class StaffSession(SecureCookieSession):
    """What a staff page may remember between two requests."""

    def __init__(self, initial: Any = None, *, token: str | None = None) -> None:
        super().__init__(initial or {})
        self.modified = False
        self.token = token
        self.digest: bytes | None = None
        self.new_token: str | None = None
        self.ended = False

    def adopt(self, found: signin.FoundSession) -> None:
        """Take over the data of a session that the record knows by its token."""
        self.clear()
        self.update(found.data)
        self.digest = found.digest
        self.modified = False

    def begin(self, opened: signin.OpenedSession) -> None:
        """Begin the session of a person who has signed in: earlier data is dropped, the cookie gets the new token."""
        self.clear()
        self.update(opened.data)
        self.digest = token_digest(opened.token)
        self.token = self.new_token = opened.token
        self.modified = False

    def renew(self, token: str) -> None:
        self.digest = token_digest(token)
        self.token = self.new_token = token

    def forget(self, **kept: Any) -> None:
        """End the session; the browser is a visitor's again and keeps only the values in `kept`."""
        self.clear()
        self.update(kept)
        self.token = self.digest = self.new_token = None
        self.ended, self.modified = True, True


class StaffSessions(SessionInterface):
    def __init__(self, database: Database, *, secure: bool) -> None:
        self._database = database
        self._secure = secure

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:
        if not request.path.startswith(PREFIX + "/") or request.path.startswith(PREFIX + "/static/"):
            return None  # such a request has no session, and none can be made by mistake
        value = request.cookies.get(COOKIE, "")
        if value.startswith(_MARK):
            return StaffSession(token=value.removeprefix(_MARK))
        with contextlib.suppress(BadSignature):
            return StaffSession(_signer(app).loads(value, max_age=VISITOR_SECONDS))
        return StaffSession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, StaffSession):
            return
        response.vary.add("Cookie")
        if session.digest is not None:
            if session.modified:
                try:
                    signin.keep_session_data(self._database, session.digest, dict(session))
                except RecordUnavailable as error:
                    logging.failure(error, part="session data")
            if session.new_token:
                self._set(response, _MARK + session.new_token)
        elif session.modified or session.ended:
            if session:
                self._set(response, _signer(app).dumps(dict(session)))
            else:
                response.delete_cookie(COOKIE, path=PREFIX)

    def _set(self, response: Response, value: str) -> None:
        response.set_cookie(COOKIE, value, path=PREFIX, httponly=True, secure=self._secure, samesite="Lax")


def _signer(app: Flask) -> URLSafeTimedSerializer:
    keys = [*reversed(app.config["SECRET_KEY_FALLBACKS"]), app.config["SECRET_KEY"]]  # the last one signs
    return URLSafeTimedSerializer(keys, salt="staff visitor")


def load(database: Database, session: StaffSession, *, now: datetime, idle_minutes: int) -> signin.FoundSession | None:
    """What the cookie's token leads to; the session is filled when it is still open."""
    if session.token is None:
        return None
    found = signin.find_session(database, session.token, now=now, idle_minutes=idle_minutes)
    if found is None or found.actor is None:
        return found
    if found.renew and (token := signin.renew_session(database, found.digest, now=now)):
        session.adopt(found)
        session.renew(token)
        return found
    session.adopt(found)
    if found.touch_due:
        with contextlib.suppress(RecordUnavailable):
            signin.touch_session(database, found.digest, now=now)
    return found
