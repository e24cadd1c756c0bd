"""Letter for letter: the shipped forms against the sources, in both directions."""

from __future__ import annotations

import re
import unicodedata

import pytest

from instruments import library
from instruments.model.document import InstrumentVersion, Item, MultipleChoice, SingleChoice
from instruments.model.text import render
from tests.definitions.evidence import ADJUSTED, EDUCATION, LEFT_OUT, Evidence, evidence
from tests.definitions.tables import rows, table, tables, text_of

FORMS = sorted({entry.code for entry in library.shipped()})

OURS = {
    "the sources name the fact but not its answers": {
        "edu-mn-parent": {"r_relation", "r_grade", "r_gender"},
        "edu-th-parent": {"r_relation", "r_grade", "r_gender"},
        "edu-thcs-parent": {"r_relation", "r_grade", "r_gender"},
        "edu-thpt-parent": {"r_relation", "r_grade", "r_gender"},
        "edu-thpt-student": {"r_grade", "r_gender"},
        "edu-gdtx": {"r_gender"},
        "edu-dh-cdsp": {"r_gender"},
        "edu-ptdtnt": {"r_grade", "r_gender"},
    }
}
"""Questions of the core whose wording the sources leave to us; all of them of grade draft."""


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> InstrumentVersion:
    return library.load(request.param)


def printed(version: InstrumentVersion, element: object) -> str:
    """The Vietnamese words with the parameters as printed."""
    return render(element.text, "vi", version.parameter_values("vi"))  # type: ignore[attr-defined]


def test_every_form_of_the_sources_is_shipped_and_no_other():
    glance = {code for section in ("1", "2", "3", "4") for code in [_field("admin", section, "code")]}
    glance |= {_field("health", section, "code") for section in "345678"}
    glance |= set(EDUCATION)
    assert set(FORMS) == glance


def test_every_code_of_the_sources_is_there_and_nothing_else(form: InstrumentVersion):
    core = [element.code for element in form.elements if element.origin == "core"]
    ours = set().union(*(named.get(form.code, set()) for named in OURS.values()))
    assert set(core) - ours == set(evidence(form.code))


def test_words_kinds_factors_and_grades_are_those_of_the_sources(form: InstrumentVersion):
    found = {element.code: element for element in form.elements}
    for code, expected in evidence(form.code).items():
        element = found[code]
        shipped = Evidence(
            text=printed(form, element),
            grade=element.grade,
            kind=element.kind if isinstance(element, Item) else "statement",
            factor=element.factor if isinstance(element, Item) else None,
            options=_own_options(element) if isinstance(element, Item) else None,
            scale=element.scale if isinstance(element, Item) else None,
        )
        assert shipped == expected, f"{form.code} {code}"


def test_everything_beyond_the_sources_is_local_and_draft(form: InstrumentVersion):
    for item in form.items:
        if item.origin == "overlay":
            assert item.grade == "draft"
    for named in OURS.values():
        for code in named.get(form.code, ()):
            assert form.item(code).grade == "draft"


def test_order_within_a_factor_is_the_order_of_the_source(form: InstrumentVersion):
    shipped = [item.code for item in form.items if item.factor]
    assert shipped == [code for code, one in evidence(form.code).items() if one.factor]


def test_every_item_names_its_source_and_its_decision(form: InstrumentVersion):
    for item in form.items:
        assert item.source, item.code
        if item.origin == "core" and form.service_domain != "education":
            assert item.decision, item.code


def test_all_words_are_in_nfc(form: InstrumentVersion):
    for element in form.elements:
        assert all(words == unicodedata.normalize("NFC", words) for words in element.text.values())


# --- scales, factors, heads --------------------------------------------------------------------------------


def test_scales_have_the_words_and_flags_of_the_sources(form: InstrumentVersion):
    expected = _scales()
    for scale in form.scales:
        name = f"{form.code}:{scale.code}" if f"{form.code}:{scale.code}" in expected else scale.code
        core = {
            option.code: (option.label["vi"], option.satisfied, option.substantive)
            for option in scale.options
            if option.origin == "core"
        }
        assert core == expected[name], f"{form.code} {scale.code}"


def test_health_scale_keeps_both_sets_of_words():
    scale = library.load("byt56-m2").scale("byt05")
    evaluation = {option.code: option.variants[0].label["vi"] for option in scale.options}
    for row in table("health", "1", "scale").rows:
        words = row["label_vi (evaluation)"].replace("(same)", row["label_vi (satisfaction)"])
        assert evaluation[int(row["code"])] == words


