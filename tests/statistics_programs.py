"""R with survey and haven, and PSPP: programs our files must open in. Installed from packages when missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

COMMANDS = ("Rscript", "pspp")
PACKAGES = ("r-base-core", "r-cran-survey", "r-cran-haven", "pspp")
LOADED = 'for (name in c("survey", "haven")) if (!requireNamespace(name, quietly = TRUE)) quit(status = 1)'


def are_there() -> bool:
    """Whether every program and every package of R is installed."""
    return all(map(shutil.which, COMMANDS)) and not _run(["Rscript", "--vanilla", "-e", LOADED]).returncode


def ensure() -> None:
    """Install what is missing. Raises when that cannot be done: tests with these programs are never skipped."""
    if are_there():
        return
    print("R with survey and haven, or PSPP, is missing: installing them for the tests of files …", flush=True)
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", *PACKAGES], check=False, stdout=subprocess.DEVNULL)
    if not are_there():
        raise RuntimeError(
            "The tests of files need R with its packages survey and haven, and PSPP: they were not found and could not "
            f"be installed. Install the packages {', '.join(PACKAGES)}, then run the tests again."
        )


def r(script: Path, *arguments: object) -> str:
    """What a script of R prints. Raises RuntimeError with what it said when it fails."""
    return _printed(["Rscript", "--vanilla", str(script), *map(str, arguments)])


def pspp(syntax: Path) -> str:
    """What the syntax of a file prints in PSPP, as comma-separated values. Raises RuntimeError when it fails."""
    return _printed(["pspp", "--no-statrc", "-o", "-", "-O", "format=csv", str(syntax)])


def _printed(command: list[str]) -> str:
    done = _run(command)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed with {done.returncode}: {done.stderr or done.stdout}")
    return done.stdout


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8", timeout=300)
