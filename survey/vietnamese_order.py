"""Sorts Vietnamese names: the rule of ICU's `vi` collation, as a key that sorts as plain bytes.

First the letters of the Vietnamese alphabet decide: a ă â b c d đ e ê … o ô ơ … u ư …, a blank before signs, signs
before figures, figures before letters. Where they are all alike the tones decide, from the left: ngang, huyền, hỏi,
ngã, sắc, nặng. Last, small letters stand before capitals.

The key is ASCII: SQLite and PostgreSQL (collation "C") sort it alike, and so does Python. Records keep it beside the
name (`sort_key`); a change of the rule needs a migration that makes the kept keys again.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_CIRCUMFLEX, _BREVE, _HORN = "\u0302", "\u0306", "\u031b"
# `~` is the last printable ASCII character: "a~" follows "az", and "a~~" follows "a~z".
_LETTERS = {
    ("a", _BREVE): "a~",
    ("a", _CIRCUMFLEX): "a~~",
    ("e", _CIRCUMFLEX): "e~",
    ("o", _CIRCUMFLEX): "o~",
    ("o", _HORN): "o~~",
    ("u", _HORN): "u~",
}
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_OTHER_MARK = "6"
_SIGNS = "_-\u2013\u2014,;:!?.'\u2018\u2019\"\u201c\u201d()[]{}\u00a7@*/\\&#%`^+<=>|~$"  # as ICU has them
_BLANK, _SIGN, _OTHER_LETTER = "!", '"', "{"  # where each kind of character begins
_BETWEEN = " "  # before everything that a level is made of: the shorter name stands first


@lru_cache(maxsize=8192)
def key(name: str) -> str:
    """What to sort a name by. Blanks at the ends and double ones do not count."""
    letters: list[str] = []
    tones: list[str] = []
    capitals: list[str] = []
    base = ""
    for character in unicodedata.normalize("NFKD", " ".join(name.split())):
        small = character.lower()
        if not letters or not unicodedata.combining(character):
            letters.append(_first_weight(small))
            tones.append("0")
            capitals.append("1" if small != character else "0")
            base = small
        elif (base, character) in _LETTERS:
            letters[-1] = _LETTERS[base, character]
        else:
            tones[-1] = max(tones[-1], _TONES.get(character, _OTHER_MARK))
    levels = ("".join(letters), "".join(tones).rstrip("0"), "".join(capitals).rstrip("0"))
    return _BETWEEN.join(levels).rstrip(_BETWEEN)


def _first_weight(small: str) -> str:
    if small.isascii() and small.isalnum():
        return small
    if small == "đ":
        return "d~"
    if small.isspace():
        return _BLANK
    if small in _SIGNS:
        return f"{_SIGN}{_SIGNS.index(small):02d}"
    if small[:1].isalpha():
        return "".join(f"{_OTHER_LETTER}{ord(c):06x}" for c in small)
    return "".join(f"{_SIGN}~{ord(c):06x}" for c in small)
