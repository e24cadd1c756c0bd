"""How many questions the record is asked while something is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from survey.database import Database


@dataclass
class Asked:
    statements: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        return len(self.statements)


@contextmanager
def counted(database: Database) -> Iterator[Asked]:
    """Every statement that reads or writes rows, whichever door it takes."""
    asked = Asked()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.split(None, 1)[0].upper() in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            asked.statements.append(statement)

    engines = (database.engine, database._reader)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def number_of(database: Database, act: Callable[[], object]) -> int:
    """How many statements `act` asks."""
    with counted(database) as asked:
        act()
    return asked.number
