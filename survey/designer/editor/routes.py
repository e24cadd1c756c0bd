"""The editor: five pages on one draft, and one address for every act. Works without JavaScript; better with it.

Each act is a form that carries the revision it was made on. After it the page comes back to the same place. A script
may ask for the same acts in the background (`Accept: application/json`): it is told the new revision, or why not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from instruments import editing
from instruments.editing import ORDER
from instruments.editing.answer_library import SCALES
from instruments.model.document import InstrumentVersion as Document
from survey.designer import blueprint
from survey.designer.edit_conflicts import CrossedPage, pieces
from survey.designer.editor import pages, rows
from survey.designer.editor.actions import ACTS
from survey.designer.editor.findings import Findings, findings_of
from survey.designer.editor.form_values import Entered
from survey.designer.editor.pages import FactsPage, FiguresPage, LanguagesPage, QuestionsPage, ScalesPage
from survey.designer.pages import badge
from survey.designer.routes import View, find
from survey.errors import NotFound, SurveyError
from survey.i18n import language
from survey.permissions import Role, access, roles
from survey.queries.questionnaires import drafts as draft_queries
from survey.queries.questionnaires import instruments as queries
from survey.queries.questionnaires.instruments import VersionRow
from survey.services.questionnaires import drafts
from survey.services.questionnaires.drafts import Crossed
from survey.web import staff
from survey.web.application import runtime
from survey.web.questionnaire_text import plain

EDITORS = roles(Role.DESIGNER)
PARTS = {
    act: part
    for part, acts in {
        "scales": ("them-thang", "thang", "thang-xoa"),
        "languages": ("dich", "them-tieng", "bo-tieng", "muc-tieng"),
        "facts": ("thong-tin", "trinh-bay", "van-ban", "van-ban-xoa", "muc-chac"),
        "figures": ("yeu-to", "yeu-to-len", "yeu-to-xuong", "yeu-to-xoa", "chi-so", "chi-so-xoa"),
    }.items()
    for act in acts
}
"""The page an act belongs to, where it is not the page of questions."""
TYPING = frozenset({"cau", "dich", "thong-tin", "trinh-bay"})


@dataclass(frozen=True)
class ClosedPage:
    """A version that nobody edits now: in review, or published."""

    row: VersionRow
    form: None = None


@blueprint.get("/<code>/<int:number>/soan")
@access(EDITORS)
def edit(code: str, number: int) -> View:
    """The questions in their order, one of them open."""
    return _shown(code, number, "questions")


@blueprint.get("/<code>/<int:number>/soan/thang-tra-loi")
@access(EDITORS)
def edit_scales(code: str, number: int) -> View:
    """The lists of answers that questions share."""
    return _shown(code, number, "scales")


@blueprint.get("/<code>/<int:number>/soan/chi-so")
@access(EDITORS)
def edit_figures(code: str, number: int) -> View:
    """Factors, and the figures that are made of the answers."""
    return _shown(code, number, "figures")


@blueprint.get("/<code>/<int:number>/soan/ngon-ngu")
@access(EDITORS)
def edit_languages(code: str, number: int) -> View:
    """Every text beside its translation."""
    return _shown(code, number, "languages")


@blueprint.get("/<code>/<int:number>/soan/thong-tin")
@access(EDITORS)
def edit_facts(code: str, number: int) -> View:
    """Names, who asks, on what it rests, how it is laid out."""
    return _shown(code, number, "facts")


@blueprint.post("/<code>/<int:number>/soan/lam/<act>")
@access(EDITORS)
def change(code: str, number: int, act: str) -> View:
    """Do one act and come back to the same place."""
    if act not in ACTS and act not in ("hoan-tac", "lam-lai"):
        raise NotFound("There is no such act.")
    quiet = request.accept_mimetypes.best == "application/json"
    with staff.reading() as record:
        row = find(record, code, number)
    fields: MultiDict[str, str] = request.form
    entered = Entered(fields)
    part = PARTS.get(act, fields.get("part") if fields.get("part") in ENDPOINTS else "questions")
    try:
        saved = _done(row, act, entered)
    except Crossed as crossed:
        return _crossed(row, act, crossed, fields, part or "questions", quiet=quiet)
    except SurveyError as error:
        if error.status in (403, 404) or error.status >= 500:
            raise
        if quiet:
            return _json({"problem": staff.sentence(error)}, error.status)
        if act in ("hoan-tac", "lam-lai"):
            flash(staff.sentence(error), "error")
            return redirect(url_for(ENDPOINTS[part or "questions"], code=code, number=number), 303)
        return _shown(code, number, part or "questions", problem=staff.sentence(error), typed=fields), error.status
    if quiet:
        return _json({"revision": saved.revision, "changed": saved.changed, "merged": saved.merged}, 200)
    if saved.merged:
        flash(gettext("Saved. Somebody else has changed other places meanwhile; both are kept."))
    return redirect(_back(row, act, entered, part or "questions"), 303)


@blueprint.post("/<code>/<int:number>/soan/co-mat")
@access(EDITORS)
def be_present(code: str, number: int) -> View:
    """Note that somebody still has the draft open; answer with who else has, and the newest revision."""
    actor, now = staff.actor(), staff.now()
    with staff.reading() as record:
        row = find(record, code, number)
    if row.is_draft:
        drafts.be_present(runtime().database, row.id, actor=actor, now=now)
    with staff.reading() as record:
        desk = draft_queries.desk(record, row, actor.account_id, now)
    return _json({"revision": desk.revision, "others": [one.name for one in desk.others]}, 200)


def _done(row: VersionRow, act: str, entered: Entered) -> drafts.Saved:
    common: dict[str, Any] = {
        "base": _revision(entered.line("revision")),
        "actor": staff.actor(),
        "now": staff.now(),
    }
    database = runtime().database
    if act == "hoan-tac":
        return drafts.undo(database, row.code, row.number, **common)
    if act == "lam-lai":
        return drafts.redo(database, row.code, row.number, **common)
    return drafts.change(
        database, row.code, row.number, lambda document: ACTS[act](entered, document), act=act,
        place=entered.line("element"), typing=act in TYPING,
        insist_since=_revision(entered.line("since")) if "since" in entered.fields else None, **common,
    )  # fmt: skip


def _revision(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else -1


def _back(row: VersionRow, act: str, entered: Entered, part: str) -> str:
    """The page and the place on it where the act was done."""
    where: dict[str, Any] = {"code": row.code, "number": row.number}
    element = entered.line("element")
    if part == "languages":
        return url_for(
            "designer.edit_languages", lang=entered.line("language") or None,
            only=entered.line("only") or None, _anchor="texts" if act == "dich" else None, **where,
        )  # fmt: skip
    if part != "questions":
        return url_for(
            ENDPOINTS[part],
            mo=element if part == "figures" and act in ("yeu-to", "chi-so") else None,
            _anchor=f"e-{element}" if element and not act.endswith("-xoa") else None,
            **where,
        )
    if act in ("them-cau", "them-phan"):
        section = entered.line("section")
        return url_for("designer.edit", them=section or None, _anchor=f"add-{section}" if section else "end", **where)
    if act in ("cau", "dieu-kien", "bat-tat", "loi-rieng"):
        opened = (entered.line("code") if act == "cau" else "") or element
        stay = entered.tick("stay") or act == "dieu-kien" or "o-move" in entered.fields
        return url_for(
            "designer.edit", mo=opened if stay else None, phan=None if stay else opened, _anchor=f"e-{opened}", **where
        )
    if act == "cau-xoa" or act == "phan-xoa":
        near = entered.line("near")
        return url_for("designer.edit", phan=near.removeprefix("sec-") or None, _anchor=near or None, **where)
    opened = entered.line("open")
    return url_for(
        "designer.edit", mo=opened or None, phan=None if opened else element or None,
        _anchor=f"e-{element}" if element else None, **where,
    )  # fmt: skip


def _shown(code: str, number: int, part: str, *, problem: str = "", typed: MultiDict[str, str] | None = None) -> str:
    actor, now = staff.actor(), staff.now()
    with staff.reading() as record:
        row = find(record, code, number)
    if row.status.value != "draft":
        return closed(row)
    drafts.be_present(runtime().database, row.id, actor=actor, now=now)
    with staff.reading() as record:
        document = queries.document(record, row)
        desk = draft_queries.desk(record, row, actor.account_id, now)
        remarks = draft_queries.remarks(record, row.id) if part == "questions" else ()
        before = queries.published_before(record, code, number) if part == "questions" else None
        form = queries.document_of(record, document.core.code, document.core.version) if document.core else None
        newer = draft_queries.newer_form(record, document)
    found = findings_of(document)
    about = language() if language() in document.language_codes else document.source_language
    common: dict[str, Any] = {
        "row": row,
        "document": document,
        "desk": desk,
        "part": part,
        "languages": document.language_codes,
        "findings": found,
        "preview": url_for("designer.preview_page", code=code, number=number, lang=document.source_language),
        "conformity": badge(document, form),
        "newer_form": f"{document.core.code}@{newer[0]}" if document.core and newer else "",
        "problem": problem,
        "typed": typed,
    }
    page = _page(
        part,
        common,
        document,
        found,
        about,
        remarks,
        frozenset(i.code for i in before[1].items) if before else frozenset(),
    )
    return render_template(f"designer/editor/{part}.html", page=page)


def _page(
    part: str,
    common: dict[str, Any],
    document: Document,
    found: Findings,
    about: str,
    remarks: tuple[draft_queries.Remark, ...],
    fixed: frozenset[str],
) -> pages.DeskPage:
    asked = request.values
    typed = common["typed"]
    if part == "scales":
        taken = {scale.code for scale in document.scales}
        shelf = tuple((s.code, plain(s.name)) for s in SCALES if s.code not in taken)
        return ScalesPage(**common, scales=rows.scale_rows(document, found), library=shelf)
    if part == "figures":
        factors = rows.factor_rows(document)
        return FiguresPage(
            **common,
            figures=rows.figure_rows(document),
            rules=rows.rule_menu(),
            rated=tuple(
                (i.code, document.said(i.wording, about), i.factor or "")
                for i in document.items
                if document.measures_satisfaction(i) and not editing.is_locked(document, i)
            ),
            factors=factors,
            parents=tuple((row.factor.code, plain(row.factor.name)) for row in factors if not row.locked),
            opened=(typed.get("element") or typed.get("new") or "") if typed else asked.get("mo", ""),
        )
    if part == "languages":
        others = [code for code in document.language_codes if code != document.source_language]
        chosen = asked.get("lang") or (typed.get("language") if typed else "") or (others[0] if others else "")
        chosen = chosen if chosen in document.language_codes else (others[0] if others else "")
        only = asked.get("only") == "missing"
        return LanguagesPage(
            **common,
            completeness=rows.completeness(document),
            chosen=chosen,
            texts=rows.text_rows(document, chosen, only_missing=only) if chosen else (),
            only_missing=only,
        )
    if part == "facts":
        return FactsPage(**common)
    opened = (typed.get("element") or typed.get("open") or "") if typed else asked.get("mo", "")
    adding = (typed.get("section") or "") if typed else asked.get("them", "")
    shown = (typed.get("section") or typed.get("near") or "").removeprefix("sec-") if typed else asked.get("phan", "")
    sections = rows.question_rows(
        document, about, found, remarks, open_code=opened, asked=asked.get("hoi", ""), fixed=fixed,
        shown=shown or adding,
    )  # fmt: skip
    return QuestionsPage(**common, sections=sections, menu=rows.answers_menu(document, about), adding=adding)


def _crossed(
    row: VersionRow, act: str, crossed: Crossed, fields: MultiDict[str, str], part: str, *, quiet: bool
) -> View:
    if quiet:
        return _json({"problem": staff.sentence(crossed), "crossed": True}, 409)
    with staff.reading() as record:
        desk = draft_queries.desk(record, row, staff.actor().account_id, staff.now())
    kept = [
        (name, value)
        for name, values in fields.lists()
        if name not in ("csrf_token", "revision", "since")
        for value in values
    ]
    page = CrossedPage(
        row=row,
        sentence=staff.sentence(crossed),
        pieces=pieces(crossed),
        again=url_for("designer.change", code=row.code, number=row.number, act=act),
        revision=desk.revision,
        fields=tuple(kept),
        leave=url_for(ENDPOINTS[part], code=row.code, number=row.number),
        since=_revision(fields.get("since", "") or fields.get("revision", "")),
        reordered=ORDER in crossed.pieces,
    )
    return render_template("designer/editor/crossed.html", page=page), 409


def closed(row: VersionRow) -> str:
    """Why the version cannot be edited now, and what can be done instead."""
    return render_template("designer/editor/closed.html", page=ClosedPage(row))


def _json(values: dict[str, Any], status: int) -> View:
    from flask import jsonify

    answer = jsonify(values)
    answer.status_code = status
    return answer


ENDPOINTS = {
    "questions": "designer.edit",
    "scales": "designer.edit_scales",
    "figures": "designer.edit_figures",
    "languages": "designer.edit_languages",
    "facts": "designer.edit_facts",
}
