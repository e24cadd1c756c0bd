"""What the fieldwork templates are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for
from flask_babel import gettext, ngettext

from survey import clock
from survey.fieldwork.forms import (
    CellForm,
    ChannelForm,
    CloseForm,
    CodeForm,
    CodesFileForm,
    DaysForm,
    FrameFileForm,
    IssuedFileForm,
    IssuedForm,
    IssueForm,
    ManyPointsForm,
    NameForm,
    PlacardForm,
    PlanForm,
    PointFileForm,
    PointForm,
    TakeFrameForm,
    TakePointsForm,
    TestsForm,
    WordsForm,
)
from survey.i18n import language
from survey.permissions import Actor, Role
from survey.queries.fieldwork import waves as queries
from survey.queries.fieldwork.coverage import Coverage
from survey.queries.fieldwork.frames import CellLine
from survey.queries.fieldwork.issued_forms import IssuedLine
from survey.queries.fieldwork.points import CodeLine, PointDetail, PointLine
from survey.queries.fieldwork.waves import ChannelLine, WaveDetail, WaveLine
from survey.queries.paging import Paged
from survey.services.fieldwork import frames, point_files
from survey.services.tabular_files import RowProblem
from survey.web.home_and_menu import Panel, PanelItem, Record
from survey.web.staff_forms import Button
from survey.words.figures import day, grouped

SOON_DAYS = 7


@dataclass(frozen=True)
class Step:
    """One thing a wave needs before it is opened."""

    is_done: bool
    text: str
    url: str
    label: str


@dataclass(frozen=True)
class WavesPage:
    listing: Paged[WaveLine]


@dataclass(frozen=True)
class PlanPage:
    form: PlanForm


@dataclass(frozen=True)
class WavePage:
    wave: WaveDetail
    steps: tuple[Step, ...]
    is_over: bool  # its last day has passed and it is not closed
    missing: int  # answers still missing of those planned


@dataclass(frozen=True)
class WaveFormPage:
    """A form about one wave: its words, its days, a new channel."""

    wave: WaveDetail
    form: WordsForm | DaysForm | ChannelForm | TestsForm


@dataclass(frozen=True)
class ClosePage:
    wave: WaveDetail
    form: CloseForm
    channels: tuple[tuple[ChannelLine, Coverage], ...]
    before_its_day: bool


@dataclass(frozen=True)
class FramePage:
    wave: WaveDetail
    listing: Paged[CellLine]
    may_change: bool
    on_screen: bool  # small enough to be kept on screen
    numbers: dict[str, str]  # what was typed into the cells, when it came back
    problems: dict[str, str]


@dataclass(frozen=True)
class CellPage:
    wave: WaveDetail
    form: CellForm


@dataclass(frozen=True)
class FrameFilePage:
    wave: WaveDetail
    form: FrameFileForm
    look: frames.Look | None = None
    take: TakeFrameForm | None = None


@dataclass(frozen=True)
class IssuedFormsPage:
    wave: WaveDetail
    channels: tuple[ChannelLine, ...]  # drawn and census ones
    channel: ChannelLine | None
    listing: Paged[IssuedLine] | None
    may_change: bool


@dataclass(frozen=True)
class IssuedFormPage:
    wave: WaveDetail
    channel: ChannelLine
    form: IssuedForm | IssuedFileForm
    problems: tuple[RowProblem, ...] = ()


@dataclass(frozen=True)
class PointsPage:
    wave: WaveDetail
    listing: Paged[PointLine]
    text: str
    channel: str
    button: Button


@dataclass(frozen=True)
class PointFormPage:
    wave: WaveDetail
    form: PointForm | ManyPointsForm


@dataclass(frozen=True)
class PointFilePage:
    wave: WaveDetail
    form: PointFileForm
    look: point_files.Look | None = None
    take: TakePointsForm | None = None


@dataclass(frozen=True)
class PointPage:
    wave: WaveDetail
    point: PointDetail
    addresses: dict[str, str]  # code -> as people type it


@dataclass(frozen=True)
class PointChangePage:
    wave: WaveDetail
    point: PointDetail
    form: NameForm | CodeForm


@dataclass(frozen=True)
class ReplacePage:
    wave: WaveDetail
    point: PointDetail
    code: CodeLine


@dataclass(frozen=True)
class IssuePage:
    wave: WaveDetail
    point: PointDetail
    form: IssueForm


@dataclass(frozen=True)
class IssuedPage:
    """Shown once: the codes are not kept anywhere."""

    wave: WaveDetail
    point: PointDetail
    form: CodesFileForm
    codes: tuple[str, ...]
    expires_on: date
    most_slips: int


@dataclass(frozen=True)
class PrintPage:
    wave: WaveDetail
    form: PlacardForm
    sheets: int
    base: str
    base_is_this_machine: bool
    at_once: int


@dataclass(frozen=True)
class CoveragePage:
    wave: WaveDetail
    channel: ChannelLine | None
    coverage: Coverage | None
    unit_code: str
    unit_name: str
    shown: int


def steps(wave: WaveDetail) -> tuple[Step, ...]:
    """What a wave in preparation still needs, in the order in which it is done."""
    code = wave.code
    found = [
        Step(bool(wave.channels), gettext("A channel says how people come to be asked."),
             url_for("fieldwork.add_channel", wave_code=code), gettext("Add a channel")),
        Step(bool(wave.frame.cells), gettext("The frame says how many dossiers there were, unit by unit."),
             url_for("fieldwork.frame", wave_code=code), gettext("Bring in the frame")),
        Step(bool(wave.line.points), gettext("Collection points have the codes that people scan."),
             url_for("fieldwork.points", wave_code=code), gettext("Add points")),
        Step(bool(wave.plan_code), gettext("A target plan says what the results are measured against."),
             url_for("fieldwork.change_wave", wave_code=code), gettext("Choose a plan")),
    ]  # fmt: skip
    return tuple(found)


def waves_today(record: Record, actor: Actor, now: datetime) -> Panel | None:
    """For who runs or watches waves: what is open, what ends, what is overdue."""
    if not actor.has(Role.FIELD_OFFICER, Role.ANALYST):
        return None
    today = clock.local_day(now)
    items = tuple(_today(line, today) for line in queries.in_sight_now(record, actor))
    return Panel(gettext("Which waves are running?"), items, gettext("No wave is open or in preparation."))


def _today(line: WaveLine, today: date) -> PanelItem:
    said = grouped(line.responses, language())
    answers = ngettext("%(number)s answer", "%(number)s answers", line.responses, number=said)
    left = (line.closes_on - today).days
    if line.status == "planned":
        begins = gettext("in preparation, first day %(day)s", day=day(line.opens_on))
        state = "warn" if line.opens_on <= today else ""
        detail = begins
    elif left < 0:
        detail = gettext("was to end on %(day)s and is not closed", day=day(line.closes_on)) + f" · {answers}"
        state = "bad"
    elif left <= SOON_DAYS:
        ends = ngettext("ends in %(num)s day", "ends in %(num)s days", left) if left else gettext("ends today")
        detail, state = f"{answers} · {ends}", "warn"
    else:
        detail = f"{answers} · " + gettext("until %(day)s", day=day(line.closes_on))
        state = "good"
    return PanelItem(line.title, url_for("fieldwork.wave", wave_code=line.code), detail, state)
