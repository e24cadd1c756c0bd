"""Addresses of results: the waves one may see, one wave, the files one may ask for."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from flask import current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from survey.errors import Invalid, NotFound
from survey.i18n import language
from survey.permissions import Actor, Role, access, roles
from survey.queries.estimates import results as queries
from survey.queries.questionnaires import instruments
from survey.results import KEPT, blueprint
from survey.results.analysis_pages import analysis_page, headline_sentences
from survey.results.pages import headline_line, results_page
from survey.services.estimates import finalising
from survey.services.estimates import visible_results as results_service
from survey.services.estimates.analyses import reading as analyses
from survey.services.files import result_files, several_waves
from survey.services.files.file_kinds import RESULT_FILES
from survey.web import home_and_menu, staff
from survey.web.application import runtime
from survey.web.questionnaire_text import plain
from survey.words.results import TONES

blueprint.context_processor(lambda: {"verdict_tones": TONES})
READERS = roles(Role.ANALYST, Role.UNIT_VIEWER)
FORMATS = (("xlsx", "Excel (.xlsx)"), ("csv", "CSV"), ("sav", "SPSS (.sav)"), ("dta", "Stata (.dta)"))


@blueprint.get("/ket-qua")
@access(READERS)
def waves() -> str:
    with staff.reading() as record:
        rows = queries.waves(record, staff.actor())
    return render_template("results/waves.html", page={"waves": rows})


@blueprint.get("/ket-qua/<wave_code>")
@access(READERS)
def wave(wave_code: str) -> str:
    actor = staff.actor()
    view = results_service.read(
        runtime().database, wave_code, request.args.get("kenh"), actor=actor, now=staff.now(),
        kept=current_app.extensions[KEPT], language=language(), version=_version(request.args.get("ban", "")),
    )  # fmt: skip
    beside: tuple[str, ...] = ()
    if view.final and view.is_newest:  # kept with the results; those of a running wave are computed on their own page
        found = analyses.of_view(runtime().database, view, current_app.extensions[KEPT], now=staff.now())
        beside = headline_sentences(view, found)
    page = results_page(
        view, files=result_files.to_take(view, actor) if view.is_newest else {}, beside=beside,
        may_judge_anew=view.final and view.is_newest and finalising.may_judge_anew(view.wave, actor),
    )  # fmt: skip
    return render_template("results/wave.html", page=page)


def _version(entered: str) -> int | None:
    """The version of final results that an address names; none: the newest."""
    if entered and not (entered.isascii() and entered.isdigit() and len(entered) < 6):
        raise NotFound("There is no version %(number)s of these results.", number=entered)
    return int(entered) if entered else None


@blueprint.post("/ket-qua/<wave_code>/ket-luan-lai")
@access(roles(Role.ANALYST))
def judge_anew(wave_code: str) -> BaseResponse:
    """Have a closed wave judged anew: a further version of its results beside those that stand."""
    with staff.said_on("results.wave", wave_code=wave_code, kenh=request.form.get("kenh") or None) as answer:
        finalising.ask_to_judge_anew(runtime().database, wave_code, actor=staff.actor(), now=staff.now())
        answer.done(_("The wave is being judged anew; this takes a few minutes at most. Then the new version is here."))
    return answer.response


@blueprint.get("/ket-qua/<wave_code>/phan-tich")
@access(READERS)
def analysis(wave_code: str) -> str:
    """What stands beside the rates: change, channels, drivers, ranks, the course of the wave, quality."""
    found = analyses.read(
        runtime().database, wave_code, request.args.get("kenh"), actor=staff.actor(), now=staff.now(),
        kept=current_app.extensions[KEPT], language=language(),
    )  # fmt: skip
    return render_template("results/analysis.html", page=analysis_page(found, request.args.get("don-vi", "")))


@blueprint.post("/ket-qua/<wave_code>/tep")
@access(READERS)
def ask_for_file(wave_code: str) -> BaseResponse:
    """Ask for a file; the page that says how far it is follows."""
    kind = request.form.get("tep", "")
    if kind not in RESULT_FILES:
        raise NotFound("There is no such file.")
    job_id = result_files.ask(
        runtime().database, wave_code, request.form.get("kenh") or None, kind, actor=staff.actor(), now=staff.now(),
        language=language(), dialect=staff.chosen_csv_dialect(),
    )  # fmt: skip
    return redirect(url_for("site.job", job_id=job_id), 303)


@blueprint.get("/ket-qua/nhieu-dot/ghep")
@access(roles(Role.ANALYST))
def joined() -> str:
    """The waves of one questionnaire that may be taken as one file."""
    return _joined()


@blueprint.post("/ket-qua/nhieu-dot/ghep")
@access(roles(Role.ANALYST))
def ask_for_joined() -> BaseResponse | tuple[str, int]:
    """Ask for the answers of several waves in one file."""
    wanted = request.form.get("tep", "")
    if wanted not in set(several_waves.Format):
        raise NotFound("There is no such file.")
    chosen = request.form.getlist("dot")
    instrument = request.form.get("bo", "")
    try:
        job_id = several_waves.ask(
            runtime().database, instrument, chosen, several_waves.Format(wanted), actor=staff.actor(), now=staff.now(),
            language=language(), dialect=staff.chosen_csv_dialect(),
        )  # fmt: skip
    except Invalid as error:
        return _joined(problem=staff.sentence(error), instrument=instrument), error.status
    return redirect(url_for("site.job", job_id=job_id), 303)


def _joined(*, problem: str = "", instrument: str = "") -> str:
    waves = several_waves.waves(runtime().database, actor=staff.actor())
    forms = {code: tuple(held) for code, held in groupby(waves, key=lambda wave: wave.instrument)}
    with staff.reading() as record:
        titles = {row.code: plain(row.current.facts.short_title) for row in instruments.listing(record, staff.actor())}
    page = {"forms": forms, "titles": titles, "problem": problem, "instrument": instrument, "formats": FORMATS}
    return render_template("results/joined.html", page=page)


def todays_results(session: home_and_menu.Record, actor: Actor, now: datetime) -> home_and_menu.Panel | None:
    """On the home page: the waves whose results this person may read."""
    if not actor.has(Role.ANALYST, Role.UNIT_VIEWER) or actor.is_system:
        return None
    items = []
    for row in queries.waves(session, actor)[:6]:
        detail, state = _("running, provisional figures") if row.running else "", ""
        if row.final:
            view = results_service.read(
                runtime().database, row.code, None, actor=actor, now=now, kept=current_app.extensions[KEPT],
                language=language(),
            )  # fmt: skip
            detail, state = headline_line(view)
        if row.running or row.closed:
            url = url_for("results.wave", wave_code=row.code)
            items.append(home_and_menu.PanelItem(row.title, url, detail, state))
    return home_and_menu.Panel(_("Results"), tuple(items), _("No wave has answers yet."))
