"""What a citizen's first page weighs, and what Lighthouse says of it on a slow telephone.

python -m tests.load.first_page
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from instruments import library
from tests import chromium
from tests.load import loops, servers
from tests.load.citizens import ask

CODE = "W9W9W9"
LIGHTHOUSE = "lighthouse@12.8.2"  # later major versions need a newer Node
_LOADS = re.compile(
    rb'<(?:script|img|iframe|source|video)[^>]*\ssrc="|<link[^>]*rel="?(?:stylesheet|preload)|url\((?!data:)'
)


@dataclass(frozen=True)
class Weight:
    """The first page as it comes over the wire."""

    sent_bytes: int  # headers and compressed body
    requests: int
    script_bytes: int


@dataclass(frozen=True)
class Audit:
    """Lighthouse's marks, mobile, its own slow network and processor."""

    version: str
    performance: int
    accessibility: int
    first_paint_s: float


@contextlib.contextmanager
def served() -> Iterator[servers.Server]:
    """The citizen's face with one open form of nine questions."""
    with tempfile.TemporaryDirectory(prefix="hailong-page-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'record.db'}"
        servers.prepare(url, {CODE: library.load("one-stop-short")})
        with servers.citizen_face(folder, url) as face:
            yield face


def weigh(face: servers.Server) -> Weight:
    answer = loops.finish(ask(face.host, face.port, "GET", f"/{CODE}", gzip=True))
    page = gzip.decompress(answer.body) if b"gzip" in answer.headers.lower() else answer.body
    scripts = re.findall(rb"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    sent = len(answer.headers) + 4 + len(answer.body)
    return Weight(sent, 1 + len(_LOADS.findall(page)), sum(map(len, scripts)))


def audit(face: servers.Server) -> Audit | str:
    """Lighthouse's marks, or in one sentence why there are none."""
    npx = shutil.which("npx")
    if npx is None:
        return "not measured: npx is not installed"
    command = [
        npx, "--yes", LIGHTHOUSE, f"http://{face.host}:{face.port}/{CODE}", "--quiet", "--output=json",
        "--only-categories=performance,accessibility", "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=300, check=False, env={**os.environ, "CHROME_PATH": chromium.ensure()}
        )
        found = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return f"not measured: {LIGHTHOUSE} gave no answer within 300 s"
    except ValueError:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no word"]
        return f"not measured: {LIGHTHOUSE} failed ({last[0][:120]})"
    marks = found["categories"]
    return Audit(
        found["lighthouseVersion"], round(100 * marks["performance"]["score"]),
        round(100 * marks["accessibility"]["score"]),
        found["audits"]["first-contentful-paint"]["numericValue"] / 1000,
    )  # fmt: skip


def main() -> None:
    with served() as face:
        print(weigh(face))
        print(audit(face))


if __name__ == "__main__":
    main()
