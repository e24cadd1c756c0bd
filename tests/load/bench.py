"""Every figure the project promises, measured on this machine, as one table in Markdown.

    python -m tests.load.bench                 all of them, which takes some minutes
    python -m tests.load.bench --only results  one or more: intake, kills, page, lighthouse, results, analysis, record,
                                               designer, exchange

Each line says how it was measured, what was found and what was promised. Nothing here fails: a figure that misses its
target says so.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from survey import __version__
from tests.load import analysis_bench, designer_bench, exchange_bench, first_page, intake, kills, record_bench, results

RUN = "python -m tests.load."


@dataclass(frozen=True)
class Line:
    what: str
    command: str
    figure: str
    target: str = ""
    met: bool | None = None  # None: there is no target, or it could not be measured

    def row(self) -> str:
        said = {True: "yes", False: "**no**", None: "–"}[self.met]
        return f"| {self.what} | {self.figure} | {self.target or '–'} | {said} | `{self.command}` |"


def most(what: str, command: str, value: float, limit: float, unit: str = "", *, places: int = 1) -> Line:
    return Line(what, command, f"{value:.{places}f}{unit}", f"≤ {limit:g}{unit}", value <= limit)


def least(what: str, command: str, value: float, limit: float, unit: str = "", *, places: int = 2) -> Line:
    return Line(what, command, f"{value:.{places}f}{unit}", f"≥ {limit:g}{unit}", value >= limit)


def exactly(what: str, command: str, value: int, wanted: int) -> Line:
    return Line(what, command, f"{value:,}", f"{wanted:,}", value == wanted)


def of_intake() -> Iterator[Line]:
    command = f"{RUN}intake"
    for cost, memory in intake.every(6.0, 64):
        name = cost.what
        if name.startswith("26"):
            yield most(f"{name}: server CPU per response, in yardsticks", command, cost.cpu_yardsticks, 4, places=2)
            yield least(f"{name}: responses/s over the yardstick's", command, cost.rate_ratio, 0.25)
            yield most(f"{name}: p95 of opening over the yardstick's", command, cost.open_p95_ratio, 4, places=2)
            yield most(f"{name}: p95 of sending over the yardstick's", command, cost.send_p95_ratio, 4, places=2)
        else:
            yield least(f"{name}: citizens/s over the yardstick's", command, cost.rate_ratio, 0.4)
            yield most(f"{name}: p99 of sending at full load", command, cost.send_p99_ms, 1000, " ms", places=0)
        yield Line(f"{name}: citizens/s", command, f"{cost.citizens_per_s:.0f}")
        yield exactly(f"{name}: errors", command, cost.errors, 0)
        good = cost.rows_equal_keys
        yield Line(f"{name}: rows = distinct keys", command, "yes" if good else "no", "yes", good)
        yield most(f"{name}: largest citizen worker", command, max(memory), 90, " MB", places=0)


def of_kills() -> Iterator[Line]:
    command = f"{RUN}kills"
    with tempfile.TemporaryDirectory(prefix="hailong-kills-") as name:
        folder = Path(name)
        found = kills.trial(folder, f"sqlite:///{folder / 'record.db'}", rounds=100)
    yield Line("kill -9 under load: rounds", command, f"{found.rounds}, {found.acknowledged:,} acknowledged")
    yield exactly("kill -9 under load: acknowledged and not stored", command, found.lost, 0)
    yield exactly("kill -9 under load: half-written", command, found.half_written, 0)
    whole = "sound" if found.sound else "NOT SOUND " + "; ".join(found.problems)
    yield Line("kill -9 under load: the record", command, whole, "sound", found.sound)


def of_page() -> Iterator[Line]:
    command = f"{RUN}first_page"
    with first_page.served() as face:
        found = first_page.weigh(face)
    yield most("First citizen page with everything it loads", command, found.sent_bytes / 1000, 10, " kB")
    yield exactly("First citizen page: requests", command, found.requests, 1)
    yield exactly("First citizen page: bytes of JavaScript", command, found.script_bytes, 0)


def of_lighthouse() -> Iterator[Line]:
    command = f"{RUN}first_page"
    with first_page.served() as face:
        found = first_page.audit(face)
    if isinstance(found, str):
        yield Line("Lighthouse, mobile", command, found, "performance ≥ 98, accessibility 100, FCP ≤ 1 s")
        return
    name = f"Lighthouse {found.version}, mobile"
    yield least(f"{name}: performance", command, found.performance, 98, places=0)
    yield least(f"{name}: accessibility", command, found.accessibility, 100, places=0)
    yield most(f"{name}: first contentful paint", command, found.first_paint_s, 1, " s", places=2)


def of_results() -> Iterator[Line]:
    command = f"{RUN}results"
    few, many = results.run(25_000), results.run(100_000)
    wave = "Wave of 100,000 answers"
    yield most(f"{wave}: results page, cold", command, many["page_cold_s"], 2, " s", places=2)
    yield most(f"{wave}: results page, warm", command, many["page_warm_s"], 0.3, " s", places=2)
    cold, warm = many["analyses_cold_s"], many["analyses_warm_s"]
    yield Line(f"{wave}: further analyses, cold, warm", command, f"{cold:.1f} s, {warm:.2f} s")
    yield most(f"{wave}: workbook with all rows", command, many["workbook_s"], 30, " s")
    yield most(f"{wave}: memory while it is made", command, many["workbook_worker_mb"], 500, " MB", places=0)
    seen = many["workbook_progress_seen"]
    yield least(f"{wave}: steps of progress seen", command, seen, 2, places=0)
    yield most(f"{wave}: rows as CSV", command, many["rows_s"], 10, " s")
    grown = many["rows_worker_mb"] / few["rows_worker_mb"]
    yield most(f"{wave}: memory for CSV over that for 25,000", command, grown, 1.5, places=2)
    yield Line(f"{wave}: memory while CSV is made", command, f"{many['rows_worker_mb']:.0f} MB")


def of_analysis() -> Iterator[Line]:
    command = f"{RUN}analysis_bench"
    for case in analysis_bench.run(1_000_000, 15):
        name = f"1,000,000 respondents × 22 items, {case.estimates:,} estimates {case.what}"
        yield most(f"{name}: over the bare NumPy pass", command, case.ratio, case.promised)
        yield most(f"{name}: memory beyond the data", command, case.beyond_gb, 0.5, " GB", places=2)


def of_record() -> Iterator[Line]:
    command = f"{RUN}record_bench"
    found = {rows: record_bench.run(rows) for rows in record_bench.SIZES}
    few, many = found[100_000], found[1_000_000]
    wave = "Wave of 1,000,000 answers on SQLite to every estimate"
    yield most(f"{wave}, cold", command, many.cold_s, 15, " s")
    yield most(f"{wave}, cold: peak memory", command, many.cold_mb, 1000, " MB", places=0)
    yield most(f"{wave}, warm from the snapshot", command, many.warm_s, 1, " s", places=2)
    yield Line(f"{wave}: CPU cold, warm", command, f"{many.cold_cpu_s:.1f} s, {many.warm_cpu_s:.2f} s")
    grown = (many.cold_cpu_s - found[10_000].cold_cpu_s) / (few.cold_cpu_s - found[10_000].cold_cpu_s)
    yield Line(f"{wave}: CPU beyond that for 10,000, over that of 100,000 (11 times)", command, f"{grown:.1f}")


def of_designer() -> Iterator[Line]:
    command = f"{RUN}designer_bench"
    for cost in designer_bench.run():
        yield most(f"Editor, 60 questions, {cost.what}: an act", command, cost.act_ms, 150, " ms", places=0)
        yield most(f"Editor, 60 questions, {cost.what}: the page after it", command, cost.page_ms, 150, " ms", places=0)


def of_exchange() -> Iterator[Line]:
    found = exchange_bench.measure(exchange_bench.large_form(500, 20), 3)
    name = "XLSForm of 500 questions in 20 languages"
    yield most(f"{name}: brought in", f"{RUN}exchange_bench", found["import_s"], 3, " s", places=2)


PARTS: dict[str, Callable[[], Iterator[Line]]] = {
    "intake": of_intake,
    "kills": of_kills,
    "page": of_page,
    "lighthouse": of_lighthouse,
    "results": of_results,
    "analysis": of_analysis,
    "record": of_record,
    "designer": of_designer,
    "exchange": of_exchange,
}


def machine() -> str:
    """What the figures were measured on."""
    cpu = platform.processor() or platform.machine()
    known = Path("/proc/cpuinfo")
    if known.exists():
        names = [line for line in known.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].split(":", 1)[1].strip() if names else cpu
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"Hài Lòng {__version__}, {datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} × {cpu}, {memory:.0f} GB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=sorted(PARTS), help="may be given several times")
    chosen = parser.parse_args().only or list(PARTS)
    rows = []
    for name in PARTS:
        if name in chosen:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            rows += [line.row() for line in PARTS[name]()]
    print(machine())
    print()
    print("| what | found | promised | met | command |")
    print("|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
