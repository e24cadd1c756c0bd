"""Questionnaires on screen: the list, one with its versions, one version in full, differences, import, publication."""

from __future__ import annotations

import zlib

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from instruments import codec
from instruments.checks import linting
from instruments.versions import conformity
from survey import i18n
from survey.designer import blueprint
from survey.designer.differences import differences
from survey.designer.forms import CompareForm, FileForm, KeepForm
from survey.designer.pages import (
    ComparePage,
    ImportedPage,
    ImportPage,
    InstrumentPage,
    InstrumentsPage,
    VersionPage,
    badge,
    finding,
    remark,
)
from survey.designer.side_by_side import side_by_side, suggestions
from survey.designer.version_reading import read
from survey.errors import NotFound, SurveyError
from survey.i18n import language
from survey.permissions import Role, access, roles
from survey.queries.questionnaires import instruments as queries
from survey.queries.questionnaires.instruments import VersionRow
from survey.services.questionnaires import file_import, publishing, shipped_and_imported
from survey.services.questionnaires.shipped_and_imported import Unusable
from survey.web import home_and_menu, staff
from survey.web.application import runtime
from survey.web.code_words import words
from survey.web.questionnaire_text import plain

View = str | AnyResponse | tuple[str, int]

READERS = roles(Role.DESIGNER, Role.APPROVER, Role.FIELD_OFFICER, Role.ANALYST)
WRITERS = roles(Role.DESIGNER, Role.APPROVER)
SEALED_SECONDS = 3600


def find(record: home_and_menu.Record, code: str, number: int) -> VersionRow:
    """The version, if whoever asks may see it."""
    row = queries.version(record, staff.actor(), code, number)
    if row is None:
        raise NotFound("There is no questionnaire %(code)s with version %(number)s.", code=code, number=number)
    return row


@blueprint.get("", endpoint="instruments")
@access(READERS)
def instruments_list() -> View:
    """Every questionnaire of the reader's services."""
    with staff.reading() as record:
        rows = queries.listing(record, staff.actor())
    by_service = tuple(
        (service, found)
        for service in queries.SERVICES
        if (found := tuple(row for row in rows if row.service_domain == service))
    )
    return render_template("designer/instruments.html", page=InstrumentsPage(by_service))


@blueprint.get("/<code>")
@access(READERS)
def instrument(code: str) -> View:
    """One questionnaire with its versions and the waves that use them."""
    with staff.reading() as record:
        found = queries.instrument(record, staff.actor(), code)
    if found is None:
        raise NotFound("There is no questionnaire %(code)s.", code=code)
    return render_template("designer/instrument.html", page=InstrumentPage(found))


@blueprint.get("/<code>/<int:number>")
@access(READERS)
def version(code: str, number: int) -> View:
    """One version in full."""
    with staff.reading() as record:
        found = queries.instrument(record, staff.actor(), code)
        row = next((v for v in found.versions if v.number == number), None) if found else None
        if found is None or row is None:
            raise NotFound("There is no questionnaire %(code)s with version %(number)s.", code=code, number=number)
        document = queries.document(record, row)
        core = queries.document_of(record, document.core.code, document.core.version) if document.core else None
    page = VersionPage(
        row=row,
        instrument=found,
        reading=read(document, language(), core),
        warnings=tuple(finding(p) for p in linting.lint(document)),
        conformity=badge(document, core),
        is_locked=conformity.is_locked_form(document),
    )
    return render_template("designer/version.html", page=page)


