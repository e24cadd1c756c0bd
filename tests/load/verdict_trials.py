"""How often a verdict is wrong: surveys with a known truth, drawn by the thousand and judged by the product's rule.

    python -m tests.load.verdict_trials            some 150 named cells × 6,000 surveys, the 20 worst again with 40,000
    python -m tests.load.verdict_trials --large    the whole grid

Every survey is drawn with a fixed seed. People's own true rates follow a beta distribution whose spread is the item
ICC; rates of clusters follow one whose spread is the cluster ICC, the share of the spread of people's own rates that
lies between clusters; answers are binomial. Of each survey the estimate and the evidence are computed here, all surveys
of a cell at once, and `analysis.inference.target_rule` judges them; a test compares this evidence with the one that
the product makes from rows. A cell counts where at least half of its surveys pass the gates; its false "reached" is the
share among these. The table is the one of METHODS.md.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from analysis.arrays import Floats, Ints
from analysis.estimation.evidence import Evidence
from analysis.inference import target_rule
from analysis.inference.verdicts import Figures, Gates, gates_failed, proof

SEED = 20_261_201
ALPHA = 0.05
UNITS = 94
_BLOCK = 1_000_000  # people simulated at once


@dataclass(frozen=True, order=True)
class Cell:
    """One situation. `items` 1 is a share of persons; `clusters` 0 are people drawn one by one."""

    items: int = 1
    item_icc: float = 0.0
    n: int = 120
    clusters: int = 0
    equal: bool = True
    icc: float = 0.0
    weighted: bool = False
    target: float = 0.90
    above: float = 0.0
    kind: str = ""  # heavy strata, two kinds of clusters

    @property
    def truth(self) -> float:
        return self.target + self.above

    @property
    def name(self) -> str:
        figure = f"{self.items} items, ICC {self.item_icc:g}" if self.items > 1 else "persons"
        shape = "one by one"
        if self.clusters:
            shape = f"{self.clusters} {'equal' if self.equal else 'unequal'} clusters, ICC {self.icc:g}"
        weights = "weights cv 0.9" if self.weighted else "equal weights"
        aim = f"{self.truth * 100:g} against {self.target * 100:g}"
        kind = f"{self.clusters} clusters, {self.kind}" if self.clusters and self.kind else self.kind
        return ", ".join([figure, f"n {self.n}", kind or shape, weights, aim])


@dataclass(frozen=True)
class Outcome:
    """What a cell came to: shares of its surveys, or of those that pass the gates."""

    cell: Cell
    surveys: int
    passing: float
    reached: float
    missed: float
    logit_t: float  # "reached" by the t test on the logit, the gates apart
    any_of_family: float  # at least one false "reached" among 94 such units after Holm

    @property
    def counts(self) -> bool:
        return self.passing >= 0.5


# --- drawing -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Surveys:
    """Many surveys of one cell: answers satisfied and weights (surveys × people), and whose cluster each is in."""

    satisfied: Floats
    weight: Floats
    items: int
    cluster: Ints | None
    stratum: Ints | None


def sizes_of(cell: Cell) -> Ints:
    """How many people each cluster has: alike, or spread like a lognormal distribution (cv about 0.7)."""
    if cell.equal:
        shares = np.ones(cell.clusters)
    else:
        shares = np.exp(0.63 * special.ndtri((np.arange(cell.clusters) + 0.5) / cell.clusters))
    bounds = np.round(np.cumsum(shares) / shares.sum() * cell.n).astype(np.int64)
    sizes = np.diff(np.r_[0, bounds])
    while (sizes < 1).any():
        sizes[sizes.argmin()] += 1
        sizes[sizes.argmax()] -= 1
    return sizes


def draw(cell: Cell, surveys: int, random: np.random.Generator) -> Surveys:
    """So many surveys of a cell."""
    size = (surveys, cell.n)
    mean = np.full((surveys, 1), cell.truth)
    own_icc = cell.item_icc + (1 - cell.item_icc) / cell.items if cell.items > 1 else 1.0
    between = cell.icc * own_icc if cell.clusters else 0.0
    cluster, stratum = None, None
    if cell.clusters:
        cluster = np.repeat(np.arange(cell.clusters), sizes_of(cell))
        if cell.kind == "a tenth of them bad":
            bad = random.random((surveys, cell.clusters)) < 0.1
            rates = np.where(bad, 0.5, (cell.truth - 0.05) / 0.9)
        else:
            rates = _beta(np.broadcast_to(mean, (surveys, cell.clusters)), between, random)
        mean = rates[:, cluster]
    people = np.broadcast_to(mean, size)
    if cell.items > 1:
        within = (cell.item_icc - between) / (1 - between)
        people = _beta(people, within, random)
    satisfied = random.binomial(cell.items, people).astype(np.float64)
    weight = np.ones((1, cell.n))
    if cell.weighted:
        spread = math.sqrt(math.log(1 + 0.9**2))
        weight = np.exp(random.normal(0.0, spread, size))
    if cell.kind == "heavy stratum":  # 70 % of the weight on a quarter of the people
        heavy = cell.n // 4
        stratum = (np.arange(cell.n) < heavy).astype(np.int64)
        weight = np.where(stratum == 1, 0.7 / heavy, 0.3 / (cell.n - heavy))[None, :] * np.ones((1, cell.n))
    return Surveys(satisfied, weight, cell.items, cluster, stratum)


def _beta(mean: Floats, icc: float, random: np.random.Generator) -> Floats:
    """Rates around their means, whose variance is `icc` times mean · (1 − mean)."""
    if icc <= 0:
        return mean
    strength = (1 - icc) / icc
    return random.beta(np.maximum(mean * strength, 1e-6), np.maximum((1 - mean) * strength, 1e-6))


# --- estimating --------------------------------------------------------------------------------------------------


def estimates(drawn: Surveys) -> tuple[Figures, Evidence]:
    """The figure of each survey with its evidence, by the formulas of METHODS.md over arrays (surveys × people)."""
    surveys, n = drawn.satisfied.shape
    rate = drawn.satisfied / drawn.items
    share = np.broadcast_to(drawn.weight / drawn.weight.sum(axis=1, keepdims=True), rate.shape)
    p = (share * rate).sum(axis=1)
    score = share * (rate - p[:, None])
    spread = (share * (rate - p[:, None]) ** 2).sum(axis=1)
    people = (share**2).sum(axis=1)
    z, omega, strata = score, share, 1
    if drawn.cluster is not None:
        first = np.flatnonzero(np.diff(drawn.cluster, prepend=-1))
        z, omega = np.add.reduceat(score, first, axis=1), np.add.reduceat(share, first, axis=1)
    if drawn.stratum is None:
        variance = (z**2 / (1 - omega)).sum(axis=1)
    else:
        variance, strata = np.zeros(surveys), len(np.unique(drawn.stratum))
        for layer in range(strata):
            own = z[:, drawn.stratum == layer]
            m = own.shape[1]
            variance += m / (m - 1) * ((own - own.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    second, fourth = (omega**2).sum(axis=1), (omega**4).sum(axis=1)
    squares = (z**2).sum(axis=1)
    df = second**2 / fourth * (1 - strata / omega.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        skewness = np.where((drawn.items > 1) & (squares > 0), (z**3).sum(axis=1) / squares**1.5, 0.0)
    pooled = np.full(surveys, drawn.items > 1)
    clustered = np.full(surveys, drawn.cluster is not None)
    evidence = Evidence(
        variance, spread, people, second, df, skewness, np.full(surveys, float(n * drawn.items)), pooled, clustered
    )
    design_df = np.full(surveys, omega.shape[1] - strata)
    return Figures(p, np.sqrt(variance), design_df, np.full(surveys, n)), evidence


def judged(cell: Cell, surveys: int, *, seed: int = SEED) -> Outcome:
    """Draw the surveys of a cell and judge them."""
    random = np.random.default_rng([seed, *(ord(letter) for letter in cell.name)])
    block = max(1, _BLOCK // cell.n)
    passes, p_reached, p_missed, by_logit = [], [], [], []
    for start in range(0, surveys, block):
        figures, evidence = estimates(draw(cell, min(block, surveys - start), random))
        size = target_rule.effective_n(figures.estimate, evidence)
        reached, missed = target_rule.p_values(figures.estimate, size, evidence, cell.target)
        failed = gates_failed(Gates(), figures, evidence, size, cell.target)
        passes.append(~np.logical_or.reduce([mask for _, mask in failed]) & ~np.isnan(size))
        p_reached.append(reached)
        p_missed.append(missed)
        by_logit.append(proof(figures, cell.target).p_reached)
    open_, reached, missed = np.concatenate(passes), np.concatenate(p_reached), np.concatenate(p_missed)
    logit = np.concatenate(by_logit)
    count = max(1, int(open_.sum()))
    alone = float((open_ & (reached <= ALPHA / UNITS)).sum()) / surveys
    with np.errstate(invalid="ignore"):
        return Outcome(
            cell,
            surveys,
            float(open_.mean()),
            float((open_ & (reached <= ALPHA)).sum() / count),
            float((open_ & (missed <= ALPHA)).sum() / count),
            float((open_ & (logit <= ALPHA)).sum() / count),
            1 - (1 - alone) ** UNITS,
        )


# --- cells -------------------------------------------------------------------------------------------------------

FIGURES = ((1, 0.0), *itertools.product((5, 9, 22), (0.1, 0.3, 0.6)))
SIZES = (30, 60, 120, 400)
SHAPES = ((0, True, 0.0), *itertools.product((8, 12, 30, 60), (True, False), (0.0, 0.05, 0.1, 0.2)))


def grid() -> Iterator[Cell]:
    """Every cell: figure × size × shape × weights × target × truth, where each cluster can have two people."""
    for (items, item_icc), n, (clusters, equal, icc), weighted in itertools.product(
        FIGURES, SIZES, SHAPES, (False, True)
    ):
        if clusters * 2 > n:
            continue
        for target, above in itertools.product((0.85, 0.90, 0.95), (0.0, -0.005, 0.03)):
            if target + above < 1:
                yield Cell(items, item_icc, n, clusters, equal, icc, weighted, target, above)
    yield from odd_cells()


def odd_cells() -> Iterator[Cell]:
    """What no rule can mend, reported without a limit: one heavy stratum, and two kinds of clusters."""
    for items, item_icc in ((1, 0.0), (22, 0.3)):
        for n in (60, 120, 400):
            yield Cell(items, item_icc, n, kind="heavy stratum")
        for clusters, n in ((13, 390), (30, 390), (60, 420)):
            yield Cell(items, item_icc, n, clusters, kind="a tenth of them bad")


def named() -> list[Cell]:
    """Some 150 cells that hold every value of every factor, and the worst combinations that the grid showed."""
    found: dict[Cell, None] = {}

    def add(*cells: Cell) -> None:
        found.update(dict.fromkeys(cells))

    kinds = ((1, 0.0), (5, 0.3), (9, 0.3), (9, 0.6), (22, 0.1), (22, 0.3), (22, 0.6))
    for items, item_icc in kinds:
        for n, target in ((60, 0.85), (120, 0.90), (400, 0.90)):
            base = Cell(items, item_icc, n, target=target)
            add(base, replace(base, weighted=True))
        add(Cell(items, item_icc, 120, above=-0.005), Cell(items, item_icc, 120, above=0.03))
        add(Cell(items, item_icc, 400, above=0.03), Cell(items, item_icc, 400, above=0.03, target=0.85))
        for icc in (0.0, 0.1, 0.2):
            add(Cell(items, item_icc, 400, 30, False, icc, False), Cell(items, item_icc, 400, 30, True, icc, True))
        add(Cell(items, item_icc, 400, 60, True, 0.05, True), Cell(items, item_icc, 400, 60, False, 0.1, False, 0.85))
        add(Cell(items, item_icc, 400, 30, True, 0.1, False, 0.90, 0.03))
    for items, item_icc in ((1, 0.0), (22, 0.3)):
        add(Cell(items, item_icc, 30), Cell(items, item_icc, 30, target=0.85), Cell(items, item_icc, 400, target=0.95))
        for clusters, icc in ((8, 0.1), (12, 0.05), (12, 0.2)):
            add(Cell(items, item_icc, 120, clusters, True, icc), Cell(items, item_icc, 400, clusters, False, icc))
        for n, clusters, icc in ((60, 30, 0.2), (120, 30, 0.05), (120, 60, 0.1), (400, 60, 0.2)):
            add(Cell(items, item_icc, n, clusters, True, icc, False, 0.85))
    for n, clusters, equal, icc, weighted, target in (
        (60, 0, True, 0.0, False, 0.90), (400, 0, True, 0.0, True, 0.85), (120, 30, True, 0.1, False, 0.90),
        (120, 60, True, 0.05, False, 0.90), (400, 60, True, 0.2, True, 0.90), (400, 60, False, 0.1, True, 0.90),
        (400, 30, False, 0.1, True, 0.90), (400, 12, True, 0.1, False, 0.90), (400, 60, True, 0.1, False, 0.85),
    ):  # fmt: skip
        add(Cell(1, 0.0, n, clusters, equal, icc, weighted, target))
    add(Cell(5, 0.1, 120), Cell(5, 0.6, 120), Cell(9, 0.1, 120))
    add(*odd_cells())
    return list(found)


def families() -> list[Cell]:
    """94 units at the target, each of enough people: what Holm's family error is."""
    cells = []
    for items, item_icc in ((1, 0.0), (9, 0.3), (22, 0.3), (22, 0.6)):
        cells += [
            Cell(items, item_icc, 120),
            Cell(items, item_icc, 400),
            Cell(items, item_icc, 400, weighted=True),
            Cell(items, item_icc, 400, 30, True, 0.05),
            Cell(items, item_icc, 400, 30, False, 0.1),
            Cell(items, item_icc, 400, 30, True, 0.2),
            Cell(items, item_icc, 400, 60, True, 0.2, False, 0.85),
        ]
    return cells


