"""Structured logs: what happened and how long it took; never an answer, a code, a path or a network address."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger("hailong")


def configure(level: int = logging.INFO) -> None:
    """One JSON object a line on standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def install(app: Flask) -> None:
    configure()

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        # A citizen's ordinary request leaves no line: only staff requests and failures are logged.
        endpoint = request.endpoint or "none"
        if response.status_code >= 500 or not endpoint.startswith("citizen."):
            log.info(
                "request",
                endpoint=endpoint,
                method=request.method,
                status=response.status_code,
                ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
            )
        return response


def failure(error: BaseException, **facts: Any) -> None:
    """A mistake of ours, with its traceback (which holds no request data)."""
    log.error("failure", kind=type(error).__name__, exc_info=error, **facts)
