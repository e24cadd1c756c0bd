"""The page that stands in for the preview of a draft that contradicts itself: it lists the contradictions."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request

from instruments.checks import integrity
from instruments.conditions import ConditionError
from survey.designer import blueprint
from survey.designer.pages import Finding, finding
from survey.designer.routes import View, find
from survey.queries.questionnaires import instruments as queries
from survey.web import staff

PREVIEWS = ("designer.preview", "designer.preview_page")


@dataclass(frozen=True)
class BrokenPage:
    problems: tuple[Finding, ...]


@blueprint.errorhandler(KeyError)
@blueprint.errorhandler(ConditionError)
def not_showable(error: Exception) -> View:
    """The contradictions of the draft instead of its form; any other failure is one."""
    code, number = (request.view_args or {}).get("code"), (request.view_args or {}).get("number")
    if request.endpoint not in PREVIEWS or code is None or number is None:
        raise error
    with staff.reading() as record:
        document = queries.document(record, find(record, code, number))
    problems = integrity.problems(document)
    if not problems:
        raise error
    return render_template("designer/broken.html", page=BrokenPage(tuple(finding(one) for one in problems))), 422
