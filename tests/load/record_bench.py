"""What a wave of a million answers costs from the record: estimates cold, and warm from the columnar snapshot.

    python -m tests.load.record_bench                    10,000, 100,000 and 1,000,000 answers on SQLite
    python -m tests.load.record_bench --rows 100000

The record is the demonstration with one more running wave. Its answers are drawn with replacement from 20,000 that the
demonstration's generator makes, each under a key of its own. Every measurement is a process of its own: its seconds
leave out the start of Python, its peak memory is that of the whole process.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from survey import clock, schema
from survey.config import load
from survey.database import Database
from survey.permissions import system
from survey.services.demonstration import made_up_waves, setting_up
from survey.services.demonstration.made_up_waves import MadeUpWave
from survey.services.estimates.channel_results import estimate_channel
from survey.services.estimates.wave_facts import facts
from survey.services.people.credentials import Passwords, Vault
from survey.tokens import Tokens

WAVE, CHANNEL = "TAI-LON", "qr"
SIZES = (10_000, 100_000, 1_000_000)
MADE = 20_000
_KEYS = ("key_digest", "receipt_digest")


@dataclass(frozen=True)
class Cost:
    """One reading of a wave's answers to its estimates."""

    rows: int
    cold_s: float
    warm_s: float
    cold_mb: float
    warm_mb: float
    snapshot_mb: float
    estimates: int
    cold_cpu_s: float
    warm_cpu_s: float


def fill(instance: Path, rows: int) -> Path:
    """The demonstration's record with a wave of so many answers; where the database is."""
    config = load({"HAILONG_INSTANCE": str(instance)})
    database = Database(config.database_url)
    schema.upgrade(database)
    tokens, now = Tokens(config.secret_keys), clock.now()
    setting_up.make(database, tokens, Vault(config.secret_keys), Passwords(), known=[], now=now)
    today = clock.local_day(now)
    wave = MadeUpWave(
        code=WAVE, title="Đợt lớn (THỬ NGHIỆM)", instrument="one-stop-short", asked_by="Sở Nội vụ",
        opens_on=today - timedelta(days=30), closes_on=today + timedelta(days=30), closed=False,
        responses=min(rows, MADE),
    )  # fmt: skip
    made_up_waves.make_one(database, tokens, system("benchmark"), wave, np.random.default_rng(1), now)
    database.dispose()
    path = Path(config.database_url.removeprefix("sqlite:///"))
    multiply(path, rows)
    return path


def multiply(path: Path, rows: int) -> None:
    """Answers drawn from those that are there, in the order of new keys, until the wave has so many."""
    record = sqlite3.connect(path)
    record.execute("PRAGMA synchronous=OFF")
    (wave,) = record.execute("SELECT id FROM wave WHERE code = ?", (WAVE,)).fetchone()
    names = [name for _, name, *_ in record.execute("PRAGMA table_info(response)") if name not in _KEYS]
    made = record.execute(f"SELECT {', '.join(names)} FROM response WHERE wave_id = ?", (wave,)).fetchall()
    random = np.random.default_rng(2)
    more = rows - len(made)
    keys = sorted(random.bytes(32) for _ in range(more))
    chosen = random.integers(0, len(made), more)
    places = ", ".join("?" * (len(names) + 2))
    with record:
        record.executemany(
            f"INSERT INTO response ({', '.join((*_KEYS, *names))}) VALUES ({places})",
            ((key, random.bytes(32), *made[k]) for key, k in zip(keys, chosen.tolist(), strict=True)),
        )
    record.execute("ANALYZE")
    record.close()


def measure(instance: Path) -> None:
    """In a process of its own: facts, answers, weights and every table of the channel, as the results page asks."""
    config = load({"HAILONG_INSTANCE": str(instance)})
    database = Database(config.database_url)
    start, used = time.perf_counter(), time.process_time()
    found = estimate_channel(
        database, facts(database, WAVE), CHANNEL, now=clock.now(), snapshots=instance / "snapshots"
    )
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    print(
        json.dumps(
            {
                "s": seconds,
                "cpu": cpu,
                "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "rows": found.responses,
                "estimates": sum(len(table) for table in found.tables.values()),
            }
        )
    )


def run(rows: int, *, times: int = 3) -> Cost:
    with tempfile.TemporaryDirectory(prefix="hailong-record-") as name:
        instance = Path(name)
        fill(instance, rows)
        folder = instance / "snapshots"
        cold = []
        for _ in range(2 if rows > 500_000 else times):
            for old in folder.glob("*"):
                old.unlink()
            cold.append(_measured(instance))
        warm = [_measured(instance) for _ in range(times)]
        size = sum(file.stat().st_size for file in folder.glob("*"))
    if any(one["rows"] != rows for one in (*cold, *warm)):
        raise RuntimeError(f"of {rows:,} answers {cold[0]['rows']:,} were estimated")
    return Cost(
        rows,
        min(one["s"] for one in cold),
        min(one["s"] for one in warm),
        max(one["mb"] for one in cold),
        max(one["mb"] for one in warm),
        size / 1e6,
        int(cold[0]["estimates"]),
        min(one["cpu"] for one in cold),
        min(one["cpu"] for one in warm),
    )


def _measured(instance: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.load.record_bench", "--measure", str(instance)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure)
        return
    print("| answers | cold, s | of CPU | peak, MB | warm, s | of CPU | peak, MB | snapshot, MB | estimates |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for rows in options.rows or SIZES:
        cost = run(rows)
        print(
            f"| {rows:,} | {cost.cold_s:.2f} | {cost.cold_cpu_s:.2f} | {cost.cold_mb:.0f} | {cost.warm_s:.2f} "
            f"| {cost.warm_cpu_s:.2f} | {cost.warm_mb:.0f} | {cost.snapshot_mb:.0f} | {cost.estimates:,} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
