"""What a complete response costs, in yardsticks of the same run.

python -m tests.load.intake [--seconds 8] [--postgresql]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from instruments import library
from tests import postgresql
from tests.load import citizens, servers
from tests.load.citizens import Tally
from tests.load.forms import synthetic

FIVE = ("1", "2", "3", "4", "5")
FORM_26 = "M26T26"
FORM_9 = "M9TM9T"


@dataclass(frozen=True)
class Cost:
    """One comparison with the yardstick, medians over the rounds."""

    what: str
    cpu_yardsticks: float  # server CPU per complete response
    rate_ratio: float  # responses/s over yardstick citizens/s
    open_p95_ratio: float
    send_p95_ratio: float
    send_p99_ms: float
    citizens_per_s: float
    errors: int
    rows_equal_keys: bool


def measure(
    what: str,
    code: str,
    questions: int,
    *,
    database_url: str,
    folder: Path,
    seconds: float,
    people: int,
    repeat_share: float = 0.0,
    rounds: int = 3,
) -> tuple[Cost, list[float]]:
    """Yardstick and form in turn, so that a slow minute slows both."""
    one = citizens.respondent(code, {f"q{n}": FIVE for n in range(1, questions + 1)}, repeat_share=repeat_share)
    found: list[dict[str, float]] = []
    errors: list[str] = []
    done = 0
    with servers.yardstick(folder) as stick, servers.citizen_face(folder, database_url) as face:
        for server, who in ((stick, citizens.yardstick), (face, one)):
            citizens.crowd(server.host, server.port, who, people=8, seconds=1.5)  # warm
        before = _rows(database_url)
        for _ in range(rounds):
            base, base_cpu = _run(stick, citizens.yardstick, people, seconds)
            ours, our_cpu = _run(face, one, people, seconds)
            errors += base.errors + ours.errors
            done += ours.done
            a, b = base.summary(), ours.summary()
            found.append(
                {
                    "cpu": (our_cpu / ours.done) / (base_cpu / base.done),
                    "rate": b["citizens_per_s"] / a["citizens_per_s"],
                    "open": b["p95_open_ms"] / a["p95_open_ms"],
                    "send": b["p95_send_ms"] / a["p95_send_ms"],
                    "p99": b["p99_send_ms"],
                    "per_s": b["citizens_per_s"],
                }
            )
        memory = face.worker_megabytes()
    rows = _rows(database_url) - before
    middle = {name: statistics.median(f[name] for f in found) for name in found[0]}
    return Cost(
        what, middle["cpu"], middle["rate"], middle["open"], middle["send"], middle["p99"], middle["per_s"],
        len(errors), rows == done,
    ), memory  # fmt: skip


def _run(server: servers.Server, who: object, people: int, seconds: float) -> tuple[Tally, float]:
    cpu = server.cpu_seconds()
    tally = citizens.crowd(server.host, server.port, who, people=people, seconds=seconds)  # type: ignore[arg-type]
    return tally, server.cpu_seconds() - cpu


def _rows(database_url: str) -> int:
    from sqlalchemy import func, select

    from survey.database import Database
    from survey.models.intake.responses import Response

    database = Database(database_url)
    with database.reading() as session:
        count = session.scalar(select(func.count()).select_from(Response)) or 0
    database.dispose()
    return count


def every(seconds: float, people: int) -> Iterator[tuple[Cost, list[float]]]:
    """The form of 26 questions, and that of 9 with repeated sendings on both databases; with the workers' memory."""
    with tempfile.TemporaryDirectory(prefix="hailong-load-") as name:
        folder = Path(name)
        forms = {FORM_26: synthetic(26), FORM_9: library.load("one-stop-short")}
        embedded = f"sqlite:///{folder / 'record.db'}"
        servers.prepare(embedded, forms)
        postgresql.prepare()
        with psycopg.connect(postgresql.admin_url(durable=True), autocommit=True) as connection:
            connection.execute("CREATE DATABASE load_test")
        server = postgresql.admin_url().rsplit("/", 1)[0] + "/load_test"
        servers.prepare(server, forms)
        runs = [
            ("26 questions, SQLite", FORM_26, 26, embedded, 0.0),
            ("9 questions, 20 % sent twice, SQLite", FORM_9, 9, embedded, 0.2),
            ("9 questions, 20 % sent twice, PostgreSQL", FORM_9, 9, server, 0.2),
        ]
        try:
            for what, code, questions, url, repeats in runs:
                yield measure(
                    what, code, questions, database_url=url, folder=folder, seconds=seconds, people=people,
                    repeat_share=repeats,
                )  # fmt: skip
        finally:
            postgresql.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--people", type=int, default=64)
    options = parser.parse_args()
    for cost, memory in every(options.seconds, options.people):
        found = asdict(cost) | {"worker_megabytes": [round(m, 1) for m in memory]}
        print(json.dumps(found, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
