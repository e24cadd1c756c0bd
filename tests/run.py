"""Everything the project checks about itself, in one command: `make test`.

    python -m tests.run                style, types, import rules, then all tests
    python -m tests.run --only lint    style, types, import rules and the rules of the house
    python -m tests.run -- ARGS        further arguments for pytest

The last line is `N passed, N failed`, where each check of style, types and import rules counts as one.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Policy tests that read only the sources: quick, and worth knowing before the other tests have run.
HOUSE = [f"tests/policy/test_{name}.py" for name in ("files", "rooms", "queries", "words", "figures")]
CHECKS = [
    ("style", [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", "."]),
    ("format", [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."]),
    ("types", [sys.executable, "-m", "mypy"]),
    ("import rules", [sys.executable, "-m", "tests.import_rules"]),
    ("rules of the house", [sys.executable, "-m", "pytest", "-q", "-n", "0", "--durations=0", *HOUSE]),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=["lint", "tests"])
    parser.add_argument("rest", nargs="*", help="arguments for pytest, after --")
    options = parser.parse_args()
    passed = failed = 0
    if options.only != "tests":
        for name, command in CHECKS:
            started = time.monotonic()
            good = subprocess.run(command, cwd=ROOT, check=False).returncode == 0
            print(f"{name}: {'passed' if good else 'FAILED'} in {time.monotonic() - started:.0f} s", flush=True)
            passed, failed = passed + good, failed + (not good)
    if options.only != "lint":
        from tests import chromium, statistics_programs

        chromium.ensure()
        statistics_programs.ensure()
        more_passed, more_failed = _pytest(options.rest)
        passed, failed = passed + more_passed, failed + more_failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def _pytest(rest: list[str]) -> tuple[int, int]:
    """All tests on as many processes as there are cores; what they printed last says how many passed."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(os.cpu_count() or 1), "--dist", "worksteal", *rest]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stdout is not None
    passed = failed = 0
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        if found := re.fullmatch(r"(\d+) passed, (\d+) failed\s*", line):
            passed, failed = int(found[1]), int(found[2])
    code = process.wait()
    return passed, failed if failed or code == 0 else max(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
