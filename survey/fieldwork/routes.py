"""Waves: the list, planning, one wave, its words, days and channels, opening, closing, coverage."""

from __future__ import annotations

from decimal import Decimal

from flask import render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from survey import clock
from survey.errors import NotFound
from survey.fieldwork import blueprint
from survey.fieldwork.forms import ChannelForm, CloseForm, DaysForm, PlanForm, TestsForm, WordsForm, by_kind, with_none
from survey.fieldwork.pages import ClosePage, CoveragePage, PlanPage, WaveFormPage, WavePage, WavesPage, steps
from survey.permissions import Role, access, roles
from survey.queries.fieldwork import coverage as coverage_queries
from survey.queries.fieldwork import points as point_queries
from survey.queries.fieldwork import waves as queries
from survey.queries.fieldwork.waves import Selection, WaveDetail
from survey.queries.province import targets as target_queries
from survey.queries.questionnaires import instruments as instrument_queries
from survey.services.fieldwork import planned_tests, waves
from survey.services.fieldwork.waves import NewWave, WaveWords
from survey.web import home_and_menu, staff
from survey.web.application import runtime
from survey.web.code_words import words
from survey.web.questionnaire_text import plain
from survey.words.fieldwork import SPENDING, TABLES
from survey.words.figures import day

View = str | Response | tuple[str, int]

READERS = roles(Role.FIELD_OFFICER, Role.ANALYST)
OFFICERS = roles(Role.FIELD_OFFICER)
MOST_LINES = 100


def find(record: home_and_menu.Record, wave_code: str) -> WaveDetail:
    """The wave, if whoever asks may see at least a part of it."""
    found = queries.one(record, staff.actor(), wave_code)
    if found is None:
        raise NotFound("There is no wave %(code)s, or it lies outside your units and services.", code=wave_code)
    return found


def in_charge(record: home_and_menu.Record, wave_code: str) -> WaveDetail:
    """The wave, if whoever asks may run it."""
    found = find(record, wave_code)
    if not found.line.in_charge:
        raise NotFound("There is no wave %(code)s, or it lies outside your units and services.", code=wave_code)
    return found


@blueprint.get("", endpoint="waves")
@access(READERS)
def waves_list() -> View:
    """Waves in sight, running ones first."""
    with staff.reading() as record:
        page = WavesPage(queries.listing(record, staff.actor(), number=staff.page_number()))
    return render_template("fieldwork/waves.html", page=page)


@blueprint.route("/moi", methods=["GET", "POST"])
@access(OFFICERS)
def plan_wave() -> View:
    """A new wave, written down and not yet open."""
    form = PlanForm()
    with staff.reading() as record:
        _offer(record, form)
    if form.validate_on_submit():
        with form.problems():
            instrument, _, number = form.version.data.partition("@")
            made = waves.plan_wave(
                runtime().database,
                NewWave(
                    code=form.code.data or "",
                    title=form.title.data,
                    instrument=instrument,
                    version=int(number),
                    unit_code=form.unit_code.data,
                    opens_on=form.opens_on.data,
                    closes_on=form.closes_on.data,
                    plan_code=form.plan_code.data or None,
                    asked_by=form.asked_by.data or "",
                    legal_note=form.legal_note.data or "",
                    is_synthetic=form.is_synthetic.data,
                ),
                actor=staff.actor(),
                now=staff.now(),
            )
            message = gettext("The wave %(code)s is planned. It is not open yet.", code=made.code)
            return staff.done(message, "fieldwork.wave", wave_code=made.code)
    return render_template("fieldwork/plan.html", page=PlanPage(form))


def _offer(record: home_and_menu.Record, form: PlanForm) -> None:
    actor, today = staff.actor(), clock.local_day(staff.now())
    versions: dict[str, list[tuple[str, str]]] = {}
    for row in instrument_queries.for_new_waves(record, actor):
        label = gettext("%(title)s, version %(number)s", title=plain(row.facts.short_title), number=row.number)
        if row.facts.claim == "demonstration":
            label = gettext("%(title)s (for demonstration only)", title=label)
        versions.setdefault(words("domain", row.service_domain.value), []).append((row.name, label))
    none = gettext("Choose a version") if versions else gettext("No questionnaire is published for your services")
    form.version.offer(with_none(none, versions))
    form.unit_code.offer(by_kind(point_queries.units_of_officer(record, actor, on=today)) or [("", "–")])
    offer_plans(record, form)


