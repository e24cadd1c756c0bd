"""What every answer of the server carries, errors included: who may be asked, what a page may load, what is kept.

Content-Security-Policy with a nonce per answer and no foreign host; no frames; no referrer; `no-store` unless a view
says otherwise; HSTS under https. Requests for a host that is not ours are refused.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, abort, g, request
from werkzeug.sansio.utils import host_is_trusted

from survey.config import Config

STATIC_MAX_AGE = 31_536_000


def nonce() -> str:
    """The nonce of this answer's inline style or script."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(12)
    value: str = g.nonce
    return value


def policy(value: str) -> str:
    return (
        "default-src 'none'; "
        f"style-src 'self' 'nonce-{value}'; script-src 'self' 'nonce-{value}'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; media-src 'self'; frame-src 'self'; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def install(app: Flask, config: Config) -> None:
    app.jinja_env.globals["csp_nonce"] = nonce
    app.extensions["trusted_hosts"] = set(config.allowed_hosts)

    @app.before_request
    def only_our_hosts() -> None:
        if not host_is_trusted(request.environ.get("HTTP_HOST"), app.extensions["trusted_hosts"]):
            abort(400, "host")

    always = [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
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
        h.setdefault("Content-Security-Policy", policy(nonce()))
        if request.endpoint == "static" and response.status_code in (200, 304) and "v" in request.args:
            h["Cache-Control"] = f"public, max-age={STATIC_MAX_AGE}, immutable"
        elif "Cache-Control" not in h or request.endpoint == "static":
            h["Cache-Control"] = "no-store"
        h.extend(always)
        return response
