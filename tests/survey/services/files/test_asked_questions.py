"""Every question asked is reported, on the page and in the workbook; what a figure leaves out is named beside it."""

from __future__ import annotations

import html
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from instruments import codec, library
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.model.response_domains import Number
from instruments.model.text import heading_words
from survey.models.intake.responses import Comment, CommentStatus, Response
from survey.models.people.accounts import Role
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import ServiceDomain
from survey.permissions import system
from survey.services.estimates import stored_results
from survey.services.estimates.asked_questions import AskedQuestions
from survey.services.estimates.wave_facts import facts
from survey.services.files import result_files, result_json
from survey.services.files.question_sentences import left_out_codes
from tests.factories.questionnaires import item, text
from tests.factories.record import Record
from tests.factories.results import Surveyed, document
from tests.factories.surveyed_waves import SignIn
from tests.staff_client import Page

CODEBOOK = "Bảng mã"
LOCAL = {"origin": "overlay"}


def every_kind() -> str:
    """A questionnaire with a question of every kind: in a factor and outside, conditional, local, on another scale."""
    yes_no = [{"code": 1, "label": text("Có")}, {"code": 2, "label": text("Không")}]
    places = [{"code": n, "label": text(f"Nơi {n}")} for n in (1, 2, 3)]
    interest = [{"code": n, "label": text(f"Quan tâm {n}")} for n in range(1, 6)]
    scales = json.loads(document())["scales"]
    scales[0]["options"].append({"code": 97, "label": text("Không áp dụng"), "substantive": False})
    return document(
        item("q1"),
        item("q2"),
        item("q3", "Câu đánh giá ngoài yếu tố", label="Câu 3", factor=None),
        item("q4", "Mức độ quan tâm", factor=None, response={"kind": "rating", "scale": "interest"}),
        _other("single", {"kind": "single", "options": yes_no}),
        _other("cond", {"kind": "single", "options": yes_no, "other": 2}, show_if="single == 1"),
        _other("many", {"kind": "multiple", "options": places}),
        _other("minutes", {"kind": "number", "unit": text("phút"), "decimals": 0, "minimum": 0}),
        _other("visit", {"kind": "date"}),
        _other("words", {"kind": "text"}),
        _other("r_year", {"kind": "date"}),
        item("l_rating", "Câu đánh giá tại địa phương", factor=None, **LOCAL),
        _other("l_number", {"kind": "number", "unit": text("km"), "decimals": 1}, **LOCAL),
        scales=[*scales, {"code": "interest", "options": interest}],
    )


def _other(code: str, response: dict[str, Any], **more: Any) -> dict[str, Any]:
    return item(code, f"Câu hỏi về {code}?", factor=None, response=response, **more)


def an_answer(version: InstrumentVersion, asked: Item, k: int) -> Any:
    """The answer of the k-th person to a question; None for free words."""
    options = [option.code for option in version.options(asked) if option.substantive]
    if asked.kind == "multiple":
        return sorted({options[k % len(options)], options[0]})
    if options:
        return options[k % len(options)]
    if isinstance(asked.response, Number):
        low = asked.response.minimum or 0
        return int(low) + k % 40
    return 20261000 + 100 * (k % 2) + 1 + k % 28 if asked.kind == "date" else None


def asked_of(survey: Surveyed, version: InstrumentVersion, unit: Unit, kinds: int = 60, of_each: int = 1) -> None:
    """So many kinds of people, of each kind so many."""
    point = survey.record.point(survey.drawn, unit=unit)
    for k in range(kinds):
        answers = {i.code: an_answer(version, i, k) for i in version.asked_items if i.kind != "text"}
        survey.say(unit, answers, of_each, point=point)


def sheets(survey: Surveyed, folder: Path, version: InstrumentVersion) -> dict[str, list[tuple[Any, ...]]]:
    made = result_files.write_workbook(
        survey.record.database, "W-1", "drawn", folder / "file", actor=system(), now=survey.record.now, instance=folder
    )
    book = load_workbook(io.BytesIO(made.path.read_bytes()))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def page_of(survey: Surveyed, sign_in: SignIn, domain: str) -> Page:
    analyst = survey.record.account((Role.ANALYST, survey.province, (domain,)))
    return sign_in(analyst).get("/quan-tri/ket-qua/W-1?kenh=drawn")


def forms() -> Iterator[tuple[str, str]]:
    yield "every-kind", every_kind()
    for shipped in library.shipped():
        yield shipped.code, codec.dumps(library.load(shipped.code))


@pytest.mark.parametrize(("name", "form"), [pytest.param(name, form, id=name) for name, form in forms()])
def test_every_question_asked_is_on_the_page_and_in_the_workbook(
    record: Record, sign_in: SignIn, tmp_path: Path, name: str, form: str
) -> None:
    version = codec.loads(form)
    domain = ServiceDomain(version.service_domain)
    survey = Surveyed(record, answers=form, wave_values={"domain": domain})
    unit = survey.unit()
    survey.frame(unit, 1000)
    asked_of(survey, version, unit, 3, 15)
    survey.close()
    shown = " ".join(html.unescape(page_of(survey, sign_in, domain.value).text).split())
    book = sheets(survey, tmp_path, version)
    results = {
        str(v) for title, rows in book.items() if title != CODEBOOK for row in rows for v in row if v is not None
    }
    assert version.asked_items
    for asked in version.asked_items:
        words = version.said(asked.wording, "vi")
        assert any(" ".join(w.split()) in shown for w in (words, heading_words(words))), (name, asked.code)
        assert {asked.code, asked.label, words} & results, (name, asked.code)


