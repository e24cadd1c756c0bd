"""Named reads of questionnaires: the list with every version, one document in full, what may be chosen for a wave.

A questionnaire belongs to a service, not to a unit: who may see it follows from the services of a grant. Drafts are
seen by those who write or approve. Documents are parsed once per process and content hash; what a list says about
them (`Facts`) stays, whole documents are kept for the newest few dozen.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from instruments import answering_time, codec
from instruments.model.document import InstrumentVersion as Document
from instruments.model.provenance import Decision, Grade
from instruments.model.text import Text
from instruments.routing import questions_for_everyone
from survey.models.fieldwork.waves import Campaign, Wave, WaveStatus
from survey.models.people.accounts import Account, Role
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import Instrument, InstrumentVersion, ServiceDomain, VersionStatus
from survey.permissions import Actor
from survey.queries import scope

READERS = (Role.DESIGNER, Role.APPROVER, Role.FIELD_OFFICER, Role.ANALYST)
WRITERS = (Role.DESIGNER, Role.APPROVER)
IN_USE = (VersionStatus.PUBLISHED, VersionStatus.RETIRED)
SERVICES = tuple(service.value for service in ServiceDomain)  # in the order of every list
MOST_DOCUMENTS = 32
MOST_FACTS = 500


@dataclass(frozen=True)
class Facts:
    """What lists say about a version's document."""

    survey_family: str
    title: Text
    short_title: Text
    issuer: Text
    provenance: Text
    claim: str
    lowest_grade: Grade
    legal_basis: tuple[Decision, ...]
    languages: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    rated: int
    questions: int  # put to everybody
    minutes: int
    has_additions: bool
    open_to_waves: bool  # False: kept for reading old data only


@dataclass(frozen=True)
class VersionRow:
    """One version with what a list says about it."""

    id: int
    code: str
    service_domain: ServiceDomain
    number: int
    status: VersionStatus
    content_hash: str
    core_hash: str
    created_at: datetime
    created_by: int | None
    author: str  # empty: shipped, or brought in by the command line
    published_at: datetime | None
    facts: Facts

    @property
    def name(self) -> str:
        return f"{self.code}@{self.number}"

    @property
    def is_draft(self) -> bool:
        return self.status not in IN_USE


@dataclass(frozen=True)
class WaveUse:
    """A wave that pins a version."""

    version_id: int
    code: str
    title: str
    status: WaveStatus
    may_be_opened: bool  # by whoever asks


@dataclass(frozen=True)
class InstrumentRow:
    """One questionnaire with its versions, newest first, and the waves that use them."""

    code: str
    service_domain: ServiceDomain
    versions: tuple[VersionRow, ...]
    waves: tuple[WaveUse, ...]

    @property
    def current(self) -> VersionRow:
        """The newest published version, else the newest."""
        return next((v for v in self.versions if v.status is VersionStatus.PUBLISHED), self.versions[0])

    def uses_of(self, version_id: int) -> tuple[WaveUse, ...]:
        return tuple(wave for wave in self.waves if wave.version_id == version_id)


def listing(session: Session, actor: Actor, *, code: str | None = None) -> tuple[InstrumentRow, ...]:
    """Every questionnaire of the actor's services, by service and code. Two queries, three when a document is new."""
    wanted = _seen_by(actor)
    if code is not None:
        wanted = wanted.where(Instrument.code == code)
    rows = _rows(session, wanted)
    used: dict[str, list[WaveUse]] = {}
    owner = {row.id: row.code for row in rows}
    for use in _uses(session, actor, code):
        if use.version_id in owner:
            used.setdefault(owner[use.version_id], []).append(use)
    grouped: dict[str, list[VersionRow]] = {}
    for row in rows:
        grouped.setdefault(row.code, []).append(row)
    return tuple(
        InstrumentRow(name, several[0].service_domain, tuple(several), tuple(used.get(name, ())))
        for name, several in grouped.items()
    )


def instrument(session: Session, actor: Actor, code: str) -> InstrumentRow | None:
    return next(iter(listing(session, actor, code=code)), None)


def version(session: Session, actor: Actor, code: str, number: int) -> VersionRow | None:
    """One version, if the actor may see it."""
    wanted = _seen_by(actor).where(Instrument.code == code, InstrumentVersion.number == number)
    return next(iter(_rows(session, wanted)), None)


def waiting_drafts(session: Session, actor: Actor) -> tuple[VersionRow, ...]:
    """Versions that wait for publication, in the services in which the actor writes or approves."""
    wanted = _seen_by(actor).where(InstrumentVersion.status.in_([VersionStatus.DRAFT, VersionStatus.IN_REVIEW]))
    return tuple(row for row in _rows(session, wanted) if row.is_draft)


def for_new_waves(session: Session, actor: Actor) -> tuple[VersionRow, ...]:
    """Published versions that a wave of the actor may pin, by service and name, newest first."""
    services = scope.domains(actor, Role.FIELD_OFFICER)
    wanted = _SELECT.where(
        InstrumentVersion.status == VersionStatus.PUBLISHED, Instrument.service_domain.in_(sorted(services))
    )
    return tuple(row for row in _rows(session, wanted) if row.facts.open_to_waves)


def by_ids(session: Session, ids: Iterable[int]) -> dict[int, VersionRow]:
    """Versions by their ids, whoever asks: for lists of waves that have been scoped already."""
    wanted = sorted(set(ids))
    return {row.id: row for row in _rows(session, _SELECT.where(InstrumentVersion.id.in_(wanted)))} if wanted else {}


def document(session: Session, row: VersionRow) -> Document:
    """The whole document of a version."""
    return _documents(session, {row.id: row.content_hash})[row.id]


