"""A hundred million respondents in a hundred Parquet parts: bounded memory, linear time, totals that come out even.

    python -m tests.load.large_bench                 100 parts of 1,000,000 respondents, 1 GB on disk
    python -m tests.load.large_bench --parts 10      fewer

The parts are written by a seeded generator, each another million, into build/bench-large, and removed at the end
(`--keep` leaves them and finds them again; `make clean` takes them away). Weights are quarters, so that every sum is
exact and must equal the generator's own.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
from pyarrow import parquet

from analysis.estimation.domain_estimates import estimate, partition_of
from analysis.inference.estimate_tables import table_of
from analysis.totals.parquet_parts import Source, totals_of_all
from analysis.totals.streaming import Totals
from tests.load.analysis_bench import COMMUNES, ITEMS, PSUS, judged, plan

ROWS, PARTS, SEED = 1_000_000, 100, 20261120
FOLDER = Path(__file__).resolve().parents[2] / "build" / "bench-large"
_BYTES_A_ROW = 12


@dataclass(frozen=True)
class Pass:
    """One way through some parts."""

    parts: int
    rows: int
    seconds: float
    peak_gb: float
    equal: bool
    estimates: int

    @property
    def micro(self) -> float:
        return self.seconds / self.rows * 1e6


def source() -> Source:
    return Source(plan(composite=True), (("commune",),), stratum="commune", psu="psu", weight="weight")


def make_part(folder: Path, number: int, rows: int = ROWS) -> None:
    """One part with its own sums: Σ w of answers and of satisfied answers by commune and item, and the rows."""
    path = folder / f"part-{number:03d}.parquet"
    if path.exists() and path.with_suffix(".npz").exists():
        return
    random = np.random.default_rng((SEED, number))
    psu = np.sort(random.integers(0, COMMUNES * PSUS, rows, np.int32))
    commune = (psu // PSUS).astype(np.int16)
    level = ((commune.astype(np.int64) * 7919) % 16).astype(np.uint8)
    weight = random.integers(8, 200, rows).astype(np.uint8)
    quarters = weight / 4
    columns = {"commune": pa.array(commune), "psu": pa.array(psu), "weight": pa.array(quarters)}
    answered, satisfied = np.zeros((2, len(ITEMS), COMMUNES))
    for place, item in enumerate(ITEMS):
        share = _codes(0.6 if place > 17 else 0.02)
        codes = share[level.astype(np.int64) * 256 + random.integers(0, 256, rows, np.uint8)]
        columns[item] = pa.array(codes, mask=codes == 0)
        answered[place] = np.bincount(commune, np.where(codes > 0, quarters, 0), COMMUNES)
        satisfied[place] = np.bincount(commune, np.where(codes >= 4, quarters, 0), COMMUNES)
    part = path.with_suffix(".part")
    parquet.write_table(pa.table(columns), part, compression="zstd", compression_level=1, row_group_size=rows // 4)
    np.savez(
        path.with_suffix(".npz"), answered=answered, satisfied=satisfied, rows=np.bincount(commune, minlength=COMMUNES)
    )
    part.rename(path)


def _codes(blank: float) -> np.ndarray:
    """For each of 16 levels and 256 equally likely draws an answer 1..5, or 0 for none."""
    made = np.zeros((16, 256), np.uint8)
    draws = np.arange(256) / 256
    for level in range(16):
        own = np.digitize((draws - blank) / (1 - blank), [0.02, 0.06, 0.22 - level * 0.008, 0.72]) + 1
        made[level] = np.where(draws < blank, 0, own)
    return made.reshape(-1)


def make(folder: Path, parts: int, *, processes: int = 2) -> float:
    """Every part; how many seconds that took."""
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < 2 * parts * ROWS * _BYTES_A_ROW:
        raise SystemExit(f"{folder}: {2 * parts * ROWS * _BYTES_A_ROW / 1e9:.1f} GB of free disk are needed.")
    start = time.perf_counter()
    with get_context("spawn").Pool(processes) as pool:
        pool.starmap(make_part, [(folder, number) for number in range(parts)], chunksize=1)
    return time.perf_counter() - start


def clear(folder: Path) -> None:
    """Away with the parts, and with the folder if there is nothing else in it."""
    for file in folder.glob("part-*"):
        file.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def run(folder: Path, parts: int, *, processes: int = 2) -> Pass:
    """Parts to totals to estimates, intervals and verdicts of every commune; whether the sums are the generator's."""
    paths = [folder / f"part-{number:03d}.parquet" for number in range(parts)]
    with _Watch() as watch:
        start = time.perf_counter()
        totals = totals_of_all(paths, source(), processes=min(processes, parts))
        partition = partition_of(totals, ("commune",))
        found = estimate(totals, ("commune",), partition=partition)
        table = table_of(found)
        judged(totals, found, partition)
        seconds = time.perf_counter() - start
    return Pass(parts, totals.rows, seconds, watch.most / 1e9, _even(totals, paths), len(table))


def _even(totals: Totals, paths: Sequence[Path]) -> bool:
    """Whether every sum is exactly the generator's."""
    table = totals.by(("commune",)).coarsened(("commune",))
    made = [np.load(path.with_suffix(".npz")) for path in paths]
    columns = totals.layout.columns
    good = np.array_equal(table.keys[:, 0], np.arange(COMMUNES))
    good &= np.array_equal(table.counts[:, 0], sum(own["rows"] for own in made))
    for kind in ("answered", "satisfied"):
        wanted = np.sum([own[kind] for own in made], axis=0)
        good &= np.array_equal(table.sums[:, [columns[kind, item, 0] for item in ITEMS]].T, wanted)
    return bool(good)


class _Watch:
    """The most memory that this process and its children hold together."""

    def __enter__(self) -> _Watch:
        self.most, self._done = 0, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        own = psutil.Process()
        while not self._done.wait(0.05):
            held = 0
            for process in (own, *own.children(recursive=True)):
                try:
                    held += process.memory_info().rss
                except psutil.Error:
                    continue
            self.most = max(self.most, held)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--parts", type=int, default=PARTS)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--keep", action="store_true", help="leave the parts where they are")
    options = parser.parse_args()
    try:
        took = make(options.folder, options.parts, processes=options.processes)
        size = sum(file.stat().st_size for file in options.folder.glob("*"))
        what = f"{options.parts} parts of {ROWS:,} respondents × {len(ITEMS)} items"
        print(f"{what}: written in {took:.0f} s, {size / 1e9:.2f} GB", flush=True)
        print("| respondents | seconds | µs each | peak, GB (≤ 2) | estimates with verdicts | sums of the generator |")
        print("| --- | --- | --- | --- | --- | --- |", flush=True)
        for parts in sorted({size for size in (1, 10, options.parts) if size <= options.parts}):
            one = run(options.folder, parts, processes=options.processes)
            print(
                f"| {one.rows:,} | {one.seconds:.1f} | {one.micro:.2f} | {one.peak_gb:.2f} | {one.estimates:,} "
                f"| {'equal' if one.equal else 'NOT EQUAL'} |",
                flush=True,
            )
            if not one.equal:
                sys.exit(1)
    finally:
        if not options.keep:
            clear(options.folder)


if __name__ == "__main__":
    main()
