"""What a wave of 100,000 answers costs: the results page, the workbook, the rows as CSV.

python -m tests.load.results [--responses 100000]
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from survey import clock, schema
from survey.config import load
from survey.database import Database
from survey.permissions import system
from survey.services.demonstration import made_up_waves, setting_up
from survey.services.demonstration.made_up_waves import MadeUpWave
from survey.services.demonstration.setting_up import Person
from survey.services.estimates import finalising
from survey.services.files import result_files
from survey.services.people.credentials import Passwords, Vault
from survey.tokens import Tokens
from tests.platform import Platform, Visitor, serving

WAVE, CLOSED = "TAI-LON", "TAI-LON-XONG"
ANALYST = "phantich.noivu"


def prepare(instance: Path, responses: int) -> Person:
    """The demonstration with a running and a closed wave more, of so many answers from every agency and commune."""
    config = load({"HAILONG_INSTANCE": str(instance)})
    database = Database(config.database_url)
    schema.upgrade(database)
    tokens, now = Tokens(config.secret_keys), clock.now()
    made = setting_up.make(database, tokens, Vault(config.secret_keys), Passwords(), known=[], now=now)
    today = clock.local_day(now)
    draw = np.random.default_rng(1)
    for code, opens, closed in ((WAVE, 30, False), (CLOSED, 95, True)):
        wave = MadeUpWave(
            code=code, title="Đợt lớn", instrument="one-stop-short", asked_by="Sở Nội vụ",
            opens_on=today - timedelta(days=opens), closes_on=today - timedelta(days=opens - 60), closed=closed,
            responses=responses,
        )  # fmt: skip
        made_up_waves.make_one(database, tokens, system("benchmark"), wave, draw, now)
    finalising.make_final(
        database, CLOSED, actor=system("benchmark"), now=now, snapshots=result_files.snapshots(instance)
    )
    database.dispose()
    return next(p for p in made.people if p.username == ANALYST)


def measure(platform: Platform, visitor: Visitor) -> dict[str, Any]:
    address = f"/quan-tri/ket-qua/{WAVE}"
    visitor.http.get("/quan-tri/ket-qua")
    seconds = [_timed(visitor, address) for _ in range(12)]
    found: dict[str, Any] = {"page_cold_s": seconds[0], "page_warm_s": statistics.median(seconds[1:])}
    further = [_timed(visitor, f"{address}/phan-tich?kenh=qr") for _ in range(5)]
    found |= {"analyses_cold_s": further[0], "analyses_warm_s": statistics.median(further[1:])}
    (worker,) = platform.processes("jobs work")
    closed = f"/quan-tri/ket-qua/{CLOSED}"  # rows are given of closed waves
    for kind in ("rows", "workbook"):
        found |= {f"{kind}_{name}": value for name, value in _file(visitor, worker, closed, kind).items()}
    return found


def _timed(visitor: Visitor, address: str) -> float:
    start = time.perf_counter()
    visitor.http.get(address).raise_for_status()
    return time.perf_counter() - start


def _file(visitor: Visitor, worker: psutil.Process, address: str, kind: str) -> dict[str, Any]:
    """Ask for a file as the screen does, and follow the page that says how far it is."""
    page = visitor.http.get(address)
    start = time.perf_counter()
    page = visitor.send(page, f"{address}/tep", tep=kind, kenh="qr")
    most, steps = 0.0, set()
    while "/tep" not in page.text:
        if time.perf_counter() - start > 300:
            raise RuntimeError(f"no {kind} after 300 s")
        for process in [worker, *worker.children(recursive=True)]:
            most = max(most, process.memory_info().rss / 2**20)
        steps |= set(re.findall(r'<progress[^>]*value="(\d+)"', page.text))
        time.sleep(0.25)
        page = visitor.http.get(str(page.url))
    seconds = time.perf_counter() - start
    size = len(visitor.http.get(f"{page.url}/tep").content)
    return {"s": seconds, "worker_mb": most, "file_mb": size / 2**20, "progress_seen": len(steps)}


def run(responses: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="hailong-results-") as name:
        instance = Path(name)
        who = prepare(instance, responses)
        with serving("run", instance) as platform:
            visitor = platform.sign_in(who.username, who.password, who.totp_secret)
            return {"responses": responses} | measure(platform, visitor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--responses", type=int, default=100_000)
    print(json.dumps(run(parser.parse_args().responses), indent=1))


if __name__ == "__main__":
    main()
