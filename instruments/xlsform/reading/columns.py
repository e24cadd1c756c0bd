"""Reads the header of a column in any of its spellings, and the cells under it.

`label::English (en)`, `label:english`, `Label :: EN` are one column; so are `list name` and `list_name`, `relevant`,
`relevance` and `bind::relevant`. Numbers that Excel kept as 1.0 read as "1", and yes, TRUE, true() and 1 are one word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from openpyxl.utils import get_column_letter

from instruments.checks.problems import InvalidInstrument, Problem
from instruments.xlsform.reading.workbook_cells import Sheet, Value

LANGUAGE_NAMES: Mapping[str, str] = {
    "vi": "Tiếng Việt", "en": "English", "fr": "Français", "de": "Deutsch", "es": "Español", "pt": "Português",
    "it": "Italiano", "ru": "Русский", "uk": "Українська", "tr": "Türkçe", "ar": "العربية", "fa": "فارسی",
    "ps": "پښتو", "ur": "اردو", "hi": "हिन्दी", "bn": "বাংলা", "ne": "नेपाली", "my": "မြန်မာ", "th": "ไทย",
    "lo": "ລາວ", "km": "ខ្មែរ", "id": "Bahasa Indonesia", "ms": "Bahasa Melayu", "tl": "Tagalog", "zh": "中文",
    "ja": "日本語", "ko": "한국어", "sw": "Kiswahili", "am": "አማርኛ", "so": "Soomaali", "ktv": "Cơ Tu", "sed": "Xơ Đăng",
    "jeh": "Giẻ Triêng", "rad": "Ê Đê", "jra": "Gia Rai", "bdq": "Ba Na", "tyz": "Tày", "hmn": "Hmông", "cja": "Chăm",
}  # fmt: skip
"""How a language is named in a header: its own name, and its code in brackets behind it."""

_ENGLISH_NAMES: Mapping[str, str] = {
    "vietnamese": "vi", "english": "en", "french": "fr", "german": "de", "spanish": "es", "portuguese": "pt",
    "italian": "it", "russian": "ru", "ukrainian": "uk", "turkish": "tr", "arabic": "ar", "persian": "fa", "dari": "fa",
    "farsi": "fa", "pashto": "ps", "urdu": "ur", "hindi": "hi", "bengali": "bn", "bangla": "bn", "nepali": "ne",
    "burmese": "my", "thai": "th", "lao": "lo", "khmer": "km", "indonesian": "id", "malay": "ms", "tagalog": "tl",
    "chinese": "zh", "japanese": "ja", "korean": "ko", "swahili": "sw", "amharic": "am", "somali": "so",
    "kinh": "vi", "vn": "vi", "vie": "vi", "tieng viet nam": "vi", "viet nam": "vi", "eng": "en", "fra": "fr",
    "francais": "fr", "espanol": "es", "tieng viet": "vi", "viet": "vi",
}  # fmt: skip

_ALIASES: Mapping[str, str] = {
    "caption": "label", "relevance": "relevant", "bind::relevant": "relevant", "bind::required": "required",
    "bind::constraint": "constraint", "bind::readonly": "read_only", "readonly": "read_only", "command": "type",
    "calculate": "calculation", "bind::calculate": "calculation", "constraining_message": "constraint_message",
    "bind::jr:constraintmsg": "constraint_message", "bind::jr:requiredmsg": "required_message",
    "control::appearance": "appearance", "body::appearance": "appearance", "listname": "list_name",
    "default_value": "default", "form_name": "form_title", "title": "form_title", "image": "media::image",
    "audio": "media::audio", "video": "media::video", "set_form_title": "form_title", "set_form_id": "form_id",
    "id_string": "form_id", "value": "name",
}  # fmt: skip
_FAMILIES = frozenset({"media", "bind", "body", "control", "instance"})
_CODE_IN_BRACKETS = re.compile(r"\(\s*([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?)\s*\)\s*$")
_BARE_CODE = re.compile(r"^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?$")
_PRIVATE = tuple(f"qa{letter}" for letter in "abcdefghijklmnopqrst")
YES = frozenset({"yes", "true", "true()", "1", "y", "có", "x"})
NO = frozenset({"", "no", "false", "false()", "0", "n", "không"})


@dataclass(frozen=True, slots=True)
class Line:
    """One row by the names of its columns."""

    number: int
    cells: Mapping[str, Value] = field(default_factory=dict)
    """Cells of columns without a language."""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Name of the column → language → text; the language "" is a column that names none."""

    def text(self, name: str) -> str:
        """A cell as a trimmed text; a whole number without its fraction."""
        value = self.cells.get(name)
        if value is None:
            spoken = self.words.get(name)
            return next(iter(spoken.values())).strip() if spoken else ""
        return as_text(value).strip()

    def flag(self, name: str) -> bool | None:
        """yes or no; None for anything else."""
        word = self.text(name).lower().replace(" ", "")
        return True if word in YES else False if word in NO else None


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet by the names of its columns."""

    name: str
    lines: tuple[Line, ...]
    columns: Mapping[str, str]
    """Name → header as written, of the columns without a language."""
    spoken: Mapping[str, tuple[str, ...]]
    """Name → languages of the columns with one."""
    formulas: int = 0
    unnamed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Letter of a column without a header → the rows that hold something there, which nobody can place."""


