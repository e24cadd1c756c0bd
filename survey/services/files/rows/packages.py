"""The download of rows in a ZIP: the CSV, what it is, what its codes mean, and the request that analyses it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from survey.csv_dialects import CsvDialect
from survey.errors import N_
from survey.exports import csv_files
from survey.exports.tables import Cell, Progress
from survey.services.estimates import answer_columns
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.answer_rows import RecodedRows
from survey.services.files.result_sentences import Words, synthetic_stamp
from survey.services.files.rows import statements as row_statements
from survey.words.figures import moment
from survey.words.results import CHOSEN

READ_ME, CODEBOOK, REQUEST = "README.txt", "codebook.csv", "request.json"
ZIP = "application/zip"


def write(
    path: Path,
    name: str,
    view: ResultsView,
    rows: RecodedRows,
    about: Iterable[tuple[str, Cell]],
    w: Words,
    progress: Progress,
    *,
    dialect: CsvDialect = CsvDialect.COMMA,
) -> None:
    """Write the ZIP to `path`; the rows in it are called `name`."""
    data = path.with_name(f"{path.name}.csv")
    sheet = rows.coded()
    stamp = [synthetic_stamp(w)] if view.wave.is_synthetic else []  # a column: every row carries it
    headings = [*sheet.headings, *(["synthetic"] if stamp else [])]
    lines = ([*row, *stamp] for row in sheet.rows)
    csv_files.write(data, headings, lines, count=sheet.count, progress=progress, dialect=dialect)
    command = f"python -m analysis estimate --data {name} --request {REQUEST} --out result.json"
    said = [*about, (w(N_("The headline figure again")), command)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(data, name)
        archive.writestr(READ_ME, "\ufeff" + "".join(f"{head}: {_told(value)}\r\n" for head, value in said))
        archive.writestr(CODEBOOK, csv_files.as_bytes(*_codebook(view, rows, w), dialect=dialect))
        archive.writestr(REQUEST, json.dumps(row_statements.request(view, rows), ensure_ascii=False, indent=1))
    data.unlink()


def _told(value: Cell) -> str:
    """What the read-me says, in words."""
    return moment(value) if isinstance(value, datetime) else str(value)


def _codebook(view: ResultsView, rows: RecodedRows, w: Words) -> tuple[list[str], list[list[str]]]:
    """A line for each column and code."""
    chosen = {int(code): w(text) for code, text in CHOSEN.items()}
    unit, field = w(N_("Unit")), w(N_("Field"))
    own = view.wave.channel(view.channel).units
    lines = [["unit", unit, view.unit_codes[key], view.unit_names[key]] for key in sorted(own)]
    lines += [["field", field, view.field_codes[key], name] for key, name in sorted(view.field_names.items())]
    lines += [
        ["field", field, "unknown", w(N_("not known"))],
        ["month", w(N_("Month")), "", ""],
        ["weight", w(N_("Weight")), "", ""],
        ["stratum", w(N_("Stratum")), "", ""],
        ["cluster", w(N_("Cluster")), "", ""],
    ]
    for item in (*rows.facts, *rows.items):
        question = view.version.said(item.wording, w.language)
        options = {o.code: o.label.inside(w.language) for o in view.version.options(item)}
        for column in answer_columns.column_names(item, view.version):
            name, _, option = column.partition("=")
            codes = chosen if option else rows.codes_of(item)
            said = f"{question}: {options[int(option)]}" if option else question
            heading = rows.names[column if name != item.code or option else item.code]
            lines += [[heading, said, str(code), words] for code, words in codes.items()] or [[heading, said, "", ""]]
    return [w(N_("Column")), w(N_("Question")), w(N_("Code")), w(N_("Meaning"))], lines
