"""How fast the statistics are: the engine's pass against a bare NumPy pass in the same run.

    python -m tests.load.analysis_bench            1,000,000 respondents × 22 items × 3,321 communes
    python -m tests.load.analysis_bench --rows 100000

Ours gives every item, factor and the overall index for every domain: n, standard error, df, logit and Wilson
intervals, design effects and verdicts. The bare pass gives the rates of the items and their standard errors. Ratios
are of medians; seconds say more about the machine.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Callable

import numpy as np
import psutil

from analysis.domain_estimates import estimate
from analysis.features import Chunk
from analysis.plan import MeasurePlan, Node, RatedItem
from analysis.results import table_of
from analysis.totals import Shape, Totals
from analysis.verdicts import Figures, judge
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
    found = estimate(totals.settle(), by)
    table = table_of(found, intervals_wanted=("logit", "wilson"))
    judgement = judge(Figures(table.estimate, table.se, table.df, table.n, table.rows), 0.85)
    return len(judgement.verdict)


def timed(work: Callable[[], object], times: int) -> float:
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    data = survey(options.rows)
    blank = np.where(data["codes"] == 0, 255, data["codes"]).astype(np.uint8, order="F")
    bare = timed(lambda: one_pass(data["codes"], data["psu"], data["commune"], data["weight"]), max(options.times, 3))
    print(f"{options.rows:,} respondents × 22 items × {COMMUNES:,} communes")
    print("| pass | seconds | ratio | promised | beyond the data |\n| --- | --- | --- | --- | --- |")
    print(f"| bare NumPy: rates and standard errors of items | {bare:.2f} | 1 | | |")
    cases = (
        ("ours, by commune, with verdicts", ("commune",), False, 3),
        ("ours, by province × service, two stages with FPC, pooled index", ("province", "service"), True, 6),
    )
    for name, by, second_stage, promised in cases:

        def work(by: tuple[str, ...] = by, second_stage: bool = second_stage) -> int:
            return ours(data, blank, by, second_stage=second_stage)

        seconds = timed(work, options.times)
        print(
            f"| {name} | {seconds:.2f} | {seconds / bare:.1f} | ≤ {promised} | {memory_beyond(work):.2f} GB (≤ 0.5) |",
            flush=True,
        )


if __name__ == "__main__":
    main()
