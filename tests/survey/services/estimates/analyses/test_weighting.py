"""What weighting to the frame costs: on paper, and said alike on the page and in the workbook."""

from __future__ import annotations

import pytest

from survey.models.people.accounts import Role
from survey.services.files import soundness_tables
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


def test_weights_are_told_to_a_tenth_where_a_cell_is_hidden(survey: Surveyed) -> None:
    """Transactions over the weight would be the number of answers of the hidden unit."""
    for name, people, transactions in (("A", 40, 400), ("B", 33, 700), ("C", 6, 370), ("D", 14, 300)):
        unit = survey.unit(f"Phường {name}")
        survey.frame(unit, transactions)
        survey.answer(unit, people // 2, people - people // 2)
    found = analysed(survey).weighting
    assert survey.view().hidden_cells
    assert found is not None
    mean = 1770 / 93
    assert found.largest == 3.2  # 370/6 over the mean: 3.24
    assert found.largest != pytest.approx(370 / 6 / mean, rel=1e-3)
    assert all(weight * 10 == pytest.approx(int(weight * 10 + 0.5)) for _, weight in found.quantiles)
