"""Names of variables that SPSS and Stata take, the same in both: no word of either, each once whatever its case.

A name that is a word of one of the programs, or ends as the names do that they make themselves, is written with
`q_` before it. Both read names without regard to case where they compare them with their words; pyreadstat refuses
the words of SPSS in capitals only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

SPSS_NAME = 64  # bytes of an ASCII name
STATA_NAME = 32  # letters
WORDS = re.compile(
    "all|and|by|eq|ge|gt|le|lt|ne|not|or|to|with"  # SPSS, Command Syntax Reference, Variable names
    "|_all|_b|byte|_coef|_cons|double|float|if|in|int|long|_n|_pi|_pred|_rc|_skip|str[0-9]+|strl|using|with",
    re.IGNORECASE,
)  # Stata, User's Guide 11.3 Naming conventions


def spss_names(names: Sequence[str]) -> list[str]:
    """Names of at most 64 bytes."""
    return _taken_names(names, SPSS_NAME)


def stata_names(names: Sequence[str]) -> list[str]:
    """Names of at most 32 letters, or a few less: pyreadstat names the words of a column by it and a number, and that
    name has the same limit."""
    return _taken_names(names, STATA_NAME - len(str(len(names))))


def _taken_names(names: Sequence[str], most: int) -> list[str]:
    """The names that may stay, stay; every other is changed so that it is none of them."""
    taken: set[str] = set()
    found: list[str] = []
    stays = {name: _may_stay(name, most) for name in names}
    kept = {name.casefold() for name in names if stays[name]}
    for name in names:
        if stays[name] and name.casefold() not in taken:
            short = name
        else:
            wanted, n = _changed(name, most), 1
            short = wanted
            while short.casefold() in kept | taken:
                n += 1
                short = f"{wanted[: most - len(str(n)) - 1].rstrip('_')}_{n}"
        taken.add(short.casefold())
        found.append(short)
    return found


def _may_stay(name: str, most: int) -> bool:
    return len(name) <= most and not WORDS.fullmatch(name) and not name.endswith(("_", "."))


def _changed(name: str, most: int) -> str:
    plain = name.rstrip("_.")
    is_theirs = WORDS.fullmatch(plain) or plain != name
    return (f"q_{plain}" if is_theirs else plain)[:most].rstrip("_")