def test_code_97_is_local_everywhere_and_absent_where_the_form_has_its_own_no_opinion(
    form: InstrumentVersion,
):
    for item in form.rated_items:
        local = [option for option in form.options(item) if option.origin == "overlay"]
        own = [option for option in form.options(item) if option.origin == "core" and not option.substantive]
        assert len(local) + len(own) == 1, item.code
        assert [(option.code, option.substantive) for option in local] in ([], [(97, False)])


@pytest.mark.parametrize(
    ("code", "name", "section"),
    [
        ("sipas-2026", "admin", "1.1"),
        ("sipas-2022", "admin", "2.1"),
        ("one-stop-short", "admin", "3.1"),
        ("sipas-2640", "admin", "4.1"),
        ("byt56-m1", "health", "3.1"),
        ("byt56-m2", "health", "4.1"),
        ("byt56-m3", "health", "5.1"),
        ("byt3869-m3", "health", "6.1"),
        ("byt3869-m4", "health", "7.1"),
    ],
)
def test_factors_have_the_names_parents_and_counts_of_the_sources(code: str, name: str, section: str):
    form = library.load(code)
    expected = rows(name, section, "factor_code")
    assert [factor.code for factor in form.factors] == list(expected)
    for factor in form.factors:
        row = expected[factor.code]
        assert factor.name["vi"] == row["name_vi"].removesuffix(" (overall)")  # "(overall)" explains the code T
        assert (factor.parent or "") == row.get("parent", "").strip("`")
        assert len(form.items_below(factor.code)) == int(row["n"])


@pytest.mark.parametrize("code", EDUCATION)
def test_education_forms_have_the_names_and_the_address_of_the_sources(code: str):
    form = library.load(code)
    heading = f"### {EDUCATION[code]} `{code}` — (.*?) \\(`draft`\\)\n\n"
    found = re.search(heading + r"Factors: (.*?)\. Form of address: (.*?)\.\n", text_of("education"))
    assert found is not None
    assert form.title["vi"] == found[1]
    assert "; ".join(f"`{factor.code}` {factor.name['vi']}" for factor in form.factors) == found[2]
    assert form.address["vi"].casefold() == found[3].casefold()
    counts = rows("education", "3", "code")[code]
    below = [len(form.items_below(factor.code)) for factor in form.factors]
    assert "+".join(map(str, below)) == counts["items A+B+C+D+E"]
    assert len(form.rated_items) == int(counts["n"])
    assert form.respondent.description["vi"].casefold() == counts["respondent"].casefold()
    assert form.instruction is not None
    assert form.instruction.text["vi"] == f"Xin {form.address['vi']} cho biết mức độ hài lòng về các nội dung sau:"


@pytest.mark.parametrize(
    ("code", "name", "section"),
    [
        ("sipas-2026", "admin", "1"),
        ("sipas-2022", "admin", "2"),
        ("one-stop-short", "admin", "3"),
        ("sipas-2640", "admin", "4"),
        ("byt56-m1", "health", "3"),
        ("byt56-m2", "health", "4"),
        ("byt56-m3", "health", "5"),
        ("byt3869-m3", "health", "6"),
        ("byt3869-m4", "health", "7"),
        ("byt3869-m5", "health", "8"),
    ],
)
def test_title_validity_and_legal_basis_are_those_of_the_sources(code: str, name: str, section: str):
    form = library.load(code)
    assert form.title["vi"] == _field(name, section, "title").split(' (one transcription: "')[0]
    first, last = (_field(name, section, "valid from / to").split(" for the national round")[0]).split(" / ")
    assert (form.valid_from.isoformat() if form.valid_from else None) == first
    assert (form.valid_to.isoformat() if form.valid_to else "open") == last.split(" ")[0]
    basis = _field(name, section, "legal basis")
    for decision in form.legal_basis:
        if decision.number:
            assert decision.number in basis
            assert decision.date is not None
            assert f"{decision.date.day}/" in basis or f"{decision.date:%d/%m/%Y}" in basis


def test_introductions_and_instructions_are_quoted_from_the_sources(form: InstrumentVersion):
    name = {"admin": "admin", "health": "health", "education": "education"}[form.service_domain]
    for passage in (form.introduction, form.instruction):
        if passage is not None and form.service_domain != "education":
            assert passage.text["vi"] in text_of(name)
            assert passage.origin == "core"
    if form.screen_instruction is not None:
        assert form.screen_instruction.origin == "overlay"


