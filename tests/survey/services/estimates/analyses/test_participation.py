"""Forms issued, returned and valid: counted on paper, hidden where figures are, and told on page and in workbook."""

from __future__ import annotations

import pytest

from survey.models.fieldwork.issued_forms import IssuedForms
from survey.models.fieldwork.points import EvidenceTier, OneTimeCode, OneTimeCodeStatus
from survey.models.intake.responses import Disposition
from survey.models.people.accounts import Role
from survey.models.province.procedures import Field
from survey.models.province.units import Unit, UnitKind
from survey.permissions import system
from survey.services.estimates.analyses import reading
from survey.services.estimates.analyses.participation import Classes, Forms
from survey.services.files import soundness_tables
from survey.services.files.result_sentences import Words
from tests.factories.results import Surveyed
from tests.factories.surveyed_waves import SignIn, analysed

PAGE = "/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn"


def issue(survey: Surveyed, unit: Unit, issued: int, field: Field | None = None) -> None:
    survey.record.add(
        IssuedForms(
            channel_id=survey.drawn.id, unit_id=unit.id, field_id=field.id if field else None,
            field_key=field.id if field else 0, issued=issued, as_of=None, source="",
        )
    )  # fmt: skip


def by_key(found: Classes) -> dict[int | str, Forms]:
    return {row.kind or row.key: row.forms for row in found.rows}


def two_units(survey: Surveyed) -> tuple[Unit, Unit, Field, Field]:
    """A ward with 40 of 100 forms valid, a department with 60 of 100; besides two left out, one late, five partial."""
    ward = survey.unit("Phường Mẫu", kind=UnitKind.WARD)
    department = survey.unit("Sở Mẫu", kind=UnitKind.DEPARTMENT)
    land, civil = (
        survey.record.field(code="dat-dai", name="Đất đai"),
        survey.record.field(code="ho-tich", name="Hộ tịch"),
    )
    for unit, field, issued in ((ward, land, 50), (ward, civil, 50), (department, land, 100)):
        survey.frame(unit, 1000, field)
        issue(survey, unit, issued, field)
    survey.answer(ward, 12, 8, field=land)
    survey.answer(ward, 12, 8, field=civil)
    survey.answer(department, 30, 25, field=land)
    survey.answer(department, 5, 0, field=land, disposition=Disposition.PARTIAL)
    survey.answer(ward, 2, 0, field=land, disposition=Disposition.EXCLUDED, exclusion_reason="Trả lời hộ")
    survey.answer(ward, 1, 0, field=land, late=True)
    return ward, department, land, civil


def test_forms_are_counted_by_unit_field_and_kind(survey: Surveyed) -> None:
    ward, department, land, civil = two_units(survey)
    found = analysed(survey).participation
    assert found is not None
    assert found.source == "entered"
    assert found.whole == Forms(issued=200, returned=103, valid=100, complete=95)
    assert (found.whole.rate, found.whole.complete_rate) == (0.5, 0.475)
    assert by_key(found.units) == {ward.id: Forms(100, 43, 40, 40), department.id: Forms(100, 60, 60, 55)}
    assert by_key(found.fields) == {land.id: Forms(150, 83, 80, 75), civil.id: Forms(50, 20, 20, 20)}
    assert set(by_key(found.kinds)) == {"ward", "department"}
    # 200·(40·40 − 60·60)²/100⁴ = 8 on one degree of freedom
    assert found.kinds.p_value == pytest.approx(0.004677734981047266, rel=1e-9)
    assert [row.key for row in found.units.rows] == [ward.id, department.id]


def test_page_and_workbook_say_the_same_first_in_a_sentence(survey: Surveyed, sign_in: SignIn) -> None:
    two_units(survey)
    survey.close()
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    said = "Phát ra 200 phiếu, thu về 103 phiếu, hợp lệ 100 phiếu: tỷ lệ tham gia 50,0 %."
    page = client.get(PAGE)
    assert said in page.text
    assert "Tỷ lệ tham gia khác nhau rõ rệt giữa các loại đơn vị: thấp nhất 40,0 %" in page.text
    assert ["Phường Mẫu", "100", "43", "40", "40,0 %", "40,0 %"] in page.rows()
    assert ["Sở Mẫu", "100", "60", "60", "60,0 %", "55,0 %"] in page.rows()
    assert said in client.get("/quan-tri/ket-qua/W-1?kenh=drawn").text
    view, w = survey.view(), Words.of("vi")
    sheet = next(t for t in soundness_tables.tables(view, analysed(survey), w) if t.name == "Tham gia")
    assert sheet.lead[0] == said
    assert next(iter(sheet.rows))[2:8] == [200, 103, 100, 0.5, 95, 0.475]


