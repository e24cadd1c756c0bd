"""A questionnaire gives the parts of a mean weights of their own: the figure is made so, and every surface says so."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from survey.models.people.accounts import Account, Role
from survey.permissions import system
from survey.services.files import result_files, result_json
from tests.factories.questionnaires import item, text
from tests.factories.record import Record
from tests.factories.results import Surveyed, document
from tests.staff_client import StaffClient

WORDS = "Trung bình có trọng số của các phần (trọng số: A 3; B 0,5)"


def weighed(record: Record) -> Surveyed:
    """Of 40 people 30 are satisfied with A and 10 with B: 3/4 and 1/4."""
    factors = [{"code": code, "name": text(f"Yếu tố {code}"), "grade": "verbatim"} for code in ("A", "B")]
    whole = {"level": "overall", "rule": "mean_of_children", "measure": "rate", "headline": True}
    answers = document(
        item("q1", factor="A"),
        item("q2", factor="B"),
        factors=factors,
        indices=[
            {"level": "factor", "rule": "mean_items_rate", "measure": "rate"},
            {**whole, "weights": [{"child": "A", "weight": 3}, {"child": "B", "weight": 0.5}]},
        ],
    )
    survey = Surveyed(record, answers=answers)
    unit = survey.unit()
    survey.frame(unit, 4000)
    for codes, number in (({"q1": 5, "q2": 5}, 10), ({"q1": 5, "q2": 2}, 20), ({"q1": 1, "q2": 2}, 10)):
        survey.say(unit, codes, number)
    survey.close()
    return survey


def test_figure_is_made_with_the_weights(record: Record) -> None:
    view = weighed(record).view()
    assert view.overall is not None
    assert view.overall.shown.value == pytest.approx((3 * 0.75 + 0.5 * 0.25) / 3.5, rel=1e-12)


def test_every_surface_says_the_weights(
    record: Record, sign_in: Callable[[Account], StaffClient], tmp_path: Path
) -> None:
    survey = weighed(record)
    analyst = sign_in(record.account((Role.ANALYST, survey.province, ("admin",))))
    assert f"Chỉ số chính: {WORDS}." in analyst.get("/quan-tri/ket-qua/W-1?kenh=drawn").text
    made = result_files.write_workbook(
        record.database, "W-1", "drawn", tmp_path / "file", actor=system(), now=record.now, instance=tmp_path
    )
    sheet = load_workbook(io.BytesIO(made.path.read_bytes()))["Kết quả"]
    assert WORDS in {cell.value for row in sheet.iter_rows() for cell in row}
    rows = result_json.result(survey.view())["estimates"]
    assert {row["measure"]: row["part_weights"] for row in rows if "part_weights" in row} == {
        "index_mean_of_factors": {"A": 3.0, "B": 0.5}
    }


def test_page_of_the_version_says_the_weights(record: Record, sign_in: Callable[[Account], StaffClient]) -> None:
    survey = weighed(record)
    page = sign_in(record.account((Role.DESIGNER, survey.province, ("admin",)))).get("/quan-tri/bo-cau-hoi/phieu-mau/1")
    assert WORDS in page.text
    assert "trọng số như nhau" not in page.text