def test_hospital_headers_are_those_of_the_sources_to_the_letter():
    blocks = re.findall(r"```\n(.*?)\n```", text_of("health"))
    for code, block, count in (("byt56-m1", blocks[0], 59), ("byt56-m2", blocks[1], 52)):
        form = library.load(code)
        (layout,) = form.exports
        headers = [column.header for column in layout.columns]
        assert headers[0] == "KIEU_KHAO_SAT"  # the optional leading column
        assert ",".join(headers[1:]) == block
        assert len(headers) - 1 == count
        empty = {column.header for column in layout.columns if column.item is None}
        assert empty == {"NAM_SINH", "SO_DIEN_THOAI"}
        written = [value.text for column in layout.columns for value in column.values]
        assert all(f'"{text}"' in text_of("health") for text in written)


def test_grades_of_the_forms_are_those_of_the_overview():
    lowest = {
        "sipas-2026": "single-source", "sipas-2022": "single-source", "one-stop-short": "single-source",
        "sipas-2640": "draft", "byt56-m1": "transcribed", "byt56-m2": "transcribed",
        "byt56-m3": "single-source", "byt3869-m3": "transcribed", "byt3869-m4": "abridged",
        "byt3869-m5": "abridged",
        **dict.fromkeys(EDUCATION, "draft"),
    }  # fmt: skip
    assert {code: library.load(code).lowest_grade for code in FORMS} == lowest


def test_nothing_below_verbatim_claims_to_be_official(form: InstrumentVersion):
    assert form.claim != "official"
    if form.lowest_grade in ("single-source", "abridged", "draft"):
        assert form.claim in ("demonstration", "archive")


def test_names_telephones_and_patient_codes_are_not_shipped_and_that_is_noted(form: InstrumentVersion):
    forbidden = re.compile(r"số di động|điện thoại|họ tên|họ và tên|mã bệnh nhân|tên bệnh nhân", re.IGNORECASE)
    for item in form.items:
        assert not forbidden.search(item.text["vi"]) or item.factor, item.code
    if LEFT_OUT.get(form.code, {}).keys() & {"r_name", "r_phone"}:
        assert any(note.kind == "omitted" for note in form.notes)


def test_sensitive_facts_are_shipped_switched_off(form: InstrumentVersion):
    for item in form.items:
        assert item.sensitive is None or not item.asked, item.code
    if form.has_item("r_ethnic"):
        assert form.item("r_ethnic").sensitive == "ethnicity"


def test_every_decision_of_the_list_still_has_a_form():
    assert {code for decision in ADJUSTED for code in decision.forms} <= set(FORMS)
    assert len({(form, decision.code) for decision in ADJUSTED for form in decision.forms}) == sum(
        len(decision.forms) for decision in ADJUSTED
    )


def _own_options(item: Item) -> dict[int, str] | None:
    if isinstance(item.response, SingleChoice | MultipleChoice) and item.response.options is not None:
        return {option.code: option.label["vi"] for option in item.response.options}
    return None


def _scales() -> dict[str, dict[int, tuple[str, bool, bool]]]:
    found: dict[str, dict[int, tuple[str, bool, bool]]] = {}
    for section in ("1.2", "2.2"):
        for row in table("admin", section, "scale").rows:
            if row["code"].isdigit():
                scale = found.setdefault(row["scale"].strip("`"), {})
                scale[int(row["code"])] = (row["label_vi"], "yes" in row["satisfied"], True)
    for row in table("health", "1", "scale").rows:
        words = (row["label_vi (satisfaction)"], "yes" in row["satisfied"], "no" not in row["substantive"])
        found.setdefault("byt05", {})[int(row["code"])] = words
    found["byt3869-m4:overall5"] = {code: words for code, words in found["byt05"].items() if code}
    for row in table("education", "2.1", "scale").rows:
        assert found["sat5"][int(row["code"])] == (row["label_vi"], "yes" in row["satisfied"], True)
    return found


def _field(name: str, section: str, field: str) -> str:
    (found,) = [one for one in tables(name) if one.section == section and one.columns[:2] == ("field", "value")]
    return next(row["value"].strip("`") for row in found.rows if row["field"] == field)
