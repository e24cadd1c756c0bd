"""One page of a long list: a stable order comes from the query, the bounds from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

PER_PAGE = 50

T = TypeVar("T")


@dataclass(frozen=True)
class Paged(Generic[T]):
    items: tuple[T, ...]
    number: int
    total: int
    per_page: int = PER_PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        return (self.number - 1) * self.per_page + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * self.per_page, self.total)

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


def paged(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    make: Callable[[Any], T],
    *,
    number: int = 1,
    per_page: int = PER_PAGE,
) -> Paged[T]:
    """The page asked for (the last one, when asked beyond the end). Two queries, however long the list."""
    total = session.execute(select(func.count()).select_from(statement.order_by(None).subquery())).scalar_one()
    number = min(max(1, number), max(1, -(-total // per_page)))
    rows = session.execute(statement.limit(per_page).offset((number - 1) * per_page))
    return Paged(tuple(make(row) for row in rows), number, total, per_page)
