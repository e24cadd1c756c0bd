"""The library is complete: every form the project knows, each with basis, validity, grade, figures and headers."""

from __future__ import annotations

from datetime import date

import pytest

from instruments import library
from instruments.model import indices
from instruments.model.document import InstrumentVersion

FORMS = {
    # code: first day, last day, rated questions, decision to cite
    "sipas-2026": (date(2026, 1, 1), date(2026, 12, 31), 39, "1001/QĐ-BNV"),
    "sipas-2022": (date(2022, 1, 1), date(2022, 12, 31), 33, "76/NQ-CP"),
    "one-stop-short": (date(2026, 1, 1), None, 9, None),
    "sipas-2640": (date(2017, 10, 10), date(2021, 12, 31), 22, "2640/QĐ-BNV"),
    "byt56-m1": (date(2024, 1, 8), None, 36, "56/QĐ-BYT"),
    "byt56-m2": (date(2024, 1, 8), None, 31, "56/QĐ-BYT"),
    "byt56-m3": (date(2024, 1, 8), None, 33, "56/QĐ-BYT"),
    "byt3869-m3": (date(2019, 8, 28), None, 44, "3869/QĐ-BYT"),
    "byt3869-m4": (date(2019, 8, 28), None, 23, "3869/QĐ-BYT"),
    "byt3869-m5": (date(2019, 8, 28), None, 0, "3869/QĐ-BYT"),
    "edu-mn-parent": (None, None, 23, "2034/QĐ-BGDĐT"),
    "edu-th-parent": (None, None, 25, "2034/QĐ-BGDĐT"),
    "edu-thcs-parent": (None, None, 25, "2034/QĐ-BGDĐT"),
    "edu-thpt-parent": (None, None, 25, "2034/QĐ-BGDĐT"),
    "edu-thpt-student": (None, None, 25, "2034/QĐ-BGDĐT"),
    "edu-gdtx": (None, None, 23, "2034/QĐ-BGDĐT"),
    "edu-dh-cdsp": (None, None, 24, "2034/QĐ-BGDĐT"),
    "edu-ptdtnt": (None, None, 24, "2034/QĐ-BGDĐT"),
}

INPATIENT = (
    "MA_SO _PHIEU,TEN_BENH_VIEN,NGAY_DIEN_PHIEU,NGUOI_PHONG_VAN,NGUOI_TRA_LOI,TENKHOA_TRUOC_RAVIEN,MA_KHOA,GIOI_TINH,"
    "TUOI,NAM_SINH,SO_DIEN_THOAI,SO_NGAY_NAM_VIEN,SU_DUNG_BHYT,NOI_SONG,MUC_SONG,LAN_DIEU_TRI,A1,A2,A3,A4,A5,B1,B2,B3,"
    "B4,B5,B6,B7,C1,C2,C3,C4,C5,C6,C7,C8,C9,C10,C11,D1,D2,D3,D4,D5,D6,D7,E1,E2,E3,E4,E5,E6,E7,E7.1,G1,G2,G2.1,G3,G4"
)
OUTPATIENT = (
    "MA_SO _PHIEU,TEN_BENH_VIEN,NGAY_DIEN_PHIEU,NGUOI_PHONG_VAN,NGUOI_TRA_LOI,GIOI_TINH,TUOI,NAM_SINH,SO_DIEN_THOAI,"
    "KHOANG_CACH_DEN_BV,SU_DUNG_BHYT,NOI_SONG,MUC_SONG,LAN_KHAM,A1,A2,A3,A4,A5,B1,B2,B3,B4,B5,B6,B7,B8,B9,B10,C1,C2,C3,"
    "C4,C5,C6,C7,C8,D1,D2,D3,D4,E1,E2,E3,E4,E5,E5.1,G1,G2,G2.1,G3,G4"
)


@pytest.fixture(params=sorted(FORMS))
def form(request: pytest.FixtureRequest) -> InstrumentVersion:
    return library.load(request.param)


def test_library_holds_these_forms_and_no_other():
    assert {entry.code for entry in library.shipped()} == set(FORMS)


def test_form_has_its_validity_its_questions_and_its_legal_basis(form: InstrumentVersion):
    first, last, rated, number = FORMS[form.code]
    assert (form.valid_from, form.valid_to) == (first, last)
    assert len(form.rated_items) == rated
    cited = [decision.number for decision in form.decisions]
    assert number in cited
    assert form.decisions
    assert form.provenance["vi"]


def test_every_question_has_its_grade_and_source_and_every_form_its_figures(form: InstrumentVersion):
    assert all(item.grade and item.source for item in form.items if item.origin == "core")
    planned = indices.plan(form)
    assert (indices.headline(form) is not None) == bool(form.rated_items)
    counted = {counted.item for index in planned for counted in index.items}
    assert {item.code for item in form.rated_items} <= counted


@pytest.mark.parametrize(("code", "header"), [("byt56-m1", INPATIENT), ("byt56-m2", OUTPATIENT)])
def test_hospital_sheet_has_the_header_row_letter_for_letter(code: str, header: str):
    (layout,) = library.load(code).exports
    assert [column.header for column in layout.columns] == [
        "KIEU_KHAO_SAT",
        *header.split(","),
    ]  # the optional one first
    by_header = {column.header: column for column in layout.columns}
    assert by_header["SO_DIEN_THOAI"].item is None
    assert by_header["A1"].item == "a1"
    assert (by_header["G2.1"].item, by_header["G2.1"].part) == ("g2", "other")
    assert (by_header["G3"].item, by_header["G4"].item) == ("h1", "h2")
