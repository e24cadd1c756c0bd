"""Texts in several languages, and what stands in when a language is missing.

A `Text` holds the same words in several languages. The fallback rule is one line: the language asked for,
else Vietnamese, else the first language there is. Words are kept in Unicode NFC and may carry named
placeholders such as `{service_point}`, which a campaign fills in; everything else in braces is left as it is.

Cleaning refuses what no page, file or database can carry safely: control characters, lone surrogates,
characters that turn the direction of writing, and heaps of combining marks (more than Unicode's stream-safe
limit of 30, beyond which normalising takes quadratic time).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

DEFAULT_LANGUAGE = "vi"
LANGUAGE_PATTERN = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$"
MAX_TEXT = 4000
MAX_MARKS_IN_A_ROW = 30

# C0 without tab and newline, DEL, C1, lone surrogates, the two noncharacters that XML refuses.
NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Marks that turn the direction of writing: a definition that holds one can show other words than it stores.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def too_many_marks(value: str) -> bool:
    """Whether a run of combining marks passes the stream-safe limit; found in one pass over the text."""
    if value.isascii():
        return False
    run = 0
    for character in value:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > MAX_MARKS_IN_A_ROW:
            return True
    return False


def clean(value: str) -> str:
    """The text in NFC; refuses what `NOT_TEXT` and the direction marks describe."""
    if NOT_TEXT.search(value):
        raise PydanticCustomError("text-control", "control characters and lone surrogates are not text")
    if _DIRECTION.search(value):
        raise PydanticCustomError("text-direction", "characters that turn the writing direction are refused")
    if too_many_marks(value):
        raise PydanticCustomError(
            "text-marks", "more than {limit} combining marks in a row", {"limit": MAX_MARKS_IN_A_ROW}
        )
    normal = unicodedata.normalize("NFC", value)
    if not normal.strip():
        raise PydanticCustomError("text-blank", "text must not be blank")
    return normal


Line = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(clean)]
"""One text in one language, clean and in NFC."""

LanguageCode = Annotated[str, Field(pattern=LANGUAGE_PATTERN)]


def _source_first(language: str) -> tuple[bool, str]:
    return language != DEFAULT_LANGUAGE, language


def named_places(words: str) -> frozenset[str]:
    """Names in braces in one text."""
    return frozenset(_PLACEHOLDER.findall(words)) if "{" in words else frozenset()


class Text(Mapping[str, str]):
    """The same words in several languages: a frozen mapping from language code to text."""

    __slots__ = ("_words",)
    _words: dict[str, str]

    def __init__(self, words: Mapping[str, str] | None = None, /, **by_language: str) -> None:
        merged = {**(words or {}), **by_language}
        object.__setattr__(self, "_words", {code: clean(merged[code]) for code in sorted(merged, key=_source_first)})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Text is frozen; make a new one")

    def __getitem__(self, language: str) -> str:
        return self._words[language]

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)

    def __hash__(self) -> int:
        return hash(tuple(self._words.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self._words == other._words

    def __repr__(self) -> str:
        return f"Text({self._words!r})"

    def __reduce__(self) -> tuple[type[Text], tuple[dict[str, str]]]:
        return Text, (dict(self._words),)

    def inside(self, language: str) -> str:
        """The words in the language asked for, else in Vietnamese, else in the first language there is."""
        words = self._words
        found = words.get(language) or words.get(DEFAULT_LANGUAGE)
        return found if found is not None else next(iter(words.values()))

    def spoken_in(self, language: str) -> str:
        """The language whose words `inside` returns: what the `lang` attribute of a page must say."""
        for code in (language, DEFAULT_LANGUAGE):
            if code in self._words:
                return code
        return next(iter(self._words))

    def placeholders(self) -> frozenset[str]:
        """Names in braces, in any of the languages."""
        return frozenset(name for words in self._words.values() for name in named_places(words))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        words = handler.generate_schema(dict[LanguageCode, Line])
        from_document = core_schema.no_info_after_validator_function(cls._from_words, words)
        return core_schema.json_or_python_schema(
            json_schema=from_document,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_document]),
            serialization=core_schema.plain_serializer_function_ser_schema(dict),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": "object",
            "minProperties": 1,
            "patternProperties": {LANGUAGE_PATTERN: {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}},
            "additionalProperties": False,
        }

    @classmethod
    def _from_words(cls, words: dict[str, str]) -> Text:
        if not words:
            raise PydanticCustomError("text-empty", "a text needs at least one language")
        text = cls.__new__(cls)
        object.__setattr__(text, "_words", {code: words[code] for code in sorted(words, key=_source_first)})
        return text


def render(text: Text, language: str, parameters: Mapping[str, str] | None = None) -> str:
    """The words to show: fallback rule first, then the placeholders that have a value.

    A placeholder without a value stays visible in its braces: a missing setting must be seen, not guessed.
    """
    words = text.inside(language)
    if not parameters or "{" not in words:
        return words
    return _PLACEHOLDER.sub(lambda found: parameters.get(found[1], found[0]), words)


def heading_words(printed: str) -> str:
    """A printed heading as it reads in running text: "I. CÔNG CHỨC …" without its number and capitals.

    The printed form itself, with number and capitals, stays in files and on paper.
    """
    head, dot, rest = printed.partition(". ")
    words = rest if dot and len(head) <= 4 else printed
    return words[:1] + words[1:].lower() if words.isupper() else words
