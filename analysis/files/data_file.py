"""Data files as columns: CSV, Parquet, SPSS .sav and Stata .dta, read by the names that are needed and no others.

A CSV that separates its columns by semicolons may have decimal commas, as spreadsheets of many countries write it.
Answers that a .sav or .dta marks as missing are blank.

Everything wrong with a file is one sentence with the file, the row or the column, what was expected and what came.
Rows are counted from 1, the header not included. Texts are kept as they stand, so that code 01 stays 01, but in one
Unicode form (NFC): Vietnamese letters can be written in two ways that look the same, and would be two units.
"""

from __future__ import annotations

import io
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.arrays import Codes, Floats, Ints
from analysis.errors import AnalysisError
from analysis.files.csv_outline import delimiter_of, outline
from analysis.totals.measure_plan import BLANK

MISSING = ("", "NA")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_BEYOND = 1e50
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the code of each row, and the text of each code (all different, not in order)."""

    codes: Ints
    texts: tuple[str, ...]

    def row_of(self, place: int) -> int:
        """The first row (from 1) with a text."""
        return int(np.flatnonzero(self.codes == place)[0]) + 1


class DataFile:
    """The columns of one file; labels, numbers and codes are taken out with checks that name the row."""

    def __init__(self, name: str, columns: Mapping[str, Column], *, decimal_comma: bool = False) -> None:
        self.name, self.columns, self._decimal_comma = name, columns, decimal_comma
        self.rows = len(next(iter(columns.values())).codes) if columns else 0
        if not self.rows:
            raise AnalysisError(f"{name} has no rows of data.")

    def fitting(self, pattern: str) -> tuple[str, ...]:
        """The columns whose names fit a pattern, in the order of the file."""
        return _fitting(tuple(self.columns), pattern)

    def labels(self, column: str) -> tuple[Ints, tuple[str, ...]]:
        """A column as codes and their labels, in the order of the labels. A blank is an error."""
        codes, labels = self.domain(column)
        blank = np.flatnonzero(codes < 0)
        if len(blank):
            raise self._wrong(int(blank[0]) + 1, column, "a value", "")
        return codes, labels

    def domain(self, column: str) -> tuple[Ints, tuple[str, ...]]:
        """A column as codes and labels in the order of the labels, blank = −1: in no domain."""
        own = self.columns[column]
        labels = tuple(sorted({text for text in own.texts if text not in MISSING}))
        place = {label: k for k, label in enumerate(labels)}
        return np.array([place.get(text, -1) for text in own.texts], np.int64)[own.codes], labels

    def numbers(self, column: str, *, blank: bool = False) -> Floats:
        """A column as numbers; a blank is NaN where allowed, otherwise an error."""
        own = self.columns[column]
        values = np.empty(len(own.texts))
        for place, text in enumerate(own.texts):
            value = np.nan if text in MISSING else self._number(text)
            if value is None or (text in MISSING and not blank):
                raise self._wrong(own.row_of(place), column, "a number", text)
            values[place] = value
        return values[own.codes]

    def codes(self, column: str) -> Codes:
        """A coded column as uint8, blank = 255."""
        own = self.columns[column]
        made = np.full(len(own.texts), BLANK, np.uint8)
        for place, text in enumerate(own.texts):
            if text in MISSING:
                continue
            value = self._number(text)
            if value is None or not value.is_integer() or not 0 <= value < BLANK:
                raise self._wrong(own.row_of(place), column, "a whole number from 0 to 254 or nothing", text)
            made[place] = int(value)
        return made[own.codes]

    def _number(self, text: str) -> float | None:
        """A number as its file writes it, None where it is none."""
        if self._decimal_comma and _DECIMAL_COMMA.fullmatch(text):
            text = text.replace(",", ".")
        return _number(text)

    def _wrong(self, row: int, column: str, expected: str, came: str) -> AnalysisError:
        what = "it is empty" if came in MISSING else f"it is '{came}'"
        if _DECIMAL_COMMA.fullmatch(came):
            what += " (decimals have a point, not a comma)"
        return AnalysisError(f"{self.name}, row {row}, column '{column}': {expected} is expected, {what}.")


def read_data(path: str, wanted: Sequence[str], *, pattern: str | None = None) -> DataFile:
    """Some columns of a file, by its ending: .csv, .parquet, .sav, .dta; `-` is CSV on standard input.

    With `pattern`, in which * stands for any letters, also the columns that fit it, behind the others and in the order
    of the file. AnalysisError where none fits, or one that is wanted by its name.
    """
    names = _Wanted(tuple(dict.fromkeys(wanted)), pattern)
    if path == "-":
        return _csv("standard input", sys.stdin.buffer.read(), names)
    file = Path(path)
    if not file.is_file():
        raise AnalysisError(f"There is no file {path}.")
    ending = file.suffix.lower()
    if ending == ".parquet":
        return _parquet(path, names)
    if ending in (".sav", ".dta"):
        return _statistics(path, ending, names)
    if ending in (".csv", ".txt"):
        return _csv(path, file.read_bytes(), names)
    raise AnalysisError(f"{path} ends in '{ending}'; data files end in .csv, .parquet, .sav or .dta.")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The columns that are wanted by name, and a pattern that others shall fit."""

    names: tuple[str, ...]
    pattern: str | None

    def of(self, name: str, header: Sequence[str]) -> tuple[str, ...]:
        """All that are wanted of a header."""
        if self.pattern is None:
            return self.names
        found = _fitting(header, self.pattern)
        if not found:
            raise AnalysisError(f"{name} has no column that fits '{self.pattern}'; it has {', '.join(header[:30])}.")
        for column in found:
            if _composed(column) in map(_composed, self.names):
                raise AnalysisError(
                    f"{name}: '{self.pattern}' also fits column '{column}', which the request uses otherwise; give a "
                    f"pattern that does not, or a list of columns."
                )
        return (*self.names, *found)


