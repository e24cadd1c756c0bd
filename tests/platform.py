"""The whole platform in processes of its own, as `hailong run` and `hailong demo` serve it, and a person signed in.

For journeys and benchmarks: everything goes over HTTP.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pyotp

from survey.config import ROOT
from tests.load.servers import free_port

READY_SECONDS = 180
ACTION = re.compile(r'<form method="post" action="([^"]+)"')
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Platform:
    """A running platform. `output` is the file its words go to."""

    process: subprocess.Popen[bytes]
    base_url: str
    instance: Path
    output: Path

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def processes(self, words: str) -> list[psutil.Process]:
        """Its processes whose command line has these words."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [p for p in children if words in " ".join(p.cmdline())]

    def sign_in(self, username: str, password: str, totp_secret: str) -> Visitor:
        return Visitor.signed_in(self.base_url, username, password, totp_secret)


@contextlib.contextmanager
def serving(command: str, instance: Path, **environ: str) -> Iterator[Platform]:
    """`hailong <command>` until it answers. Words in `environ` are settings, such as DATABASE_URL."""
    port = environ.pop("PORT", "") or str(free_port())
    output = instance / "output.txt"
    settings = {"HAILONG_INSTANCE": str(instance), "PORT": port, "HOST": "127.0.0.1", **environ}
    with output.open("wb") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", "survey.cli", command], cwd=ROOT, env={**os.environ, **settings}, stdout=words,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    platform = Platform(process, f"http://127.0.0.1:{port}", instance, output)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while "Ctrl+C" not in platform.said():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"hailong {command} did not come up: {platform.said()[-2000:]}")
            time.sleep(0.1)
        yield platform
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Visitor:
    """A signed-in person without a browser."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, follow_redirects=True, timeout=120)

    @classmethod
    def signed_in(cls, base_url: str, username: str, password: str, totp_secret: str) -> Visitor:
        visitor = cls(base_url)
        page = visitor.http.get("/quan-tri/dang-nhap")
        page = visitor.send(page, username=username, password=password)
        page = visitor.send(page, code=pyotp.TOTP(totp_secret).now())
        if page.url.path.rstrip("/") != "/quan-tri":
            raise RuntimeError(f"{username} could not sign in: {page.url}")
        return visitor

    def send(self, page: httpx.Response, path: str = "", **fields: str) -> httpx.Response:
        """Send the last form of a page, or the one that goes to `path`, with its token."""
        actions, found = ACTION.findall(page.text), TOKEN.search(page.text)
        if found is None or (path and path not in actions):
            raise RuntimeError(f"{page.url} has no such form, only {actions}")
        return self.http.post(path or actions[-1], data={"csrf_token": found[1], **fields})
