"""The processes behind one command: started, started again, given up in one sentence, and stopped together."""

from __future__ import annotations

import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from survey.cli import processes
from survey.cli.processes import _Service
from survey.config import Config
from survey.errors import ConfigurationError


def service(code: str, name: str = "staff") -> _Service:
    return _Service(name, [sys.executable, "-c", code], {})


def wait(made: _Service) -> None:
    assert made.process is not None
    made.process.wait(10)


def test_address_in_use_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigurationError, match=r"make demo PORT="):
            processes._port_is_free("127.0.0.1", taken.getsockname()[1])


def test_process_that_ends_is_started_again() -> None:
    made = service("pass")
    processes._start(made)
    first = made.process
    wait(made)
    processes._restart_if_gone(made)
    assert made.process is not first
    wait(made)


def test_process_that_cannot_stay_up_ends_the_command_in_one_sentence() -> None:
    made = service("raise SystemExit(1)", "jobs")
    processes._start(made)
    for _ in range(4):
        wait(made)
        processes._restart_if_gone(made)
    wait(made)
    with pytest.raises(ConfigurationError, match="The jobs process stopped five times"):
        processes._restart_if_gone(made)


def test_running_process_is_left_alone() -> None:
    made = service("import time; time.sleep(30)")
    processes._start(made)
    first = made.process
    processes._restart_if_gone(made)
    assert made.process is first
    processes._stop([made])
    assert first is not None
    assert first.poll() is not None


def test_process_that_does_not_listen_is_killed_in_the_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.3)
    ready = tmp_path / "deaf"
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    made = service(f"{deaf} open({str(ready)!r}, 'w').close(); time.sleep(30)")
    processes._start(made)
    while not ready.exists():
        assert made.process is not None
        assert made.process.poll() is None
    started = time.monotonic()
    processes._stop([made])
    assert time.monotonic() - started < 5
    assert made.process is not None
    assert made.process.poll() is not None


def test_citizens_staff_and_jobs_are_processes_of_their_own(config: Config) -> None:
    services = processes._services(replace(config, port=8123), staff_port=9123)
    by_name = {s.name: s for s in services}
    assert set(by_name) == {"staff", "jobs", "citizen"}
    assert by_name["citizen"].environ["HAILONG_FACES"] == "citizen"
    assert by_name["citizen"].environ["HAILONG_STAFF_URL"] == "http://127.0.0.1:9123"
    assert by_name["staff"].environ["HAILONG_FACES"] == "staff"
    assert "127.0.0.1:8123" in by_name["citizen"].command
    assert "127.0.0.1:9123" in by_name["staff"].command  # never from outside
