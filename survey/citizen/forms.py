"""What may arrive from a citizen's form. Its protection is the signed key, not a cookie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

MOST_FIELDS = 5_000
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


def read(request: Request) -> Arrived:
    """Take the body apart. Bytes that are no UTF-8 become �, so that they are noticed and never stored."""
    lists: dict[str, list[str]] = {}
    for name, value in _pairs(request):
        held = lists.setdefault(name, [])
        if len(held) < MOST_VALUES:
            held.append(value)
    return Arrived(
        answers={name: values for name, values in lists.items() if not name.startswith("_")},
        key=_one(lists, "_key"),
        language=_one(lists, "_language"),
        shown_in=_one(lists, "_shown_in"),
        field=_one(lists, "_field"),
        open_answer=_one(lists, "_open_answer") == "1",
        damaged=any("\ufffd" in value for values in lists.values() for value in values),
    )


def _pairs(request: Request) -> Iterable[tuple[str, str]]:
    if request.mimetype != "application/x-www-form-urlencoded":
        return request.form.items(multi=True)
    body = request.get_data(cache=False).decode("utf-8", "replace")
    try:
        return parse_qsl(body, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise RequestEntityTooLarge from error


def _one(lists: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(lists.get(name, ())), "")
