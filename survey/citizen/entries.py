"""What a code leads to, kept for two seconds per worker: everyone in the queue reads the same poster."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from instruments.codec import loads
from instruments.model.document import InstrumentVersion
from survey.database import Database
from survey.form.page import Province
from survey.queries.intake import entry as queries
from survey.queries.intake.entry import Entry, FieldChoice
from survey.tokens import ENTRY_CODE_LENGTH, Tokens

FRESH_SECONDS = 2.0
SETTINGS_SECONDS = 10.0
MOST_FIELDS = 7  # and "other": at most 8 rows
SETTING_KEYS = (
    "province_name",
    "domain",
    "hotline",
    "complaint_text",
    "retention_answers_months",
    "backup_days",
    "minimum_cell",
)

T = TypeVar("T")


@dataclass
class Kept:
    """A small store of answers that may be some seconds old. The oldest leave first."""

    most: int
    seconds: float
    _found: OrderedDict[Hashable, tuple[float, Any]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        now = time.monotonic()
        with self._lock:
            held = self._found.get(key)
            if held is not None and now - held[0] < self.seconds:
                value: T = held[1]
                return value
        value = make()
        with self._lock:
            self._found[key] = (now, value)
            self._found.move_to_end(key)
            while len(self._found) > self.most:
                self._found.popitem(last=False)
        return value

    def drop(self, key: Hashable) -> None:
        with self._lock:
            self._found.pop(key, None)


class Entries:
    """Reads for the citizen's pages."""

    def __init__(self, database: Database, tokens: Tokens) -> None:
        self._database = database
        self._tokens = tokens
        self._entries = Kept(2_000, FRESH_SECONDS)
        self._versions = Kept(50, float("inf"))  # published documents never change
        self._settings = Kept(1, SETTINGS_SECONDS)
        self._fields = Kept(1, SETTINGS_SECONDS)

    def entry(self, code: str) -> Entry | None:
        return self._entries.get(code, lambda: self._read(code))

    def version(self, version_id: int) -> InstrumentVersion | None:
        return self._versions.get(version_id, lambda: self._load(version_id))

    def fields(self) -> tuple[FieldChoice, ...]:
        def read() -> tuple[FieldChoice, ...]:
            with self._database.view() as connection:
                return queries.field_choices(connection, MOST_FIELDS)

        return self._fields.get("fields", read)

    def province(self) -> Province:
        def read() -> Province:
            with self._database.view() as connection:
                found = queries.settings(connection, SETTING_KEYS)

            def number(key: str, default: int) -> int:
                value = found.get(key)
                return value if isinstance(value, int) else default

            return Province(
                name=str(found.get("province_name") or ""),
                domain=str(found.get("domain") or ""),
                hotline=str(found.get("hotline") or ""),
                retention_months=number("retention_answers_months", 24),
                backup_days=number("backup_days", 35),
                minimum_cell=number("minimum_cell", 10),
                complaints=str(found.get("complaint_text") or ""),
            )

        return self._settings.get("province", read)

    def forget(self, code: str) -> None:
        """After a one-time code was spent here, this worker must not offer it again."""
        self._entries.drop(code)

    def _read(self, code: str) -> Entry | None:
        with self._database.view() as connection:
            if len(code) == ENTRY_CODE_LENGTH:
                return queries.by_entry_code(connection, code)
            return queries.by_one_time_code(connection, code, self._tokens.one_time_digest(code))

    def _load(self, version_id: int) -> InstrumentVersion | None:
        with self._database.view() as connection:
            document = queries.version_document(connection, version_id)
        return None if document is None else loads(document)
