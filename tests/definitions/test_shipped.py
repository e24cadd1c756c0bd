"""The shipped documents as such: they load, are spelled as the codec spells, and lie where they belong."""

from __future__ import annotations

import pytest

from instruments import codec, library, routing
from instruments.overlays import overlay

SHIPPED = library.shipped()


@pytest.fixture(params=SHIPPED, ids=lambda entry: f"{entry.code}@{entry.version}")
def entry(request: pytest.FixtureRequest) -> library.Shipped:
    return request.param


def test_document_lies_under_its_own_code_and_is_spelled_as_the_codec_spells_it(entry: library.Shipped):
    version = entry.load()
    assert (version.code, version.version) == (entry.code, entry.version)
    assert entry.path.read_text(encoding="utf-8") == codec.pretty(version)


def test_core_and_overlay_come_apart_and_together_again(entry: library.Shipped):
    version = entry.load()
    core = overlay.strip(version)
    assert overlay.apply(core, overlay.extract(version), version=version.version) == version
    assert codec.core_hash(version) == codec.content_hash(core)
    assert overlay.conforms(version, core)


def test_every_asked_question_has_its_place_on_exactly_one_page(entry: library.Shipped):
    version = entry.load()
    on_pages = [item.code for page in routing.pages(version) for item in page.items]
    assert on_pages == [item.code for item in version.asked_items]


def test_unknown_form_is_refused_with_the_ones_there_are():
    with pytest.raises(KeyError, match=r"there are .*one-stop-short@1"):
        library.load("sipas-1999")
