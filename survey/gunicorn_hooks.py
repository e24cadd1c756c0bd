"""What gunicorn does in each worker."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from threading import Timer

if Path("/dev/shm").is_dir():
    worker_tmp_dir = "/dev/shm"  # a worker's heartbeat must not wait for a disk

LOAD_AFTER = 10.0  # seconds: not while the first pages after a start are made
SLOW_TO_LOAD = ("survey.services.estimates.finalising", "statsmodels.stats.multitest")


def post_worker_init(_worker: object) -> None:
    # A thread that holds the write lock must not wait 5 ms for its turn to run.
    sys.setswitchinterval(0.0005)
    if os.environ.get("HAILONG_FACES") == "staff":
        timer = Timer(LOAD_AFTER, _load)
        timer.daemon = True
        timer.start()


def _load() -> None:
    """Load what verdicts need before anybody asks for some: pandas, which statsmodels brings, takes 0.7 s."""
    for name in SLOW_TO_LOAD:
        import_module(name)
