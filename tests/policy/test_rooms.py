"""The floor plan of the code: rooms by subject, none crowded, none in a circle, drawn as they are, with their tests."""

from __future__ import annotations

from pathlib import Path

from survey.config import ROOT
from tests import architecture

MOST_MODULES = 16
LONGEST_CHAIN = 8


def test_no_folder_holds_more_than_sixteen_modules() -> None:
    assert {folder: n for folder, n in architecture.modules_in_folders().items() if n > MOST_MODULES} == {}


def test_no_chain_of_rooms_is_longer_than_eight_and_none_is_a_circle() -> None:
    chain = architecture.longest_chain()
    assert len(chain) <= LONGEST_CHAIN, " → ".join(chain)


def test_drawing_of_the_rooms_is_that_of_the_imports() -> None:
    document = architecture.DOCUMENT.read_text("utf-8")
    assert document == architecture.drawn(document), "draw it again: python -m tests.architecture"


def test_every_test_stands_where_the_package_has_what_it_tests() -> None:
    strays = [str(folder) for folder in folders_of_tests() if not (ROOT / folder.relative_to("tests")).is_dir()]
    assert strays == []


def test_every_room_that_computes_or_decides_has_its_tests() -> None:
    """Rooms of questionnaires, statistics, services and faces; models and queries are tested through their services."""
    tested = {".".join(folder.relative_to("tests").parts) for folder in folders_of_tests()}
    pure = ("survey.models", "survey.queries")
    bare = [
        room
        for room in architecture.rooms()
        if not room.startswith(pure) and not any(f"{folder}.".startswith(f"{room}.") for folder in tested)
    ]
    assert bare == []


def folders_of_tests() -> list[Path]:
    """Folders of tests/analysis, tests/instruments and tests/survey that hold tests, from the root of the project."""
    return sorted(
        {
            path.parent.relative_to(ROOT)
            for sibling in architecture.SIBLINGS
            for path in (ROOT / "tests" / sibling).rglob("test_*.py")
        }
    )
