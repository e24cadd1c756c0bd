"""Weights, strata and clusters of recoded rows: every row has them, and none of their values covers a few rows.

Codes are numbered in the order in which they first appear. Rows stand in the order of random keys, so the numbers tell
nothing that the rows do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from survey.services.files.rows.recoding import HIDDEN, Bools, Floats, Ints, Recoded


@dataclass(frozen=True)
class RowDesign:
    """The columns (n,) of a design with weights, numbered from 1; `merged` clusters are not what they were."""

    weight: Floats
    stratum: Ints
    cluster: Ints
    merged: int = 0


def group_weights(
    weight: Floats, group: Ints, cell: Ints, weight_class: Ints, transactions: Mapping[int, float]
) -> Floats:
    """The weight of each row: the mean of the true ones (n,) among the rows that show the same unit and field.

    Where a shown unit × field was weighted together with cells that are hidden in it, that mean would tell how many
    answers these have. It then weighs its own transactions, and what they had beside stays theirs, so that the sum is
    kept. `cell` (n,) numbers unit × field, `weight_class` (n,) what was weighted together (−1: alone), `transactions`
    are those of cells in the frame.
    """
    groups = int(group.max()) + 1
    rows, total = np.bincount(group, minlength=groups), np.bincount(group, weight, minlength=groups)
    pairs = np.unique(np.column_stack([group, cell]), axis=0)
    cells = np.bincount(pairs[:, 0], minlength=groups)
    single = {int(g): int(c) for g, c in pairs if cells[g] == 1}
    for together in _joined(np.unique(np.column_stack([group, weight_class]), axis=0)):
        own = [g for g in together if g in single and transactions.get(single[g], 0) > 0]
        rest = [g for g in together if g not in own]
        left = sum(total[g] for g in together) - sum(transactions[single[g]] for g in own)
        if not own or not rest or left <= 0:
            continue
        people = sum(rows[g] for g in rest)
        for g in own:
            total[g] = transactions[single[g]]
        for g in rest:
            total[g] = left * rows[g] / people
    found = total / rows
    true = np.full(groups, np.nan)
    true[group] = weight
    same = np.isclose(found, true, rtol=1e-12, atol=0.0)  # sums of a true weight have lost its last digit
    return np.asarray(np.where(same, true, found)[group], np.float64)


def _joined(pairs: Ints) -> Iterator[list[int]]:
    """The groups that share a class of weighting, as sets of more than one; `pairs` (k × 2) of group and class."""
    parent = {int(g): int(g) for g in pairs[:, 0]}

    def top(g: int) -> int:
        while parent[g] != g:
            g = parent[g]
        return g

    first: dict[int, int] = {}
    for g, code in pairs.tolist():
        if code >= 0:
            parent[top(g)] = top(first.setdefault(code, g))
    sets: dict[int, list[int]] = {}
    for g in parent:
        sets.setdefault(top(g), []).append(g)
    yield from (found for found in sets.values() if len(found) > 1)


def one_by_one(weight: Floats, recoded: Recoded) -> RowDesign:
    """People drawn alone: strata are what is shown of unit and field, each row is a cluster of its own."""
    return RowDesign(weight, numbered(recoded.group), np.arange(1, len(weight) + 1))


def in_clusters(weight: Floats, recoded: Recoded, cluster: Ints, *, minimum: int) -> RowDesign:
    """Answers given together: strata are the units that are shown, clusters (n,) are joined until none is small.

    `cluster` codes differ between units. Beside a row that hides its field or month stand enough such rows, and a
    cluster with hidden months shows none or several, else it would tell them. Rows that hide their unit are put into
    clusters by chance, since one of a hidden unit would show what it said. A unit with a single cluster shares its
    stratum with the next such unit.
    """
    joined = np.full(len(weight), -1, np.int64)
    stratum = recoded.unit.copy()
    made = 0
    for unit in np.unique(recoded.unit):
        rows = np.flatnonzero(recoded.unit == unit)
        parts = _by_chance(rows, minimum) if unit == HIDDEN else _in_turn(rows, recoded, cluster[rows], minimum)
        for part in parts:
            joined[part] = made
            made += 1
    known = recoded.unit != HIDDEN
    pairs = np.unique(np.column_stack([cluster, joined])[known], axis=0)
    true, of_true = np.unique(pairs[:, 0], return_counts=True)
    alone = (of_true[np.searchsorted(true, pairs[:, 0])] == 1) & (np.bincount(pairs[:, 1])[pairs[:, 1]] == 1)
    return RowDesign(weight, numbered(_with_company(stratum, joined)), numbered(joined), len(true) - int(alone.sum()))


def _by_chance(rows: Ints, minimum: int) -> list[Ints]:
    """Rows, in the order of random keys, in parts of at least the minimum."""
    return np.array_split(rows, max(len(rows) // minimum, 1))


def _in_turn(rows: Ints, recoded: Recoded, cluster: Ints, minimum: int) -> list[Ints]:
    """The clusters of a unit joined one after the other until each may stand.

    Where that would cost more than half of them, rows that hide their field or month are joined apart from the others:
    a true cluster may then be two, which tells less of the variance than a unit of one cluster.
    """
    no_field, month = recoded.field[rows] == HIDDEN, recoded.month[rows]

    def stands(part: Ints) -> bool:
        return _may_stand(no_field[part], month[part], minimum)

    parts = _true_clusters(cluster)
    if (month == HIDDEN).any():  # months have to mix
        parts = sorted(parts, key=lambda part: int(part.min()))
    together = _joined_until(parts, stands)
    if 2 * len(together) < len(_joined_until(parts, lambda part: len(part) >= minimum)):
        apart: list[Ints] = []
        kinds = no_field * 2 + (month == HIDDEN)
        for kind in np.unique(kinds):
            own = np.flatnonzero(kinds == kind)
            apart += _joined_until([own[part] for part in _true_clusters(cluster[own])], stands)
        apart = _until_all_stand(apart, stands)
        together = max(together, apart, key=len)
    return [rows[part] for part in together]


def _true_clusters(cluster: Ints) -> list[Ints]:
    """The places of the rows of each cluster, in the order of its code."""
    order = np.argsort(cluster, kind="stable")
    return np.split(order, np.unique(cluster[order], return_index=True)[1][1:])


def _joined_until(parts: list[Ints], stands: Callable[[Ints], bool]) -> list[Ints]:
    """Parts joined one after the other until each stands; the rest joins the last, all of them one if need be."""
    found: list[Ints] = []
    open_: Ints = np.empty(0, np.int64)
    for part in parts:
        open_ = np.concatenate([open_, part])
        if stands(open_):
            found.append(open_)
            open_ = np.empty(0, np.int64)
    if len(open_):
        found.append(open_)
    while len(found) > 1 and not stands(found[-1]):
        last = found.pop()
        found[-1] = np.concatenate([found[-1], last])
    return found


def _until_all_stand(parts: list[Ints], stands: Callable[[Ints], bool]) -> list[Ints]:
    """Parts that do not stand joined with the first that then does, else with the first of all."""
    found = list(parts)
    while len(found) > 1 and (weak := next((k for k, part in enumerate(found) if not stands(part)), None)) is not None:
        own = found.pop(weak)
        joined = [np.concatenate([part, own]) for part in found]
        place = next((k for k, part in enumerate(joined) if stands(part)), 0)
        found[place] = joined[place]
    return found


def _may_stand(no_field: Bools, month: Ints, minimum: int) -> bool:
    """Whether rows are enough for a cluster, and what they hide is not told by it."""
    fields, months = int(no_field.sum()), int((month == HIDDEN).sum())
    if len(month) < minimum or 0 < fields < minimum or 0 < months < minimum:
        return False
    return not months or len(np.unique(month[month != HIDDEN])) != 1


def _with_company(stratum: Ints, cluster: Ints) -> Ints:
    """The strata (n,), those of a single cluster joined with one another, a last one with the smallest of all."""
    names = np.unique(stratum)
    clusters = {int(h): len(np.unique(cluster[stratum == h])) for h in names}
    alone = [h for h, k in clusters.items() if k == 1]
    if not alone or len(names) == 1:
        return stratum
    found = stratum.copy()
    if len(alone) == 1:
        others = [h for h in clusters if h != alone[0]]
        alone.append(min(others, key=lambda h: (int((stratum == h).sum()), h)))
    pairs = [alone[k : k + 2] for k in range(0, len(alone) - 1, 2)]
    pairs[-1] += alone[2 * len(pairs) :]
    for pair in pairs:
        found[np.isin(stratum, pair)] = pair[0]
    return found


def numbered(codes: Ints) -> Ints:
    """Codes (n,) as numbers from 1 on in the order of their first appearance."""
    names, places = np.unique(codes, return_inverse=True)
    rank = np.empty(len(names), np.int64)
    rank[np.argsort(_first_places(codes, names), kind="stable")] = np.arange(1, len(names) + 1)
    return rank[places.reshape(-1)]


def _first_places(codes: Ints, names: Ints) -> Ints:
    """Where each of `names` (k,), the sorted distinct codes, first stands among the codes (n,)."""
    return np.unique(codes, return_index=True)[1][np.searchsorted(np.unique(codes), names)]
