"""Weights, strata and clusters of recoded rows tell nothing of a few."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from survey.services.files.rows.design import group_weights, in_clusters, numbered, one_by_one
from survey.services.files.rows.recoding import HIDDEN, HiddenDomains, Recoded, group_sizes, recode

Case = tuple[Recoded, np.ndarray, np.ndarray, int]


@st.composite
def clustered(draw: st.DrawFn) -> Case:
    """Recoded rows, the cluster of each as point × day within a unit, random weights, the minimum."""
    minimum = draw(st.integers(2, 10))
    rows = draw(st.integers(minimum, 300))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    unit = np.minimum(random.geometric(0.3, rows) - 1, 7)
    field, point, day = random.integers(0, 4, rows), random.integers(0, 2, rows), random.integers(0, 12, rows)
    hidden = HiddenDomains(units=frozenset(draw(st.sets(st.integers(0, 7), max_size=2))))
    done = recode(unit, day // 6, field, [], minimum=minimum, hidden=hidden)
    return done, unit * 1000 + point * 100 + day, random.random(rows) + 0.5, minimum


@given(clustered())
def test_no_code_covers_fewer_rows_than_the_minimum(case: Case) -> None:
    recoded, cluster, weight, minimum = case
    design = in_clusters(weight, recoded, cluster, minimum=minimum)
    for column in (design.stratum, design.cluster):
        assert (group_sizes([column]) >= minimum).all()
        assert sorted(set(column.tolist())) == list(range(1, column.max() + 1))
    assert len(np.unique(np.column_stack([design.stratum, design.cluster]), axis=0)) == design.cluster.max()
    drawn = one_by_one(weight, recoded)
    assert (group_sizes([drawn.stratum]) >= minimum).all()
    assert len(set(drawn.cluster.tolist())) == len(weight)


@given(clustered())
def test_a_cluster_is_of_one_shown_unit_and_keeps_what_came_together(case: Case) -> None:
    """Apart may only be rows of which some hide what the others show."""
    recoded, cluster, weight, minimum = case
    joined = in_clusters(weight, recoded, cluster, minimum=minimum).cluster
    for code in set(joined.tolist()):
        assert len(set(recoded.unit[joined == code].tolist())) == 1
    alike = (recoded.field == HIDDEN) * 2 + (recoded.month == HIDDEN)
    for code in set(cluster[recoded.unit != HIDDEN].tolist()):
        for kind in range(4):
            own = (recoded.unit != HIDDEN) & (cluster == code) & (alike == kind)
            assert len(set(joined[own].tolist())) <= 1


def test_true_clusters_stay_whole_where_nothing_is_hidden() -> None:
    cluster = np.repeat(np.arange(6), 20)
    recoded = recode(np.ones(120, int), np.zeros(120, int), np.zeros(120, int), [], minimum=10)
    design = in_clusters(np.ones(120), recoded, cluster, minimum=10)
    assert design.cluster.tolist() == (cluster + 1).tolist()
    assert design.merged == 0


@given(clustered())
def test_a_cluster_does_not_tell_what_its_rows_hide(case: Case) -> None:
    recoded, cluster, weight, minimum = case
    joined = in_clusters(weight, recoded, cluster, minimum=minimum).cluster
    for code in set(joined.tolist()):
        own = joined == code
        unit = recoded.unit[own][0]
        if unit == HIDDEN or set(joined[recoded.unit == unit].tolist()) == {code}:
            continue  # by chance, or all of a unit
        assert (fields := (recoded.field[own] == HIDDEN).sum()) == 0 or fields >= minimum
        months = recoded.month[own]
        assert not (months == HIDDEN).any() or len(set(months[months != HIDDEN].tolist())) != 1


@given(clustered())
def test_only_the_whole_may_have_a_single_cluster(case: Case) -> None:
    recoded, cluster, weight, minimum = case
    design = in_clusters(weight, recoded, cluster, minimum=minimum)
    if design.stratum.max() > 1:
        for stratum in set(design.stratum.tolist()):
            assert len(set(design.cluster[design.stratum == stratum].tolist())) > 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 200))
def test_weights_keep_their_sum_and_are_one_in_a_group(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    cell = random.integers(0, 12, rows)
    size = np.bincount(cell, minlength=12)
    weight_class = np.where(size < 5, 3, np.arange(12))  # thin cells with the fourth
    transactions = {k: float(random.integers(1, 900)) for k in range(12) if size[k]}
    total = np.bincount(weight_class, [transactions.get(k, 0.0) for k in range(12)], minlength=12)
    weight = (total / np.maximum(np.bincount(weight_class[cell], minlength=12), 1))[weight_class][cell]
    group = np.unique(np.where(size < 10, HIDDEN, np.arange(12))[cell], return_inverse=True)[1]
    found = group_weights(weight, group, cell, weight_class[cell], transactions)
    np.testing.assert_allclose(found.sum(), weight.sum(), rtol=1e-12)
    for number in set(group.tolist()):
        assert len(set(found[group == number].tolist())) == 1
    assert (found > 0).all()


def test_a_weight_does_not_tell_how_many_were_weighted_with_it() -> None:
    """Forty answers of 800 transactions, weighted together with three hidden ones of 100 from elsewhere."""
    cell = np.repeat([0, 1, 2], [40, 3, 12])
    weight = np.repeat([900 / 43, 900 / 43, 20.0], [40, 3, 12])
    group = np.repeat([0, 1, 1], [40, 3, 12])
    found = group_weights(weight, group, cell, np.repeat([0, 0, 1], [40, 3, 12]), {0: 800.0, 1: 100.0, 2: 240.0})
    assert found[0] == 20.0
    np.testing.assert_allclose(found[40:], 340 / 15)


def test_codes_are_numbered_as_they_first_appear() -> None:
    assert numbered(np.array([30, 10, 30, 20, 10])).tolist() == [1, 2, 1, 3, 2]
