"""What every answer of the server carries, errors included: who may be asked, what a page may load, what is kept.

Content-Security-Policy with a nonce per answer and no foreign host; framed by nobody, unless a view lets our own pages
do it; no referrer; `no-store` unless a view says otherwise; HSTS under https. Requests for a host that is not ours are
refused.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable

from flask import Flask, Response, abort, g, request
from werkzeug.sansio.utils import host_is_trusted

from survey.config import Config
from survey.errors import RecordUnavailable

STATIC_MAX_AGE = 31_536_000
DOMAIN_SECONDS = 15.0


class Hosts:
    """The names this server answers to: those it was started with, and the domain the province has set since.

    The record is asked only for a name that is not among the first, and at most every fifteen seconds.
    """

    def __init__(self, configured: frozenset[str], recorded: Callable[[], str | None]) -> None:
        self._configured, self._recorded = set(configured), recorded
        self._domain: set[str] = set()
        self._asked: float | None = None

    def admit(self, host: str | None) -> bool:
        if host_is_trusted(host, self._configured):
            return True
        domain = self._current()
        return bool(domain) and host_is_trusted(host, domain)  # an empty list would admit every host

    def _current(self) -> set[str]:
        now = time.monotonic()
        if self._asked is None or now - self._asked >= DOMAIN_SECONDS:
            self._asked = now
            with contextlib.suppress(RecordUnavailable):
                domain = self._recorded()
                self._domain = {domain} if domain else set()
        return self._domain


def nonce() -> str:
    """The nonce of this answer's inline style or script."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(12)
    value: str = g.nonce
    return value


def may_be_framed_by_us() -> None:
    """Called by a view whose page our own pages show inside a frame: the preview of a form."""
    g.framed_by_us = True


def policy(value: str, frame_ancestors: str = "'none'") -> str:
    return (
        "default-src 'none'; "
        f"style-src 'self' 'nonce-{value}'; script-src 'self' 'nonce-{value}'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; media-src 'self'; frame-src 'self'; manifest-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {frame_ancestors}"
    )


def install(app: Flask, config: Config, recorded_domain: Callable[[], str | None]) -> None:
    app.jinja_env.globals["csp_nonce"] = nonce
    hosts = Hosts(config.allowed_hosts, recorded_domain)

    @app.before_request
    def only_our_hosts() -> None:
        if not hosts.admit(request.environ.get("HTTP_HOST")):
            abort(400, "host")

    always = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
    if config.secure:
        always.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))

    @app.after_request
    def headers(response: Response) -> Response:
        h = response.headers
        framed = "framed_by_us" in g
        h.setdefault("Content-Security-Policy", policy(nonce(), "'self'" if framed else "'none'"))
        h["X-Frame-Options"] = "SAMEORIGIN" if framed else "DENY"
        if request.endpoint == "static" and response.status_code in (200, 304) and "v" in request.args:
            h["Cache-Control"] = f"public, max-age={STATIC_MAX_AGE}, immutable"
        elif "Cache-Control" not in h or request.endpoint == "static":
            h["Cache-Control"] = "no-store"
        h.extend(always)
        return response
