"""Which cells nobody sees: the one rule of small cells, and what would give them away."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.models.province.procedures import FieldGroup
from survey.services.estimates.disclosure import patterns
from survey.services.estimates.disclosure.patterns import HiddenCells
from survey.services.files import result_json
from tests.factories.results import Surveyed


def test_small_unit_is_hidden_with_the_one_that_would_give_it_away(survey: Surveyed) -> None:
    sizes = {"Nhỏ": 7, "Vừa": 15, "Lớn": 60}
    for name, n in sizes.items():
        survey.answer(survey.unit(name), n, 0)
    survey.close()
    view = survey.view()
    why = {row.label: row.shown.hidden for row in view.by_unit}
    assert why == {"Nhỏ": "small", "Vừa": "complement", "Lớn": ""}
    assert {row.label: row.shown.n for row in view.by_unit} == {"Nhỏ": None, "Vừa": None, "Lớn": 60}


def test_verdict_of_a_hidden_cell_is_hidden_too(survey: Surveyed) -> None:
    for n in (7, 35, 60):
        survey.answer(survey.unit(), n, 0)
    survey.close()
    hidden = [row for row in survey.view().by_unit if row.shown.hidden]
    assert len(hidden) == 2
    assert not any(row.verdict for row in hidden)


def test_wave_with_too_few_answers_shows_no_rate_at_all(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 9, 0)
    survey.close()
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
    survey.close()
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
def test_no_margin_of_old_tables_leaves_a_small_hidden_remainder(table: list[list[int]]) -> None:
    """Units by fields at random: what the margins leave for the hidden cells is at least two cells of ten people."""
    if len({len(row) for row in table}) > 1:
        table = [row[: min(map(len, table))] for row in table]
    hide, people = _hiding(table)
    for kind in ("unit", "field"):
        cells = {key: n for (name, key), n in people.items() if name == kind}
        hidden = [key for key in cells if hide.hides(kind, key)]
        if not hide.hides("", ()) and hidden:
            assert len(hidden) > 1
            assert sum(cells[key] for key in hidden) >= 10
    for (kind, key), n in people.items():
        assert not (0 < n < 10) or hide.hides(kind, key)


class _Table:
    def __init__(self, by: tuple[str, ...], counts: dict[tuple[int, ...], int]) -> None:
        keys = sorted(counts)
        self.by, self.n = by, np.array([counts[k] for k in keys])
        self._keys = keys

    def domain_keys(self) -> list[tuple[int, ...]]:
        return self._keys


def _hiding(table: list[list[int]]) -> tuple[HiddenCells, dict[tuple[str, tuple[int, ...]], int]]:
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

    class Facts:
        minimum_cell = 10

        def group_of_field(self, field: int) -> int:
            return field

    hide = patterns.of_tables(tables, Facts())  # type: ignore[arg-type]
    people: dict[tuple[str, tuple[int, ...]], int] = {("", ()): whole[()]}
    people |= {("unit", key): n for key, n in units.items()} | {("field", key): n for key, n in fields.items()}
    return hide, people
