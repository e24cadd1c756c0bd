"""Columns of answers as files of SPSS and Stata, in which a program of statistics knows what each code means.

A code that says nothing on the matter asked is missing for the program and still there to be counted: a user-missing
value in SPSS, an extended missing value in Stata (`.a` for the code that most columns have, then `.b` and so on; a
code has one letter in the whole file). Every column has its measurement level, its format and the words of its codes.
Both programs cut what is too long in the middle of a letter or refuse it: labels are cut here, at their limits. Names
are those of `statistics_names`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, Literal

from survey.exports.statistics_names import spss_names, stata_names

if TYPE_CHECKING:
    import numpy.typing as npt

SPSS_LABEL, SPSS_VALUE, SPSS_NOTE, SPSS_TITLE = 256, 120, 80, 60  # bytes
SPSS_MISSING = 3  # single values; else a range and one value
STATA_LABEL, STATA_TITLE = 80, 80  # letters
STATA_RELEASE = 14  # the newest file that Stata 14 reads as well; pyreadstat's own default needs Stata 15

Kind = Literal["number", "text", "date"]
Measure = Literal["nominal", "ordinal", "scale"]


@dataclass(frozen=True)
class StatisticsColumn:
    """One variable of n rows: numbers with NaN for blank, text with None, or days (`datetime64[D]`) with NaT."""

    name: str
    label: str
    values: Sequence[Any] | npt.NDArray[Any]  # (n,)
    kind: Kind = "number"
    measure: Measure = "nominal"
    codes: Mapping[int, str] = field(default_factory=dict)  # the words of each code
    missing: frozenset[int] = frozenset()  # codes that are never part of a share or a mean
    places: int = 0  # shown after the decimal point

    @property
    def size(self) -> str:
        """Width and decimal places: 3.0 for codes, 8.0 for other whole numbers, 8.2 for numbers, 12.6 for weights."""
        if self.places:
            return f"{6 + self.places}.{self.places}"
        return f"{max(3, *(len(str(code)) for code in self.codes))}.0" if self.codes else "8.0"


def write_sav(path: Path, columns: Sequence[StatisticsColumn], *, title: str, notes: Sequence[str] = ()) -> None:
    """A file of SPSS (.sav); each of `notes` begins a line of its document notes."""
    import pyreadstat

    named = dict(zip(spss_names([c.name for c in columns]), columns, strict=True))
    missing = {name: spss_missing(c) for name, c in named.items()}
    pyreadstat.write_sav(
        _frame({name: _with_codes(c, missing[name]) for name, c in named.items()}), str(path),
        file_label=cut(title, SPSS_TITLE), row_compress=True, note=[line for note in notes for line in _lines(note)],
        column_labels={name: cut(c.label, SPSS_LABEL) for name, c in named.items()},
        variable_value_labels={
            name: {code: cut(words, SPSS_VALUE) for code, words in c.codes.items()}
            for name, c in named.items()
            if c.codes
        },
        missing_ranges={name: [{"lo": low, "hi": high} for low, high in found] for name, found in missing.items()},
        variable_measure={name: c.measure for name, c in named.items()},
        variable_format={
            name: "SDATE10" if c.kind == "date" else f"F{c.size}" for name, c in named.items() if c.kind != "text"
        },
    )  # fmt: skip


def write_dta(path: Path, columns: Sequence[StatisticsColumn], *, title: str) -> None:
    """A file of Stata 14 and later (.dta)."""
    import pyreadstat

    named = dict(zip(stata_names([c.name for c in columns]), columns, strict=True))
    held = Counter(code for c in columns for code in c.missing)
    letters = dict(zip(sorted(held, key=lambda code: (-held[code], code)), ascii_lowercase, strict=False))
    pyreadstat.write_dta(
        _frame({name: _with_letters(c, letters) for name, c in named.items()}), str(path),
        file_label=title[:STATA_TITLE], version=STATA_RELEASE,
        column_labels={name: c.label[:STATA_LABEL] for name, c in named.items()},
        variable_value_labels={name: _stata_words(c, letters) for name, c in named.items() if c.codes},
        missing_user_values={
            name: [letters[code] for code in sorted(c.missing) if code in letters]
            for name, c in named.items()
            if c.missing
        },
        variable_format={
            name: "%tdCCYY-NN-DD" if c.kind == "date" else f"%{c.size}f"
            for name, c in named.items()
            if c.kind != "text"
        },
    )  # fmt: skip


def spss_missing(column: StatisticsColumn) -> list[tuple[int, int]]:
    """The missing codes as SPSS keeps them: at most three values, or the longest range between two valid codes and one
    value beside it, each as (lowest, highest)."""
    codes = sorted(column.missing)
    if len(codes) <= SPSS_MISSING:
        return [(code, code) for code in codes]
    runs: list[list[int]] = []
    for code in codes:
        if runs and not any(runs[-1][-1] < valid < code for valid in column.codes if valid not in column.missing):
            runs[-1].append(code)
        else:
            runs.append([code])
    longest = max(runs, key=len)
    rest = [code for code in codes if code not in longest]
    return [(longest[0], longest[-1]), *((code, code) for code in rest[:1])]


def cut(text: str, most: int) -> str:
    """The beginning of a text that takes at most so many bytes."""
    return text.encode()[:most].decode(errors="ignore")


def _lines(note: str) -> list[str]:
    """A note in lines of at most 80 bytes, as SPSS keeps it; words stay whole."""
    lines: list[str] = []
    for word in note.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and len(longer.encode()) <= SPSS_NOTE:
            lines[-1] = longer
        else:
            lines.append(cut(word, SPSS_NOTE))
    return lines


def _stata_words(column: StatisticsColumn, letters: Mapping[int, str]) -> dict[Any, str]:
    """The words of each code; a missing one stands under its letter, with the code in its words."""
    return {
        (letters[code] if code in column.missing else float(code)): f"{words} ({code})"
        if code in column.missing
        else words
        for code, words in column.codes.items()
        if code not in column.missing or code in letters
    }


def _with_codes(column: StatisticsColumn, missing: Sequence[tuple[int, int]]) -> Any:
    """The values for SPSS (n,): blank where a missing code has no place in what SPSS can mark."""
    import numpy as np

    if column.kind == "text":
        return _texts(column)
    if column.kind == "date":
        return _days_since(column, "1582-10-14") * 86_400
    values = np.asarray(column.values, np.float64)
    unmarked = [code for code in column.missing if not any(low <= code <= high for low, high in missing)]
    return np.where(np.isin(values, unmarked), np.nan, values) if unmarked else values


def _with_letters(column: StatisticsColumn, letters: Mapping[int, str]) -> Any:
    """The values for Stata (n,): missing codes as their letters, in a column of shared objects."""
    import numpy as np
    import pandas as pd

    if column.kind == "text":
        return _texts(column)
    if column.kind == "date":
        return _days_since(column, "1960-01-01")
    values = np.asarray(column.values, np.float64)
    found, place = np.unique(values, return_inverse=True)
    if not column.missing.intersection(found.tolist()):
        return values
    told = [letters.get(int(v), np.nan) if v in column.missing else v for v in found.tolist()]
    return pd.array(np.array(told, dtype=object)[place], dtype=object)  # an object for each code, not for each row


def _days_since(column: StatisticsColumn, first: str) -> Any:
    """Days from the first day of a program's calendar (n,), NaN for NaT."""
    import numpy as np

    days = np.asarray(column.values, "datetime64[D]")
    return np.where(np.isnat(days), np.nan, (days - np.datetime64(first, "D")).astype(np.float64))


def _texts(column: StatisticsColumn) -> Any:
    import pandas as pd

    return pd.array(["" if v is None else v for v in column.values], dtype=object)


def _frame(columns: Mapping[str, Any]) -> Any:
    import pandas as pd

    return pd.DataFrame(dict(columns), copy=False)
