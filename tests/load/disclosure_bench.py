"""How long it takes to protect what is published of a wave, beside a bare NumPy pass over the same counts.

    python -m tests.load.disclosure_bench                  101 units × 13 fields × 22 questions, five factors, an index
    python -m tests.load.disclosure_bench --minimum 33

Units and fields differ in size as those of a province do: a few large ones, many small. The bare pass sums the counts
of every crossing and gives its rates, a hundred times. Seconds say more about the machine; those of the processor are
given as well, which other work on it changes less.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from analysis.disclosure.audit import protect
from analysis.disclosure.counts import AnswerCounts
from analysis.disclosure.rules import DisclosureRule
from tests.load.analysis_bench import FACTORS, ITEMS

UNITS, FIELDS, PER_UNIT = 101, 13, 200
PASSES = 100


def wave(seed: int, per_unit: int) -> AnswerCounts:
    """Seeded synthetic counts: nearly all answer a question, three in ten each of the last three."""
    random = np.random.default_rng(seed)
    size = np.outer(np.exp(random.normal(0, 1.1, UNITS)), np.exp(random.normal(0, 1.0, FIELDS)))
    people = random.poisson(size * per_unit * UNITS / size.sum())
    people[random.random(people.shape) < 0.25] = 0
    unit, field = np.nonzero(people)
    persons = people[unit, field]
    share = np.where(np.arange(len(ITEMS)) < len(ITEMS) - 3, 0.98, 0.3)
    answered = random.binomial(persons[:, None], share)
    level = np.clip(random.normal(0.85, 0.08, (len(unit), 1)), 0.3, 0.99)
    composites = {**FACTORS, "index": tuple(FACTORS)}
    satisfied = random.binomial(answered, level)
    return AnswerCounts(unit, field, field // 4, persons, ITEMS, answered, satisfied, composites)


def published(counts: AnswerCounts) -> dict[str, tuple[str, ...]]:
    every = (*counts.names, *counts.composites)
    return dict.fromkeys(("", "unit", "field", "group"), every) | {
        "unit,field": ("index",),
        "unit,group": ("index",),
    }


def bare(counts: AnswerCounts) -> float:
    """Rates of every question by unit, field and group, a hundred times."""
    total = 0.0
    for _ in range(PASSES):
        for group in (counts.unit, counts.field, counts.group):
            sums = [np.zeros((int(group.max()) + 1, len(counts.names))) for _ in range(2)]
            np.add.at(sums[0], group, counts.answered)
            np.add.at(sums[1], group, counts.satisfied)
            total += float(np.nansum(sums[1] / np.maximum(sums[0], 1)))
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minimum", type=int, default=10)
    parser.add_argument("--per-unit", type=int, default=PER_UNIT)
    parser.add_argument("--waves", type=int, default=3)
    options = parser.parse_args()
    print(f"{UNITS} units × {FIELDS} fields × {len(ITEMS)} questions, about {options.per_unit} answers a unit")
    print(
        "| cells | small | complement | by the audit | sensitive | solved | rounds | s (≤ 20) | processor, s | ratio |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for seed in range(1, options.waves + 1):
        counts = wave(seed, options.per_unit)
        before = time.process_time()
        bare(counts)
        middle = time.process_time()
        passes = middle - before
        report = protect(counts, published(counts), DisclosureRule(options.minimum, public=False)).report
        own = time.process_time() - middle
        print(
            f"| {report.published:,} | {report.small} | {report.complement} | {report.audited} | {report.sensitive:,} "
            f"| {report.solves:,} | {report.rounds} | {report.seconds:.1f} | {own:.1f} | {own / passes:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
