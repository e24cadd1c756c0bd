"""Languages of the interface: source texts in English, Vietnamese shown by default, English second.

Questionnaire text is not here: it belongs to the instrument, in its own languages. Each face has its own catalogue
file, so that a citizen worker loads only the citizen's words.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations
from flask import Flask, g, session
from flask_babel import Babel, get_locale

from survey.words import figures

TRANSLATIONS = Path(__file__).with_name("translations")
LANGUAGES = ("vi", "en")
DEFAULT = "vi"
OWN_NAMES = {
    "vi": "Tiếng Việt", "en": "English", "ktv": "Cơ Tu", "sed": "Xơ Đăng", "jeh": "Gié-Triêng", "cua": "Co",
    "km": "ភាសាខ្មែរ", "lo": "ລາວ", "ko": "한국어", "ja": "日本語", "zh": "中文", "fr": "Français",
}  # fmt: skip
"""What languages of questionnaires call themselves; one that is not here is shown by its code."""
CITIZEN_CATALOGUES = ("citizen",)
STAFF_CATALOGUES = tuple(sorted(path.stem for path in (TRANSLATIONS / DEFAULT / "LC_MESSAGES").glob("*.po")))


def own_name(code: str) -> str:
    """A language as its speakers write it."""
    return OWN_NAMES.get(code, code)


def install(app: Flask, *, staff: bool) -> None:
    catalogues = STAFF_CATALOGUES if staff else CITIZEN_CATALOGUES
    app.config["BABEL_DOMAIN"] = ";".join(catalogues)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join([str(TRANSLATIONS)] * len(catalogues))
    Babel(app, default_locale=DEFAULT, default_timezone="Asia/Ho_Chi_Minh", locale_selector=_select)
    app.jinja_env.globals["language"] = language
    app.jinja_env.filters.update(
        own_name=own_name,
        day=figures.day,
        moment=figures.moment,
        coordinate=figures.coordinate,
        grouped=_on_the_page(figures.grouped),
        margin=_on_the_page(figures.margin),
        target_percent=_on_the_page(figures.target_percent),
        interval=lambda low, high, rounding=None: figures.interval(low, high, language(), rounding=rounding),
        percent=lambda rate, places=1, rounding=None: figures.percent(
            rate, language(), places=places, rounding=rounding
        ),
        number=lambda value, places=0: figures.number(value, places, language()),
    )


def _on_the_page(written: Callable[[Any, str], str]) -> Callable[[Any], str]:
    """A way to write figures, in the language of the page."""
    return lambda value: written(value, language())


def _select() -> str:
    """The language asked for by the page at hand: a citizen's form says it, staff keep it in their session."""
    if chosen := g.get("language"):
        return str(chosen)
    if g.get("staff") and (kept := session.get("language")) in LANGUAGES:
        return str(kept)
    return DEFAULT


def language() -> str:
    locale = get_locale()
    return locale.language if locale else DEFAULT


def compile_stale() -> None:
    """Bring the compiled catalogues up to date with their sources. Done when a command starts, not per request."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in TRANSLATIONS.glob("*/LC_MESSAGES/*.po"):
        made = source.with_suffix(".mo")
        if made.exists() and made.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as handle:
            catalog = read_po(handle, locale=source.parts[-3], domain=source.stem)
        part = made.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as handle:
            write_mo(handle, catalog)
        part.replace(made)


@cache
def translations(language: str) -> NullTranslations:
    """The texts of all catalogues, for files made outside a request."""
    merged: NullTranslations = NullTranslations()
    for name in STAFF_CATALOGUES:
        found = Translations.load(TRANSLATIONS, [language], domain=name)
        if isinstance(found, Translations):
            merged = merged.merge(found) if isinstance(merged, Translations) else found
    return merged
