"""Servers to be measured: the yardstick, and the citizen's face as `make demo` runs it, each in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from instruments import codec
from instruments.model.document import InstrumentVersion
from survey import schema
from survey.cli.processes import CITIZEN_THREADS
from survey.config import ROOT
from survey.database import Database
from survey.models.questionnaires.instruments import ServiceDomain
from tests.factories.record import Record
from tests.load.citizens import ask_once

WORKERS = 2


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    host: str
    port: int

    def cpu_seconds(self) -> float:
        """User and system time of the server and its workers so far."""
        return sum(sum(p.cpu_times()[:2]) for p in self.processes())

    def processes(self) -> list[psutil.Process]:
        try:
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def workers(self) -> list[psutil.Process]:
        return self.processes()[1:]

    def worker_megabytes(self) -> list[float]:
        return [p.memory_info().rss / 2**20 for p in self.workers()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(command: list[str], environ: dict[str, str], port: int, *, path: str = "/") -> Iterator[Server]:
    words = tempfile.TemporaryFile()  # noqa: SIM115 - what the server says is read only when it does not come up
    process = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.DEVNULL,
        stderr=words,
    )  # fmt: skip
    server = Server(process, "127.0.0.1", port)
    try:
        deadline = time.monotonic() + 30
        while not ask_once("127.0.0.1", port, path):
            if process.poll() is not None or time.monotonic() > deadline:
                words.seek(0)
                said = words.read().decode(errors="replace")[-2000:]
                raise RuntimeError(f"{command[0]} did not come up: {said}")
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        words.close()


@contextlib.contextmanager
def yardstick(folder: Path) -> Iterator[Server]:
    port = free_port()
    command = ["gunicorn", "-w", str(WORKERS), "-b", f"127.0.0.1:{port}", "tests.load.yardstick:app"]
    with running(command, {"YARDSTICK_DB": str(folder / "yardstick.db")}, port) as server:
        yield server


@contextlib.contextmanager
def citizen_face(folder: Path, database_url: str, *, port: int | None = None) -> Iterator[Server]:
    """The citizen's processes exactly as `make demo` starts them."""
    port = port or free_port()
    command = [
        "gunicorn", "-w", str(WORKERS), "-k", "gthread", "--threads", str(CITIZEN_THREADS), "-b", f"127.0.0.1:{port}",
        "--no-control-socket", "--config", "python:survey.gunicorn_hooks", "--log-level", "warning", "wsgi:app",
    ]  # fmt: skip
    environ = {
        "DATABASE_URL": database_url,
        "HAILONG_INSTANCE": str(folder),
        "HAILONG_FACES": "citizen",
        "PORT": str(port),
        "MALLOC_ARENA_MAX": "2",
    }
    with running(command, environ, port, path="/healthz") as server:
        yield server


def prepare(database_url: str, versions: dict[str, InstrumentVersion]) -> None:
    """A migrated record with one open form for each code."""
    database = Database(database_url)
    schema.upgrade(database)
    record = Record(database, datetime.now(UTC))
    for code, document in versions.items():
        domain = ServiceDomain(document.service_domain)
        version = record.version(codec.dumps(document), code=document.code, domain=domain)
        unit = record.unit(name="UBND phường Mẫu")
        wave = record.wave(version=version, unit=unit, domain=domain, is_synthetic=True)
        point = record.point(record.channel(wave), unit=unit, name="Quầy số 3")
        field = record.field(name="Hộ tịch")
        record.entry_code(point, code, field_id=field.id if domain is ServiceDomain.ADMIN else None)
    database.dispose()
