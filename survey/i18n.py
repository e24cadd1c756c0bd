"""Languages of the interface: source texts in English, Vietnamese shown by default, English second.

Questionnaire text is not here: it belongs to the instrument, in its own languages. Each face has its own catalogue
file, so that a citizen worker loads only the citizen's words.
"""

from __future__ import annotations

import os
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from babel.support import NullTranslations, Translations
from flask import Flask, g, session
from flask_babel import Babel, get_locale

from survey import clock

TRANSLATIONS = Path(__file__).with_name("translations")
LANGUAGES = ("vi", "en")
DEFAULT = "vi"
OWN_NAMES = {
    "vi": "Tiếng Việt", "en": "English", "ktv": "Cơ Tu", "sed": "Xơ Đăng", "jeh": "Gié-Triêng", "cua": "Co",
    "km": "ភាសាខ្មែរ", "lo": "ລາວ", "ko": "한국어", "ja": "日本語", "zh": "中文", "fr": "Français",
}  # fmt: skip
"""What languages of questionnaires call themselves; one that is not here is shown by its code."""
CITIZEN_CATALOGUES = ("citizen",)
STAFF_CATALOGUES = ("citizen", "staff", "accounts", "designer", "fieldwork", "results", "exports")


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
        percent=percent,
        number=number,
        day=day,
        moment=moment,
        grouped=grouped,
        own_name=own_name,
    )


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


# Numbers and dates as Vietnamese documents write them (CLDR's short Vietnamese date is wrong in official documents).


def rounded(value: float, places: int) -> Decimal:
    """Half-up in decimal arithmetic of the number's shortest decimal form: 0.96485 at 4 places is 0.9649."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def number(value: float | None, places: int = 0, language: str | None = None) -> str:
    if value is None:
        return "–"
    text = f"{rounded(value, places):,f}"
    if (language or _language()) == "en":
        return text
    return text.translate(str.maketrans(",.", ".,"))


def percent(value: float | None, places: int = 1, language: str | None = None) -> str:
    """A rate 0..1 as '97,2 %'."""
    if value is None:
        return "–"
    text = str((Decimal(repr(float(value))) * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
    return f"{text} %" if (language or _language()) == "en" else text.replace(".", ",") + " %"


def decimal_mark() -> str:
    """What stands before the decimals in the language of the page."""
    return "." if _language() == "en" else ","


def grouped(value: int | None, language: str | None = None) -> str:
    return number(value, 0, language)


def day(value: date | datetime | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = clock.local_day(value)
    return value.strftime("%d/%m/%Y")


def moment(value: datetime | None) -> str:
    return "–" if value is None else clock.local(value).strftime("%H:%M %d/%m/%Y")


def _language() -> str:
    try:
        return language()
    except RuntimeError:  # outside a request
        return DEFAULT