@blueprint.get("/<code>/<int:number>/tep.<wanted>")
@access(READERS)
def export(code: str, number: int, wanted: str) -> View:
    """As a file: to be changed and imported again (json, xlsx), or the form on paper (pdf, docx)."""
    if wanted not in set(file_import.Format):
        raise NotFound("There is no such file.")
    with staff.reading() as record:
        row = find(record, code, number)
    made = file_import.give(
        runtime().database, row.name, file_import.Format(wanted), actor=staff.actor(),
        words=lambda spoken: i18n.translations(spoken if spoken in i18n.LANGUAGES else i18n.DEFAULT).gettext,
    )  # fmt: skip
    response = Response(made.data, mimetype=made.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return response


@blueprint.get("/so-sanh/phien-ban")
@access(READERS)
def compare() -> View:
    """Two versions side by side."""
    with staff.reading() as record:
        listed = queries.listing(record, staff.actor())
        rows = {v.name: v for found in listed for v in found.versions}
        asked = bool(request.args) and set(request.args) != {"new"}  # the newer alone: the older is still to be chosen
        form = CompareForm(request.args if request.args else None)
        form.offer([(name, f"{plain(row.facts.short_title)} ({name})") for name, row in rows.items()])
        if not asked or not form.validate():
            page = ComparePage(form, suggestions=tuple(suggestions(listed, request.args.get("new", ""))))
            return render_template("designer/compare.html", page=page)
        old, new = rows[form.old.data], rows[form.new.data]
        before, after = queries.document(record, old), queries.document(record, new)
    compared = file_import.compared(before, after)
    page = ComparePage(
        form, old, new, differences(before, after, compared), file_import.one_form(before, after),
        side_by_side(before, after, compared),
    )  # fmt: skip
    return render_template("designer/compare.html", page=page)


@blueprint.route("/nhap/tep", methods=["GET", "POST"])
@access(roles(Role.DESIGNER))
def import_file() -> View:
    """A file is looked at first; what keeping it would do is shown; then it is kept as a draft."""
    keep = KeepForm()
    if keep.sealed.data and keep.validate_on_submit():
        return _keep(keep)
    form = FileForm()
    form.service.offer([("", gettext("The file says so")), *((s, words("domain", s)) for s in queries.SERVICES)])
    if not form.validate_on_submit():
        return render_template("designer/import.html", page=ImportPage(form))
    file: FileStorage = form.file.data
    data = file.stream.read()
    try:
        taken = _look(data, form.service.data or None)
    except Unusable as error:
        page = ImportPage(form, staff.sentence(error), tuple(finding(p) for p in error.findings))
        return render_template("designer/import.html", page=page), 422
    except SurveyError as error:
        form.refuse(error)
        return render_template("designer/import.html", page=ImportPage(form)), error.status
    return _show_outcome(taken)


def _look(data: bytes, service: str | None) -> file_import.Taken:
    return file_import.take(
        runtime().database, data, actor=staff.actor(), now=staff.now(), service=service, dry_run=True
    )  # fmt: skip


def _show_outcome(taken: file_import.Taken) -> View:
    """A workbook is kept as the document that was read from it."""
    document, result = taken.document, taken.imported
    with staff.reading() as record:
        before = queries.published_before(record, document.code, document.version)
    page = ImportedPage(
        form=KeepForm(
            formdata=None, data={"sealed": staff.vault().wrap(zlib.compress(codec.dumps(document).encode(), 9))}
        ),
        result=result,
        warnings=tuple(finding(p) for p in result.warnings),
        overrides=tuple(finding(p) for p in result.overrides),
        follows=before[0] if before else None,
        differences=differences(before[1], document) if before else None,
        changed=tuple(remark(r) for r in taken.changed),
        left=tuple(remark(r) for r in taken.left),
    )
    return render_template("designer/imported.html", page=page)


def _keep(form: KeepForm) -> View:
    data = staff.vault().unwrap(form.sealed.data, seconds=SEALED_SECONDS)
    if data is None:
        flash(gettext("The file was looked at too long ago. Please choose it again."), "error")
        return redirect(url_for("designer.import_file"), 303)
    done = shipped_and_imported.import_document(
        runtime().database, zlib.decompress(data), actor=staff.actor(), now=staff.now()
    )
    name = f"{done.code}@{done.number}"
    message = (
        gettext("%(name)s is kept as a draft.", name=name)
        if done.changed
        else gettext("Exactly this version is in the record already: %(name)s.", name=name)
    )
    return staff.done(message, "designer.version", code=done.code, number=done.number)


@blueprint.post("/<code>/<int:number>/ngung-dung")
@access(WRITERS)
def retire(code: str, number: int) -> View:
    """Not for new waves any more."""
    with staff.reading() as record:
        row = find(record, code, number)
    with staff.said_on("designer.version", code=code, number=number) as answer:
        publishing.retire(runtime().database, code, number, actor=staff.actor(), now=staff.now())
        answer.done(gettext("%(name)s is no longer offered for new waves. Waves that use it keep it.", name=row.name))
    return answer.response