@pytest.fixture
def survey(record: Record) -> Surveyed:
    """60 people at one unit, of a questionnaire with every kind of question; closed."""
    form = every_kind()
    survey = Surveyed(record, answers=form)
    unit = survey.unit()
    survey.frame(unit, 600)  # ten transactions an answer
    asked_of(survey, codec.loads(form), unit)
    survey.close()
    return survey


def test_headline_says_what_it_leaves_out_on_page_workbook_and_json(
    survey: Surveyed, sign_in: SignIn, tmp_path: Path
) -> None:
    page = html.unescape(page_of(survey, sign_in, "admin").text)
    said = (
        "Tính trên 2 câu hỏi mức độ hài lòng. Không tính vào: câu không thuộc yếu tố nào (Câu 3); "
        "câu bổ sung tại địa phương (Nhãn l_rating). 9 câu không hỏi mức độ hài lòng được báo cáo riêng. "
        "Không tính câu bỏ trống và câu trả lời “Không áp dụng”."
    )
    assert said in page
    assert page.count("không tính vào chỉ số chính") == 2  # at the two questions themselves
    book = sheets(survey, tmp_path, survey.view().version)
    assert any(said in str(v) for row in book["Kết quả"] for v in row)
    result = result_json.result(survey.view())
    rows = [row for row in result["estimates"] if row["measure"] == "index_pooled_rate" and not row["domain"]]
    assert [row["left_out"] for row in rows] == [["q3", "l_rating"]]
    assert "rated questions that the headline leaves out: q3, l_rating" in "\n".join(result_json.lines(survey.view()))


def test_headline_counts_only_questions_of_factors(survey: Surveyed) -> None:
    """By hand: the k-th of 60 people gives q1 = q2 = 1 + k mod 5, so two of five codes are satisfied."""
    view = survey.view()
    assert view.overall is not None
    assert view.overall.shown.value == pytest.approx(0.4)
    rates = {row.figure.target: row.shown.n for row in view.items}
    assert rates == {"q1": 60, "q2": 60, "q3": 60, "l_rating": 60}


