"""Where units stand: ranks, groups, model-based rates, and what is refused."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import numpy as np
import pytest

from analysis.models import small_areas
from survey.models.people.accounts import Role
from survey.services.estimates.analyses import making
from survey.services.estimates.analyses.standings import bands
from survey.services.files import analysis_tables
from survey.services.files.result_sentences import Words
from tests.factories.results import Surveyed
from tests.factories.surveyed_waves import FIRST_DAY, SignIn, analysed, three_wards


def test_first_unit_is_surely_first_and_the_others_cannot_be_told_apart(survey: Surveyed) -> None:
    a, b, c = three_wards(survey)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    rows = {row.unit: row for row in found.rows}
    assert [row.unit for row in found.rows] == [a.id, b.id, c.id]
    assert (rows[a.id].rank, rows[a.id].low_together, rows[a.id].high_together) == (1, 1, 1)
    assert (rows[b.id].low, rows[b.id].high) == (2, 3)
    assert (rows[c.id].low_together, rows[c.id].high_together) == (2, 3)
    assert rows[b.id].group == rows[c.id].group != rows[a.id].group
    assert found.told_apart == pytest.approx(2 / 3)
    assert not found.is_noise


def test_order_of_like_units_is_called_noise(survey: Surveyed) -> None:
    for n in range(5):
        survey.answer(survey.unit(f"Phường {n}"), 40 + n, 10)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    assert found.is_noise
    assert {(row.low_together, row.high_together) for row in found.rows} == {(1, 5)}


FIRST_BAND = ["Phường An", "Phường Dương", "Phường Đông", "Phường Ô", "Phường Yên"]


def seven_wards(survey: Surveyed) -> None:
    """The highest is surely above the lowest, no other pair can be told apart, and one has too few answers."""
    for name, satisfied, asked in (
        ("Yên", 48, 50), ("Đông", 43, 50), ("Ô", 43, 50), ("Dương", 42, 50), ("An", 42, 50), ("Bắc", 35, 50),
        ("Ít", 9, 12),
    ):  # fmt: skip
        survey.answer(survey.unit(f"Phường {name}"), satisfied, asked - satisfied)
    survey.close()


def test_order_that_is_chance_is_printed_in_groups_and_by_name(survey: Surveyed) -> None:
    seven_wards(survey)
    view, found = survey.view(), analysed(survey).standings
    assert found is not None
    assert found.is_noise
    assert found.told_apart == pytest.approx(1 / 15)
    printed = [(b.group, [view.unit_names[row.unit] for row in b.rows]) for b in bands(found, view.unit_names)]
    assert printed == [(1, FIRST_BAND), (2, ["Phường Bắc"]), (0, ["Phường Ít"])]


def test_page_has_no_ranks_where_an_order_would_be_chance(survey: Surveyed, sign_in: SignIn) -> None:
    seven_wards(survey)
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    text = client.get("/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn").text
    assert "chỉ 7 % phân biệt được với nhau: sắp theo tỷ lệ chỉ là ngẫu nhiên nên không ghi thứ hạng" in text
    assert "7 đơn vị, xếp theo nhóm, trong mỗi nhóm theo tên" in text
    table = text[text.index("7 đơn vị, xếp theo nhóm") :]
    assert re.findall(r"Nhóm \d: \d đơn vị|Không xếp hạng: \d đơn vị|Phường \w+", table)[:10] == [
        "Nhóm 1: 5 đơn vị", *FIRST_BAND, "Nhóm 2: 1 đơn vị", "Phường Bắc", "Không xếp hạng: 1 đơn vị", "Phường Ít"
    ]  # fmt: skip
    assert "Thứ hạng" not in text
    assert "tỷ lệ cao xếp trước" not in text


def test_page_ranks_units_that_can_be_told_apart(survey: Surveyed, sign_in: SignIn) -> None:
    three_wards(survey)
    survey.close()
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    text = client.get("/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn").text
    assert "Thứ hạng" in text
    assert "Nhóm 1:" not in text


def test_workbook_has_no_ranks_where_an_order_would_be_chance(survey: Surveyed) -> None:
    seven_wards(survey)
    sheets = {t.name: t for t in analysis_tables.tables(survey.view(), analysed(survey), Words.of("vi"))}
    sheet = sheets["Vị trí các đơn vị"]
    headings = [column.heading for column in sheet.columns]
    rows = [dict(zip(headings, row, strict=True)) for row in sheet.rows]
    assert [row["Đơn vị"] for row in rows] == [*FIRST_BAND, "Phường Bắc", "Phường Ít"]
    assert [row["Nhóm"] for row in rows] == [1] * 5 + [2, None]
    assert "Thứ hạng" not in headings
    assert "sắp theo tỷ lệ" in sheet.lead[0].casefold()


def test_data_have_bands_and_no_ranks_where_an_order_would_be_chance(survey: Surveyed) -> None:
    seven_wards(survey)
    view, found = survey.view(), analysed(survey)
    plain = making.to_plain(found, view.unit_names)["standings"]
    assert plain["is_noise"] is True
    assert {row["rank"] for row in plain["rows"]} == {None}
    named = [(band["group"], [view.unit_names[unit] for unit in band["units"]]) for band in plain["bands"]]
    assert named == [(1, FIRST_BAND), (2, ["Phường Bắc"]), (0, ["Phường Ít"])]
    assert [row["unit"] for row in plain["rows"]] == [unit for band in plain["bands"] for unit in band["units"]]
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_data_have_ranks_where_units_can_be_told_apart(survey: Surveyed) -> None:
    a, b, c = three_wards(survey)
    survey.close()
    plain = making.to_plain(analysed(survey), survey.view().unit_names)["standings"]
    assert [(row["unit"], row["rank"]) for row in plain["rows"]] == [(a.id, 1), (b.id, 2), (c.id, 3)]
    assert (plain["is_noise"], plain["bands"]) == (False, [])


def test_unit_with_too_few_answers_is_not_ranked_and_its_model_rate_is_drawn_to_the_others(survey: Surveyed) -> None:
    three_wards(survey)
    small = survey.unit("Phường nhỏ")
    survey.answer(small, 6, 6)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    row = next(r for r in found.rows if r.unit == small.id)
    assert (row.rank, row.low, row.limit_low) == (0, 0, None)
    assert found.ranked == 3
    assert row.shrunken is not None
    assert found.usual is not None
    assert abs(row.shrunken - found.usual) < abs(row.rate - found.usual)


def test_unit_of_few_days_is_not_ranked_among_self_selected_answers(survey: Surveyed) -> None:
    units = [survey.unit(f"Phường {name}") for name in "ABCD"]
    for unit in units:
        days = 3 if unit is units[3] else 14
        for n in range(days):
            good = 8 + (n % 2) * (1 if days > 3 else 0)
            survey.answer(unit, good + (n == 0), 2, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    survey.close()
    found = analysed(survey, "qr").standings
    assert found is not None
    assert found.ranked == 3
    assert [row.unit for row in found.rows if not row.rank] == [units[3].id]


def test_unit_where_everybody_agrees_is_shrunken_as_if_its_answers_were_as_alike_as_elsewhere(survey: Surveyed) -> None:
    units = [survey.unit(f"Phường {name}") for name in "ABCD"]
    for unit in units[:3]:
        for n in range(14):
            survey.answer(unit, *((10, 0), (6, 4))[n % 2], channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    for n in range(14):
        survey.answer(units[3], 10, 0, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    survey.close()
    found = analysed(survey, "qr").standings
    assert found is not None
    rows = {row.unit: row for row in found.rows}
    view = survey.view("qr")
    assert view.headline is not None
    table = view.results.table("unit").of(view.headline.measure)
    share = float(np.median(table.effective_n[:3] / table.n[:3]))
    assert share < 0.5  # answers of one day are alike
    rate, effective = np.array([0.8] * 3 + [1.0]), 140 * np.array([share] * 4)
    expected = small_areas.beta_binomial(rate * effective, effective)
    assert rows[units[3].id].rank == 0
    assert rows[units[3].id].shrunken == pytest.approx(expected.estimate[3], abs=6e-4)
    assert rows[units[3].id].shrunken_low == pytest.approx(expected.lower[3], abs=6e-4)


def test_model_based_rates_are_moved_to_the_figure_of_the_whole(survey: Surveyed, sign_in: SignIn) -> None:
    """Wards of 1,000, 1,000 and 4,000 dossiers with 95, 60 and 58 %: (95 + 60 + 4·58)/6 = 64.5 %."""
    a, b, c = (survey.unit(f"Phường {name}") for name in "ABC")
    for unit, satisfied, transactions in ((a, 95, 1000), (b, 60, 1000), (c, 58, 4000)):
        survey.frame(unit, transactions)
        survey.answer(unit, satisfied, 100 - satisfied)
    survey.close()
    kept = making.find(survey.record.database, survey.drawn.id)
    assert kept is not None
    found = kept.standings
    assert found is not None
    rows = {row.unit: row for row in found.rows}
    weights = {a.id: 1 / 6, b.id: 1 / 6, c.id: 4 / 6}
    assert found.whole == pytest.approx(0.645, abs=1e-12)
    before = sum(weights[unit] * (row.shrunken or 0) for unit, row in rows.items())
    after = sum(weights[unit] * (row.benchmarked or 0) for unit, row in rows.items())
    assert found.model_mean == pytest.approx(before, abs=1e-10)
    assert abs(after - 0.645) < 1e-10
    moved = {round((row.benchmarked or 0) - (row.shrunken or 0), 12) for row in rows.values()}
    assert len(moved) == 1
    for row in found.rows:
        assert row.benchmarked_low is not None
        assert row.benchmarked_high is not None
        assert row.benchmarked_low < (row.benchmarked or 0) < row.benchmarked_high
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    text = client.get("/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn").text
    assert "để gộp lại đúng bằng 64,5 % đo trực tiếp" in text
    sheets = analysis_tables.tables(survey.view(), analysed(survey), Words.of("vi"))
    sheet = next(one for one in sheets if one.name == "Vị trí các đơn vị")
    place = [column.heading for column in sheet.columns].index("Tỷ lệ theo mô hình, hiệu chỉnh về số chung")
    printed = [list(line)[place] for line in sheet.rows]
    assert printed == pytest.approx([row.benchmarked for row in found.rows], abs=0.0005)
    assert [round(rate, 3) for rate in printed] == printed


def test_move_is_told_to_a_tenth_of_a_point_where_a_unit_is_hidden(survey: Surveyed) -> None:
    three_wards(survey)
    survey.answer(survey.unit("Phường D"), 70, 30)
    tiny = survey.unit("Phường giấu")
    survey.frame(tiny, 1000)
    survey.answer(tiny, 3, 0)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    assert len(found.rows) == 3
    for row in found.rows:
        assert row.benchmarked is not None
        assert row.benchmarked == round(row.benchmarked, 3)
    assert found.model_mean == round(found.model_mean or 0, 3)


def test_hidden_unit_has_no_place_in_the_standings(survey: Surveyed) -> None:
    three_wards(survey)
    survey.answer(survey.unit("Phường D"), 70, 30)
    tiny = survey.unit("Phường giấu")
    survey.answer(tiny, 3, 0)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    assert tiny.id not in {row.unit for row in found.rows}


def test_running_wave_has_no_ranks(survey: Surveyed) -> None:
    three_wards(survey)
    assert analysed(survey).standings is None
