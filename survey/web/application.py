"""The Flask application that every face is registered on: configuration, record, security, languages, error pages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, current_app, url_for

from survey import __version__, i18n, logging
from survey.config import ROOT, Config
from survey.database import Database
from survey.queries.province import settings
from survey.tokens import Tokens, derive
from survey.web import error_pages, security

MAX_BODY = 2 * 1024 * 1024


@dataclass(frozen=True)
class Runtime:
    """What requests of one app share; reached by `runtime()`."""

    config: Config
    database: Database
    tokens: Tokens


def runtime() -> Runtime:
    return runtime_of(current_app)


def runtime_of(app: Flask) -> Runtime:
    found: Runtime = app.extensions["hailong"]
    return found


def build(config: Config, database: Database | None, *, staff: bool) -> Flask:
    app = Flask(
        "survey",
        static_url_path="/quan-tri/static" if staff else None,
        static_folder=str(ROOT / "static") if staff else None,
        template_folder=str(ROOT / "templates"),
        instance_path=str(config.instance),
    )
    app.config.update(
        SECRET_KEY=derive(config.secret_keys[0], "staff cookie"),
        SECRET_KEY_FALLBACKS=[derive(k, "staff cookie") for k in config.secret_keys[1:]],
        MAX_CONTENT_LENGTH=MAX_BODY + 64 * 1024,  # the body and its form's own fields
        MAX_FORM_MEMORY_SIZE=MAX_BODY + 64 * 1024,
        MAX_FORM_PARTS=5_000,
        TESTING=config.testing,
        SESSION_COOKIE_SECURE=config.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.extensions["hailong"] = Runtime(config, database or Database(config.database_url), Tokens(config.secret_keys))
    logging.install(app)
    security.install(app, config, lambda: _recorded_domain(app))
    i18n.install(app, staff=staff)
    error_pages.install(app)
    return app


def _recorded_domain(app: Flask) -> str | None:
    with runtime_of(app).database.view() as connection:
        return settings.domain(connection)


def asset(name: str) -> str:
    """The address of a static file, with its content in the address so that it may be kept for a year."""
    path = ROOT / "static" / name
    return url_for("static", filename=name, v=_fingerprint(path, path.stat().st_mtime_ns))


@cache
def _fingerprint(path: Path, _modified: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def finish(app: Flask) -> None:
    """Give the templates what they all use, once the faces are registered."""
    app.jinja_env.globals.update(app_version=__version__, asset=asset)
