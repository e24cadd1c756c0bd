"""The errors of use cases, each with a sentence for the person it happens to.

A service raises one of these; a face turns it into a page, the command line into one sentence and an exit code.
`message` is an English source text for gettext with named placeholders, `values` fills them.
"""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802
    """Marks a text for the catalogues; it is translated where it is shown."""
    return text


class SurveyError(Exception):
    """Something a person can put right. Says what was expected, what came, what to do."""

    status = 400

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message % values if values else message)
        self.message = message
        self.values = values


class NotFound(SurveyError):
    status = 404


class Forbidden(SurveyError):
    status = 403


class Conflict(SurveyError):
    """The record is no longer in the state the person saw."""

    status = 409


class Invalid(SurveyError):
    """What was entered cannot be taken; `problems` says why, one sentence each, by field or by row."""

    status = 422

    def __init__(self, message: str, problems: dict[str, str] | None = None, **values: object) -> None:
        super().__init__(message, **values)
        self.problems = problems or {}


class RecordUnavailable(SurveyError):
    """The database cannot take a write just now: disk full, read-only, locked, restarting. Nothing was half-written."""

    status = 503


class ConfigurationError(SurveyError):
    """A setting of the installation is missing or wrong."""

    status = 500
