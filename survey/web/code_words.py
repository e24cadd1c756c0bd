"""Words for codes in the language of the page: `words("unit_kind", "ward")` is "Phường" on the screen.

In templates `words` and `capital_words` are globals. The words themselves stand in `survey.words`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask_babel import gettext
from flask_babel.speaklater import LazyString

from survey.i18n import language
from survey.words import capital, codes, results


def words(table: str, code: str, **values: object) -> str:
    """The word for a code with what it names."""
    return codes.words(table, code, gettext, **values)


def rule_words(rule: str, weights: Sequence[tuple[str, float]]) -> str:
    """The name of a rule of figures, with the weights of its parts where they have some of their own."""
    return results.rule_name(rule, weights, gettext, language())


def capital_words(table: str, code: str) -> str:
    """The word as it begins a line."""
    return capital(words(table, code))


def words_of(table: str) -> dict[str, str]:
    """A whole table, said."""
    return {code: words(table, code) for code in codes.TABLES[table]}


def choices(table: str) -> list[tuple[str, LazyString]]:
    """A table as the choices of a form, said when the form is shown."""
    return [(code, LazyString(words, table, code)) for code in codes.TABLES[table]]


def capital_choices(table: str, offered: Iterable[str]) -> list[tuple[str, LazyString]]:
    """Some codes of a table as choices, each beginning a line."""
    return [(code, LazyString(capital_words, table, code)) for code in offered]
