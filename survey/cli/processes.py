"""One command serves everything: the citizen's processes in front, the staff's behind them, and the jobs beside them.

They are separate processes so that nothing an analyst does can slow or break the taking of answers: a citizen worker
never loads numerical libraries, and an export that eats its memory is killed without touching intake. What comes for
`/quan-tri/` is handed on to the staff process on the loopback. In production a web server does that instead
(OPERATING.md); the processes are the same.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

from survey.config import ROOT, Config
from survey.errors import ConfigurationError

READY_SECONDS = 60.0
STOP_SECONDS = 20.0
CITIZEN_THREADS = 8
STAFF_THREADS = 4
_PR_SET_PDEATHSIG = 1


@dataclass
class _Service:
    name: str
    command: list[str]
    environ: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)


def serve(config: Config, *, on_ready: Callable[[], None]) -> int:
    """Start the processes, call `on_ready` once a citizen can be served, and keep them until told to stop."""
    _port_is_free(config.host, config.port)
    services = _services(config, staff_port=_free_port())
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        for service in services:
            _start(service)
        _wait_until_ready(config, services, lambda: stopping)
        if not stopping:
            on_ready()
        while not stopping:
            time.sleep(0.2)
            for service in services:
                _restart_if_gone(service)
    finally:
        _stop(services)
    return 0


def _services(config: Config, *, staff_port: int) -> list[_Service]:
    staff = f"127.0.0.1:{staff_port}"
    front = f"{config.host}:{config.port}"
    jobs = [sys.executable, "-m", "survey.cli", "jobs", "work"]
    return [
        _Service(
            "staff",
            _gunicorn(staff, config.staff_workers, STAFF_THREADS, timeout=120),
            _environ(config, HAILONG_FACES="staff"),
        ),
        _Service("jobs", jobs, _environ(config)),
        _Service(
            "citizen",
            _gunicorn(front, config.citizen_workers, CITIZEN_THREADS, timeout=30),
            _environ(config, HAILONG_FACES="citizen", HAILONG_STAFF_URL=f"http://{staff}"),
        ),
    ]


def _gunicorn(address: str, workers: int, threads: int, *, timeout: int) -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", "--bind", address, "--workers", str(workers), "--worker-class", "gthread",
        "--threads", str(threads), "--timeout", str(timeout), "--graceful-timeout", "15", "--keep-alive", "5",
        "--no-control-socket", "--log-level", "warning", "--config", "python:survey.gunicorn_hooks", "wsgi:app",
    ]  # fmt: skip


def _environ(config: Config, **more: str) -> dict[str, str]:
    known = {
        "DATABASE_URL": config.database_url,
        "HAILONG_INSTANCE": str(config.instance),
        "HOST": config.host,
        "PORT": str(config.port),
        "PUBLIC_URL": config.public_url,
        "ALLOWED_HOSTS": ",".join(sorted(config.allowed_hosts)),
        "MALLOC_ARENA_MAX": "2",  # threads would otherwise each keep a heap of their own
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **known, **more}


def _start(service: _Service) -> None:
    service.starts = [t for t in service.starts if time.monotonic() - t < 30] + [time.monotonic()]
    service.process = subprocess.Popen(service.command, cwd=ROOT, env=service.environ, preexec_fn=_die_with_parent)


def _die_with_parent() -> None:
    """When this program is killed outright, its processes must not stay behind and hold the port."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _restart_if_gone(service: _Service) -> None:
    assert service.process is not None
    if service.process.poll() is None:
        return
    if len(service.starts) >= 5:
        raise ConfigurationError(
            "The %(name)s process stopped five times within 30 seconds; its last words are above.", name=service.name
        )
    _start(service)


def _stop(services: list[_Service]) -> None:
    running = [s.process for s in reversed(services) if s.process is not None and s.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(config: Config, services: list[_Service], stopped: Callable[[], bool]) -> None:
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host
    waiting = [f"http://{host}:{config.port}/healthz", f"http://{host}:{config.port}/quan-tri/dang-nhap"]
    deadline = time.monotonic() + READY_SECONDS
    while waiting and not stopped():
        for service in services:
            _restart_if_gone(service)
        if _answers(waiting[0]):
            waiting.pop(0)
            continue
        if time.monotonic() > deadline:
            raise ConfigurationError("The server did not answer within %(seconds)s s.", seconds=int(READY_SECONDS))
        time.sleep(0.1)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _port_is_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                "The address %(host)s:%(port)s cannot be served (%(why)s). Stop what uses it, or choose another port: "
                "make demo PORT=8080.", host=host, port=port, why=error.strerror,
            ) from error  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
