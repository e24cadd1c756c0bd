"""What workers load before the first request: the staff's what verdicts need, the citizens' nothing of it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from survey.config import ROOT

STARTED = """
import sys, threading
from survey import gunicorn_hooks
gunicorn_hooks.LOAD_AFTER = 0.0
gunicorn_hooks.post_worker_init(None)
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join()
print("statsmodels" in sys.modules, "numpy" in sys.modules)
"""


@pytest.mark.parametrize(("faces", "loaded"), [("staff", "True True"), ("citizen", "False False")])
def test_only_workers_of_staff_load_what_verdicts_need(faces: str, loaded: str) -> None:
    made = subprocess.run(
        [sys.executable, "-c", STARTED], cwd=ROOT, env=os.environ | {"HAILONG_FACES": faces}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert made.stdout.strip() == loaded
