"""A questionnaire says how its figures are rounded: page, workbook and command print them so."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.cell import Cell

from survey.models.people.accounts import Account, Role
from survey.permissions import system
from survey.services.files import result_files, result_json
from tests.factories.record import Record
from tests.factories.results import Surveyed, document
from tests.staff_client import Page, StaffClient

SignIn = Callable[[Account], StaffClient]


def surveyed(record: Record, **more: Any) -> Surveyed:
    """37 of 40 are satisfied: 92.5 %; 38 of 41 are 92.6829…"""
    survey = Surveyed(record, answers=document(**more))
    unit = survey.unit("UBND phường Hải Châu")
    survey.frame(unit, 4000)
    survey.answer(unit, 38, 3)
    survey.close()
    return survey


def page_of(survey: Surveyed, sign_in: SignIn) -> Page:
    return sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",)))).get(
        "/quan-tri/ket-qua/W-1?kenh=drawn"
    )


def rate_cell(survey: Surveyed, folder: Path) -> Cell:
    """The headline's rate in the workbook."""
    made = result_files.write_workbook(
        survey.record.database, "W-1", "drawn", folder / "file", actor=system(), now=survey.record.now, instance=folder
    )
    sheet = load_workbook(io.BytesIO(made.path.read_bytes()))["Kết quả"]
    heads = next(row for row in sheet.iter_rows() if row[0].value == "Cấp")
    column = next(cell.column for cell in heads if cell.value == "Tỷ lệ hoặc điểm")
    found = sheet.cell(heads[0].row + 1, column)
    assert isinstance(found, Cell)
    return found


@pytest.mark.parametrize(
    ("rounding", "shown", "value", "look"),
    [
        (None, "92,7", 38 / 41, "0.00%"),
        ({"places": 0}, "93", 0.93, "0%"),
        ({"places": 3}, "92,683", 0.92683, "0.000%"),
        ({"mode": "truncate", "places": 1}, "92,6", 0.926, "0.0%"),
        ({}, "92,68", 0.9268, "0.00%"),
    ],
)
def test_declared_rounding_is_carried_out_on_every_surface(
    record: Record,
    sign_in: SignIn,
    tmp_path: Path,
    rounding: dict[str, Any] | None,
    shown: str,
    value: float,
    look: str,
) -> None:
    survey = surveyed(record, **({} if rounding is None else {"rounding": rounding}))
    assert f" {shown} %" in page_of(survey, sign_in).text
    assert any(f" {shown.replace(',', '.')} %" in line for line in result_json.lines(survey.view()))
    cell = rate_cell(survey, tmp_path)
    assert (cell.value, cell.number_format) == (pytest.approx(value, abs=1e-12), look)


def test_no_rounding_reaches_the_result_as_data(record: Record) -> None:
    survey = surveyed(record, rounding={"places": 0})
    estimates = result_json.result(survey.view())["estimates"]
    assert any(one["estimate"] == pytest.approx(38 / 41, abs=1e-12) for one in estimates if one["estimate"] is not None)


def test_a_figure_may_be_rounded_otherwise_than_its_questionnaire(record: Record, sign_in: SignIn) -> None:
    rules = [
        {"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True},
        {"level": "item", "rule": "item_rate", "measure": "rate", "rounding": {"places": 4}},
    ]
    text = page_of(surveyed(record, indices=rules, rounding={"places": 0}), sign_in).text
    assert " 93 %" in text
    assert " 92,6829 %" in text


def test_declared_rounding_never_carries_a_rate_over_its_target(record: Record, sign_in: SignIn) -> None:
    survey = Surveyed(record, answers=document(rounding={"places": 0}))
    unit = survey.unit("UBND phường Hải Châu")
    survey.frame(unit, 4000)
    survey.answer(unit, 43, 5)  # 89.58 %, of a target of 90 %
    survey.close()
    assert " 89,6 %" in page_of(survey, sign_in).text
