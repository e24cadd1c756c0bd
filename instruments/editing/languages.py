"""Languages of a document, and every text of it beside its translation."""

from __future__ import annotations

from collections.abc import Mapping

from instruments.editing.locking import added
from instruments.editing.refusals import EditError
from instruments.model.document import InstrumentVersion
from instruments.model.provenance import Language
from instruments.model.text import Text
from instruments.overlays import local_languages


def add_language(version: InstrumentVersion, code: str) -> InstrumentVersion:
    """A translation to be written: graded as our own draft until someone confirms it."""
    if code in version.language_codes:
        raise EditError("language-there", code=code)
    language = Language(code=code, role="translation", grade="draft")
    return version.model_copy(update={"languages": (*version.languages, added(version, language))})


def remove_language(version: InstrumentVersion, code: str) -> InstrumentVersion:
    """Take a translation away with all its words."""
    if code == version.source_language:
        raise EditError("language-source")
    if code not in version.language_codes:
        raise EditError("language-unknown", code=code)
    rest = tuple(language for language in version.languages if language.code != code)
    bare = local_languages.changed(
        version, lambda _, text: Text({one: said for one, said in text.items() if one != code})
    )
    return bare.model_copy(update={"languages": rest})


def grade_language(version: InstrumentVersion, code: str, grade: str) -> InstrumentVersion:
    """Set the grade of a translation: how sure its wording is."""
    if code not in version.language_codes or code == version.source_language:
        raise EditError("language-unknown", code=code)
    languages = tuple(
        language.model_copy(update={"grade": grade}) if language.code == code else language
        for language in version.languages
    )
    return version.model_copy(update={"languages": languages})


def translate(version: InstrumentVersion, said: Mapping[str, str], language: str) -> InstrumentVersion:
    """Words of one language for several texts by their keys; a blank takes the words away."""
    if language not in version.language_codes:
        raise EditError("language-unknown", code=language)

    def put(key: str, text: Text) -> Text:
        if key not in said:
            return text
        new = said[key].strip()
        if not new and language == version.source_language:
            raise EditError("no-words")
        rest = {one: words for one, words in text.items() if one != language}
        return Text({**rest, language: new}) if new else Text(rest)

    return local_languages.changed(version, put)