def as_text(value: Value) -> str:
    """A cell as a text: 1.0 is 1, and yes-or-no as XLSForm writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class Languages:
    """Names of languages as headers spell them → codes; a language nobody knows gets a private code."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.unknown: dict[str, str] = {}
        """Languages that got a private code, as written."""

    def code(self, written: str) -> str:
        """The code of a language; "" where none is named."""
        name = " ".join(written.split()).casefold()
        if name in ("", "default"):
            return ""
        if name not in self.codes:
            self.codes[name] = _known(written.strip()) or self._private()
            if self.codes[name] in _PRIVATE:
                self.unknown[self.codes[name]] = written.strip()
        return self.codes[name]

    def _private(self) -> str:
        taken = set(self.codes.values())
        return next((code for code in _PRIVATE if code not in taken), _PRIVATE[-1])


def header_of(name: str, language: str) -> str:
    """`label::English (en)`, as XLSForm recommends."""
    return f"{name}::{LANGUAGE_NAMES.get(language, language)} ({language})"


def table(
    sheet: Sheet, languages: Languages, *, translated: frozenset[str], aliases: Mapping[str, str] = _ALIASES
) -> Table:
    """The rows of a sheet by column names, or `InvalidInstrument` for a column that stands twice."""
    meaning: dict[int, tuple[str, str]] = {}
    seen: dict[tuple[str, str], str] = {}
    for column, written in sorted(sheet.header.cells.items()):
        header = " ".join(as_text(written).split())
        if not header:
            continue
        key = _meaning(header, languages, translated, aliases)
        if key in seen:
            place = f"{sheet.name}!{sheet.header.number}"
            raise InvalidInstrument([Problem("xls-column-twice", place, {"column": header[:80]})])
        seen[key] = header
        meaning[column] = key
    lines = tuple(line for row in sheet.rows if (line := _line(row.number, row.cells, meaning, translated)))
    spoken: dict[str, list[str]] = {}
    for name, language in seen:
        if name in translated:
            spoken.setdefault(name, []).append(language)
    return Table(
        sheet.name,
        lines,
        {name: header for (name, _), header in seen.items() if name not in translated},
        {name: tuple(found) for name, found in spoken.items()},
        len(sheet.formulas),
        _unnamed(sheet, meaning),
    )


def _unnamed(sheet: Sheet, meaning: Mapping[int, tuple[str, str]]) -> dict[str, tuple[int, ...]]:
    found: dict[int, list[int]] = {}
    for row in sheet.rows:
        for column, value in row.cells.items():
            if column not in meaning and as_text(value).strip():
                found.setdefault(column, []).append(row.number)
    return {get_column_letter(column + 1): tuple(rows) for column, rows in sorted(found.items())}


def without_marks(words: str) -> str:
    """Letters without their marks: `giới tính` → `gioi tinh`."""
    plain = unicodedata.normalize("NFD", words.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _meaning(
    header: str, languages: Languages, translated: frozenset[str], aliases: Mapping[str, str]
) -> tuple[str, str]:
    separator = "::" if "::" in header else ":"
    parts = [part.strip() for part in header.split(separator)]
    name = parts[0].lower().replace(" ", "_")
    rest = parts[1:]
    if name in _FAMILIES and rest:
        name, rest = f"{name}::{rest[0].lower().replace(' ', '_')}", rest[1:]
    name = aliases.get(name, name)
    if name in translated:
        return name, languages.code(separator.join(rest))
    return (separator.join([name, *rest]).lower() if rest else name), ""


def _line(
    number: int, cells: Mapping[int, Value], meaning: Mapping[int, tuple[str, str]], translated: frozenset[str]
) -> Line | None:
    plain: dict[str, Value] = {}
    words: dict[str, dict[str, str]] = {}
    for column, value in cells.items():
        known = meaning.get(column)
        if known is None or (isinstance(value, str) and not value.strip()):
            continue
        name, language = known
        if name in translated:
            words.setdefault(name, {})[language] = as_text(value)
        else:
            plain[name] = value
    return Line(number, plain, words) if plain or words else None


def _known(written: str) -> str:
    bracketed = _CODE_IN_BRACKETS.search(written)
    if bracketed:
        return _ENGLISH_NAMES.get(bracketed[1].casefold(), _spelled(bracketed[1]))
    name = without_marks(written).casefold()
    if name in _ENGLISH_NAMES:
        return _ENGLISH_NAMES[name]
    for code, own in LANGUAGE_NAMES.items():
        if without_marks(own).casefold() == name:
            return code
    return _spelled(written) if _BARE_CODE.match(written) else ""


def _spelled(code: str) -> str:
    primary, _, rest = code.replace("_", "-").partition("-")
    return primary.lower() + (f"-{rest}" if rest else "")
