"""A mistake of ours: a page that helps, or the traceback for who is looking for the mistake."""

from __future__ import annotations

import pytest
from flask import Flask


def broken() -> str:
    raise ZeroDivisionError("a mistake of ours")


def test_a_mistake_is_a_page_that_says_nothing_was_lost(app: Flask) -> None:
    app.add_url_rule("/hong", view_func=broken)
    answer = app.test_client().get("/hong")
    assert answer.status_code == 500
    assert "a mistake of ours" not in answer.text


def test_a_mistake_shows_its_traceback_to_developers(app: Flask) -> None:
    app.add_url_rule("/hong", view_func=broken)
    app.debug = True
    with pytest.raises(ZeroDivisionError, match="a mistake of ours"):
        app.test_client().get("/hong")
