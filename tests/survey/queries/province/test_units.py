"""Units as lists show them."""

from __future__ import annotations

from survey.database import Database
from survey.models.province.units import UnitKind
from survey.permissions import system
from survey.queries.province import units
from tests.factories.record import Record

IN_ORDER = ["Xã Duy Nghĩa", "Xã Đại Lộc", "Xã Điện Bàn", "Xã Hòa Tiến", "Xã Hòa Vang", "Xã Núi Thành", "Xã Ô Lâm"]


def test_units_stand_in_vietnamese_order_also_after_a_new_name(record: Record, database: Database) -> None:
    top = record.unit(kind=UnitKind.PROVINCE)
    made = [record.unit(parent=top, kind=UnitKind.COMMUNE, name=name) for name in reversed(IN_ORDER)]
    with database.reading() as session:
        listed = units.listing(session, system(), parent_id=top.id).items
    assert [line.name for line in listed] == IN_ORDER
    with database.writing() as session:
        session.merge(made[0]).name = "Xã Đak Pring"
    with database.reading() as session:
        listed = units.listing(session, system(), parent_id=top.id).items
    assert [line.name for line in listed][:3] == ["Xã Duy Nghĩa", "Xã Đại Lộc", "Xã Đak Pring"]
