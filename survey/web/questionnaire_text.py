"""The words of a questionnaire on a staff page: in the reader's language where they exist, marked where they do not."""

from __future__ import annotations

from flask import Flask
from flask_babel import gettext
from markupsafe import Markup

from instruments.model.document import InstrumentVersion
from instruments.model.text import Text
from survey.i18n import language
from survey.web.safe_html import safe


def wording(text: Text | None, version: InstrumentVersion | None = None) -> Markup:
    """A text as HTML; in another language than the page it says which, so that it is read aloud rightly.

    `version`: the questionnaire whose parameters the text names; what the form prints stands in their place.
    """
    if text is None:
        return Markup("")
    page = language()
    spoken = text.spoken_in(page)
    words = safe(version.said(text, page) if version else text.inside(page))
    return words if spoken == page else Markup('<span lang="{}">{}</span>').format(spoken, words)


def plain(text: Text | None, version: InstrumentVersion | None = None) -> str:
    """The same without markup: for options of a list and titles."""
    if text is None:
        return ""
    return version.said(text, language()) if version else text.inside(language())


def said(text: str) -> str:
    """An English sentence of a package that knows no catalogue, in the reader's language."""
    return str(gettext(text))


def install(app: Flask) -> None:
    app.jinja_env.filters.update(wording=wording, wording_plain=plain, said=said)