PROMISED = {
    Cell(22, 0.3, 120, above=0.03): 0.57,
    Cell(22, 0.3, 400, above=0.03): 0.97,
    Cell(1, 0.0, 400, above=0.03): 0.62,
}

# --- report ------------------------------------------------------------------------------------------------------


def _of(task: tuple[Cell, int]) -> Outcome:
    return judged(*task)


def run(cells: Sequence[Cell], surveys: int) -> list[Outcome]:
    """The outcome of each cell, drawn in as many processes as there are processors."""
    order = sorted(cells, key=lambda cell: -cell.n * cell.items)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(order, pool.map(_of, [(cell, surveys) for cell in order], chunksize=1), strict=True))
    return [found[cell] for cell in cells]


def at_target(found: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes that have a limit: truth at or below the target, 85 or 90, half of the surveys pass the gates."""
    return [one for one in found if one.cell.above <= 0 and one.cell.target < 0.95 and not one.cell.kind and one.counts]


def _percent(value: float) -> str:
    return f"{value * 100:.1f}"


def _line(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def report(found: Sequence[Outcome], again: Sequence[Outcome], family: Sequence[Outcome]) -> list[str]:
    """The tables for METHODS.md and what they are held against; lines that fail begin with `FAILED`."""
    more = {one.cell: one for one in again}
    found = [more.get(one.cell, one) for one in found]
    parts = [_false(found), _power(found), _proven(found), _families(family), _again(again, found)]
    failed = [text for _, own in parts for text in own]
    return [*(line for lines, _ in parts for line in lines), "", *(f"FAILED: {text}" for text in failed)]


Part = tuple[list[str], list[str]]


def _head(title: str, *columns: str) -> list[str]:
    return ["", title, "", _line(*columns), _line(*["---"] * len(columns))]


def _false(found: Sequence[Outcome]) -> Part:
    lines = _head(
        "False \"reached\" in %, cells at 85 and 90 of which half of the surveys pass the gates:",
        "figure", "cluster ICC", "cells", "largest", "mean", "limit",
    )  # fmt: skip
    failed = []
    for pooled in (False, True):
        name = "pooled answers" if pooled else "share of persons"
        own = [one for one in at_target(found) if (one.cell.items > 1) == pooled]
        for strong, limit in ((False, 0.06), (True, 0.075)):
            rates = [one.reached for one in own if (one.cell.icc > 0.1) == strong]
            label = ".2" if strong else "none to .1"
            largest, mean = max(rates), float(np.mean(rates))
            lines.append(_line(name, label, len(rates), _percent(largest), _percent(mean), _percent(limit)))
            if largest > limit:
                failed.append(f"{name}, cluster ICC {label}: {_percent(largest)} above {_percent(limit)}")
        if (mean := float(np.mean([one.reached for one in own if one.cell.above == 0]))) > 0.045:
            failed.append(f"{name}: mean {_percent(mean)} above 4.5")
    return lines, failed


def _power(found: Sequence[Outcome]) -> Part:
    null = {replace(one.cell, above=0.0): one for one in found if one.cell.above == 0}
    fair = [
        one
        for one in found
        if one.cell.above > 0 and one.counts and one.logit_t >= 0.2
        if (base := null.get(replace(one.cell, above=0.0))) is not None and base.logit_t <= 0.06
    ]
    ratio = float(np.mean([one.reached / one.logit_t for one in fair]))
    said = f"{len(fair)} cells where that keeps 6 % and has 20 %: {ratio:.3f} (at least 0.93)."
    lines = ["", f"Power over that of the t test on the logit, {said}"]
    return lines, [f"power ratio {ratio:.3f} below 0.93"] if ratio < 0.93 else []


def _proven(found: Sequence[Outcome]) -> Part:
    lines = _head(
        "Proven at 93 against 90, people drawn one by one, equal weights, in %:",
        "figure", "n", "this rule", "t test on the logit", "at least",
    )  # fmt: skip
    failed = []
    outcomes = {one.cell: one for one in found}
    for cell, least in PROMISED.items():
        one = outcomes[cell]
        name = "22 items, ICC .3" if cell.items > 1 else "persons"
        lines.append(_line(name, cell.n, _percent(one.reached), _percent(one.logit_t), _percent(least)))
        if one.reached < least:
            failed.append(f"{name}, n {cell.n}: {_percent(one.reached)} below {_percent(least)}")
    return lines, failed


def _families(family: Sequence[Outcome]) -> Part:
    title = f'{UNITS} units at the target: at least one false "reached" after Holm, in %:'
    lines, failed = _head(title, "each unit", "any", "limit"), []
    for one in family:
        if not one.counts:
            continue
        limit = 0.20 if one.cell.icc > 0.1 else 0.08
        lines.append(_line(one.cell.name, _percent(one.any_of_family), _percent(limit)))
        if one.any_of_family > limit:
            failed.append(f"family, {one.cell.name}: {_percent(one.any_of_family)} above {_percent(limit)}")
    return lines, failed


def _again(again: Sequence[Outcome], found: Sequence[Outcome]) -> Part:
    lines = _head(
        "The worst cells, drawn again with more surveys, in %:", "cell", "surveys", "past the gates", 'false "reached"'
    )
    for one in sorted(at_target(again), key=lambda one: -one.reached):
        lines.append(_line(one.cell.name, f"{one.surveys:,}", _percent(one.passing), _percent(one.reached)))
    lines += _head("Without a limit, for no rule can mend them:", "cell", "past the gates", '"reached"')
    lines += [_line(one.cell.name, _percent(one.passing), _percent(one.reached)) for one in found if one.cell.kind]
    return lines, []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="the whole grid")
    parser.add_argument("--surveys", type=int, default=6_000)
    parser.add_argument("--again", type=int, default=40_000)
    parser.add_argument("--every", action="store_true", help="a line for each cell as well")
    options = parser.parse_args()
    start = time.perf_counter()
    cells = list(grid()) if options.large else named()
    found = run(cells, options.surveys)
    worst = sorted(at_target(found), key=lambda one: -one.reached)[:20]
    again = run([*(one.cell for one in worst), *PROMISED], options.again)
    family = run(families(), 5 * options.again)
    if options.every:
        for one in found:
            print(_line(one.cell.name, _percent(one.passing), _percent(one.reached), _percent(one.logit_t)))
    lines = report(found, again, family)
    print(f"{len(cells)} cells × {options.surveys:,} surveys, seed {SEED}, {time.perf_counter() - start:.0f} s")
    print("\n".join(lines))
    return 1 if any(line.startswith("FAILED") for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
