"""The two ways in which CSV files are written, as office programs and as statistical ones expect them."""

from __future__ import annotations

from enum import StrEnum


class CsvDialect(StrEnum):
    """What separates cells and decimals; a spreadsheet opens the one that fits the country its computer is set to."""

    COMMA = "comma"  # a,b and 0.5: R, Python, Stata, and spreadsheets set to English
    SEMICOLON = "semicolon"  # a;b and 0,5: spreadsheets set to Vietnamese

    @property
    def delimiter(self) -> str:
        """What stands between two cells."""
        return ";" if self is CsvDialect.SEMICOLON else ","

    @property
    def decimal(self) -> str:
        """What stands before the decimals."""
        return "," if self is CsvDialect.SEMICOLON else "."
