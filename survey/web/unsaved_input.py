"""Keeps what was typed into a form whose session has ended.

A POST then shows the sign-in page, which carries the work sealed; after signing in the same person finds the form
filled in as it was.
"""

from __future__ import annotations

import json
import zlib
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, flash, redirect, request, session, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from survey.services.people.credentials import Vault
from survey.web.staff_session import PREFIX

KEPT_SECONDS = 3600
KEPT_BYTES = 1_000_000
NEVER_KEPT = frozenset({"csrf_token", "password", "current", "again", "sealed", "kept", "next"})


def here() -> str:
    return request.full_path.removesuffix("?")


def can_be_shown() -> bool:
    """There is a page at this address that shows the form."""
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None, "only a request asks"
    try:
        adapter.match(request.path, method="GET")
    except HTTPException:
        return False
    return True


def typed() -> dict[str, Any] | None:
    if not can_be_shown():
        return None
    fields = [[name, value] for name, values in request.form.lists() if name not in NEVER_KEPT for value in values]
    return {"path": here(), "fields": fields} if fields else None


def sealed_work(vault: Vault, account_id: int | None) -> str | None:
    """What was typed, for the sign-in page to carry: readable only here, and only for the person who typed it."""
    work = typed()
    if account_id is None or work is None:
        return None
    data = json.dumps({**work, "account": account_id}, ensure_ascii=False).encode()
    return vault.wrap(zlib.compress(data)) if len(data) <= KEPT_BYTES else None


def resume(vault: Vault, sealed: str, *, account_id: int, otherwise: str) -> AnyResponse:
    """After signing in: back to the form with the work in it, or to the page asked for."""
    data = vault.unwrap(sealed, seconds=KEPT_SECONDS) if sealed else None
    if data is not None:
        work = json.loads(zlib.decompress(data))
        if work.pop("account") == account_id:
            session["work"] = work
            flash(
                gettext(
                    "What you typed before the session ended is here again. It is not saved yet: please check and save."
                ),
                "warn",
            )
            return redirect(work["path"], 303)
    return redirect(safe_next(otherwise), 303)


def kept() -> MultiDict[str, str] | None:
    """What was typed into the form of this page before the session ended."""
    work = session.get("work")
    if not work or work["path"] != here() or request.method != "GET":
        return None
    return MultiDict((name, value) for name, value in work["fields"])


def safe_next(path: str) -> str:
    """An address inside the staff pages, whatever was asked for."""
    parts = urlsplit(path)
    inside = path == PREFIX or path.startswith(PREFIX + "/")
    if not inside or parts.netloc or parts.scheme or any(c in path for c in "\\\r\n\t") or "//" in parts.path:
        return url_for("site.home")
    return path
