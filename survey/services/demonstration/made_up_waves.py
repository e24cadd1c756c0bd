"""The waves of the demonstration: their frames, points and made-up answers, all from a fixed seed.

Answers depend on a shuffled position, never on a unit's name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
from sqlalchemy import insert

from instruments import codec
from instruments.model.document import InstrumentVersion as Document
from survey import clock
from survey.database import Database
from survey.models.fieldwork.issued_forms import IssuedForms
from survey.models.fieldwork.points import (
    CollectionPoint,
    EntryCode,
    EntryCodeStatus,
    EvidenceTier,
    Mode,
    OneTimeCode,
    OneTimeCodeStatus,
)
from survey.models.fieldwork.waves import Selection
from survey.models.intake.responses import Comment, CommentStatus, Disposition, Response
from survey.models.province.units import Unit, UnitKind
from survey.models.questionnaires.instruments import ServiceDomain
from survey.permissions import Actor
from survey.queries.fieldwork import issued_forms as issued_queries
from survey.queries.province import procedures
from survey.queries.province import units as queries
from survey.queries.questionnaires import versions
from survey.services.demonstration import synthetic_answers
from survey.services.fieldwork import planned_tests, waves
from survey.services.fieldwork.waves import FrameEntry, NewWave
from survey.tokens import ENTRY_CODE_LENGTH, ONE_TIME_CODE_LENGTH, Tokens, new_code

SEED = 20261120
PLAN = "QN-2021-2025"
PROVINCE = "48"
MARGIN = Decimal(3)  # points
FIELDS_AT_COMMUNES = ("ho-tich", "chung-thuc", "dat-dai", "ho-kinh-doanh", "cu-tru", "bao-tro-xa-hoi")
FIELDS_OF_AGENCIES = {
    "dn-so-xay-dung": ("xay-dung",),
    "dn-so-tai-chinh": ("dau-tu",),
    "dn-vp-dkdd": ("dat-dai",),
    "dn-so-nn-mt": ("moi-truong", "dat-dai"),
    "dn-so-tu-phap": ("ly-lich-tu-phap",),
    "dn-so-y-te": ("y-te",),
    "dn-so-gd-dt": ("giao-duc",),
    "dn-so-noi-vu": ("lao-dong",),
}
RECEIVING = {
    "dn-so-xay-dung": "dn-mc-so-xay-dung",
    "dn-so-y-te": "dn-mc-so-y-te",
    "dn-so-gd-dt": "dn-mc-so-gd-dt",
}
COMMUNE_KINDS = (UnitKind.WARD, UnitKind.COMMUNE)


@dataclass(frozen=True)
class MadeUpWave:
    """One wave to make up."""

    code: str
    title: str
    instrument: str
    asked_by: str
    opens_on: date
    closes_on: date
    closed: bool
    responses: int
    drawn: int = 0
    level: float = 0.0


@dataclass
class _Place:
    """A collection point while the demonstration is being made."""

    point: CollectionPoint
    unit: Unit
    field_id: int | None
    weight: float
    shift: float
    tier: EvidenceTier
    fields: tuple[tuple[int, float], ...] = field(default=())  # field ids with their shares, where people are asked


def make_all(database: Database, tokens: Tokens, actor: Actor, now: datetime) -> None:
    """Every wave of the demonstration, the closed ones first."""
    for number, plan in enumerate(_plans(clock.local_day(now))):
        make_one(database, tokens, actor, plan, np.random.default_rng(SEED + number), now)


def _plans(today: date) -> list[MadeUpWave]:
    """Three running waves and a closed earlier one of each."""
    opened = today - timedelta(days=24)
    ends = today + timedelta(days=36)
    before = opened - timedelta(days=75), opened - timedelta(days=15)
    year = today.year
    home, health, education = (f"Sở {name} thành phố Đà Nẵng" for name in ("Nội vụ", "Y tế", "Giáo dục và Đào tạo"))
    kinds = [
        ("HC", "Thủ tục hành chính", "one-stop-short", home, (5600, 5200), (1700, 1500), 0.0),
        ("YT", "Người bệnh ngoại trú", "byt56-m2", health, (2600, 2300), (0, 0), -0.4),
        ("GD", "Cha mẹ học sinh trung học cơ sở", "edu-thcs-parent", education, (2100, 1900), (0, 0), -0.55),
    ]
    return [
        MadeUpWave(
            code=f"{prefix}-{year}-{number}",
            title=f"{title}, đợt {number} năm {year}",
            instrument=instrument,
            asked_by=asked_by,
            opens_on=before[0] if number == 1 else opened,
            closes_on=before[1] if number == 1 else ends,
            closed=number == 1,
            responses=responses[number - 1],
            drawn=drawn[number - 1],
            level=level,
        )
        for number in (1, 2)
        for prefix, title, instrument, asked_by, responses, drawn, level in kinds
    ]


def make_one(
    database: Database, tokens: Tokens, actor: Actor, plan: MadeUpWave, draw: np.random.Generator, now: datetime
) -> None:
    """One wave with its frame, points, codes and answers."""
    opened = datetime.combine(plan.opens_on, datetime.min.time(), clock.VIETNAM) + timedelta(hours=7)
    with database.reading() as session:
        found = versions.newest(session, plan.instrument)
        assert found is not None
        version, domain = found.version, found.instrument.service_domain
        units = list(queries.every(session))
        fields = procedures.field_ids(session)
    wave = waves.plan_wave(
        database,
        NewWave(
            code=plan.code, title=plan.title, instrument=plan.instrument, version=version.number, unit_code=PROVINCE,
            opens_on=plan.opens_on, closes_on=plan.closes_on, plan_code=PLAN, asked_by=plan.asked_by,
            legal_note="Đợt khảo sát giả lập để thử nghiệm phần mềm", is_synthetic=True,
        ),
        actor=actor, now=opened,
    )  # fmt: skip
    qr = waves.add_channel(
        database, plan.code, code="qr", title="Quét mã QR tại nơi phục vụ", selection=Selection.OPT_IN, actor=actor,
        now=opened,
    )  # fmt: skip
    drawn = None
    if plan.drawn:
        drawn = waves.add_channel(
            database, plan.code, code="phieu-chon", title="Phiếu gửi theo mẫu chọn (mã dùng một lần)",
            selection=Selection.DRAWN, actor=actor, now=opened,
        )  # fmt: skip
    chosen = _units_of(domain, units)
    frame = _frame(domain, chosen, fields, draw, hoped_for=round(plan.responses * 1.1))
    waves.set_frame(database, plan.code, frame, source="Số liệu giả lập", as_of=plan.opens_on, actor=actor, now=opened)
    planned_tests.fix(database, plan.code, planned_tests.Entered(margin=MARGIN), actor=actor, now=opened)
    document = codec.loads(version.document)
    places = _points(database, plan, qr, chosen, units, frame, domain, draw)
    _answers(database, plan, wave.id, qr, version.id, document, places, draw, clock.local_day(now), plan.responses)
    if drawn is not None:
        slips = _drawn_points(database, plan, drawn, chosen, frame, draw)
        _answers(database, plan, wave.id, drawn, version.id, document, slips, draw, clock.local_day(now), plan.drawn)
        _left_over_codes(database, tokens, drawn, slips, plan, draw)
        _issued_forms(database, drawn, plan, slips)
    waves.open_wave(database, plan.code, actor=actor, now=opened)  # with its places: they say who is judged together
    if plan.closed:
        at = datetime.combine(plan.closes_on, datetime.min.time(), clock.VIETNAM) + timedelta(hours=17)
        waves.close_wave(database, plan.code, actor=actor, now=at)


def _units_of(domain: ServiceDomain, units: list[Unit]) -> list[Unit]:
    if domain is ServiceDomain.HEALTH:
        return [u for u in units if u.kind in (UnitKind.HOSPITAL, UnitKind.HEALTH_STATION)]
    if domain is ServiceDomain.EDUCATION:
        return [u for u in units if u.kind is UnitKind.LOWER_SECONDARY_SCHOOL]
    return [u for u in units if u.kind in COMMUNE_KINDS or u.code in FIELDS_OF_AGENCIES]


def _frame(
    domain: ServiceDomain, units: list[Unit], fields: dict[str, int], draw: np.random.Generator, *, hoped_for: int
) -> list[FrameEntry]:
    """Made-up transaction counts; a few cells are tiny, as they are in life. A large unit plans for more answers."""
    cells: list[FrameEntry] = []
    whole: list[FrameEntry] = []
    for unit in units:
        size = float(np.exp(draw.normal(6.6 if unit.kind in COMMUNE_KINDS else 7.4, 0.45)))
        if domain is not ServiceDomain.ADMIN:
            whole.append(FrameEntry(unit.id, None, round(size * 3)))
            continue
        codes = FIELDS_OF_AGENCIES.get(unit.code, FIELDS_AT_COMMUNES)
        shares = draw.dirichlet(np.linspace(3.0, 0.7, len(codes)))
        for code, share in zip(codes, shares, strict=True):
            planned = max(10, round(60 * share)) if unit.kind in COMMUNE_KINDS else 120
            cells.append(FrameEntry(unit.id, fields[code], max(3, round(size * share)), planned=planned))
    together = sum(cell.transactions**0.7 for cell in whole)
    cells += [replace(c, planned=max(10, round(hoped_for * c.transactions**0.7 / together))) for c in whole]
    return cells


def _points(
    database: Database,
    plan: MadeUpWave,
    channel_id: int,
    chosen: list[Unit],
    units: list[Unit],
    frame: list[FrameEntry],
    domain: ServiceDomain,
    draw: np.random.Generator,
) -> list[_Place]:
    """Points with printed codes. Agencies have the field in their code; at communes people are asked."""
    by_code = {u.code: u for u in units}
    centres = {u.parent_id: u for u in units if u.kind is UnitKind.ONE_STOP_CENTRE}
    shifts = {chosen[n].id: float(draw.normal(0, 0.32)) for n in draw.permutation(len(chosen))}
    places = []
    with database.writing() as session:
        for unit in chosen:
            own = [(c.field_id, c.transactions) for c in frame if c.unit_id == unit.id]
            total = sum(n for _, n in own)
            received = by_code.get(RECEIVING.get(unit.code, "")) or centres.get(unit.id) or unit
            for number, (name, mode) in enumerate(_names(domain, unit, total), start=1):
                point = CollectionPoint(
                    channel_id=channel_id, unit_received_id=received.id, unit_deciding_id=unit.id, name=name
                )
                session.add(point)
                session.flush()
                fixed = own[0][0] if domain is ServiceDomain.ADMIN and len(own) == 1 else None
                tier = EvidenceTier.B if mode is Mode.KIOSK else EvidenceTier.C
                session.add(
                    EntryCode(
                        code=new_code(ENTRY_CODE_LENGTH, _drawer(draw)), point_id=point.id, field_id=fixed, mode=mode,
                        tier=tier, status=EntryCodeStatus.ACTIVE,
                    )
                )  # fmt: skip
                asked = tuple((f, n / total) for f, n in own if f is not None) if fixed is None else ()
                places.append(_Place(point, unit, fixed, total**0.7 / number, shifts[unit.id], tier, asked))
    return places


def _names(domain: ServiceDomain, unit: Unit, total: int) -> Iterator[tuple[str, Mode]]:
    if domain is ServiceDomain.HEALTH:
        yield "Khu khám bệnh", Mode.QR_ON_SITE
        if unit.kind is UnitKind.HOSPITAL:
            yield "Khu phát thuốc, trả kết quả", Mode.QR_ON_SITE
            yield "Màn hình tại sảnh chờ", Mode.KIOSK
    elif domain is ServiceDomain.EDUCATION:
        yield "Giấy mời họp cha mẹ học sinh", Mode.QR_LATER
        yield "Cổng trường", Mode.QR_ON_SITE
    else:
        yield "Quầy trả kết quả", Mode.QR_ON_SITE
        if total > 1200:
            yield "Bàn viết hồ sơ", Mode.QR_ON_SITE


def _drawn_points(
    database: Database,
    plan: MadeUpWave,
    channel_id: int,
    chosen: list[Unit],
    frame: list[FrameEntry],
    draw: np.random.Generator,
) -> list[_Place]:
    """A sample of units in which dossiers were drawn within each field: the strata of the drawn channel."""
    picked = [u for u in chosen if u.kind not in COMMUNE_KINDS]
    communes = [u for u in chosen if u.kind in COMMUNE_KINDS]
    picked += [communes[n] for n in sorted(draw.choice(len(communes), 14, replace=False))]
    places = []
    with database.writing() as session:
        for unit in picked:
            point = CollectionPoint(
                channel_id=channel_id, unit_received_id=unit.id, unit_deciding_id=unit.id, name="Phiếu gửi kèm kết quả"
            )
            session.add(point)
            session.flush()
            shift = float(draw.normal(-0.12, 0.32))
            places += [
                _Place(point, unit, cell.field_id, cell.transactions**0.5, shift, EvidenceTier.A)
                for cell in frame
                if cell.unit_id == unit.id
            ]
    return places


def _answers(
    database: Database,
    plan: MadeUpWave,
    wave_id: int,
    channel_id: int,
    version_id: int,
    document: Document,
    places: list[_Place],
    draw: np.random.Generator,
    today: date,
    people: int,
) -> None:
    weights = np.array([p.weight for p in places])
    where = draw.choice(len(places), people, p=weights / weights.sum())
    leaning = np.array([places[w].shift for w in where])
    made = synthetic_answers.answers(document, leaning, draw=draw, level=plan.level)
    days = [d for d in _days(plan.opens_on, min(plan.closes_on, today)) if d.weekday() < 6]
    day_of = draw.integers(0, len(days), people)
    rows, comments = [], []
    for n, (w, answers) in enumerate(zip(where, made, strict=True)):
        place = places[w]
        key = draw.bytes(32)
        field_id = place.field_id
        if place.fields and draw.random() < 0.94:
            field_id = place.fields[draw.choice(len(place.fields), p=_shares(place.fields))][0]
        rows.append(
            {
                "key_digest": key, "wave_id": wave_id, "channel_id": channel_id, "point_id": place.point.id,
                "unit_received_id": place.point.unit_received_id, "unit_deciding_id": place.unit.id,
                "field_id": field_id, "version_id": version_id, "answers": answers.answers,
                "answers_digest": hashlib.sha256(answers.answers.encode()).digest(), "receipt_digest": draw.bytes(32),
                "day": days[day_of[n]], "half_day": int(draw.random() < 0.45),
                "mode": Mode.QR_LATER if place.tier is EvidenceTier.A else Mode.QR_ON_SITE, "tier": place.tier,
                "pace": int(draw.choice(4, p=[0.02, 0.08, 0.4, 0.5])), "disposition": Disposition.COMPLETE,
                "late": False,
            }
        )  # fmt: skip
        comments += [
            {"key_digest": key, "item": item, "text": text, "status": CommentStatus.NEW, "wave_id": wave_id,
             "unit_id": place.unit.id}
            for item, text in answers.texts.items()
        ]  # fmt: skip
    with database.writing() as session:
        session.execute(insert(Response), rows)
        if comments:
            session.execute(insert(Comment), comments)


def _left_over_codes(
    database: Database,
    tokens: Tokens,
    channel_id: int,
    places: list[_Place],
    plan: MadeUpWave,
    draw: np.random.Generator,
) -> None:
    """Slips that were sent and not answered: the drawn channel can still be tried by hand."""
    codes = [
        {
            "digest": tokens.one_time_digest(new_code(ONE_TIME_CODE_LENGTH, _drawer(draw))),
            "channel_id": channel_id,
            "status": OneTimeCodeStatus.ISSUED,
            "expires_on": plan.closes_on,
            "point_id": place.point.id,
            "field_id": place.field_id,
        }
        for place in (places[n % len(places)] for n in range(200))
    ]
    with database.writing() as session:
        session.execute(insert(OneTimeCode), codes)


def _issued_forms(database: Database, channel_id: int, plan: MadeUpWave, places: list[_Place]) -> None:
    """Forms given out per unit and field: more than came back, and communes reach fewer people than agencies."""
    draw = np.random.default_rng([SEED, channel_id])  # of its own: the answers stay as they are
    with database.writing() as session:
        answered: dict[tuple[int, int], int] = {}
        for one in issued_queries.returned(session, channel_id):
            answered[one.unit, one.field] = answered.get((one.unit, one.field), 0) + one.number
        session.add_all(
            IssuedForms(
                channel_id=channel_id, unit_id=place.unit.id, field_id=place.field_id, field_key=place.field_id or 0,
                issued=round(
                    answered.get((place.unit.id, place.field_id or issued_queries.NO_FIELD), 0)
                    / draw.uniform(*((0.48, 0.66) if place.unit.kind in COMMUNE_KINDS else (0.62, 0.8)))
                )
                + 1,
                source="Số liệu giả lập", as_of=plan.opens_on,
            )
            for place in places
        )  # fmt: skip


def _days(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)


def _shares(fields: tuple[tuple[int, float], ...]) -> list[float]:
    total = sum(share for _, share in fields)
    return [share / total for _, share in fields]


def _drawer(draw: np.random.Generator) -> Callable[[str], str]:
    """A function that draws letters for `new_code` from the seed, so that a demonstration always has the same codes."""

    def pick(alphabet: str) -> str:
        return alphabet[int(draw.integers(0, len(alphabet)))]

    return pick
