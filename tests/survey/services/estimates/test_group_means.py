"""The headline as a mean of units' rates: on paper, over shown units alone, on every surface, never judged."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from instruments.model.index_rules import Rollup
from survey.models.people.accounts import Role
from survey.permissions import system
from survey.services.estimates.disclosure.hidden_cells import Shown
from survey.services.estimates.group_means import GroupMean, group_means
from survey.services.estimates.visible_rows import Row
from survey.services.files import result_files, result_json
from tests.factories.record import Record
from tests.factories.results import Surveyed, document
from tests.factories.surveyed_waves import SignIn

BOTH = Rollup(rules=("design_weighted", "groups_unweighted", "groups_by_forms"))


def unit(key: int, value: float | None, n: int | None, hidden: str = "") -> Row:
    return Row(label=str(key), shown=Shown(value=value, n=n, hidden=hidden), key=key)


def made(rollup: Rollup, *units: Row) -> tuple[GroupMean, ...]:
    return group_means(rollup, units, known=lambda key: key > 0)


@pytest.fixture
def survey(record: Record) -> Surveyed:
    """Units of 90 % in 100 forms, 60 % in 20 and 50 % in 40, the second with most of the transactions."""
    rollup = {"rules": list(BOTH.rules)}
    survey = Surveyed(record, answers=document(rollup=rollup))
    for name, satisfied, dissatisfied, transactions in (("A", 90, 10, 100), ("B", 12, 8, 900), ("C", 20, 20, 100)):
        ward = survey.unit(f"Phường {name}")
        survey.frame(ward, transactions)
        survey.answer(ward, satisfied, dissatisfied)
    return survey


def test_on_paper() -> None:
    each, by_forms = made(BOTH, unit(1, 0.9, 100), unit(2, 0.6, 20), unit(3, 0.5, 40))
    assert (each.rule, each.value, each.units, each.forms) == ("groups_unweighted", pytest.approx(2.0 / 3), 3, 160)
    assert by_forms.value == pytest.approx((90 + 12 + 20) / 160)


def test_rules_stand_in_the_order_declared() -> None:
    other = Rollup(rules=("design_weighted", "groups_by_forms", "groups_unweighted"))
    assert [mean.rule for mean in made(other, unit(1, 0.9, 100), unit(2, 0.6, 20))] == list(other.rules[1:])
    assert made(Rollup(), unit(1, 0.9, 100), unit(2, 0.6, 20)) == ()


def test_hidden_units_are_no_part_and_are_counted() -> None:
    shown = unit(1, 0.9, 100), unit(2, 0.6, 20)
    hidden = unit(3, None, None, "small"), unit(4, None, None, "complement"), unit(5, None, None, "empty")
    for without, with_hidden in zip(made(BOTH, *shown), made(BOTH, *shown, *hidden), strict=True):
        assert (with_hidden.value, with_hidden.forms) == (without.value, without.forms)
        assert (with_hidden.units, with_hidden.units_hidden) == (2, 2)


def test_forms_without_a_unit_are_a_group_where_the_questionnaire_says_so() -> None:
    rows = unit(1, 0.9, 100), unit(2, 0.6, 20), unit(0, 0.3, 30)
    inside = BOTH.model_copy(update={"include_unattributed": True})
    assert [mean.value for mean in made(BOTH, *rows)] == pytest.approx([0.75, 102 / 120])
    assert [mean.value for mean in made(inside, *rows)] == pytest.approx([0.6, 111 / 150])


def test_mean_of_fewer_than_two_units_is_none() -> None:
    """It would be that unit's rate, or of the one unit a viewer has."""
    assert made(BOTH, unit(1, 0.9, 100)) == ()
    assert [mean.value for mean in made(BOTH, unit(1, 0.9, 100), unit(2, None, None, "small"))] == [None, None]


def test_every_surface_shows_them_without_interval_or_verdict(
    survey: Surveyed, sign_in: SignIn, tmp_path: Path
) -> None:
    survey.close()
    view = survey.view()
    assert view.overall is not None
    assert view.overall.shown.value == pytest.approx((0.9 * 100 + 0.6 * 900 + 0.5 * 100) / 1100)
    page = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",)))).get(
        "/quan-tri/ket-qua/W-1?kenh=drawn"
    )
    assert "Trung bình chỉ số các đơn vị, mỗi đơn vị tính một lần" in page.text
    assert "66,7 %" in page.text
    assert "76,3 %" in page.text  # 122 of 160
    assert "Tính trên 3 đơn vị được hiển thị (0 đơn vị bị ẩn)" in page.text
    assert "không có khoảng tin cậy và không dùng để kết luận" in page.text
    result = result_json.result(view)
    assert [(row["rule"], round(row["estimate"], 6), row["n"], row["units"]) for row in result["group_means"]] == [
        ("groups_unweighted", 0.666667, 160, 3),
        ("groups_by_forms", 0.7625, 160, 3),
    ]
    assert sum("no interval, never judged" in line for line in result_json.lines(view)) == 2
    made_file = result_files.write_workbook(
        survey.record.database, "W-1", "drawn", tmp_path / "file", actor=system(), now=survey.record.now,
        instance=tmp_path,
    )  # fmt: skip
    sheet = load_workbook(io.BytesIO(made_file.path.read_bytes()))["Kết quả"]
    lines = {row[1]: row for row in sheet.iter_rows(values_only=True)}
    assert lines["groups_unweighted"][4:6] == (160, pytest.approx(2.0 / 3))
    assert set(lines["groups_unweighted"][6:17]) == {None}


def test_mean_of_shown_units_does_not_undo_the_hiding(survey: Surveyed) -> None:
    """A unit of three forms takes another with it; the mean is then that of the two that are left."""
    small = survey.unit("Phường D")
    survey.frame(small, 50)
    survey.answer(small, 3, 0)
    survey.close()
    view = survey.view()
    left = [row.shown.value for row in view.by_unit if not row.shown.hidden]
    assert len(left) == 2
    assert [(mean.units, mean.units_hidden) for mean in view.group_means] == [(2, 2), (2, 2)]
    assert view.group_means[0].value == pytest.approx(sum(v for v in left if v is not None) / 2)


def test_who_sees_one_unit_has_no_mean_of_units(survey: Surveyed) -> None:
    ward = survey.unit("Phường E")
    survey.answer(ward, 30, 10)
    assert survey.view(actor=survey.person(Role.UNIT_VIEWER, ward)).group_means == ()


def test_page_of_a_version_says_how_its_figure_climbs(survey: Surveyed, sign_in: SignIn) -> None:
    page = sign_in(survey.record.account((Role.DESIGNER, survey.province, ("admin",)))).get(
        "/quan-tri/bo-cau-hoi/phieu-mau/1"
    )
    assert "Từ đơn vị lên toàn tỉnh:" in page.text
    assert "phiếu không rõ đơn vị không được tính" in page.text
