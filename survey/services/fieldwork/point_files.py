"""Files of collection points: what a CSV says, which of its places are new, and every problem with its row.

Columns: `unit` mã đơn vị (whose work is judged), `name` tên điểm, `received` mã đơn vị tiếp nhận (empty: the same),
`mode` hình thức (`qr_on_site`, `qr_later`, `kiosk`, or the Vietnamese words; empty: at the place), `field` mã lĩnh vực.
Nothing here writes: `points.add_points` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey.errors import N_
from survey.models.base import folded
from survey.models.fieldwork.points import Mode
from survey.models.people.accounts import Role
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import ServiceDomain
from survey.permissions import Actor
from survey.queries.fieldwork import points
from survey.queries.province import procedures
from survey.queries.province import units as unit_queries
from survey.services import tabular_files
from survey.services.fieldwork import waves
from survey.services.fieldwork.points import LONGEST_NAME, MOST_POINTS_AT_ONCE, NewPoint
from survey.services.tabular_files import CsvRow, RowProblem

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "unit": ("mã đơn vị", "đơn vị", "đơn vị giải quyết", "unit code"),
    "name": ("tên điểm", "điểm khảo sát", "tên"),
    "received": ("mã đơn vị tiếp nhận", "đơn vị tiếp nhận", "nơi tiếp nhận"),
    "mode": ("hình thức", "cách trả lời"),
    "field": ("mã lĩnh vực", "lĩnh vực", "field code"),
}
NEEDED = ("unit", "name")
_MODES = {
    "": Mode.QR_ON_SITE,
    "qr_on_site": Mode.QR_ON_SITE,
    "tai cho": Mode.QR_ON_SITE,
    "qr tai cho": Mode.QR_ON_SITE,
    "qr_later": Mode.QR_LATER,
    "mang ve": Mode.QR_LATER,
    "qr mang ve": Mode.QR_LATER,
    "kiosk": Mode.KIOSK,
    "man hinh": Mode.KIOSK,
}


@dataclass(frozen=True)
class Look:
    """What taking a file would do."""

    points: tuple[NewPoint, ...]
    problems: tuple[RowProblem, ...]
    already: int  # of the points: they are there


def look(session: Session, wave_code: str, channel: str, data: bytes, *, actor: Actor) -> Look:
    """The points of a file for one channel of a wave, and everything that is wrong with it."""
    wave, domain, top = waves.find(session, wave_code)
    file = tabular_files.read(data, COLUMNS, needed=NEEDED)
    units = {unit.code: unit for unit in unit_queries.every(session)}
    fields = set(procedures.field_ids(session)) if domain is ServiceDomain.ADMIN else set()
    held = {
        (point.unit_deciding_id, point.unit_received_id, point.name)
        for point in points.held(session, wave.id, channel=channel)
    }
    problems = list(file.problems)
    found: list[NewPoint] = []
    already = 0
    for row in file.rows:
        point, wrong = _point(row, channel, units, fields, top.path)
        unit = units.get(row["unit"])
        if unit is not None and not actor.may(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value):
            wrong.append(RowProblem(row.number, "unit", N_("This unit lies outside the units you work for.")))
        if wrong or point is None:
            problems += wrong
            continue
        found.append(point)
        place = (units[point.unit_deciding].id, units[point.unit_received].id, point.name)
        already += place in held
    if len(found) > MOST_POINTS_AT_ONCE:
        problems.append(RowProblem(0, "", N_("At most 5,000 points can be added at once. Split the file in parts.")))
    if not found and not problems:
        problems.append(RowProblem(0, "", N_("The file has no row with a point.")))
    return Look(tuple(found), tuple(sorted(problems, key=lambda p: p.row)), already)


def _point(
    row: CsvRow, channel: str, units: Mapping[str, Unit], fields: set[str], top: str
) -> tuple[NewPoint | None, list[RowProblem]]:
    wrong: list[RowProblem] = []

    def problem(column: str, message: str, **values: object) -> None:
        wrong.append(RowProblem(row.number, column, message, values))

    unit = units.get(row["unit"])
    if unit is None or not unit.path.startswith(top):
        problem("unit", N_("No unit of this wave has the code %(code)s."), code=row["unit"])
    received = row["received"] or row["unit"]
    if row["received"] and received not in units:
        problem("received", N_("There is no unit with code %(code)s."), code=received)
    if not row["name"]:
        problem("name", N_("Say where it is, for example: Counter 3, one-stop hall."))
    elif len(row["name"]) > LONGEST_NAME:
        problem("name", N_("This text is too long."))
    mode = _MODES.get(row["mode"].lower()) or _MODES.get(folded(row["mode"]))
    if mode is None:
        problem("mode", N_("Write qr_on_site, qr_later or kiosk, or leave the cell empty."))
    if row["field"] and row["field"] not in fields:
        problem("field", N_("There is no field with the code %(code)s."), code=row["field"])
    if wrong or mode is None:
        return None, wrong
    return NewPoint(channel, received, row["unit"], row["name"], mode, row["field"] or None), wrong