def published_before(session: Session, code: str, number: int) -> tuple[int, Document] | None:
    """The version in use that a new one follows: the highest number below it."""
    found = session.execute(
        select(InstrumentVersion.id, InstrumentVersion.number, InstrumentVersion.content_hash)
        .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
        .where(
            Instrument.code == code,
            InstrumentVersion.number < number,
            InstrumentVersion.status.in_(IN_USE),
        )
        .order_by(InstrumentVersion.number.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    return found.number, _documents(session, {found.id: found.content_hash})[found.id]


def document_of(session: Session, code: str, number: int) -> Document | None:
    """A document by its name, whoever asks: for the locked core that another version refers to."""
    found = session.execute(
        select(InstrumentVersion.id, InstrumentVersion.content_hash)
        .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
        .where(Instrument.code == code, InstrumentVersion.number == number)
    ).one_or_none()
    return None if found is None else _documents(session, {found.id: found.content_hash})[found.id]


# --- how --------------------------------------------------------------------------------------------------------

_SELECT: Any = (
    select(
        InstrumentVersion.id,
        Instrument.code,
        Instrument.service_domain,
        InstrumentVersion.number,
        InstrumentVersion.status,
        InstrumentVersion.content_hash,
        InstrumentVersion.core_hash,
        InstrumentVersion.created_at,
        InstrumentVersion.created_by,
        func.coalesce(Account.full_name, "").label("author"),
        InstrumentVersion.published_at,
    )
    .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
    .outerjoin(Account, Account.id == InstrumentVersion.created_by)
    .order_by(Instrument.service_domain, Instrument.code, InstrumentVersion.number.desc())
)


def _seen_by(actor: Actor) -> Select[Any]:
    """Versions in use for every reader of the service; drafts for those who write or approve in it."""
    services = sorted(scope.domains(actor, *READERS))
    drafts = sorted(scope.domains(actor, *WRITERS))
    in_use = InstrumentVersion.status.in_(IN_USE) & Instrument.service_domain.in_(services)
    wanted: Select[Any] = _SELECT.where(in_use | Instrument.service_domain.in_(drafts))
    return wanted


def _rows(session: Session, wanted: Select[Any]) -> tuple[VersionRow, ...]:
    found = session.execute(wanted).mappings().all()
    known = _facts(session, {row["id"]: row["content_hash"] for row in found})
    return tuple(VersionRow(**row, facts=known[row["id"]]) for row in found)


def _uses(session: Session, actor: Actor, code: str | None) -> Sequence[WaveUse]:
    sight = scope.waves_in_sight(actor, Role.FIELD_OFFICER, Role.ANALYST)
    wanted = (
        select(Wave.version_id, Wave.code, Wave.title, Wave.status, sight.label("may_be_opened"))
        .join(Campaign, Campaign.id == Wave.campaign_id)
        .join(Unit, Unit.id == Wave.unit_id)
        .order_by(Wave.opens_on.desc(), Wave.code)
    )
    if code is not None:
        wanted = wanted.where(Campaign.code == code)
    return [
        WaveUse(row.version_id, row.code, row.title, row.status, bool(row.may_be_opened))
        for row in session.execute(wanted)
    ]


_kept_facts: dict[str, Facts] = {}
_kept_documents: OrderedDict[str, Document] = OrderedDict()


def _facts(session: Session, hashes: Mapping[int, str]) -> dict[int, Facts]:
    """By id of the version. Documents that were never looked at are read, all in one query."""
    new = {id_: hash_ for id_, hash_ in hashes.items() if hash_ not in _kept_facts}
    if new:
        if len(_kept_facts) > MOST_FACTS:  # every revision of a draft is another document
            kept = set(hashes.values())
            for hash_ in [one for one in _kept_facts if one not in kept]:
                del _kept_facts[hash_]
        for id_, text in _texts(session, new):
            _kept_facts[new[id_]] = _facts_of(codec.loads_draft(text))
    return {id_: _kept_facts[hash_] for id_, hash_ in hashes.items()}


def _facts_of(read: Document) -> Facts:
    questions = len(questions_for_everyone(read))
    additions = any(part.origin == "overlay" for part in (*read.elements, *read.sections, *read.indices)) or any(
        option.origin == "overlay" for item in read.items for option in read.options(item)
    )
    return Facts(
        survey_family=read.survey_family,
        title=read.title,
        short_title=read.short_title,
        issuer=read.issuer,
        provenance=read.provenance,
        claim=read.claim,
        lowest_grade=read.lowest_grade,
        legal_basis=read.legal_basis,
        languages=read.language_codes,
        valid_from=read.valid_from,
        valid_to=read.valid_to,
        rated=len(read.rated_items),
        questions=questions,
        minutes=answering_time.minutes_for(questions),
        has_additions=additions,
        open_to_waves=read.claim != "archive",
    )


def _documents(session: Session, hashes: Mapping[int, str]) -> dict[int, Document]:
    new = {id_: hash_ for id_, hash_ in hashes.items() if hash_ not in _kept_documents}
    found = {id_: _kept_documents[hash_] for id_, hash_ in hashes.items() if hash_ in _kept_documents}
    if new:
        for id_, text in _texts(session, new):
            found[id_] = _kept_documents[new[id_]] = codec.loads_draft(text)
        while len(_kept_documents) > MOST_DOCUMENTS:
            _kept_documents.popitem(last=False)
    return found


def _texts(session: Session, wanted: Iterable[int]) -> Iterable[tuple[int, str]]:
    chosen = select(InstrumentVersion.id, InstrumentVersion.document).where(InstrumentVersion.id.in_(sorted(wanted)))
    return [(row.id, row.document) for row in session.execute(chosen)]
