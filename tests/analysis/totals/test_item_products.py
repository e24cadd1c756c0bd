"""Products between items: kept as answers or as sums, moved, merged and weighted, they are the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.totals.item_products import Products

ITEMS, CLASSES, CELLS = 5, 7, 40


def basis() -> np.ndarray:
    """Codes 1-5 answered, 4 and 5 satisfied, the code its own points."""
    made = np.zeros((3, ITEMS, CLASSES))
    made[0, :, 4:6] = 1
    made[1, :, 1:6] = 1
    made[2, :, 1:6] = np.arange(1, 6)
    return made


class Respondents:
    def __init__(self, seed: int, rows: int = 4000) -> None:
        random = np.random.default_rng(seed)
        self.cell = (CELLS * random.random(rows) ** 4).astype(np.int64)  # the first large, the last small
        self.codes = random.choice(np.array([0, 1, 2, 3, 4, 5, 97, 255], np.uint8), (rows, ITEMS))
        self.weight = np.round(random.lognormal(0, 1, rows), 3)

    def kept(self, start: int = 0, stop: int | None = None) -> Products:
        some = slice(start, stop)
        columns = [self.codes[some, k] for k in range(ITEMS)]
        return Products.of_rows(basis(), self.cell[some], columns, self.weight[some])

    def expected(self, form: np.ndarray, domain: np.ndarray) -> np.ndarray:
        table = np.zeros((3, 256))
        table[0, [4, 5]], table[1, 1:6], table[2, 1:6] = 1, 1, np.arange(1, 6)
        u = np.hstack([table[kind][self.codes] for kind in range(3)])
        z = self.weight * (form[domain[self.cell]] * u).sum(axis=1)
        return np.bincount(self.cell, z**2, CELLS)


@pytest.fixture
def people() -> Respondents:
    return Respondents(1)


@pytest.fixture
def question() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    form = random.normal(size=(6, 3 * ITEMS))
    form[:, 2] = form[:, ITEMS + 2] = form[:, 2 * ITEMS + 2] = 0  # an item that the measure does not use
    return form, random.integers(0, 6, CELLS)


def test_answers_and_sums_give_what_adding_respondent_by_respondent_gives(
    people: Respondents, question: tuple[np.ndarray, np.ndarray]
) -> None:
    form, domain = question
    wanted = people.expected(form, domain)
    kept = people.kept()
    sums = Products.of_sums(basis(), kept.all_sums(CELLS))
    for products in (kept, sums):
        first, second = products.quadratic([form, 2 * form], domain)
        np.testing.assert_allclose(first, wanted, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(second, 4 * wanted, rtol=1e-12, atol=1e-12)


def test_full_cells_become_sums_when_parts_merge_and_small_ones_stay_answers(
    people: Respondents, question: tuple[np.ndarray, np.ndarray]
) -> None:
    form, domain = question
    merged = people.kept(0, 900).merged(people.kept(900, 2500), people.kept(2500))
    held = np.bincount(people.cell, minlength=CELLS)
    assert merged.dense.tolist() == np.flatnonzero(held > merged.most()).tolist()
    assert 0 < len(merged.cell) < len(people.cell)
    assert len(merged.weight) + held[merged.dense].sum() == len(people.cell)
    (found,) = merged.quadratic([form], domain)
    np.testing.assert_allclose(found, people.expected(form, domain), rtol=1e-12, atol=1e-12)


def test_cells_are_renumbered_chosen_and_weighted(people: Respondents, question: tuple[np.ndarray, np.ndarray]) -> None:
    form, _ = question
    domain = np.zeros(CELLS, np.int64)
    merged = people.kept(0, 2000).merged(people.kept(2000))
    wanted = people.expected(form, domain)
    into = np.arange(CELLS) // 4
    (coarse,) = merged.moved(into).quadratic([form], domain[: CELLS // 4])
    np.testing.assert_allclose(coarse, np.bincount(into, wanted), rtol=1e-12, atol=1e-12)
    chosen = np.array([0, 4, 16, 30])
    (some,) = merged.restricted(chosen, CELLS).quadratic([form], domain[:4])
    np.testing.assert_allclose(some, wanted[chosen], rtol=1e-12, atol=1e-12)
    factors = np.linspace(0.5, 2, CELLS)
    (weighted,) = merged.reweighted(factors).quadratic([form], domain)
    np.testing.assert_allclose(weighted, wanted * factors**2, rtol=1e-12, atol=1e-12)


def test_many_domains_are_taken_a_block_at_a_time(people: Respondents, monkeypatch: pytest.MonkeyPatch) -> None:
    form = np.random.default_rng(3).normal(size=(CELLS, 3 * ITEMS))
    domain = np.random.default_rng(4).permutation(CELLS)
    monkeypatch.setattr("analysis.totals.item_products._TABLE", 2 * ITEMS * CLASSES)
    monkeypatch.setattr("analysis.totals.item_products._ROWS", 100)
    (found,) = people.kept().quadratic([form], domain)
    np.testing.assert_allclose(found, people.expected(form, domain), rtol=1e-12, atol=1e-12)
