"""What weighting to the frame costs: on paper, and said alike on the page and in the workbook."""

from __future__ import annotations

import pytest

from survey.models.people.accounts import Role
from survey.services.files import result_json, result_tables, soundness_tables
from survey.services.files.result_sentences import Words
from tests.factories.results import Surveyed
from tests.factories.surveyed_waves import SignIn, analysed


def test_cost_of_units_is_counted_and_told(survey: Surveyed, sign_in: SignIn) -> None:
    """Weights 10 and 90 of 40 answers each: (400 + 3600)²/(40·100 + 40·8100) = 48.8 of 80; one field, no margin."""
    for name, transactions in (("A", 400), ("B", 3600)):
        unit = survey.unit(f"Phường {name}")
        survey.frame(unit, transactions)
        survey.answer(unit, 20, 20)
    found = analysed(survey).weighting
    assert found is not None
    assert (found.n, found.mean) == (80, 50)
    assert found.effective == pytest.approx(4000**2 / (40 * 100 + 40 * 8100))
    assert found.smallest == pytest.approx(0.2)
    assert found.largest == pytest.approx(1.8)
    (margin,) = found.margins
    assert margin.name == "unit_totals"
    assert margin.cost == pytest.approx(80 - found.effective)
    assert margin.misfit == pytest.approx(0)
    assert [step.merged for step in found.merging] == [0, 0, 0, 0]
    survey.close()
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    page = client.get("/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn")
    said = (
        "Cân mẫu làm số phiếu hiệu dụng giảm từ 80 còn 49; biên “số hồ sơ theo đơn vị” tốn nhiều nhất, "
        "31 phiếu hiệu dụng."
    )
    assert said in page.text
    assert ["Khi bỏ biên: số hồ sơ theo đơn vị", "80,0", "31,2", "0,0 %", "–"] in page.rows()
    sheets = soundness_tables.tables(survey.view(), analysed(survey), Words.of("vi"))
    sheet = next(one for one in sheets if one.name == "Cân mẫu")
    assert sheet.lead == (said,)
    assert list(sheet.rows)[2][1:4] == [pytest.approx(80), pytest.approx(31.219512), pytest.approx(0)]


def test_without_a_frame_there_is_no_cost(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 20, 20)
    assert analysed(survey).weighting is None


def test_equal_weights_cost_nothing(survey: Surveyed) -> None:
    for name in "AB":
        unit = survey.unit(f"Phường {name}")
        survey.frame(unit, 500)
        survey.answer(unit, 20, 20)
    found = analysed(survey).weighting
    assert found is not None
    assert found.dearest is None
    assert soundness_tables.weighting_words(found, Words.of("vi")).startswith(
        "Sau khi cân mẫu, số phiếu hiệu dụng là 80 trên 80 phiếu"
    )


@pytest.mark.parametrize(("people", "told"), [(6, False), (12, True)])
def test_weights_are_not_told_where_a_cell_is_hidden(survey: Surveyed, people: int, told: bool) -> None:
    """Transactions over the weight are the number of answers of the hidden unit, and to a tenth still 6.0 to 6.2.

    Kish's effective number is as good: with the shown units and the sum of the hidden two it has one solution.
    """
    for name, number, transactions in (("A", 40, 400), ("B", 33, 700), ("C", people, 370), ("D", 14, 300)):
        unit = survey.unit(f"Phường {name}")
        survey.frame(unit, transactions)
        survey.answer(unit, number // 2, number - number // 2)
    survey.close()
    view = survey.view()
    assert bool(view.hidden_cells) is not told
    assert (analysed(survey).weighting is not None) is told
    stages = result_json.result(view)["meta"]["weights"]
    assert [stage["n"] for stage in stages] == [87 + people] * 2
    assert all(("largest" in stage) is told and ("kish" in stage) is told for stage in stages)
    about = str(result_tables.about(view, Words.of("vi")))
    assert ("CV = " in about) is told
    of_one = result_json.result(survey.view(actor=survey.analyst(unit)))["meta"]["weights"]
    assert not any("largest" in stage for stage in of_one)  # the spread is that of everybody's units