def offer_plans(record: home_and_menu.Record, form: PlanForm | WordsForm) -> None:
    plans = target_queries.listing(record, number=1).items
    form.plan_code.offer(
        [
            ("", gettext("No plan: results are not measured against a target")),
            *((plan.code, f"{plan.code}: {plan.title}") for plan in plans),
        ]
    )


@blueprint.get("/<wave_code>")
@access(READERS)
def wave(wave_code: str) -> View:
    """One wave: where it stands and what comes next."""
    with staff.reading() as record:
        found = find(record, wave_code)
        missing = 0
        if found.line.status == "open":
            missing = max(0, found.frame.planned - found.line.responses)
    page = WavePage(
        wave=found,
        steps=steps(found),
        is_over=found.line.status == "open" and found.line.closes_on < clock.local_day(staff.now()),
        missing=missing,
    )
    return render_template("fieldwork/wave.html", page=page)


@blueprint.route("/<wave_code>/sua", methods=["GET", "POST"])
@access(OFFICERS)
def change_wave(wave_code: str) -> View:
    """Title, who asks, the decision; the target plan until the wave is opened."""
    with staff.reading() as record:
        found = in_charge(record, wave_code)
        form = WordsForm(
            data={
                "title": found.line.title,
                "asked_by": found.asked_by,
                "legal_note": found.legal_note,
                "plan_code": found.plan_code,
            }
        )
        offer_plans(record, form)
    if form.validate_on_submit():
        with form.problems():
            entered = WaveWords(
                title=form.title.data,
                asked_by=form.asked_by.data or "",
                legal_note=form.legal_note.data or "",
                plan_code=form.plan_code.data or None,
            )
            waves.change_wave(runtime().database, wave_code, entered, actor=staff.actor(), now=staff.now())
            return staff.done(gettext("The wave is changed."), "fieldwork.wave", wave_code=wave_code)
    return render_template("fieldwork/wave_words.html", page=WaveFormPage(found, form))


@blueprint.route("/<wave_code>/ngay", methods=["GET", "POST"])
@access(OFFICERS)
def change_days(wave_code: str) -> View:
    """The announced days of a wave that is not closed."""
    with staff.reading() as record:
        found = in_charge(record, wave_code)
    form = DaysForm(data={"opens_on": found.line.opens_on, "closes_on": found.line.closes_on})
    if form.validate_on_submit():
        with form.problems():
            waves.change_days(
                runtime().database, wave_code, opens_on=form.opens_on.data, closes_on=form.closes_on.data,
                actor=staff.actor(), now=staff.now(),
            )  # fmt: skip
            return staff.done(gettext("The days are changed."), "fieldwork.wave", wave_code=wave_code)
    return render_template("fieldwork/days.html", page=WaveFormPage(found, form))


@blueprint.route("/<wave_code>/dinh-truoc", methods=["GET", "POST"])
@access(OFFICERS)
def fix_tests(wave_code: str) -> View:
    """What the results will be tested against, fixed before the wave opens."""
    with staff.reading() as record:
        found = in_charge(record, wave_code)
    margin = found.tests.margin if found.tests else None
    form = TestsForm(
        data={
            "margin": None if margin is None else Decimal(str(margin)).scaleb(2).normalize(),
            "looks": ", ".join(day(one) for one in found.tests.looks) if found.tests else "",
            "spending": (found.tests.spending if found.tests else "") or planned_tests.SPENDING[0],
            "tables": list(found.tables),
        }
    )
    form.spending.offer([(kind, gettext(SPENDING[kind])) for kind in planned_tests.SPENDING])
    form.tables.offer([(table, gettext(words)) for table, words in TABLES.items()])
    if form.validate_on_submit():
        with form.problems():
            entered = planned_tests.Entered(
                margin=form.margin.data, looks=form.look_days,
                spending=form.spending.data or planned_tests.SPENDING[0], tables=tuple(form.tables.data or ()),
            )  # fmt: skip
            planned_tests.fix(runtime().database, wave_code, entered, actor=staff.actor(), now=staff.now())
            return staff.done(gettext("What the wave is tested against is written down."), "fieldwork.wave",
                              wave_code=wave_code)  # fmt: skip
    return render_template("fieldwork/tests.html", page=WaveFormPage(found, form))


