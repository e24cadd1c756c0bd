"""Reads the words of a row in every language, and finds the language that comes first.

No text here repeats an earlier answer: `${age}` in a text of another program becomes `[age]`, for a person to reword.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from instruments.xlsform.reading.columns import Line

_VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
_BREAKS = re.compile("\r\n?|_x000[dD]_\n?|\v|\f")
_REFERENCE = re.compile(r"\$\{\s*([^\W\d][\w.\-]*)\s*\}|\{([a-z][a-z0-9_]*)\}")
_MARKUP = re.compile(
    r"(?<!\w)\*\*(?=\S)([^\n*]+)(?<=\S)\*\*(?!\w)|(?<!\w)__(?=\S)([^\n_]+)(?<=\S)__(?!\w)|^#{1,6}[ \t]+(?=\S)"
    r"|</?span(?:\s+style=\"[^\"<>]*\")?\s*>",
    re.MULTILINE,
)
_UNSEEN = re.compile("[\ufeff\u200b\u2060\x00-\x08\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Words:
    """How texts of a workbook become texts of a document."""

    source: str
    """The first language: every text must have it."""
    unnamed: str
    """The language of columns that name none."""
    exact: bool
    """A file of ours: every space is meant."""

    def of(self, line: Line, column: str) -> dict[str, str]:
        """The words of one column by language; empty if nobody can read them in the first language."""
        found: dict[str, str] = {}
        for language, words in line.words.get(column, {}).items():
            kept = words if self.exact else tidy(words)
            if kept.strip():
                found.setdefault(language or self.unnamed, kept)
        return found if self.source in found else {}


def tidy(words: str) -> str:
    """A text of another program with line ends and unseen signs put right."""
    plain = _UNSEEN.sub("", _BREAKS.sub("\n", words))
    if _may_be_marked_up(plain):
        plain = _MARKUP.sub(lambda found: found[1] or found[2] or "", plain)
    return (_REFERENCE.sub(_bracketed, plain) if "{" in plain else plain).strip()


def marked_up(line: Line, column: str) -> bool:
    """Whether the words hold marks of bold letters, headings or colours, which only other programs show as such."""
    return any(_may_be_marked_up(words) and _MARKUP.search(words) for words in line.words.get(column, {}).values())


def _may_be_marked_up(words: str) -> bool:
    return "**" in words or "__" in words or "#" in words or "span" in words


def repeated(line: Line, column: str) -> str:
    """The first place in the words of a column where an earlier answer stood, as it reads now."""
    for words in line.words.get(column, {}).values():
        if "{" in words and (found := _REFERENCE.search(words)):
            return _bracketed(found)
    return ""


def _bracketed(found: re.Match[str]) -> str:
    return f"[{found[1] or found[2]}]"


def looks_vietnamese(texts: list[str]) -> bool:
    """Whether the text has letters that only Vietnamese uses together."""
    return sum(1 for text in texts if _VIETNAMESE.search(text)) * 4 >= len(texts) > 0


def in_language(language: str, by_language: Mapping[str, str]) -> dict[str, str]:
    """Words of ours in one language: its own, else English."""
    return {language: by_language.get(language, by_language["en"])}
