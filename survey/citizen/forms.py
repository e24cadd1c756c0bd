"""What may arrive from a citizen's form. Its protection is the signed key, not a cookie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

MOST_VALUES = 200  # of one name; a choice has fewer


@dataclass(frozen=True)
class Arrived:
    """A submitted form, taken apart. Names that begin with "_" belong to the form, the others to the questionnaire."""

    answers: Mapping[str, Sequence[str]]
    key: str
    language: str  # asked for by the language button, else empty
    shown_in: str  # the language the form was shown in
    field: str
    open_answer: bool
    damaged: bool  # bytes that were no text arrived

    @property
    def typed(self) -> dict[str, Sequence[str]]:
        """For showing the form again."""
        return {**self.answers, "_field": (self.field,)} if self.field else dict(self.answers)


def read(form: MultiDict[str, str]) -> Arrived:
    lists = {name: values[:MOST_VALUES] for name, values in form.lists()}
    return Arrived(
        answers={name: values for name, values in lists.items() if not name.startswith("_")},
        key=_one(lists, "_key"),
        language=_one(lists, "_language"),
        shown_in=_one(lists, "_shown_in"),
        field=_one(lists, "_field"),
        open_answer=_one(lists, "_open_answer") == "1",
        damaged=any("\ufffd" in value for values in lists.values() for value in values),
    )


def _one(lists: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(lists.get(name, ())), "")