def _fitting(header: Sequence[str], pattern: str) -> tuple[str, ...]:
    fits = re.compile(".*".join(map(re.escape, _composed(pattern).split("*"))), re.DOTALL)
    return tuple(dict.fromkeys(column for column in header if fits.fullmatch(_composed(column))))


def _csv(name: str, data: bytes, asked: _Wanted) -> DataFile:
    from pyarrow import ArrowInvalid, csv, string

    if not data.strip():
        raise AnalysisError(f"{name} is empty; a CSV file with a header line is expected.")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise AnalysisError(f"{name}, line {line}: the file is not UTF-8; save it as UTF-8.") from None
    if b"\0" in data:
        raise AnalysisError(f"{name}, line {data[: data.index(0)].count(10) + 1}: a byte of value 0 is not text.")
    delimiter = delimiter_of(data, asked.names)
    about = outline(name, data, asked.names, delimiter=delimiter)
    header = about.header
    wanted = asked.of(name, header)
    own = _need(name, header, wanted)
    bad: list[Any] = []

    def refuse(row: Any) -> str:
        bad.append(row)
        return "skip"

    try:
        table = csv.read_csv(
            io.BytesIO(data),
            csv.ReadOptions(use_threads=False),
            csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=refuse),
            csv.ConvertOptions(
                include_columns=[header[place] for place in own],
                column_types=dict.fromkeys((header[place] for place in own), string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except ArrowInvalid as error:
        raise AnalysisError(f"{name} cannot be read as CSV: {str(error).splitlines()[0]}.") from None
    if bad:
        row = bad[0]
        number = f"row {row.number - 1}" if row.number is not None else "a row"
        raise AnalysisError(
            f"{name}, {number} has {row.actual_columns} values; the header has {row.expected_columns} columns."
        )
    if table.num_rows != about.rows:
        raise AnalysisError(f"{name} has {about.rows} rows of data, of which {table.num_rows} can be read as CSV.")
    return _encoded(name, table, wanted, decimal_comma=delimiter == ";")


def _parquet(name: str, asked: _Wanted) -> DataFile:
    from pyarrow import ArrowException, parquet

    try:
        header = parquet.read_schema(name).names
        wanted = asked.of(name, header)
        own = _need(name, header, wanted)
        table = parquet.read_table(name, columns=[header[place] for place in own])
    except ArrowException as error:
        raise AnalysisError(f"{name} cannot be read as Parquet: {str(error).splitlines()[0]}.") from None
    return _encoded(name, table, wanted)


def _statistics(name: str, ending: str, asked: _Wanted) -> DataFile:
    """A file of SPSS or Stata. What it marks as missing is blank."""
    import pyarrow
    import pyreadstat

    read, kind = (pyreadstat.read_sav, "an SPSS") if ending == ".sav" else (pyreadstat.read_dta, "a Stata")
    try:
        _, about = read(name, metadataonly=True)
        wanted = asked.of(name, about.column_names)
        names = [about.column_names[place] for place in _need(name, about.column_names, wanted)]
        table, _ = read(name, usecols=names, output_format="dict")
    except pyreadstat.ReadstatError as error:
        raise AnalysisError(f"{name} cannot be read as {kind} file: {error}.") from None
    arrays = {
        column: pyarrow.array(list(table[own]), from_pandas=True) for own, column in zip(names, wanted, strict=True)
    }
    return _encoded(name, pyarrow.table(arrays), wanted)


def _need(name: str, header: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """The place of each wanted column in the header; one that is missing or there twice is an error."""
    known = [_composed(column) for column in header]
    places = []
    for column in wanted:
        there = [place for place, one in enumerate(known) if one == _composed(column)]
        if not there:
            raise AnalysisError(f"{name} has no column '{column}'; it has {', '.join(header[:30])}.")
        if len(there) > 1:
            raise AnalysisError(f"{name} has column '{column}' twice.")
        places.append(there[0])
    return places


def _encoded(name: str, table: Any, wanted: Sequence[str], *, decimal_comma: bool = False) -> DataFile:
    """Columns of an Arrow table as codes and texts; missing values are empty."""
    columns = {}
    for place, column in enumerate(wanted):
        whole = _dictionary(name, column, table.column(place))
        raw = [_text(value) for value in whole.dictionary.to_pylist()]
        texts = tuple(dict.fromkeys([*raw, ""] if whole.indices.null_count else raw))
        code = {text: k for k, text in enumerate(texts)}
        remap = np.array([*(code[text] for text in raw), code.get("", 0)], np.int64)
        columns[column] = Column(remap[_indices(whole.indices, len(raw))], texts)
    return DataFile(name, columns, decimal_comma=decimal_comma)


def _dictionary(name: str, column: str, values: Any) -> Any:
    """An Arrow column as one dictionary array with 32-bit places; a column that holds lists or the like is an error."""
    import pyarrow

    try:
        if pyarrow.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        if pyarrow.types.is_binary(values.type) or pyarrow.types.is_large_binary(values.type):
            values = values.cast(pyarrow.string())
        return values.combine_chunks().dictionary_encode()
    except pyarrow.ArrowException:
        raise AnalysisError(f"{name}, column '{column}': numbers or texts are expected, it is {values.type}.") from None


def _indices(array: Any, missing: int) -> Ints:
    """The places of a dictionary array, `missing` for nulls; straight from its buffers, which needs no pandas."""
    valid, values = array.buffers()
    places = np.frombuffer(values, np.int32)[array.offset : array.offset + len(array)].astype(np.int64)
    if array.null_count:
        bits = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")
        places[bits[array.offset : array.offset + len(array)] == 0] = missing
    return places


def _text(value: Any) -> str:
    """A value as text: whole numbers without a fraction, missing ones as nothing."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _composed(str(value).strip())


def _composed(text: str) -> str:
    """A text with its letters and their marks in one character where there is one."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _number(text: str) -> float | None:
    """A number written as programs write them; `1_000`, digits of other scripts or 1e300 are not."""
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if abs(value) < _BEYOND else None
