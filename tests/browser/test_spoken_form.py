"""A form read aloud in a real browser without any script of ours: the player is there, it plays, the page is sound."""

from __future__ import annotations

from datetime import datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator

from instruments import codec, library
from instruments.model.recordings import spoken_elements
from survey.database import Database
from survey.permissions import system
from survey.services.questionnaires import publishing, recordings, shipped_and_imported
from survey.services.questionnaires.shipped_and_imported import row_of
from tests.browser import acts
from tests.factories.record import Record
from tests.factories.sounds import mp3

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("backend", ["sqlite"], indirect=True)]
STRICT = {"resultTypes": ["violations"], "rules": {"color-contrast-enhanced": {"enabled": True}}}


def spoken_form(record: Record, database: Database, now: datetime) -> str:
    document = library.load("one-stop-short").model_copy(update={"code": "phieu-noi"})
    shipped_and_imported.import_document(database, codec.dumps(document).encode(), actor=system(), now=now)
    files = {one.code: mp3(200) for one in spoken_elements(document)}
    recordings.put(database, "phieu-noi", 1, files, "vi", actor=system(), now=now)
    publishing.publish(database, "phieu-noi", 1, actor=system(), now=now)
    with database.reading() as session:
        version = row_of(session, "phieu-noi", 1)
    unit = record.unit(name="UBND phường Mẫu")
    channel = record.channel(record.wave(version=version, unit=unit))
    return record.entry_code(record.point(channel, unit=unit), field_id=record.field().id).code


def length(player: Locator) -> float:
    """Seconds that the browser reads from the file. No listener runs on a page without scripts: it is asked again."""
    player.evaluate("audio => { audio.preload = 'metadata'; audio.load() }")
    for _ in range(100):
        seconds = player.evaluate("audio => audio.duration || 0")
        if seconds:
            return float(seconds)
        player.page.wait_for_timeout(50)
    return 0.0


@pytest.mark.parametrize("width", [320, 390])
def test_a_citizen_hears_a_question_without_our_script(
    browser: Browser, citizens: str, record: Record, database: Database, now: datetime, width: int
) -> None:
    code = spoken_form(record, database, now)
    context = browser.new_context(
        base_url=citizens, java_script_enabled=False, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(citizens)))
    page.goto(f"/{code}")
    assert asked == [f"/{code}"], "nothing is fetched before somebody presses play"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    player = page.locator("#q-q1 audio")
    box = player.bounding_box()
    assert box is not None
    assert box["height"] >= 48, "large enough for a finger"
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert length(player) == pytest.approx(200 * 1152 / 44100, abs=0.1)
    page.locator("input[name=q1][value='5']").check()
    acts.follow(page.get_by_role("button", name="Gửi phiếu").last)
    assert "Cảm ơn" in page.content()


def test_a_form_that_is_read_aloud_is_accessible(
    browser: Browser, citizens: str, record: Record, database: Database, now: datetime
) -> None:
    code = spoken_form(record, database, now)
    page = browser.new_context(base_url=citizens, viewport={"width": 320, "height": 800}).new_page()
    page.goto(f"/{code}")
    assert page.locator("audio").count() > 10
    found = Axe().run(page, options=STRICT).response["violations"]
    assert not found, "; ".join(f"{v['id']} {v['nodes'][0]['html'][:120]}" for v in found)