@blueprint.route("/<wave_code>/kenh", methods=["GET", "POST"])
@access(OFFICERS)
def add_channel(wave_code: str) -> View:
    """A way of asking."""
    with staff.reading() as record:
        found = in_charge(record, wave_code)
    form = ChannelForm(data={"selection": Selection.OPT_IN.value})
    if form.validate_on_submit():
        with form.problems():
            waves.add_channel(
                runtime().database, wave_code, code="", title=form.title.data,
                selection=Selection(form.selection.data), actor=staff.actor(), now=staff.now(),
            )  # fmt: skip
            return staff.done(gettext("The channel is added."), "fieldwork.wave", wave_code=wave_code)
    return render_template("fieldwork/channel.html", page=WaveFormPage(found, form))


@blueprint.post("/<wave_code>/mo")
@access(OFFICERS)
def open_wave(wave_code: str) -> View:
    """Answers are taken from now on."""
    with staff.reading() as record:
        in_charge(record, wave_code)
    with staff.said_on("fieldwork.wave", wave_code=wave_code) as answer:
        waves.open_wave(runtime().database, wave_code, actor=staff.actor(), now=staff.now())
        answer.done(gettext("The wave is open: its codes take answers from now on."))
    return answer.response


@blueprint.route("/<wave_code>/dong", methods=["GET", "POST"])
@access(OFFICERS)
def close_wave(wave_code: str) -> View:
    """What closing means, what is still missing, and the button."""
    actor = staff.actor()
    with staff.reading() as record:
        found = in_charge(record, wave_code)
        channels = tuple(
            (channel, coverage_queries.of_channel(record, actor, found.id, found.line.service_domain, channel.id))
            for channel in found.channels
        )
    form = CloseForm()
    if form.validate_on_submit():
        with form.problems():
            waves.close_and_ask_for_results(runtime().database, wave_code, actor=actor, now=staff.now())
            message = gettext("The wave is closed. Its results are being made; this takes a few minutes at most.")
            return staff.done(message, "fieldwork.wave", wave_code=wave_code)
    before_its_day = clock.local_day(staff.now()) < found.line.closes_on
    return render_template("fieldwork/close.html", page=ClosePage(found, form, channels, before_its_day))


@blueprint.post("/<wave_code>/ket-qua")
@access(OFFICERS)
def ask_for_results(wave_code: str) -> View:
    """Ask for the verdicts of a closed wave again, after making them has failed."""
    with staff.reading() as record:
        in_charge(record, wave_code)
    with staff.said_on("fieldwork.wave", wave_code=wave_code) as answer:
        waves.ask_for_results(runtime().database, wave_code, actor=staff.actor(), now=staff.now())
        answer.done(gettext("The results are being made; this takes a few minutes at most."))
    return answer.response


@blueprint.get("/<wave_code>/tien-do")
@access(READERS)
def coverage(wave_code: str) -> View:
    """Answers by unit and field against plan and dossiers, one channel at a time."""
    actor = staff.actor()
    unit_code = request.args.get("unit", "")[:40]
    with staff.reading() as record:
        found = find(record, wave_code)
        wanted = request.args.get("channel", "")
        channel = next((c for c in found.channels if c.code == wanted), next(iter(found.channels), None))
        counted = None
        if channel is not None:
            counted = coverage_queries.of_channel(
                record, actor, found.id, found.line.service_domain, channel.id, unit_code=unit_code
            )
    unit_name = counted.units[0].name if unit_code and counted and counted.units else ""
    page = CoveragePage(
        wave=found, channel=channel, coverage=counted, unit_code=unit_code if unit_name else "", unit_name=unit_name,
        shown=MOST_LINES,
    )  # fmt: skip
    return render_template("fieldwork/coverage.html", page=page)
