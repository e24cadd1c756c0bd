"""Questions that do not follow are out of sight without JavaScript, exactly where the server would not ask them."""

from __future__ import annotations

import json
import random

import pytest
from playwright.sync_api import Browser

from instruments import codec
from instruments.routing import visible
from tests.browser import acts
from tests.factories.record import Record
from tests.instruments.factory import document, item, multiple, section, single, words

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("backend", ["sqlite"], indirect=True)]

CHOICES = {"a": (1, 2, 3), "b": (1, 2, 3), "c": (1, 2, 3, 4, 5), "d": (1, 2), "e": (1, 2), "g": (1, 2), "h": (1, 2)}
FORM = document(
    section(
        "main",
        item("a", single(1, 2, 3)),
        item("b", multiple(1, 2, 3), show_if="a == 1 or a == 3"),
        item("c", show_if="b includes 2"),
        item("d", single(1, 2), show_if="not (a == 2) and answered(b)"),
        item("e", single(1, 2), show_if="c in (4, 5) or (a != 1 and not (c == 3))"),
        item("n", {"kind": "number", "minimum": 0, "maximum": 10}),
        item("f", single(1, 2), show_if="n > 3"),
        {"type": "statement", "code": "thanks", "text": words("Còn hai câu."), "grade": "draft", "show_if": "a == 3"},
    ),
    section("more", item("g", single(1, 2)), item("h", single(1, 2), show_if="b not includes 1"), show_if="blank(d)"),
    display={"pages": "one"},
)
CHOOSE = """chosen => {
    document.querySelectorAll("input[type=radio], input[type=checkbox]").forEach(one => {
        one.checked = (chosen[one.name] || []).includes(Number(one.value)) && one.value !== "";
    });
    return [...document.querySelectorAll("fieldset[id], div.q[id], p.part[id]")]
        .filter(part => getComputedStyle(part).display !== "none").map(part => part.id.slice(2));
}"""


def test_what_is_in_sight_is_what_the_server_asks(browser: Browser, citizens: str, record: Record) -> None:
    version = codec.loads(json.dumps(FORM))
    row = record.version(codec.dumps(version))
    unit = record.unit()
    code = record.entry_code(record.point(record.channel(record.wave(version=row, unit=unit)), unit=unit)).code
    page = browser.new_context(java_script_enabled=True).new_page()
    page.goto(f"{citizens}/{code}")
    draw, seen = random.Random(7), set()
    for _ in range(150):
        chosen = {
            name: sorted(draw.sample(codes, draw.randint(0, 2)))
            if name == "b"
            else draw.sample(codes, draw.randint(0, 1))
            for name, codes in CHOICES.items()
        }
        answers = {k: tuple(v) if k == "b" else v[0] for k, v in chosen.items() if v}
        asked = set(visible(version, answers)) | {"n", "f"}  # a style sheet cannot tell "n > 3"
        if chosen["a"] == [3]:
            asked.add("thanks")
        assert set(page.evaluate(CHOOSE, chosen)) == asked, chosen
        seen.add(frozenset(asked))
    assert len(seen) >= 8
    assert not page.locator("#q-b .if").is_visible()
    assert page.locator("#q-f .if").is_visible(), "its condition stands there as a sentence"


def test_an_answer_out_of_sight_is_taken_off_and_named(browser: Browser, citizens: str, record: Record) -> None:
    row = record.version(codec.dumps(codec.loads(json.dumps(FORM))))
    unit = record.unit()
    code = record.entry_code(record.point(record.channel(record.wave(version=row, unit=unit)), unit=unit)).code
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{citizens}/{code}")
    page.locator("#q-a label").nth(0).click()
    page.locator("#q-b label").nth(1).click()
    page.locator("#q-a label").nth(1).click()
    assert not page.locator("#q-b").is_visible()
    acts.follow(page.get_by_role("button", name="Gửi phiếu"))
    assert "Câu hỏi b" in page.get_by_role("alert").inner_text()
    acts.follow(page.get_by_role("button", name="Gửi phiếu"))
    assert "/cam-on" in page.url or "Cảm ơn" in page.inner_text("h1")
