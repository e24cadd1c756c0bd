"""The rooms of the code as the imports have them: counted, checked and drawn into ARCHITECTURE.md.

    python -m tests.architecture           draw the picture in ARCHITECTURE.md again
    python -m tests.architecture figures   print what `make lint` holds to: modules per folder, longest chain, edges

A room is a folder of modules. Folders inside a room belong to it, but for `survey/services`, whose folders are rooms of
their own. A module that lies directly in `instruments`, `analysis`, `survey` or `survey/services` is foundation: every
room may use it, and it is no room.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "ARCHITECTURE.md"
BEGIN, END = "<!-- drawn by tests/architecture.py -->", "<!-- end of the drawing -->"
SIBLINGS = ("survey", "analysis", "instruments")
NO_ROOMS = {"survey.migrations", "survey.fixtures", "survey.decisions", "survey.translations"}  # steps, data, documents
Rooms = dict[str, set[str]]


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*SIBLINGS, cache_dir=None)


def room_of(module: str) -> str | None:
    """The room a module lies in; None for foundation and for what wires everything together."""
    parts = module.split(".")
    depth = 3 if parts[:2] == ["survey", "services"] else 2
    if len(parts) < depth:
        return None
    room = ".".join(parts[:depth])
    return room if (ROOT / Path(*parts[:depth])).is_dir() else None


@cache
def rooms() -> Rooms:
    """Every room with the rooms it imports from."""
    found: Rooms = {}
    for module in sorted(graph().modules):
        here = room_of(module)
        if here is None or here in NO_ROOMS:
            continue
        others = {room_of(name) for name in graph().find_modules_directly_imported_by(module)}
        found.setdefault(here, set()).update(name for name in others if name not in (None, here))  # type: ignore[misc]
    return found


def longest_chain() -> list[str]:
    """The longest way from a room to one it imports from, and on. A circle is an error that names itself."""
    known: dict[str, list[str]] = {}

    def down(room: str, way: tuple[str, ...]) -> list[str]:
        if room in way:
            raise ValueError(
                "These rooms import each other in a circle: " + " → ".join((*way[way.index(room) :], room))
            )
        if room not in known:
            below = [down(other, (*way, room)) for other in sorted(rooms()[room])]
            known[room] = [room, *max(below, key=len, default=[])]
        return known[room]

    return max((down(room, ()) for room in sorted(rooms())), key=len)


def modules_in_folders() -> Counter[str]:
    """Modules per folder; `__init__.py` and `__main__.py` do not count, nor do migrations, one per step."""
    return Counter(
        str(path.parent.relative_to(ROOT))
        for sibling in SIBLINGS
        for path in (ROOT / sibling).rglob("*.py")
        if not path.stem.startswith("__") and "migrations" not in path.parts
    )


def without_shortcuts() -> Rooms:
    """Only the imports that are not also reached through another room: what a drawing can show."""
    whole = rooms()

    @cache
    def below(room: str) -> frozenset[str]:
        return frozenset(whole[room]).union(*(below(other) for other in whole[room]))

    return {
        room: {o for o in others if not any(o in below(p) for p in others if p != o)} for room, others in whole.items()
    }


def drawing() -> str:
    """The rooms and their imports as a Mermaid flow chart, which code hosts and editors draw."""
    lines = ["```mermaid", "flowchart TB"]
    for sibling in SIBLINGS:
        lines.append(f"  subgraph {sibling}")
        for room in sorted(r for r in rooms() if r.startswith(f"{sibling}.")):
            name = room.removeprefix(f"{sibling}.").replace(".", "/")
            lines.append(f'    {_id(room)}["{name}"]')
        lines.append("  end")
    for room, others in sorted(without_shortcuts().items()):
        lines += [f"  {_id(room)} --> {_id(other)}" for other in sorted(others)]
    return "\n".join([*lines, "```"])


def _id(room: str) -> str:
    return room.replace(".", "_")


def drawn(document: str) -> str:
    """The document with its drawing made anew."""
    before, rest = document.split(BEGIN)
    return f"{before}{BEGIN}\n{drawing()}\n{END}{rest.split(END)[1]}"


def figures() -> str:
    chain, folders = longest_chain(), modules_in_folders().most_common(5)
    return "\n".join(
        [
            f"rooms: {len(rooms())}, imports between them: {sum(map(len, rooms().values()))}",
            f"longest chain of rooms: {len(chain)} ({' → '.join(chain)})",
            "fullest folders: " + ", ".join(f"{folder} {count}" for folder, count in folders),
        ]
    )


if __name__ == "__main__":
    if sys.argv[1:] == ["figures"]:
        print(figures())
    else:
        DOCUMENT.write_text(drawn(DOCUMENT.read_text("utf-8")), "utf-8")
