"""Who sees which figures, and which cells nobody sees: role by service by unit, and the one rule of small cells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.inference.disclosure import DisclosureRule
from survey.errors import NotFound
from survey.models.people.accounts import Account, Role
from survey.models.province.procedures import FieldGroup
from survey.models.province.units import Unit, UnitKind
from survey.models.questionnaires.instruments import ServiceDomain
from survey.queries.estimates.results import READERS
from survey.services.estimates.hidden_cells import Hiding
from survey.services.estimates.visible_results import ResultsView
from survey.services.files import result_files, result_json
from tests.factories.record import Record
from tests.factories.results import Surveyed
from tests.staff_client import StaffClient

RULE = DisclosureRule(10, 30, public=False)


def shown(view: ResultsView) -> dict[str, int | None]:
    return {row.label: row.shown.n for row in view.by_unit}


# --- rights ---------------------------------------------------------------------------------------------------------


def test_analyst_of_a_unit_sees_its_part_and_no_other(survey: Surveyed) -> None:
    health, other = survey.unit("Sở Y tế", kind=UnitKind.DEPARTMENT), survey.unit("Phường A")
    counter = survey.unit("Một cửa Sở Y tế", parent=health, kind=UnitKind.ONE_STOP_CENTRE)
    survey.answer(health, 12, 3)
    survey.answer(counter, 20, 0)
    survey.answer(other, 10, 30)
    view = survey.view(actor=survey.analyst(health))
    assert shown(view) == {"Một cửa Sở Y tế": 20, "Sở Y tế": 15}
    assert view.responses == 35
    assert view.scope_names == ("Một cửa Sở Y tế", "Sở Y tế")
    assert "Phường A" not in str(result_json.result(view))


def test_unit_viewer_sees_the_own_unit(survey: Surveyed) -> None:
    a, b = survey.unit("Phường A"), survey.unit("Phường B")
    survey.answer(a, 30, 10)
    survey.answer(b, 10, 30)
    view = survey.view(actor=survey.person(Role.UNIT_VIEWER, a))
    assert shown(view) == {"Phường A": 40}
    assert view.overall is not None
    assert view.overall.shown.value == 0.75


@pytest.mark.parametrize("role", [r for r in Role if r not in READERS])
def test_other_roles_have_no_results(survey: Surveyed, role: Role) -> None:
    unit = survey.unit()
    survey.answer(unit, 20, 0)
    with pytest.raises(NotFound):
        survey.view(actor=survey.person(role))


def test_another_service_and_another_province_are_not_found(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 20, 0)
    elsewhere = survey.record.unit(kind=UnitKind.PROVINCE)
    for actor in (survey.analyst(domains=("health", "education")), survey.analyst(elsewhere)):
        with pytest.raises(NotFound):
            survey.view(actor=actor)


def test_only_channels_that_ask_in_ones_own_units_are_offered(survey: Surveyed) -> None:
    a, b = survey.unit("Phường A"), survey.unit("Phường B")
    survey.answer(a, 20, 0, channel=survey.qr)
    survey.answer(b, 20, 0, channel=survey.drawn)
    viewer = survey.person(Role.UNIT_VIEWER, a)
    assert [one.code for one in survey.view("qr", actor=viewer).channels] == ["qr"]
    assert survey.view("", actor=viewer).channel == "qr"
    foreign = survey.view("drawn", actor=viewer)
    assert (foreign.overall, foreign.by_unit) == (None, ()) or foreign.overall.shown.value is None  # type: ignore[union-attr]
    assert not foreign.by_unit


@pytest.mark.parametrize("domain", list(ServiceDomain))
@pytest.mark.parametrize("held", ["admin", "health", "education"])
def test_pages_and_files_open_for_ones_own_service_only(
    record: Record, sign_in: Callable[[Account], StaffClient], domain: ServiceDomain, held: str
) -> None:
    survey = Surveyed(record, plan=None, wave_values={"domain": domain})
    survey.answer(survey.unit(), 20, 0)
    browser = sign_in(record.account((Role.ANALYST, survey.province, (held,))))
    page = browser.get("/quan-tri/ket-qua/W-1")
    assert page.status == (200 if held == domain.value else 404)
    if held == domain.value:
        for kind, status in (("workbook", 200), ("rows", 403)):  # rows are a right of their own
            form = page.form("/tep")
            form.fields["tep"] = kind
            assert form.send().status == status


def test_rows_are_for_analysts_of_the_whole_wave_who_hold_the_right(survey: Surveyed) -> None:
    unit = survey.unit()
    survey.answer(unit, 20, 0)
    view = survey.view()
    assert result_files.may_take_rows(view, survey.analyst(row_data=True))
    assert not result_files.may_take_rows(view, survey.analyst())
    assert not result_files.may_take_rows(view, survey.analyst(unit, row_data=True))
    assert not result_files.may_take_rows(view, survey.person(Role.UNIT_VIEWER, row_data=True))


# --- small cells ----------------------------------------------------------------------------------------------------


def test_small_unit_is_hidden_with_the_one_that_would_give_it_away(survey: Surveyed) -> None:
    sizes = {"Nhỏ": 7, "Vừa": 15, "Lớn": 60}
    for name, n in sizes.items():
        survey.answer(survey.unit(name), n, 0)
    view = survey.view()
    why = {row.label: row.shown.hidden for row in view.by_unit}
    assert why == {"Nhỏ": "small", "Vừa": "complement", "Lớn": ""}
    assert shown(view) == {"Nhỏ": None, "Vừa": None, "Lớn": 60}


def test_verdict_of_a_hidden_cell_is_hidden_too(survey: Surveyed) -> None:
    for n in (7, 35, 60):
        survey.answer(survey.unit(), n, 0)
    survey.close()
    hidden = [row for row in survey.view().by_unit if row.shown.hidden]
    assert len(hidden) == 2
    assert not any(row.verdict for row in hidden)


def test_wave_with_too_few_answers_shows_no_rate_at_all(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 9, 0)
    view = survey.view()
    assert view.overall is not None
    assert view.overall.shown.hidden == "small"
    assert all(row.shown.hidden for row in (*view.items, *view.factors))


def test_target_group_does_not_give_a_small_field_away(survey: Surveyed) -> None:
    """The group of land and construction minus construction would be the small cell of land."""
    unit = survey.unit()
    land = survey.record.field(group=FieldGroup.LAND)
    building = survey.record.field(group=FieldGroup.CONSTRUCTION)
    other, more = survey.record.field(), survey.record.field()
    for field, n in ((land, 4), (building, 40), (other, 50), (more, 11)):
        survey.answer(unit, n, 0, field=field)
    view = survey.view()
    hidden = {row.key for row in view.by_field if row.shown.hidden}
    group = view.by_group[0]
    assert land.id in hidden
    assert building.id in hidden or group.shown.hidden


def test_json_and_screen_hide_the_same_cells(survey: Surveyed) -> None:
    for n in (4, 12, 80):
        survey.answer(survey.unit(f"Phường {n}"), n, 3 if n == 80 else 0)
    survey.close()
    view = survey.view()
    data = result_json.result(view)
    codes = {view.unit_codes[row.key]: row.shown.hidden for row in view.by_unit}
    for entry in data["estimates"]:
        unit = entry["domain"].get("unit")
        if unit and codes[unit]:
            assert (entry["estimate"], entry["n"], entry["flags"]) == (None, None, ["suppressed"])
            assert not entry["interval"]
    judged = {v["domain"].get("unit") for v in data["verdicts"]}
    assert judged.isdisjoint(code for code, why in codes.items() if why)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 25), min_size=2, max_size=4), min_size=2, max_size=5))
def test_no_shown_margin_leaves_a_small_hidden_remainder(table: list[list[int]]) -> None:
    """Units by fields at random: what the margins leave for the hidden cells is at least two cells of ten people."""
    if len({len(row) for row in table}) > 1:
        table = [row[: min(map(len, table))] for row in table]
    hide, people = _hiding(table)
    for kind in ("unit", "field"):
        cells = {key: n for (name, key), n in people.items() if name == kind}
        hidden = [key for key in cells if (kind, key) in hide.pattern]
        if ("", ()) not in hide.pattern and hidden:
            assert len(hidden) > 1
            assert sum(cells[key] for key in hidden) >= 10
    for (kind, key), n in people.items():
        assert not (0 < n < 10) or (kind, key) in hide.pattern


class _Table:
    def __init__(self, by: tuple[str, ...], counts: dict[tuple[int, ...], int]) -> None:
        keys = sorted(counts)
        self.by, self.n = by, np.array([counts[k] for k in keys])
        self._keys = keys

    def domain_keys(self) -> list[tuple[int, ...]]:
        return self._keys


def _hiding(table: list[list[int]]) -> tuple[Hiding, dict[tuple[str, tuple[int, ...]], int]]:
    """The pattern over the margins of a table of units and fields; every field is a target group of its own."""
    units = {(u,): sum(row) for u, row in enumerate(table)}
    fields = {(f,): sum(row[f] for row in table) for f in range(len(table[0]))}
    whole: dict[tuple[int, ...], int] = {(): sum(units.values())}
    tables = {
        "": _Table((), whole),
        "unit": _Table(("unit",), units),
        "field": _Table(("field",), fields),
        "group": _Table(("group",), fields),
    }

    class Results:
        pass

    class Facts:
        def group_of_field(self, field: int) -> int:
            return field

    found, wave = Results(), Facts()
    found.tables = tables  # type: ignore[attr-defined]
    hide = Hiding(found, wave, RULE)  # type: ignore[arg-type]
    people: dict[tuple[str, tuple[int, ...]], int] = {("", ()): whole[()]}
    people |= {("unit", key): n for key, n in units.items()} | {("field", key): n for key, n in fields.items()}
    return hide, people


def test_sample_units_are_marked(survey: Surveyed) -> None:
    made_up: Unit = survey.unit("Bệnh viện mẫu", is_sample=True)
    survey.answer(made_up, 20, 0)
    assert [row.sample for row in survey.view().by_unit] == [True]
