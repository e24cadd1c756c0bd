"""How fast the statistics are: the engine's pass against a bare NumPy pass in the same run.

    python -m tests.load.analysis_bench            1,000,000 respondents × 22 items × 3,321 communes
    python -m tests.load.analysis_bench --rows 100000

Ours gives every item, factor and the overall index for every domain: n, standard error, df, logit and Wilson
intervals, design effects and verdicts. The bare pass gives the rates of the items and their standard errors. The two
take turns, and the ratio is that of the fastest of each: what else the machine does makes both slower. Seconds say more
about the machine.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import psutil

from analysis.estimation.domain_estimates import DomainEstimates, estimate, partition_of
from analysis.estimation.domains import Partition
from analysis.estimation.evidence_from_totals import evidence_of_totals
from analysis.inference.estimate_tables import is_rate, table_of
from analysis.inference.verdicts import Figures, judge
from analysis.totals.chunk_sums import Chunk
from analysis.totals.measure_plan import MeasurePlan, Node, RatedItem
from analysis.totals.streaming import Shape, Totals
from tests.load.numpy_pass import one_pass

ITEMS = tuple(f"q{k:02d}" for k in range(1, 23))
FACTORS = {"F1": ITEMS[:4], "F2": ITEMS[4:9], "F3": ITEMS[9:14], "F4": ITEMS[14:18], "F5": ITEMS[18:]}
COMMUNES, PSUS = 3321, 10
CHUNK = 250_000


def survey(rows: int) -> dict[str, np.ndarray]:
    """Seeded synthetic respondents: codes 1..5 with 0 for no answer."""
    random = np.random.default_rng(12345)
    commune = np.sort(random.integers(0, COMMUNES, rows))
    psu = commune * PSUS + random.integers(0, PSUS, rows)
    level = random.normal(0, 0.4, COMMUNES)[commune] + random.normal(0, 0.3, COMMUNES * PSUS)[psu]
    codes = np.empty((rows, 22), np.uint8, order="F")
    for k in range(22):
        own = level + random.normal(0, 1.0, rows)
        codes[:, k] = np.digitize(own, [-2.6, -1.9, -1.1, 0.5]) + 1
        codes[random.random(rows) < (0.6 if k > 17 else 0.02), k] = 0
    return {
        "codes": codes,
        "commune": commune,
        "psu": psu,
        "province": (commune * 34) // COMMUNES,
        "service": random.integers(0, 3, rows),
        "weight": np.round(np.exp(random.normal(3, 0.5, rows)), 4),
    }


def plan(*, composite: bool) -> MeasurePlan:
    """Items, pooled factors and the overall index: the mean of factors, or pooled over all items."""
    factors = tuple(Node(code, "factor", items) for code, items in FACTORS.items())
    if composite:
        index = Node("index", "index", tuple(FACTORS), "mean_of_children", ("pooled_rate",))
    else:
        index = Node("index", "index", ITEMS)
    return MeasurePlan(tuple(RatedItem(item) for item in ITEMS), nodes=(*factors, index))


def ours(data: dict[str, np.ndarray], codes: np.ndarray, by: tuple[str, ...], *, second_stage: bool) -> int:
    """The whole way from arrays to a table of estimates and verdicts; how many of them."""
    shape = Shape(clustered=True, second_stage=second_stage)
    totals = Totals(plan(composite=not second_stage), shape, (by,))
    rows = len(codes)
    population = (np.full(rows, 30.0), np.full(rows, 4000.0)) if second_stage else (None, None)
    for start in range(0, rows, CHUNK):
        part = slice(start, min(start + CHUNK, rows))
        keys = {"stratum": data["commune"][part], "psu": data["psu"][part]}
        keys |= {name: data[name][part] for name in by}
        first, second = (None if size is None else size[part] for size in population)
        totals.add(Chunk(codes[part], keys, data["weight"][part], None, first, second))
    partition = partition_of(totals.settle(), by)
    found = estimate(totals, by, partition=partition)
    table = table_of(found, intervals_wanted=("logit", "wilson"))
    verdicts = judged(totals, found, partition)
    assert verdicts > 0
    return len(table)


def judged(totals: Totals, found: DomainEstimates, partition: Partition, target: float = 0.85) -> int:
    """How many verdicts there are: every rate that is one ratio, in every domain, against one target."""
    rates = [one for one in found.measures if is_rate(one.name) and one in totals.layout.ratios]
    places = [found.place(one) for one in rates]
    figures = Figures(*(getattr(found, name)[:, places].ravel() for name in ("estimate", "se", "df", "n", "rows")))
    evidence = evidence_of_totals(totals, found, rates, partition=partition).raveled()
    return len(judge(figures, evidence, target).verdict)


@dataclass(frozen=True)
class Case:
    """A task, what it took beside the bare pass, and what is promised."""

    what: str
    seconds: float
    bare_s: float
    beyond_gb: float
    promised: float
    estimates: int

    @property
    def ratio(self) -> float:
        return self.seconds / self.bare_s


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def memory_beyond(work: Callable[[], object]) -> float:
    """The most memory that a piece of work holds beyond what was there before, in GB."""
    process, done = psutil.Process(), threading.Event()
    before = process.memory_info().rss
    most = before

    def watch() -> None:
        nonlocal most
        while not done.wait(0.005):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return (most - before) / 1e9


CASES = (
    ("by commune, clusters in strata, mean of pooled factors", ("commune",), False, 3.0),
    (
        "by province × service across strata, two stages with FPC, means of item rates",
        ("province", "service"),
        True,
        6.0,
    ),
)


def run(rows: int, times: int) -> Iterator[Case]:
    data = survey(rows)
    blank = np.where(data["codes"] == 0, 255, data["codes"]).astype(np.uint8, order="F")

    def bare() -> object:
        return one_pass(data["codes"], data["psu"], data["commune"], data["weight"])

    for what, by, second_stage, promised in CASES:

        def work(by: tuple[str, ...] = by, second_stage: bool = second_stage) -> int:
            return ours(data, blank, by, second_stage=second_stage)

        beyond, estimates = memory_beyond(work), work()
        taken = [(timed(bare), timed(work)) for _ in range(times)]
        yield Case(what, min(own for _, own in taken), min(own for own, _ in taken), beyond, promised, estimates)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=15)
    options = parser.parse_args()
    print(f"{options.rows:,} respondents × {len(ITEMS)} items, {COMMUNES:,} communes, {COMMUNES * PSUS:,} clusters")
    print("| estimates with verdicts | bare NumPy, s | ours, s | ratio | promised | beyond the data, GB (≤ 0.5) |")
    print("| --- | --- | --- | --- | --- | --- |")
    for case in run(options.rows, options.times):
        print(
            f"| {case.estimates:,} {case.what} | {case.bare_s:.2f} | {case.seconds:.2f} | {case.ratio:.1f} "
            f"| ≤ {case.promised:g} | {case.beyond_gb:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