def test_rule_that_names_a_question_outside_every_factor_counts_it(record: Record) -> None:
    """q1 is answered 5 and q2 and q3 are answered 1: one of two satisfied, of three a third, of q3 alone none."""
    outside = item("q3", factor=None)
    rules = [
        {"level": "item", "rule": "item_rate", "measure": "rate"},
        {"level": "factor", "rule": "top2_answers", "measure": "rate"},
        {"level": "overall", "rule": "pooled_answers", "measure": "rate"},
        {"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True, "items": ["q1", "q2", "q3"]},
        {"level": "overall", "rule": "top2_persons_all_items", "measure": "rate", "items": ["q1"]},
    ]
    survey = Surveyed(record, answers=document(item("q1"), item("q2"), outside, indices=rules))
    survey.say(survey.unit(), {"q1": 5, "q2": 1, "q3": 1}, 30)
    survey.close()
    view = survey.view()
    assert view.overall is not None
    assert view.overall.shown.value == pytest.approx(1 / 3)
    others = {row.figure.rule: row.shown.value for row in view.others}
    assert others == {"pooled_answers": pytest.approx(0.5), "top2_persons_all_items": pytest.approx(1)}
    assert left_out_codes(view) == []


def test_number_has_mean_and_quartiles(survey: Surveyed) -> None:
    """60 people of equal weight: 0 to 39 minutes once, 0 to 19 a second time."""
    values = sorted([*range(40), *range(20)])
    row = next(row for row in survey.view().entered if row.item == "minutes")
    assert row.mean is not None
    assert (row.unit, row.n) == ("phút", 60)
    assert row.mean.value == pytest.approx(sum(values) / 60)
    spread = sum((v - sum(values) / 60) ** 2 for v in values)
    assert row.mean.se == pytest.approx((spread / 59 / 60) ** 0.5)
    assert [q.value for q in row.quantiles] == [values[14], values[29], values[44]]  # cumulated weight 15, 30, 45
    low, high = row.quantiles[1].low, row.quantiles[1].high
    assert low is not None
    assert high is not None
    assert low < values[29] < high


def test_first_and_last_day_of_single_people_are_not_told(survey: Surveyed, sign_in: SignIn) -> None:
    """Of 60 dates 5 % are 3 people's: fewer than 10, so only the median is told; both months are."""
    row = next(row for row in survey.view().entered if row.item == "visit")
    assert [q.value is not None for q in row.quantiles] == [False, True, False]
    assert [(one.period, one.n) for one in row.periods] == [("2026-10", 30), ("2026-11", 30)]
    assert [one.share for one in row.periods] == pytest.approx([0.5, 0.5])
    page = page_of(survey, sign_in, "admin").text
    assert "10/2026" in page
    assert "Không công bố ngày sớm nhất và ngày muộn nhất" in page
    dates = next(e for e in result_json.result(survey.view())["entered"] if e["variable"] == "visit")
    assert [q["estimate"] for q in dates["quantiles"]][::2] == [None, None]


def test_months_of_few_are_hidden_with_one_that_would_give_them_away(record: Record) -> None:
    survey = Surveyed(record, answers=every_kind())
    unit = survey.unit()
    for month, people in ((9, 4), (10, 20), (11, 30)):
        survey.say(unit, {"q1": 5, "visit": 20260001 + 100 * month}, people)
    row = next(row for row in survey.view().entered if row.item == "visit")
    assert [(one.period, one.hidden) for one in row.periods] == [
        ("2026-09", "small"), ("2026-10", "complement"), ("2026-11", ""),
    ]  # fmt: skip
    assert [one.n for one in row.periods] == [None, None, 30]


def test_few_answers_to_a_number_are_hidden(record: Record) -> None:
    survey = Surveyed(record, answers=every_kind())
    unit = survey.unit()
    survey.say(unit, {"q1": 5, "minutes": 7}, 9)
    survey.say(unit, {"q1": 4}, 20)
    rows = {row.item: row for row in survey.view().entered}
    assert rows["minutes"].why == "small"
    assert (rows["minutes"].quantiles, rows["minutes"].n) == ((), None)
    assert rows["minutes"].mean is not None
    assert rows["minutes"].mean.value is None
    assert rows["visit"].why == "empty"


def test_unit_of_a_closed_wave_has_means_and_the_reason_for_no_quartiles(survey: Surveyed) -> None:
    survey.record.point(survey.drawn, unit=survey.unit("Phường khác"))
    with survey.record.database.reading() as session:
        unit = session.get(Unit, survey.view().by_unit[0].key)
    assert unit is not None
    view = survey.view(actor=survey.person(Role.UNIT_VIEWER, unit))
    rows = {row.item: row for row in view.entered}
    assert not view.whole_scope
    assert rows["minutes"].why == "part"
    assert rows["minutes"].mean is not None
    assert rows["minutes"].mean.value == 16.2  # 970 minutes of 60 people, below the whole to three digits


def test_comments_are_counted_and_never_told(survey: Surveyed, sign_in: SignIn, tmp_path: Path) -> None:
    with survey.record.database.writing() as session:
        keys = session.query(Response.key_digest, Response.unit_deciding_id).filter(
            Response.channel_id == survey.drawn.id
        )
        for n, (key, unit) in enumerate(keys.all()[:25]):
            session.add(
                Comment(key_digest=key, item="words", text=f"Chuyện riêng {n}", status=CommentStatus.NEW,
                        wave_id=survey.wave.id, unit_id=unit)
            )  # fmt: skip
            if n < 3:
                session.add(
                    Comment(key_digest=key, item="cond__other", text="Chuyện riêng khác", status=CommentStatus.NEW,
                            wave_id=survey.wave.id, unit_id=unit)
                )  # fmt: skip
    assert {one.item: one.n for one in survey.view().comments} == {"words": 25, "cond__other": None}
    page = page_of(survey, sign_in, "admin").text
    assert "Ý kiến viết được lưu tách khỏi số liệu" in page
    assert "Chuyện riêng" not in page
    book = sheets(survey, tmp_path, survey.view().version)
    assert ("words", 25) in {(row[0], row[2]) for row in book["Ý kiến viết"]}


def test_questionnaire_without_a_headline_is_reported(record: Record, sign_in: SignIn) -> None:
    """Nothing but a number: no code, no rate, no figure of the whole."""
    form = document(_other("minutes", {"kind": "number"}), factors=[], indices=[])
    survey = Surveyed(record, answers=form)
    unit = survey.unit()
    for k in range(50):
        survey.say(unit, {"minutes": k})
    page = page_of(survey, sign_in, "admin").text
    assert "Không có chỉ số chính" in page
    assert "Câu hỏi về minutes?" in page


def test_stored_results_come_back_with_their_quantiles(survey: Surveyed) -> None:
    """A wave that was closed before there were quantiles says so, and nothing in its record changes."""
    found = stored_results.find(
        survey.record.database, facts(survey.record.database, survey.wave.code), survey.drawn.id
    )
    assert found is not None
    assert stored_results.unpack(stored_results.pack(found)).entered == found.entered
    assert {one.item for one in found.entered} == {"minutes", "visit", "r_year", "l_number"}
    before = replace(found, entered=())
    assert b"entered" not in zlib.decompress(stored_results.pack(before))
    view = survey.view()
    assert view.hiding is not None
    asked = AskedQuestions(view.wave.survey_plan, before, view.hiding, "vi", whole=True)
    assert {row.why for row in asked.entered()} == {"older"}
