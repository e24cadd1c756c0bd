"""What is printed, looked at as a telephone and a screen reader would: the code is read back from the page."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime

import pypdf
import pypdfium2
import pytest
import qrcode
import zxingcpp
from PIL import Image
from qrcode.constants import ERROR_CORRECT_Q

from survey import addresses, i18n
from survey.database import Database
from survey.errors import Conflict, Forbidden, Invalid
from survey.exports.placard import Paper, Placard, placards, qr_svg, slips, words_in
from survey.models.fieldwork.points import EntryCodeStatus
from survey.permissions import system
from survey.services.fieldwork import placards as services
from survey.services.province import settings
from tests.factories.fieldwork import Place

_ = i18n.translations("vi").gettext
WORDS = words_in("vi", _, title="Tờ QR: quý IV", minutes=1)
ONE = Placard(
    address="HTTPS://KS.DANANG.GOV.VN/A7K2M9",
    host="ks.danang.gov.vn",
    code="A7K2M9",
    agency="UBND phường Hải Châu",
    place="Quầy số 3",
    heading="Ông/Bà hài lòng đến mức nào?",
    asked_by="Sở Nội vụ",
    serial="HC-2026-2/00017",
    synthetic=False,
)
LONG = replace(
    ONE,
    address="HTTPS://KHAOSATHAILONG.NGUOIDAN.DANANG.GOV.VN:8443/A7K2M9",
    host="khaosathailong.nguoidan.danang.gov.vn:8443",
    agency="Trung tâm Phục vụ hành chính công thành phố Đà Nẵng, Chi nhánh số 12 tại khu vực phía Nam, xã Trà Liên",
    place="Quầy tiếp nhận và trả kết quả lĩnh vực Đất đai, Tài nguyên và Môi trường số 12, tầng 2 nhà B, cạnh thang",
    heading="Ông/Bà đánh giá chất lượng phục vụ của Trung tâm và các đơn vị liên quan như thế nào trong lần này?",
    asked_by="Sở Nội vụ phối hợp với Ủy ban Mặt trận Tổ quốc Việt Nam thành phố Đà Nẵng",
)


def pictures(pdf: bytes, dpi: int = 150) -> list[Image.Image]:
    return [page.render(scale=dpi / 72).to_pil() for page in pypdfium2.PdfDocument(pdf)]


def codes(picture: Image.Image) -> list[zxingcpp.Barcode]:
    return list(zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode))


def words(pdf: bytes) -> str:
    return " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


@pytest.mark.parametrize("paper", list(Paper))
@pytest.mark.parametrize("sheet", [ONE, LONG], ids=["usual", "long names"])
def test_the_code_of_a_placard_is_read_back_from_the_page(paper: Paper, sheet: Placard):
    pages = pictures(placards([sheet], WORDS, paper))
    assert len(pages) == 1
    found = codes(pages[0])
    assert [code.text for code in found] == [sheet.address]
    assert found[0].ec_level == "Q"


@pytest.mark.parametrize(("paper", "millimetres"), [(Paper.A6, (105, 148)), (Paper.A4, (210, 297))])
def test_a_sheet_has_its_paper_size_and_a_code_that_can_be_scanned_from_there(
    paper: Paper, millimetres: tuple[int, int]
):
    page = pypdf.PdfReader(io.BytesIO(placards([ONE], WORDS, paper))).pages[0]
    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == list(millimetres)
    dpi = 150
    corner = codes(pictures(placards([ONE], WORDS, paper), dpi)[0])[0].position
    width = abs(corner.top_right.x - corner.top_left.x) / dpi * 25.4
    assert width >= (30 if paper is Paper.A6 else 60)


def test_the_code_is_small_because_its_address_is_in_capitals():
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=4)
    code.add_data(ONE.address)
    code.make(fit=True)
    assert code.data_list[0].mode == qrcode.util.MODE_ALPHA_NUM
    assert code.modules_count == 29
    assert f'viewBox="0 0 {29 + 8} {29 + 8}"' in qr_svg(ONE.address)


def test_the_quiet_zone_is_four_white_modules_on_every_side():
    picture = pictures(placards([ONE], WORDS, Paper.A6), 300)[0].convert("L")
    found = codes(picture)[0].position
    module = (found.top_right.x - found.top_left.x) / 29
    margin = round(4 * module) - 2
    left, top, right, bottom = found.top_left.x, found.top_left.y, found.bottom_right.x, found.bottom_right.y
    around = [
        (left - margin, top - margin, left - 2, bottom + margin),
        (right + 3, top - margin, right + margin, bottom + margin),
        (left - margin, top - margin, right + margin, top - 2),
        (left - margin, bottom + 3, right + margin, bottom + margin),
    ]
    assert all(picture.crop(box).getextrema()[0] > 250 for box in around)


def test_a_placard_says_who_asks_how_long_and_that_nobody_is_named():
    text = words(placards([ONE], WORDS, Paper.A6))
    for said in (
        "UBND phường Hải Châu",
        "Quầy số 3",
        "ks.danang.gov.vn/",
        "A7K2M9",
        "Khoảng 1 phút · không ghi tên",
        "Cán bộ phục vụ không thấy câu trả lời.",
        "Không yêu cầu đăng nhập, không thu phí, không hỏi số tài khoản.",
        "Sở Nội vụ",
        "Số HC-2026-2/00017",
    ):
        assert said in text
    assert "THỬ NGHIỆM" not in text


def test_nothing_of_a_very_long_name_is_cut():
    text = " ".join(words(placards([LONG], WORDS, Paper.A6)).split())
    for said in (LONG.agency, LONG.place, LONG.heading, LONG.asked_by):
        assert said in text
    assert "".join(text.split()).count("khaosathailong.nguoidan.danang.gov.vn:8443/A7K2M9") == 1


def test_sheets_of_a_trial_wear_the_stamp():
    sheets = [replace(ONE, synthetic=True)]
    assert "THỬ NGHIỆM · số liệu giả lập" in words(placards(sheets, WORDS, Paper.A6))
    assert "THỬ NGHIỆM · số liệu giả lập" in words(slips(sheets, WORDS))


@pytest.mark.parametrize("kind", ["placard", "slip"])
def test_the_file_can_be_read_aloud(kind: str):
    pdf = placards([ONE], WORDS, Paper.A4) if kind == "placard" else slips([ONE], WORDS)
    root = pypdf.PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    assert root["/Lang"] == "vi"
    assert root["/MarkInfo"]["/Marked"]
    assert pypdf.PdfReader(io.BytesIO(pdf)).metadata.title == "Tờ QR: quý IV"
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    structure = str(_everything(root["/StructTreeRoot"]))
    assert "Mã QR mở địa chỉ HTTPS://KS.DANANG.GOV.VN/A7K2M9" in structure


def _everything(node: object, depth: int = 0) -> object:
    node = node.get_object() if hasattr(node, "get_object") else node
    if depth > 12:
        return ""
    if isinstance(node, dict):
        return {key: _everything(value, depth + 1) for key, value in node.items() if key not in ("/P", "/Pg")}
    return [_everything(one, depth + 1) for one in node] if isinstance(node, list) else node


def test_ten_slips_stand_on_a_page_each_with_its_own_code():
    sheets = [replace(ONE, code=f"A7K2M9{n:02d}", address=f"{ONE.address}{n:02d}") for n in range(23, 35)]
    pages = pictures(slips(sheets, WORDS), 200)
    assert [len(codes(page)) for page in pages] == [10, 2]
    assert {code.text for page in pages for code in codes(page)} == {sheet.address for sheet in sheets}


def test_a_file_without_sheets_is_refused():
    for make in (lambda: placards([], WORDS, Paper.A6), lambda: slips([], WORDS)):
        with pytest.raises(ValueError, match="at least one"):
            make()


# --- what goes on paper for a wave ------------------------------------------------------------------------------


def sheets(database: Database, place: Place, **more: object) -> services.Sheets:
    values = {"public_url": "http://127.0.0.1:8000", "actor": place.officer()}
    with database.reading() as session:
        return services.sheets(session, "HC-2026-2", **{**values, **more})  # type: ignore[arg-type]


def test_a_sheet_is_made_for_every_code_in_use_in_the_own_units(database: Database, place: Place):
    here = place.record.point(place.qr, unit=place.ward, name="Quầy 1")
    there = place.record.point(place.qr, unit=place.other, name="Quầy 2")
    first = place.record.entry_code(here)
    place.record.entry_code(here, status=EntryCodeStatus.RETIRED)
    second = place.record.entry_code(there)
    assert [s.code for s in sheets(database, place).sheets] == [first.code, second.code]
    assert [s.code for s in sheets(database, place, actor=place.officer(place.ward)).sheets] == [first.code]
    assert [s.code for s in sheets(database, place, point_ids=[there.id]).sheets] == [second.code]
    with pytest.raises(Conflict, match="no point with a code"):
        sheets(database, place, actor=place.officer(place.ward), point_ids=[there.id])


def test_the_sheet_names_the_unit_that_received_where_it_is_another(database: Database, place: Place):
    place.record.entry_code(
        place.record.point(place.qr, unit=place.ward, unit_received_id=place.other.id, name="Quầy 1")
    )
    sheet = sheets(database, place).sheets[0]
    assert (sheet.agency, sheet.place) == ("Phường Hải Châu", "Quầy 1, Phường Thanh Khê")
    assert sheet.heading == "Ông/Bà hài lòng đến mức nào?"
    assert sheet.serial.startswith("HC-2026-2/")


def test_the_address_is_the_province_s_domain_once_it_is_set(database: Database, place: Place, now: datetime):
    place.record.entry_code(place.record.point(place.qr, unit=place.ward), code="A7K2M9")
    assert sheets(database, place).sheets[0].address == "HTTP://127.0.0.1:8000/A7K2M9"
    settings.save(database, system(), {"domain": "ks.danang.gov.vn", "province_name": "Thành phố Mẫu"}, now=now)
    sheet = sheets(database, place).sheets[0]
    assert (sheet.address, sheet.host) == ("HTTPS://KS.DANANG.GOV.VN/A7K2M9", "ks.danang.gov.vn")
    assert sheet.asked_by == "Thành phố Mẫu"


@pytest.mark.parametrize(
    ("public_url", "domain", "base"),
    [
        ("http://127.0.0.1:8000", "", "http://127.0.0.1:8000"),
        ("http://192.168.1.7:8000", "ks.danang.gov.vn", "https://ks.danang.gov.vn"),
        ("http://[::1]:8000", "ks.danang.gov.vn", "https://ks.danang.gov.vn"),
        ("http://localhost:8000", "ks.danang.gov.vn", "https://ks.danang.gov.vn"),
        ("https://khaosat.danang.gov.vn", "ks.danang.gov.vn", "https://khaosat.danang.gov.vn"),
    ],
)
def test_an_operator_s_name_comes_before_the_province_s_domain_before_the_machine(
    public_url: str, domain: str, base: str
):
    assert addresses.public_base(public_url, domain) == base


def test_slips_are_made_for_codes_of_a_point_of_the_own_units(database: Database, place: Place):
    point = place.record.point(place.drawn, unit=place.ward, name="Gửi kèm kết quả")

    def made(codes_: list[str], **more: object) -> services.Sheets:
        values = {"public_url": "http://127.0.0.1:8000", "actor": place.officer(), "point_id": point.id}
        with database.reading() as session:
            return services.slips(session, "HC-2026-2", codes=codes_, **{**values, **more})  # type: ignore[arg-type]

    assert [s.address for s in made(["A7K2M9Q4"]).sheets] == ["HTTP://127.0.0.1:8000/A7K2M9Q4"]
    text = words(services.slip_file(made(["A7K2M9Q4"]), date(2026, 12, 31), _))
    assert "31/12/2026" in text
    with pytest.raises(Forbidden):
        made(["A7K2M9Q4"], actor=place.officer(place.other))
    with pytest.raises(Invalid, match="at most 500"):
        made(["A7K2M9Q4"] * 501)
