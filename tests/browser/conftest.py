"""A real Chromium in front of a served application."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from tests import chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium.ensure(), args=chromium.FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def served(staff_app: Flask) -> Iterator[str]:
    """The staff faces on an address of this machine."""
    with _serving(staff_app) as address:
        yield address


@pytest.fixture
def citizens(app: Flask) -> Iterator[str]:
    """The citizen's face on an address of this machine."""
    with _serving(app) as address:
        yield address


@contextmanager
def _serving(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
