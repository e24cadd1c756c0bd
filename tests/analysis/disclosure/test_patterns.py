"""Disclosure: no small cell can be read or worked out from what is shown."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.disclosure import patterns
from analysis.disclosure.patterns import Place, Relation


def table(counts: np.ndarray) -> tuple[dict[Place, int], list[Relation]]:
    """A two-way table with both margins and the total."""
    cells: dict[Place, int] = {}
    relations = []
    rows, columns = counts.shape
    for i in range(rows):
        for j in range(columns):
            cells[i, j] = int(counts[i, j])
        cells[i, "all"] = int(counts[i].sum())
        relations.append(Relation((i, "all"), tuple((i, j) for j in range(columns))))
    for j in range(columns):
        cells["all", j] = int(counts[:, j].sum())
        relations.append(Relation(("all", j), tuple((i, j) for i in range(rows))))
    cells["all", "all"] = int(counts.sum())
    relations.append(Relation(("all", "all"), tuple((i, "all") for i in range(rows))))
    relations.append(Relation(("all", "all"), tuple(("all", j) for j in range(columns))))
    return cells, relations


def test_a_cell_under_ten_is_hidden_with_its_complements() -> None:
    cells, relations = table(np.array([[40, 5, 30], [20, 50, 60], [25, 35, 45]]))
    found = patterns.suppress(cells, relations)
    assert found.small == {(0, 1)}
    assert found.complementary, "alone it would follow from its row"
    for relation in relations:
        inside = [cell for cell in (*relation.parts, relation.total) if cell in found.hidden]
        assert len(inside) != 1


def test_two_hidden_cells_that_are_few_together_need_a_third() -> None:
    cells: dict[Place, int] = {"total": 60, "a": 3, "b": 4, "c": 20, "d": 33}
    found = patterns.suppress(cells, [Relation("total", ("a", "b", "c", "d"))])
    assert found.hidden == {"a", "b", "c"}


def test_a_table_without_small_cells_is_shown_whole() -> None:
    cells, relations = table(np.full((3, 4), 12))
    assert patterns.suppress(cells, relations).hidden == frozenset()


def test_empty_cells_are_not_hidden() -> None:
    cells, relations = table(np.array([[0, 30], [40, 50]]))
    assert patterns.suppress(cells, relations).hidden == frozenset()


def test_nested_tables_do_not_give_a_hidden_cell_away() -> None:
    """A unit hidden in the province's table must not follow from its area's total shown elsewhere."""
    cells: dict[Place, int] = {"province": 200, "north": 90, "south": 110, "n1": 5, "n2": 85, "s1": 50, "s2": 60}
    relations = [
        Relation("province", ("north", "south")),
        Relation("north", ("n1", "n2")),
        Relation("south", ("s1", "s2")),
        Relation("province", ("n1", "n2", "s1", "s2")),
    ]
    found = patterns.suppress(cells, relations)
    assert "n1" in found.small
    assert patterns.determined(set(found.hidden), relations) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(2, 6), st.integers(2, 5))
def test_no_hidden_count_is_determined_by_what_is_shown(seed: int, rows: int, columns: int) -> None:
    counts = np.random.default_rng(seed).choice([0, 1, 4, 9, 10, 25, 60], (rows, columns))
    cells, relations = table(counts)
    found = patterns.suppress(cells, relations)
    assert {cell for cell, n in cells.items() if 0 < n < 10} <= found.hidden
    exposed = patterns.determined(set(found.hidden), relations)
    assert not set(exposed) & set(found.small)
