"""Structured logs: what happened and how long it took; never an answer, a code, a path or a network address.

structlog is loaded when the first line is written. A citizen worker in good health writes none, and so does not carry
it in its memory (structlog brings asyncio, and rich where that is installed: 8 MB of 80).
"""

from __future__ import annotations

import logging
import sys
import time
from functools import cache
from typing import Any

from flask import Flask, Response, g, request


@cache
def _logger() -> Any:
    """One JSON object a line on standard error."""
    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    return structlog.get_logger("hailong")


def install(app: Flask) -> None:
    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        # A citizen's ordinary request leaves no line: only staff requests and failures are logged.
        endpoint = request.endpoint or "none"
        if response.status_code >= 500 or not (endpoint == "none" or endpoint.startswith("citizen.")):
            event(
                "request",
                endpoint=endpoint,
                method=request.method,
                status=response.status_code,
                ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
            )
        return response


def event(name: str, **facts: Any) -> None:
    """Something worth a line. `facts` hold no answers, codes, names or addresses."""
    _logger().info(name, **facts)


def failure(error: BaseException, **facts: Any) -> None:
    """A mistake of ours, with its traceback (which holds no request data)."""
    _logger().error("failure", kind=type(error).__name__, exc_info=error, **facts)
