"""The pages that begin a draft: a new questionnaire, the next version of one, a copy under a name of its own."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from instruments.editing import starting
from instruments.model.text import Text
from survey.designer import blueprint
from survey.designer.editor.routes import EDITORS
from survey.designer.routes import View, find
from survey.errors import NotFound
from survey.permissions import access
from survey.queries.questionnaires import instruments as queries
from survey.queries.questionnaires import versions
from survey.queries.questionnaires.instruments import VersionRow
from survey.services.questionnaires import drafts
from survey.web import staff
from survey.web.application import runtime
from survey.web.code_words import words
from survey.web.staff_forms import Choice, Line, StaffForm, Tick

OVERALL = {
    "vi": "Nhìn chung, Ông/Bà hài lòng ở mức nào đối với dịch vụ đã sử dụng?",
    "en": "Overall, how satisfied are you with the service you used?",
}


class BlankForm(StaffForm):
    title = Line(_l("Name of the questionnaire"), most=300)
    service = Choice(_l("Whose results are they?"), choices=[])
    issuer = Line(_l("The agency that asks"), hint=_l("The agency in whose name people are asked."))
    question = Line(
        _l("First question"),
        most=500,
        hint=_l("Rated on the five official words. It can be changed like everything else; more questions come next."),
    )
    english = Tick(_l("Also in English"), hint=_l("Further languages can be added at any time."))
    code = Line(
        _l("Code"),
        required=False,
        most=40,
        hint=_l("Small letters, digits and hyphens. Left empty, it is made from the name."),
    )


class CopyForm(StaffForm):
    title = Line(_l("Name of the new questionnaire"), most=300)
    code = Line(
        _l("Code"),
        required=False,
        most=40,
        hint=_l("Small letters, digits and hyphens. Left empty, it is made from the name."),
    )


@dataclass(frozen=True)
class StartPage:
    form: BlankForm


@dataclass(frozen=True)
class CopyPage:
    form: CopyForm
    row: VersionRow


def _services() -> list[tuple[str, str]]:
    held = {domain for grant in staff.actor().grants for domain in grant.domains if grant.role.value == "designer"}
    return [(domain, words("domain", domain)) for domain in queries.SERVICES if domain in held]


def _free(wanted: str | None, title: str) -> str:
    """The code that was asked for, else one made from the name."""
    if wanted:
        return wanted
    with staff.reading() as record:
        return starting.code_from(title, versions.codes_in_use(record))


@blueprint.route("/moi/phieu", methods=["GET", "POST"])
@access(EDITORS)
def start() -> View:
    """A questionnaire from nothing."""
    form = BlankForm(data=None if request.method == "POST" else {"question": OVERALL["vi"]})
    form.service.offer(_services())
    if form.validate_on_submit():
        languages = ("vi", "en") if form.english.data else ("vi",)
        question = {"vi": form.question.data}
        if form.english.data and form.question.data == OVERALL["vi"]:
            question["en"] = OVERALL["en"]
        code = _free(form.code.data, form.title.data)
        with form.problems():
            document = drafts.made(
                lambda: starting.blank(
                    code=code,
                    title=Text(vi=form.title.data),
                    issuer=Text(vi=form.issuer.data),
                    question=Text(question),
                    service_domain=form.service.data,
                    languages=languages,
                    provenance=Text(vi=f"{staff.actor().full_name} soạn trên Hài Lòng."),
                )
            )
            drafts.start(runtime().database, document, actor=staff.actor(), now=staff.now())
            message = gettext("The questionnaire is on the desk. Everything you change is saved at once.")
            return staff.done(message, "designer.edit", code=code, number=1, them="s1", _anchor="add-s1")
    return render_template("designer/editor/start.html", page=StartPage(form))


@blueprint.post("/<code>/<int:number>/phien-ban-moi")
@access(EDITORS)
def start_next(code: str, number: int) -> View:
    """Begin the next version as a copy of this one, or open the draft of it that is there already."""
    with staff.reading() as record:
        find(record, code, number)
    made = drafts.start_next(runtime().database, code, number, actor=staff.actor(), now=staff.now())
    return staff.done(
        gettext("Version %(number)s is on the desk.", number=made), "designer.edit", code=code, number=made
    )


@blueprint.route("/<code>/<int:number>/chep", methods=["GET", "POST"])
@access(EDITORS)
def copy(code: str, number: int) -> View:
    """A questionnaire of its own that begins with the words of another."""
    with staff.reading() as record:
        row = find(record, code, number)
        document = queries.document(record, row)
    form = CopyForm()
    if form.validate_on_submit():
        wanted = _free(form.code.data, form.title.data)
        with form.problems():
            copied = drafts.made(lambda: starting.copied(document, code=wanted, title=Text(vi=form.title.data)))
            drafts.start(runtime().database, copied, actor=staff.actor(), now=staff.now())
            return staff.done(gettext("The copy is on the desk."), "designer.edit", code=wanted, number=1)
    return render_template("designer/editor/copy.html", page=CopyPage(form, row))


@blueprint.post("/<code>/<int:number>/soan/bo")
@access(EDITORS)
def discard(code: str, number: int) -> View:
    """Throw a draft away for good."""
    with staff.reading() as record:
        row = find(record, code, number)
    if not row.is_draft:
        raise NotFound("There is no draft %(code)s@%(number)s.", code=code, number=number)
    with staff.said_on("designer.version", code=code, number=number) as answer:
        if "yes" not in request.form:
            answer.done(gettext("Nothing was thrown away: tick the box first."))
            return answer.response
        drafts.discard(runtime().database, code, number, actor=staff.actor(), now=staff.now())
        return staff.done(gettext("The draft %(name)s is thrown away.", name=row.name), "designer.instruments")
    return answer.response
