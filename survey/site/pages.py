"""What the site templates are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from survey.queries.audit import AuditFilter, AuditLine
from survey.queries.paging import Paged
from survey.queries.province.procedures import FieldLine, ProcedureLine
from survey.queries.province.targets import PlanDetail, PlanLine, TargetLine
from survey.queries.province.units import KindCount, UnitDetail, UnitLine, UnitLink
from survey.services.jobs import JobState, KeptFile
from survey.services.province.unit_file_changes import Plan
from survey.site.forms import (
    ExtensionForm,
    FieldForm,
    PlanForm,
    ProcedureForm,
    SettingsForm,
    TakeFileForm,
    TargetForm,
    UnitFileForm,
    UnitForm,
)
from survey.web.home_and_menu import Panel
from survey.web.staff_forms import Button
from survey.words.figures import day


@dataclass(frozen=True)
class JobPage:
    job: JobState
    file: KeptFile | None
    back: str
    label: str
    look_again: int  # seconds

    @property
    def busy(self) -> bool:
        return self.job.status.value in ("queued", "running")

    @property
    def failed(self) -> bool:
        return self.job.status.value == "failed"


@dataclass(frozen=True)
class HomePage:
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class SettingsPage:
    form: SettingsForm


@dataclass(frozen=True)
class AuditPage:
    listing: Paged[AuditLine]
    wanted: AuditFilter
    actions: tuple[tuple[str, str], ...]

    @property
    def asked(self) -> dict[str, str]:
        """The filter as the address carries it."""
        found = {
            "q": self.wanted.text,
            "action": self.wanted.action,
            "from": day(self.wanted.first) if self.wanted.first else "",
            "to": day(self.wanted.last) if self.wanted.last else "",
        }
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True)
class UnitsPage:
    """A unit and what is under it, or what a search found."""

    unit: UnitDetail | None
    listing: Paged[UnitLine] | None
    kinds: tuple[KindCount, ...]
    tops: tuple[UnitLink, ...]
    text: str
    kind: str
    with_ended: bool
    may_change: bool

    @property
    def asked(self) -> dict[str, str]:
        found = {"q": self.text, "kind": self.kind, "ended": "1" if self.with_ended else ""}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True)
class UnitFormPage:
    form: UnitForm
    unit: UnitDetail | None


@dataclass(frozen=True)
class UnitFilePage:
    form: UnitFileForm


@dataclass(frozen=True)
class UnitPlanPage:
    """What a file would do."""

    plan: Plan
    form: TakeFileForm
    shown: int = 200


@dataclass(frozen=True)
class FieldsPage:
    fields: tuple[FieldLine, ...]
    may_change: bool


@dataclass(frozen=True)
class FieldPage:
    form: FieldForm
    field: FieldLine | None


@dataclass(frozen=True)
class ProceduresPage:
    listing: Paged[ProcedureLine]
    fields: tuple[FieldLine, ...]
    text: str
    field_id: int | None
    may_change: bool

    @property
    def asked(self) -> dict[str, str]:
        found = {"q": self.text, "field": str(self.field_id or "")}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True)
class ProcedurePage:
    form: ProcedureForm
    procedure: ProcedureLine | None


@dataclass(frozen=True)
class PlansPage:
    listing: Paged[PlanLine]
    on: date
    may_change: bool


@dataclass(frozen=True)
class PlanPage:
    plan: PlanDetail
    on: date
    may_change: bool
    button: Button


@dataclass(frozen=True)
class PlanFormPage:
    form: PlanForm
    plan: PlanDetail | None


@dataclass(frozen=True)
class TargetFormPage:
    form: TargetForm
    plan: PlanDetail
    target: TargetLine | None


@dataclass(frozen=True)
class ExtensionPage:
    form: ExtensionForm
    plan: PlanDetail
