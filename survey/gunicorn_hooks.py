"""What gunicorn does in each worker."""

from __future__ import annotations

import sys
from pathlib import Path

if Path("/dev/shm").is_dir():
    worker_tmp_dir = "/dev/shm"  # a worker's heartbeat must not wait for a disk


def post_worker_init(_worker: object) -> None:
    # A thread that holds the write lock must not wait 5 ms for its turn to run.
    sys.setswitchinterval(0.0005)
