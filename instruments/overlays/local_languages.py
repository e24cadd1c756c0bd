"""Takes the words of a language that a unit added itself off a locked form, and puts them on again.

A translation is added text like any other: the language is marked `origin: "overlay"`, and the core is the
form without it. Each piece of words remembers which source words it translates, so that it is never carried
to a newer core whose words have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from instruments.model.document import InstrumentVersion
from instruments.model.provenance import Language
from instruments.model.response_domains import Part
from instruments.model.text import Line, Text
from instruments.overlays.misfits import Misfit

_SomePart = TypeVar("_SomePart", bound=Part)
Change = Callable[[str, Text], Text]


class LocalWords(Part):
    """The translation of one text of the core."""

    key: str
    """Which text: the path through the document by codes, e.g. `sections/a/elements/q1/text`."""
    source: Line
    """The source words it translates."""
    words: Line
    """The translation."""


class LocalLanguage(Part):
    """A language added to a core, with everything said in it."""

    language: Language
    """The language, `origin: "overlay"`."""
    words: tuple[LocalWords, ...]
    """Its words."""


def without(core: InstrumentVersion) -> InstrumentVersion:
    """The version without the languages added locally. Local parts must be off already."""
    local = {language.code for language in core.languages if language.origin == "overlay"}
    if not local:
        return core
    kept = core.model_copy(
        update={"languages": tuple(language for language in core.languages if language.origin == "core")}
    )
    return changed(kept, lambda _, text: Text({code: text[code] for code in text if code not in local}))


def taken(core: InstrumentVersion) -> tuple[LocalLanguage, ...]:
    """The languages added locally with their words. Local parts must be off already."""
    local = [language for language in core.languages if language.origin == "overlay"]
    known = dict(texts(core)) if local else {}
    return tuple(
        LocalLanguage(
            language=language,
            words=tuple(
                LocalWords(key=key, source=text.inside(core.source_language), words=text[language.code])
                for key, text in known.items()
                if language.code in text
            ),
        )
        for language in local
    )


def put(core: InstrumentVersion, languages: tuple[LocalLanguage, ...]) -> InstrumentVersion:
    """The core with local languages added, wherever the words they translate are still the same."""
    if not languages:
        return core
    words: Mapping[tuple[str, str], dict[str, str]] = _by_text(languages)

    def add(key: str, text: Text) -> Text:
        found = words.get((key, text.inside(core.source_language)))
        return Text({**text, **found}) if found else text

    added = tuple(one.language for one in languages)
    return changed(core, add).model_copy(update={"languages": core.languages + added})


def misfits(core: InstrumentVersion, languages: tuple[LocalLanguage, ...]) -> Iterator[Misfit]:
    """Every language and every piece of words that the core does not take."""
    known = dict(texts(core)) if languages else {}
    for one in languages:
        if one.language.code in core.language_codes:
            yield Misfit("language-exists", {"language": one.language.code})
        for entry in one.words:
            params = {"language": one.language.code, "key": entry.key}
            if entry.key not in known:
                yield Misfit("translation-place", params)
            elif known[entry.key].inside(core.source_language) != entry.source:
                yield Misfit("translation-old", params)


def fitting(core: InstrumentVersion, languages: tuple[LocalLanguage, ...]) -> tuple[LocalLanguage, ...]:
    """The languages and words that the core takes."""
    known = dict(texts(core)) if languages else {}
    return tuple(
        one.model_copy(
            update={
                "words": tuple(
                    entry
                    for entry in one.words
                    if entry.key in known and known[entry.key].inside(core.source_language) == entry.source
                )
            }
        )
        for one in languages
        if one.language.code not in core.language_codes
    )


def _by_text(languages: tuple[LocalLanguage, ...]) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for one in languages:
        for entry in one.words:
            found.setdefault((entry.key, entry.source), {})[one.language.code] = entry.words
    return found


def texts(part: Part) -> Iterator[tuple[str, Text]]:
    """Every text of a document with its key, a path by codes: `sections/a/elements/q1/text`."""
    seen: list[tuple[str, Text]] = []

    def note(key: str, text: Text) -> Text:
        seen.append((key, text))
        return text

    changed(part, note)
    yield from seen


def changed(part: _SomePart, change: Change) -> _SomePart:
    """The part with every text in it passed through `change` with its key; the very part if nothing changed."""
    return _changed(part, "", change)


def _changed(part: _SomePart, key: str, change: Change) -> _SomePart:
    """The part with every text in it passed through `change`; the very part if nothing changed."""
    updates: dict[str, Any] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        new = _value(value, f"{key}/{name}" if key else name, change)
        if new is not value:
            updates[name] = new
    return part.model_copy(update=updates) if updates else part


def _value(value: Any, key: str, change: Change) -> Any:
    if isinstance(value, Text):
        new = change(key, value)
        return value if new == value else new
    if isinstance(value, Part):
        return _changed(value, key, change)
    if isinstance(value, tuple) and value and isinstance(value[0], Part):
        entries = [_changed(one, f"{key}/{getattr(one, 'code', n)}", change) for n, one in enumerate(value)]
        changed = any(one is not before for one, before in zip(entries, value, strict=True))
        return tuple(entries) if changed else value
    return value
