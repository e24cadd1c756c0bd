"""Begins a questionnaire: blank, as the next version of one in use, as a locked form with local parts, or as a
copy under a name of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeVar

from instruments.editing.answer_library import SCALES, spoken
from instruments.model.document import InstrumentVersion, Respondent
from instruments.model.elements import Item, Section
from instruments.model.index_rules import IndexRule
from instruments.model.provenance import Language, Passage
from instruments.model.response_domains import Part, Rating
from instruments.model.text import Text
from instruments.overlays import overlay

LONGEST_CODE = 40


def code_for_adaptation(form: str, taken: Collection[str] = ()) -> str:
    """A code for a form with local parts: `byt56-m1-rieng`."""
    stem = f"{form[: LONGEST_CODE - 10].rstrip('-')}-rieng"
    code, n = stem, 1
    while code in taken:
        n += 1
        code = f"{stem}-{n}"
    return code


def code_from(title: str, taken: Collection[str] = ()) -> str:
    """A code for a questionnaire from the first words of its name: `khao-sat-bo-phan-mot-cua`."""
    plain = unicodedata.normalize("NFD", title.lower().replace("đ", "d"))
    words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
    stem = ""
    for word in words:
        longer = f"{stem}-{word}" if stem else word
        if len(longer) > LONGEST_CODE - 10 or longer.count("-") > 5:
            break
        stem = longer
    if not re.match(r"[a-z]", stem):
        stem = f"phieu-{stem}" if stem else "phieu"
    code, n = stem, 1
    while code in taken:
        n += 1
        code = f"{stem}-{n}"
    return code


def blank(
    *,
    code: str,
    title: Text,
    issuer: Text,
    question: Text,
    service_domain: Literal["admin", "health", "education"],
    languages: tuple[str, ...],
    provenance: Text,
) -> InstrumentVersion:
    """A questionnaire with one rated question, the official five words and one headline figure.

    `languages`: the source language first.
    """
    source = languages[0]

    def say(words: Mapping[str, str]) -> Text:
        return Text({one: said for one, said in words.items() if one in languages})

    own = spoken(SCALES[0], languages)
    first = Item(type="item", code="q1", text=question, response=Rating(kind="rating", scale=own.code), grade="draft")
    return InstrumentVersion(
        format=1,
        code=code,
        version=1,
        service_domain=service_domain,
        survey_family=code.replace("-", "_")[:32].rstrip("_"),
        languages=(
            Language(code=source, role="source"),
            *(Language(code=one, role="translation", grade="draft") for one in languages[1:]),
        ),
        title=title,
        short_title=title,
        address=say({"vi": "Ông/Bà", "en": "you"}),
        issuer=issuer,
        provenance=provenance,
        claim="demonstration",
        respondent=Respondent(
            description=say(
                {
                    "vi": "Người dân, tổ chức đã sử dụng dịch vụ",
                    "en": "People and organisations who used the service",
                }
            ),
            kinds=("resident", "organisation"),
        ),
        unit_measured=say({"vi": "Đơn vị cung cấp dịch vụ", "en": "The unit that provided the service"}),
        scales=(own,),
        sections=(Section(code="s1", elements=(first,)),),
        indices=(
            IndexRule(level="item", rule="item_rate", measure="rate"),
            IndexRule(level="overall", rule="top2_answers", measure="rate", headline=True),
        ),
    )  # fmt: skip


def next_version(version: InstrumentVersion, number: int) -> InstrumentVersion:
    """The same questionnaire under its next number. Judgements on comparability are made anew."""
    return version.model_copy(update={"version": number, "comparable": ()})


def adapted(form: InstrumentVersion, *, code: str) -> InstrumentVersion:
    """A locked form with room for local parts, under a code of its own; what was local on it comes along."""
    local = overlay.extract(form).model_copy(update={"comparable": ()})
    return overlay.apply(overlay.strip(form), local, version=1, code=code)


def copied(version: InstrumentVersion, *, code: str, title: Text) -> InstrumentVersion:
    """A questionnaire of its own that began as another one: it claims nothing of what the other is.

    Local parts become parts of the copy. Of a locked form it takes the words, but not the claim to be that form.
    """
    own = _without_marks(version)
    decisions = tuple(
        one.model_copy(update={"role": "context"}) if one.role == "basis" else one for one in own.decisions
    )
    return own.model_copy(
        update={
            "code": code,
            "version": 1,
            "core": None,
            "title": title,
            "short_title": title,
            "decisions": decisions,
            "claim": "demonstration",
            "survey_family": code.replace("-", "_")[:32].rstrip("_"),
            "comparable": (),
            "exports": (),
        }
    )


_SomePart = TypeVar("_SomePart", bound=Part)


def _without_marks(part: _SomePart) -> _SomePart:
    """The same words without marks of local parts; words shown instead of the form's become the text."""
    updates: dict[str, Any] = {}
    if isinstance(part, Item) and part.relabel is not None:
        updates |= {"text": part.relabel, "relabel": None}
    for name in type(part).model_fields:
        value = getattr(part, name)
        if name == "origin" and not isinstance(part, Passage):
            updates[name] = "core"
        elif isinstance(value, Part):
            updates[name] = _without_marks(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Part):
            updates[name] = tuple(_without_marks(one) for one in value)
    return part.model_copy(update=updates)
