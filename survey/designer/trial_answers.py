"""The page of answers tried out in the preview, as a file of answers would hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import render_template
from flask_babel import gettext

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.model.response_domains import Number
from survey.designer import blueprint
from survey.designer.routes import WRITERS, View, find
from survey.errors import NotFound
from survey.i18n import language as page_language
from survey.i18n import own_name
from survey.permissions import access
from survey.queries.questionnaires import instruments as queries
from survey.queries.questionnaires import trials as trial_queries
from survey.queries.questionnaires.instruments import VersionRow
from survey.queries.questionnaires.trials import Trial
from survey.services.questionnaires import trials as service
from survey.web import staff
from survey.web.application import runtime


@dataclass(frozen=True)
class Line:
    """One value of a file of answers."""

    column: str
    question: str
    value: str
    words: str


@dataclass(frozen=True)
class TrialView:
    tried_at: datetime
    language: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class TrialsPage:
    row: VersionRow
    trials: tuple[TrialView, ...]
    days: int


@blueprint.get("/<code>/<int:number>/xem-thu/da-thu")
@access(WRITERS)
def trials(code: str, number: int) -> View:
    """The forms that were sent from the preview, newest first."""
    with staff.reading() as record:
        row = find(record, code, number)
        if not trial_queries.may_keep(staff.actor(), row):
            raise NotFound("There is no questionnaire %(code)s with version %(number)s.", code=code, number=number)
        document = queries.document(record, row)
        found = trial_queries.of_version(record, row)
    views = tuple(TrialView(one.tried_at, own_name(one.language), tuple(_lines(document, one))) for one in found)
    return render_template("designer/trials.html", page=TrialsPage(row, views, service.LIVE.days))


@blueprint.post("/<code>/<int:number>/xem-thu/da-thu/xoa")
@access(WRITERS)
def forget_trials(code: str, number: int) -> View:
    """Forget them all now."""
    with staff.reading() as record:
        row = find(record, code, number)
    service.forget(runtime().database, row, actor=staff.actor())
    return staff.done(gettext("The trial answers are deleted."), "designer.trials", code=code, number=number)


def _lines(document: InstrumentVersion, trial: Trial) -> Iterator[Line]:
    language = page_language()
    for item in document.asked_items:
        question = document.said(item.wording, language)
        if item.code in trial.codes:
            value = trial.codes[item.code]
            yield Line(item.code, question, _spelled(value), _words(document, item, value, language))
        for name in (item.code, f"{item.code}__other"):
            if name in trial.texts:
                column = name.replace("__other", "_other")
                yield Line(column, question, "", f"“{trial.texts[name]}”")


def _spelled(value: object) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _words(document: InstrumentVersion, item: Item, value: object, language: str) -> str:
    """The words behind the code, where it has any."""
    chosen = value if isinstance(value, list) else [value]
    labels = [
        document.option_label(item, option).inside(language)
        for option in document.options(item)
        if option.code in chosen
    ]
    if not labels and isinstance(item.response, Number) and item.response.unit:
        return item.response.unit.inside(language)
    return "; ".join(labels)
