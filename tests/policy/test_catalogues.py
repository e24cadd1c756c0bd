"""The interface speaks Vietnamese and English: no text missing, empty, doubtful or left over; placeholders agree."""

from __future__ import annotations

import re

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po

from survey.config import ROOT
from survey.i18n import LANGUAGES, STAFF_CATALOGUES, TRANSLATIONS
from tests import catalogue

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture(scope="module")
def collected() -> dict[str, Catalog]:
    return catalogue.collect()


def read(language: str, name: str) -> Catalog:
    with (TRANSLATIONS / language / "LC_MESSAGES" / f"{name}.po").open("rb") as handle:
        return read_po(handle, locale=language, domain=name)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STAFF_CATALOGUES)
def test_catalogue_has_every_text_of_its_face_and_no_other(
    collected: dict[str, Catalog], language: str, name: str
) -> None:
    wanted = {m.id for m in collected[name] if m.id}
    found = {m.id for m in read(language, name) if m.id}
    assert wanted - found == set(), "run `make catalogue` and translate what is new"
    assert found - wanted == set(), "run `make catalogue`: these are no longer used"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STAFF_CATALOGUES)
def test_no_text_is_empty_doubtful_or_decomposed(language: str, name: str) -> None:
    import unicodedata

    wrong = []
    for message in read(language, name):
        strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        if message.id and (message.fuzzy or not all(strings)):
            wrong.append(message.id)
        if any(s != unicodedata.normalize("NFC", s) or "Ð" in s for s in strings):
            wrong.append(message.id)
    assert wrong == []


def test_one_text_has_one_translation_in_every_catalogue() -> None:
    """A staff process merges the catalogues: of two translations of one text the last would win everywhere."""
    found: dict[str, set[str]] = {}
    for name in STAFF_CATALOGUES:
        for message in read("vi", name):
            if message.id and message.string:
                found.setdefault(str(message.id), set()).add(str(message.string))
    assert {text: words for text, words in found.items() if len(words) > 1} == {}


@pytest.mark.parametrize("name", STAFF_CATALOGUES)
def test_translations_fill_the_same_placeholders(name: str) -> None:
    for message in read("vi", name):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
        strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        asked = {p for text in ids for p in PLACEHOLDER.findall(text)}
        for text in strings:
            given = set(PLACEHOLDER.findall(text)) - {"%(address)s"}  # Vietnamese also says Ông/Bà, Anh/Chị or em
            assert not text or given == asked - {"%(address)s"}, message.id


def test_what_citizens_pages_stand_on_is_in_their_catalogue() -> None:
    """A citizen's worker reads the citizen's catalogue alone: a text outside it would stay English."""
    folder = ROOT / "templates"
    seen: set[str] = set()
    waiting = [str(path.relative_to(folder)) for path in (folder / "citizen").rglob("*.html")]
    while waiting:
        name = waiting.pop()
        seen.add(name)
        named = re.findall(r"{%\s*(?:extends|include|import|from)\s+\"([^\"]+)\"", (folder / name).read_text("utf-8"))
        waiting += [other for other in named if other not in seen]
    begin = catalogue.SOURCES["citizen"]
    assert not [name for name in seen if not f"templates/{name}".startswith(begin)]
    assert len(seen) > 8
