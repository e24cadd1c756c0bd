"""A questionnaire as a workbook of XLSForm: what the standard can say in its own columns, the rest in ours.

KoboToolbox, ODK and pyxform read the sheets survey, choices and settings and leave our columns (`hailong_…`) and our
sheet alone. Reading the file again gives the same document, to the last byte of its canonical form.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import xlsxwriter

from instruments import codec, conditions
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.xlsform.conditions import xpath
from instruments.xlsform.flattening import Plain, flat
from instruments.xlsform.reading.columns import header_of
from instruments.xlsform.sheet_layout import (
    CHOICES,
    DECIMALS,
    ITEM_COLUMNS,
    KIND,
    MARK,
    NEVER,
    OPTION_COLUMNS,
    OTHER,
    OTHER_FIELD,
    OTHER_NAME,
    OURS,
    OWN_LIST,
    SECTION_COLUMNS,
    SECTION_NAME,
    SETTINGS,
    SHEET_CHOICES,
    SHEET_DOCUMENT,
    SHEET_LIST,
    SHEET_SURVEY,
    STATEMENT_COLUMNS,
    SURVEY,
    Cell,
)

Row = dict[str, Plain]


def write(version: InstrumentVersion) -> bytes:
    """A version as a workbook of XLSForm (.xlsx)."""
    return _workbook(sheets(version))


def sheets(version: InstrumentVersion) -> dict[str, list[Row]]:
    """A version as plain rows by sheet, each a mapping from header to value."""
    return _Writer(version).sheets()


def safe_label(words: str) -> str:
    """The text with `${` taken apart, which other programs would take for a reference to a question."""
    return words.replace("${", "$ {")


class _Writer:
    def __init__(self, version: InstrumentVersion) -> None:
        self._version = version
        self._document = codec.document(version)
        self._languages = version.language_codes
        self._rest: list[tuple[str, str, dict[str, Any]]] = []
        self._codes = {element.code for element in version.elements}

    def sheets(self) -> dict[str, list[Row]]:
        document = self._document
        survey = [row for section in document.pop("sections") for row in self._section(section)]
        choices = [row for scale in document.pop("scales", []) for row in self._scale(scale)]
        for item in self._version.items:
            if own := getattr(item.response, "options", None):
                plain = self._own_options(item)
                assert len(plain) == len(own)
                choices += self._options(f"{item.code}{OWN_LIST}", plain)
        settings = self._settings(document)
        rest = [(SHEET_DOCUMENT, "", document), *self._rest]
        ours: list[Row] = [
            {"sheet": sheet, "name": name, "field": path, "value": value}
            for sheet, name, part in rest
            for path, value in (flat(part) if part else ())
        ]
        return {SURVEY: survey, CHOICES: choices, SETTINGS: [settings], OURS: ours}

    # --- survey -----------------------------------------------------------------------------------------

    def _section(self, section: dict[str, Any]) -> Iterator[Row]:
        code = section.pop("code")
        name = f"{code}{SECTION_NAME}" if code in self._codes else code
        row: Row = {"type": "begin_group", "name": name}
        elements = section.pop("elements")
        row |= self._words("label", section, "title")
        row |= _columns(section, SECTION_COLUMNS)
        row |= self._condition(section)
        self._keep(SHEET_SURVEY, name, section)
        yield row
        for element in elements:
            yield from self._item(element) if element["type"] == "item" else self._statement(element)
        yield {"type": "end_group", "name": name}

    def _statement(self, statement: dict[str, Any]) -> Iterator[Row]:
        del statement["type"]
        code = statement.pop("code")
        row: Row = {"type": "note", "name": code, **self._words("label", statement, "text")}
        row |= _columns(statement, STATEMENT_COLUMNS) | self._condition(statement)
        self._keep(SHEET_SURVEY, code, statement)
        yield row

    def _item(self, plain: dict[str, Any]) -> Iterator[Row]:
        item = self._version.item(plain["code"])
        del plain["type"], plain["code"]
        row: Row = {"type": "", "name": item.code, **self._words("label", plain, "text")}
        row |= self._words("hint", plain, "hint")
        response = plain.pop("response")
        row |= self._response(item, response)
        if plain.pop("required", False):
            row["required"] = "yes"
        row |= self._condition(plain, asked=item.asked)
        row |= _columns(plain, ITEM_COLUMNS)
        if response:
            plain["response"] = response
        self._keep(SHEET_SURVEY, item.code, plain)
        yield row
        if item.other is not None:
            yield self._other_field(item)

    def _response(self, item: Item, response: dict[str, Any]) -> Row:
        kind = response.pop("kind")
        row: Row = {KIND: kind}
        match kind:
            case "rating" | "single" | "multiple":
                own = response.pop("options", None)
                scale = response.pop("scale", None)
                one_of = f"{item.code}{OWN_LIST}" if own is not None or scale is None else scale
                row["type"] = f"{'select_multiple' if kind == 'multiple' else 'select_one'} {one_of}"
                if "other" in response:
                    row[OTHER] = response.pop("other")
            case "number":
                decimals = response.pop("decimals", 0)
                row["type"] = "decimal" if decimals else "integer"
                if decimals:
                    row[DECIMALS] = decimals
                limits = [
                    f". {sign} {xpath.number_words(response.pop(name))}"
                    for name, sign in (("minimum", ">="), ("maximum", "<="))
                    if name in response
                ]
                if limits:
                    row["constraint"] = " and ".join(limits)
            case "date":
                row["type"] = "date"
            case "text":
                row["type"] = "text"
                if response.get("lines", 1) > 1:
                    row["appearance"] = "multiline"
        return row

    def _other_field(self, item: Item) -> Row:
        chosen = f"selected(${{{item.code}}}, '{item.other}')"
        relevant = chosen if item.kind == "multiple" else f"${{{item.code}}} = '{item.other}'"
        option = next((one for one in self._version.options(item) if one.code == item.other), None)
        row: Row = {"type": "text", "name": f"{item.code}{OTHER_NAME}", KIND: OTHER_FIELD}
        for language in self._languages:
            words = option.label.get(language) if option else None
            row[header_of("label", language)] = safe_label(words or "…")
        row["relevant"] = relevant if item.asked else f"{NEVER} and ({relevant})"
        return row

    def _condition(self, part: dict[str, Any], *, asked: bool = True) -> Row:
        source = part.get("show_if")
        if source is None:
            return {} if asked else {"relevant": NEVER}
        relevant = expression(source, self._version)
        # What stands in the column is read back only when someone changed it; the exact spelling is kept with it.
        if relevant is None:
            return {} if asked else {"relevant": NEVER}
        return {"relevant": relevant if asked else f"{NEVER} and ({relevant})"}

    # --- choices ----------------------------------------------------------------------------------------

    def _scale(self, scale: dict[str, Any]) -> Iterator[Row]:
        code = scale.pop("code")
        yield from self._options(code, scale.pop("options"))
        self._keep(SHEET_LIST, code, scale)

    def _own_options(self, item: Item) -> list[dict[str, Any]]:
        plain = item.response.model_dump(mode="json", exclude_defaults=True)
        return list(plain["options"])

    def _options(self, code: str, options: list[dict[str, Any]]) -> Iterator[Row]:
        for option in options:
            name = str(option.pop("code"))
            row: Row = {"list_name": code, "name": name, **self._words("label", option, "label")}
            row |= _columns(option, OPTION_COLUMNS)
            self._keep(SHEET_CHOICES, f"{code}/{name}", option)
            yield row

    # --- the rest ---------------------------------------------------------------------------------------

    def _settings(self, document: dict[str, Any]) -> Row:
        source = self._version.source_language
        title = self._version.title.inside(source)
        pages = self._version.display.pages
        return {
            "form_title": safe_label(title),
            "form_id": document.pop("code"),
            "version": str(document.pop("version")),
            "default_language": header_of("", source).removeprefix("::"),
            "style": "theme-grid" if pages == "one" else "pages",
        }

    def _words(self, column: str, part: dict[str, Any], field: str) -> Row:
        """The columns of one text; words that a cell cannot hold as they are stay behind too."""
        words: dict[str, str] | None = part.get(field)
        if words is None:
            return {}
        row: Row = {}
        for language in self._languages:
            if language in words:
                row[header_of(column, language)] = safe_label(words[language])
                if safe_label(words[language]) == words[language]:
                    del words[language]
        if not words:
            del part[field]
        return row

    def _keep(self, sheet: str, name: str, part: dict[str, Any]) -> None:
        if part:
            self._rest.append((sheet, name, part))


def expression(source: str, version: InstrumentVersion) -> str | None:
    """A condition of ours in the words of XLSForm; None if it cannot be read or asks about no question."""
    try:
        return xpath.written(conditions.parse(source), lambda code: version.item(code).kind)
    except (conditions.ConditionError, KeyError):
        return None


def _columns(part: dict[str, Any], columns: Mapping[str, Cell]) -> Row:
    row: Row = {}
    for field, cell in columns.items():
        if field in part:
            value = part.pop(field)
            row[f"{MARK}{field}"] = value if cell == "text" else "yes" if value else "no"
    return row


# --- bytes ------------------------------------------------------------------------------------------------------

_FIRST: Mapping[str, tuple[str, ...]] = {
    SURVEY: ("type", "name"),
    CHOICES: ("list_name", "name"),
    SETTINGS: ("form_title", "form_id", "version", "default_language", "style"),
    OURS: ("sheet", "name", "field", "value"),
}
_WIDTHS = {"type": 24, "name": 18, "field": 36, "value": 60, "relevant": 30}


def _workbook(content: Mapping[str, list[Row]]) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for name, rows in content.items():
            sheet = book.add_worksheet(name)
            headers = _headers(name, rows)
            for column, header in enumerate(headers):
                width = _WIDTHS.get(header, 48 if "::" in header else 14)
                sheet.set_column(column, column, width, wrapped)
                sheet.write_string(0, column, header, head)
            places = {header: column for column, header in enumerate(headers)}
            for n, row in enumerate(rows, start=1):
                for header, value in row.items():
                    _put(sheet, n, places[header], value)
            sheet.freeze_panes(1, 2)
    return out.getvalue()


def _headers(sheet: str, rows: list[Row]) -> list[str]:
    """The standard's columns first, ours last, each where it is first used."""
    used = list(dict.fromkeys(header for row in rows for header in row))
    first = list(_FIRST[sheet])
    rest = [header for header in used if header not in first]
    return [*first, *(h for h in rest if not h.startswith(MARK)), *(h for h in rest if h.startswith(MARK))]


def _put(sheet: Any, row: int, column: int, value: Plain) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif value:
        sheet.write_string(row, column, value)
