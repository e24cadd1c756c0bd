"""What the sources say each form holds, as plain data, and every place where a cell is not the text itself.

A table cell sometimes carries a note beside the words ("(inpatient only)"), or words for two forms at once.
Each such decision is one entry of `ADJUSTED`, with its reason; what is known of but deliberately not shipped
is in `LEFT_OUT`. Everything else must agree letter for letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from tests.definitions.tables import listed_options, rows, table, text_of


@dataclass(frozen=True)
class Evidence:
    """One question or statement as the sources give it."""

    text: str
    grade: str
    kind: str
    factor: str | None = None
    options: Mapping[int, str] | None = None
    scale: str | None = None


Field = Literal["text", "options", "kind"]


@dataclass(frozen=True)
class Adjusted:
    """One decision: the source's cell on the left is shipped as the words on the right, because …"""

    forms: tuple[str, ...]
    code: str
    cell: str
    shipped: str
    reason: str


HOSPITAL = ("byt56-m1", "byt56-m2")
PUPILS, ADULTS = ("edu-thpt-student", "edu-ptdtnt"), ("edu-gdtx", "edu-dh-cdsp")
PARENTS = ("edu-mn-parent", "edu-th-parent", "edu-thcs-parent", "edu-thpt-parent")
SIPAS = ("sipas-2026", "sipas-2022")
NOTE_FOR_BUILDERS = "the bracket is a note for whoever builds the form"
ONE_CELL_FOR_TWO_FORMS = "one cell gives the words of the inpatient and of the outpatient form"
RUNNING_TEXT = "the source gives it inside a running sentence, so its first letter is small there"

ADJUSTED = (
    Adjusted(
        ("one-stop-short",),
        "proc_field",
        "Lĩnh vực/thủ tục hành chính đã giải quyết (text on paper; from the QR or a list on the phone)",
        "Lĩnh vực/thủ tục hành chính đã giải quyết",
        NOTE_FOR_BUILDERS,
    ),
    Adjusted(
        ("sipas-2026",),
        "q10_other",
        "Ý kiến khác (xin Ông/Bà ghi cụ thể): (open text)",
        "Ý kiến khác (xin Ông/Bà ghi cụ thể):",
        NOTE_FOR_BUILDERS,
    ),
    Adjusted(
        ("sipas-2022",),
        "q10_other",
        "Ý kiến khác (xin ghi cụ thể): (open text)",
        "Ý kiến khác (xin ghi cụ thể):",
        NOTE_FOR_BUILDERS,
    ),
    Adjusted(
        HOSPITAL,
        "h_hospital",
        "1. Tên bệnh viện (+ mã bệnh viện 5 chữ số)",
        "1. Tên bệnh viện",
        "the code of the hospital is a field of its own, kept with the unit",
    ),
    Adjusted(
        ("byt56-m1",),
        "h_ward",
        "5. Khoa nằm điều trị trước ra viện (inpatient only)",
        "5. Khoa nằm điều trị trước ra viện",
        NOTE_FOR_BUILDERS,
    ),
    Adjusted(
        ("byt56-m1",),
        "h_ward_code",
        "6. Mã khoa (do BV ghi) (inpatient only)",
        "6. Mã khoa (do BV ghi)",
        NOTE_FOR_BUILDERS,
    ),
    Adjusted(
        ("byt56-m1",),
        "r_days",
        "A4. Số ngày nằm viện (inpatient)",
        "A4. Số ngày nằm viện",
        NOTE_FOR_BUILDERS,
    ),
    Adjusted(
        ("byt56-m2",),
        "r_distance",
        "A4. Ước tính khoảng cách từ nơi sinh sống đến bệnh viện (km) (outpatient)",
        "A4. Ước tính khoảng cách từ nơi sinh sống đến bệnh viện (km)",
        NOTE_FOR_BUILDERS,
    ),
    Adjusted(
        ("byt56-m1",),
        "r_insurance",
        "A5. Ông/Bà có sử dụng thẻ BHYT cho lần điều trị này không? / … cho lần khám bệnh này không?",
        "A5. Ông/Bà có sử dụng thẻ BHYT cho lần điều trị này không?",
        ONE_CELL_FOR_TWO_FORMS,
    ),
    Adjusted(
        ("byt56-m2",),
        "r_insurance",
        "A5. Ông/Bà có sử dụng thẻ BHYT cho lần điều trị này không? / … cho lần khám bệnh này không?",
        "A5. Ông/Bà có sử dụng thẻ BHYT cho lần khám bệnh này không?",
        ONE_CELL_FOR_TWO_FORMS,
    ),
    Adjusted(
        ("byt56-m1",),
        "r_times",
        "A8. Đây là lần điều trị thứ mấy của Ông/Bà tại bệnh viện? Lần thứ: (outpatient: lần khám)",
        "A8. Đây là lần điều trị thứ mấy của Ông/Bà tại bệnh viện? Lần thứ:",
        ONE_CELL_FOR_TWO_FORMS,
    ),
    Adjusted(
        ("byt56-m2",),
        "r_times",
        "A8. Đây là lần điều trị thứ mấy của Ông/Bà tại bệnh viện? Lần thứ: (outpatient: lần khám)",
        "A8. Đây là lần khám thứ mấy của Ông/Bà tại bệnh viện? Lần thứ:",
        ONE_CELL_FOR_TWO_FORMS,
    ),
    *(
        Adjusted(forms, code, cell, cell.replace("{Ông/Bà}", address), "the form's own way of addressing")
        for forms, address in ((PARENTS, "Ông/Bà"), (ADULTS, "Anh/Chị"), (PUPILS, "em"))
        for code, cell in (
            ("g1", "Mức độ hài lòng nói chung của {Ông/Bà} về nhà trường."),
            ("g2", "Nhà trường đã đáp ứng được bao nhiêu % so với mong đợi của {Ông/Bà}?"),
        )
    ),
    *(
        Adjusted(
            forms,
            "g3",
            "{Ông/Bà} có ý kiến, đề xuất gì khác với nhà trường và ngành Giáo dục?",
            f"{address} có ý kiến, đề xuất gì khác với nhà trường và ngành Giáo dục?",
            "the form's own way of addressing",
        )
        for forms, address in ((PARENTS, "Ông/Bà"), (ADULTS, "Anh/Chị"), (PUPILS, "Em"))
    ),
    *(
        Adjusted(("byt3869-m4",), code, cell, cell[0].upper() + cell[1:], RUNNING_TEXT)
        for code, cell in {
            "r_age": "tuổi",
            "h_ward": "khoa điều trị",
            "h_ward_code": "mã khoa",
            "r_times": "lần nhập viện",
            "r_days": "số ngày nằm viện",
            "r_insurance": "sử dụng BHYT",
            "r_delivery": "cách sinh",
            "r_antenatal": "khám thai tại bệnh viện",
            "i1": "mức hài lòng đánh giá chung",
            "i3": "quay lại bệnh viện",
            "i4": "ý kiến đóng góp khác",
        }.items()
    ),
)

LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "sipas-2022": {"q10_08": "not known: missing in the only transcription"},
    "byt56-m1": {
        "r_name": "do not collect",
        "r_patient_code": "do not collect",
        "r_phone": "do not collect by default",
        "r_distance": "outpatient form only",
    },
    "byt56-m2": {
        "h_ward": "inpatient form only",
        "h_ward_code": "inpatient form only",
        "r_name": "do not collect",
        "r_patient_code": "do not collect",
        "r_phone": "do not collect by default",
        "r_days": "inpatient form only",
    },
}
"""Known of and not shipped."""


def adjusted(form: str, found: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """The evidence of one form with the decisions applied; a decision whose cell is not there is an error."""
    shipped = {code: one for code, one in found.items() if code not in LEFT_OUT.get(form, {})}
    for decision in ADJUSTED:
        if form in decision.forms:
            if shipped[decision.code].text != decision.cell:
                raise AssertionError(f"{form} {decision.code}: the source no longer says “{decision.cell}”")
            shipped[decision.code] = replace(shipped[decision.code], text=decision.shipped)
    return shipped


# --- the administrative forms ------------------------------------------------------------------------------


def sipas(form: str) -> dict[str, Evidence]:
    facts, first, ninth, tenth, wish = {
        "sipas-2026": ("1.3", "1.4", "1.5", "1.6", "wish4"),
        "sipas-2022": ("2.4", "2.5", "2.6", "2.7", "wish3"),
    }[form]
    found: dict[str, Evidence] = {}
    options: dict[str, dict[int, str]] = {}
    for row in table("admin", first, "question").rows:
        options.setdefault(row["question"], {})[int(row["code"])] = row["label_vi"]
    for code, row in rows("admin", first, "code").items():
        scale = row["scale"].strip("`") if "`" in row["scale"] else None
        kind = "multiple" if "multiple" in row["type"] else row["type"]
        found[code] = Evidence(row["text_vi"], row["grade"], kind, None, options.get(code), scale)
    for number, section in (("9", "1.5"), ("10", tenth)):
        body = re.split(r"\n#+ ", text_of("admin").split(f"### {section} ")[1])[0]
        stem = re.search(r'Stem: "(.*?)"', body)
        assert stem is not None
        found[f"q{number}"] = Evidence(stem[1], "single-source", "statement")
    factors = rows("admin", {"sipas-2026": "1.1", "sipas-2022": "2.1"}[form], "factor_code")
    for half in ("P", "S"):
        found[f"q9_{half.lower()}"] = Evidence(factors[half]["name_vi"], "single-source", "statement")
    for code, row in rows("admin", ninth, "item").items():
        found[code] = Evidence(row["text_vi"], row["grade"], "rating", row["factor"].strip("`"), None, "sat5")
    for code, row in rows("admin", tenth, "item").items():
        kind = "text" if code == "q10_other" else "rating"
        found[code] = Evidence(row["text_vi"], row["grade"], kind, None, None, wish if kind == "rating" else None)
    jobs = rows("admin", "1.3", "code")["r_job"]["codes"]
    for code, row in rows("admin", facts, "code").items():
        cell = jobs if row["codes"] == "as in 1.3, codes 1-7" else row["codes"]
        is_text = row["type"] == "text"
        found[code] = Evidence(
            row["label_vi"], row["grade"], "text" if is_text else "single",
            options=None if is_text else listed_options(cell),
        )  # fmt: skip
    return found


def one_stop_short() -> dict[str, Evidence]:
    found = {}
    for code, row in rows("admin", "3.2", "item").items():
        rated = code != "proc_field"
        found[code] = Evidence(
            row["text_vi"], row["grade"], "rating" if rated else "text",
            row["factor"].strip("`") if rated else None, scale="sat5" if rated else None,
        )  # fmt: skip
    return found | _one_stop_facts()


def _one_stop_facts() -> dict[str, Evidence]:
    return {
        code: Evidence(row["label_vi"], row["grade"], "single", options=listed_options(row["codes"]))
        for code, row in rows("admin", "3.3", "code").items()
    }


def sipas_2640() -> dict[str, Evidence]:
    found = {
        code: Evidence(row["text_vi"], row["grade"], "rating", row["factor"].strip("`"), scale="sat5")
        for code, row in rows("admin", "4.2", "item").items()
    }
    return found | _one_stop_facts()


# --- the health forms --------------------------------------------------------------------------------------


def _rated(section: str) -> dict[str, Evidence]:
    return {
        code: Evidence(row["text_vi"], row["grade"], "rating", row["factor"].strip("`"), scale="byt05")
        for code, row in rows("health", f"{section}.2", "item").items()
    }


def _closing(section: str) -> dict[str, Evidence]:
    inpatient = rows("health", "3.3", "item")
    same = {"e5": "e7"}
    found = {}
    for code, row in rows("health", f"{section}.3", "item").items():
        first = inpatient.get(same.get(code, code))
        words = first["text_vi"] if first and row["text_vi"].startswith("as ") else row["text_vi"]
        codes = first["codes"] if first and row["codes"].startswith("as ") else row["codes"]
        kind = {"single + other": "single", "number, %": "number", "open": "text"}[row["type"]]
        found[code] = Evidence(words, row["grade"], kind, options=listed_options(codes) if kind == "single" else None)
    return found


def _header(section: str) -> dict[str, Evidence]:
    column = {"2": "form label (vi)", "6.3": "label_vi"}[section]
    types = rows("health", "2", "code")["h_type"]["codes"]
    found = {}
    for code, row in rows("health", section, "code").items():
        cell = types if row["codes"] == "as section 2" else row["codes"]
        for note in ("; (a value map also has 3 c. Khác)", " (one transcription labels code 1"):
            cell = cell.split(note)[0]  # notes on other transcriptions, kept in the form's notes
        for name in code.split(", "):
            if cell.startswith("1 "):
                found[name] = Evidence(row[column], "transcribed", "single", options=listed_options(cell))
            else:
                kind = {"number": "number", "date": "date"}.get(cell, "text")
                found[name] = Evidence(row[column], "transcribed", kind)
    return found


def patients(form: str) -> dict[str, Evidence]:
    section = {"byt56-m1": "3", "byt56-m2": "4"}[form]
    return _rated(section) | _closing(section) | _header("2")


def vaccination() -> dict[str, Evidence]:
    return _rated("5") | _closing("5")


def staff() -> dict[str, Evidence]:
    open_question = re.search(r'Closing question g \(open, `transcribed`\): "(.*?)"', text_of("health"))
    assert open_question is not None
    return _rated("6") | {"g": Evidence(open_question[1], "transcribed", "text")} | _header("6.3")


def mothers() -> dict[str, Evidence]:
    """The respondent and closing questions of form 4 stand in running sentences of section 7.3."""
    body = text_of("health").split("### 7.3 ")[1].split("\n## ")[0]
    known = {
        "r_age": ("tuổi", "number", None),
        "h_ward": ("khoa điều trị", "text", None),
        "h_ward_code": ("mã khoa", "text", None),
        "r_times": ("lần nhập viện", "number", None),
        "r_days": ("số ngày nằm viện", "number", None),
        "r_insurance": ("sử dụng BHYT", "single", "1 Có, 2 Không"),
        "r_delivery": ("cách sinh", "single", "1 Đẻ thường, 2 Mổ cấp cứu, 3 Mổ có chuẩn bị, 4 Khác"),
        "r_antenatal": ("khám thai tại bệnh viện", "single", "1 Có khám, 2 Chỉ đến sinh, 3 Không nhớ"),
        "i1": ("mức hài lòng đánh giá chung", "rating", None),
        "i2": ("% so với mong đợi", "number", None),
        "i3": (
            "quay lại bệnh viện", "single",
            "1 Chắc chắn không bao giờ quay lại … 5 Chắc chắn sẽ quay lại, 6 Khác",
        ),
        "i4": ("ý kiến đóng góp khác", "text", None),
    }  # fmt: skip
    found = {}
    for code, (words, kind, choices) in known.items():
        for piece in (words, choices):
            assert piece is None or piece in body, f"section 7.3 no longer says “{piece}”"
        options = listed_options(choices.replace(", ", "; ").replace(" … ", "; ")) if choices else None
        scale = "overall5" if kind == "rating" else None
        found[code] = Evidence(words, "abridged", kind, None, options, scale)
    return _rated("7") | found


def breastfeeding() -> dict[str, Evidence]:
    found = {}
    for code, row in rows("health", "8", "item").items():
        kind = {"open": "text"}.get(row["type"], row["type"].split(" + ")[0])
        if row["options"] == "not known":
            kind = "text"  # a choice without known answers is kept as words, switched off
        options = listed_options(row["options"]) if kind in ("single", "multiple") else None
        found[code] = Evidence(row["text_vi (abridged)"], row["grade"], kind, options=options)
    return found


# --- the education forms -----------------------------------------------------------------------------------

EDUCATION = {
    "edu-mn-parent": "3.1",
    "edu-th-parent": "3.2",
    "edu-thcs-parent": "3.3",
    "edu-thpt-parent": "3.4",
    "edu-thpt-student": "3.5",
    "edu-gdtx": "3.6",
    "edu-dh-cdsp": "3.7",
    "edu-ptdtnt": "3.8",
}


def education(form: str) -> dict[str, Evidence]:
    found = {
        code: Evidence(row["text_vi"], row["grade"], "rating", row["factor"].strip("`"), scale="sat5")
        for code, row in rows("education", EDUCATION[form], "item").items()
    }
    kinds = {"rating `sat5`": "rating", "number, %": "number", "open": "text"}
    for code, row in rows("education", "3", "item").items():
        kind = kinds[row["type"]]
        found[code] = Evidence(row["text_vi"], "draft", kind, scale="sat5" if kind == "rating" else None)
    return found


def evidence(form: str) -> dict[str, Evidence]:
    """Everything the sources say of a form's core, by code."""
    if form in EDUCATION:
        return adjusted(form, education(form))
    readers = {
        "one-stop-short": one_stop_short,
        "sipas-2640": sipas_2640,
        "byt56-m3": vaccination,
        "byt3869-m3": staff,
        "byt3869-m4": mothers,
        "byt3869-m5": breastfeeding,
    }
    if form in readers:
        return adjusted(form, readers[form]())
    return adjusted(form, sipas(form) if form in SIPAS else patients(form))
