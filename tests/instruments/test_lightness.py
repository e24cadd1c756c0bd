"""Citizen workers read forms and answers: what they import must stay small."""

from __future__ import annotations

import subprocess
import sys

SMALL = """
from instruments import answers, codec, library, routing
from instruments.model import document, indices, text
"""
HEAVY = ("numpy", "scipy", "pandas", "sqlalchemy", "flask", "pyxform", "openpyxl", "asyncio", "http")


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_reading_forms_and_answers_imports_nothing_heavier_than_pydantic():
    loaded = run(f"{SMALL}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))").split()
    assert "pydantic" in loaded
    assert [name for name in HEAVY if name in loaded] == []
    assert "instruments.checks.linting" not in run(f"{SMALL}\nimport sys\nprint(*sys.modules)")


def test_reading_forms_and_answers_takes_less_than_sixty_megabytes():
    status = run(f"{SMALL}\nprint(open('/proc/self/status').read())")  # getrusage remembers the parent's size
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    assert int(peak) < 60_000  # kB