def test_numbers_that_cannot_be_right_make_no_rate(survey: Surveyed, sign_in: SignIn) -> None:
    unit, other = survey.unit("Phường A"), survey.unit("Phường B")
    for one in (unit, other):
        survey.answer(one, 20, 20)
        issue(survey, one, 30)
    found = analysed(survey).participation
    assert found is not None
    assert (found.whole.rate, found.whole.too_many) == (None, True)
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    assert "một trong hai số bị sai" in client.get(PAGE).text


def test_what_is_missing_is_said_with_the_place_to_enter_it(survey: Surveyed, sign_in: SignIn) -> None:
    survey.answer(survey.unit(), 20, 20)
    survey.answer(survey.unit("Phường B"), 20, 20, channel=survey.qr)
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    assert "Hệ thống chưa có số phiếu phát ra nên chưa tính được tỷ lệ tham gia" in client.get(PAGE).text
    opt_in = client.get(PAGE.replace("drawn", "qr")).text
    assert "Người dân tự chọn trả lời nên không biết có bao nhiêu người được hỏi: không có tỷ lệ trả lời." in opt_in
    assert "AAPOR" not in opt_in
    assert "Phiếu hợp lệ là phiếu được tính trong số liệu" in opt_in


def test_codes_stand_for_forms_where_none_are_entered(survey: Surveyed) -> None:
    unit = survey.unit()
    survey.answer(unit, 20, 10, tier=EvidenceTier.A)
    point = survey.points[survey.drawn.id, unit.id]
    for n, status in enumerate([OneTimeCodeStatus.ISSUED] * 10 + [OneTimeCodeStatus.VOID] * 3):
        link = point.id if status is OneTimeCodeStatus.ISSUED else None
        survey.record.add(
            OneTimeCode(
                digest=bytes([n]) * 32, channel_id=survey.drawn.id, status=status, expires_on=survey.wave.closes_on,
                point_id=link,
            )
        )  # fmt: skip
    found = analysed(survey).participation
    assert found is not None
    assert (found.source, found.whole.issued, found.whole.rate) == ("codes", 40, 0.75)


def test_hidden_units_have_no_line_and_kinds_do_not_give_them_away(survey: Surveyed) -> None:
    for name, people in (("A", 40), ("B", 30), ("C", 4), ("D", 12)):
        unit = survey.unit(f"Phường {name}")
        survey.answer(unit, people // 2, people - people // 2)
        issue(survey, unit, 60)
    silent = survey.unit("Sở E", kind=UnitKind.DEPARTMENT)
    issue(survey, silent, 60)
    survey.close()
    view, found = survey.view(), analysed(survey).participation
    assert found is not None
    hidden = {row.key for row in view.by_unit if row.shown.value is None}
    assert len(hidden) >= 2
    assert not hidden & set(by_key(found.units))
    assert by_key(found.units)[silent.id] == Forms(60)
    shown = sum(forms.valid for forms in by_key(found.units).values())
    assert sum(forms.valid for forms in by_key(found.kinds).values()) == shown < found.whole.valid


def test_who_sees_one_unit_sees_its_forms_alone(survey: Surveyed) -> None:
    ward, *_ = two_units(survey)
    survey.close()
    own = reading.read(
        survey.record.database, "W-1", "drawn", actor=survey.analyst(ward), now=survey.record.now
    ).analyses.participation
    assert own is not None
    assert own.whole == Forms(100, 43, 40, 40)
    assert set(by_key(own.units)) == {ward.id}
    assert not own.fields.rows
    assert analysed(survey, actor=system()).participation is not None
