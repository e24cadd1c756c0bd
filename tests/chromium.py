"""A real Chromium for the browser journeys: the machine's own, else from its packages, else Playwright's download."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--force-color-profile=srgb",
]


def find() -> str | None:
    """The path of an installed Chromium, or None."""
    if given := os.environ.get("CHROMIUM"):
        return given
    if found := next(filter(None, map(shutil.which, NAMES)), None):
        return found
    downloads = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    return next((str(p) for p in sorted(downloads.glob("chromium-*/chrome-linux*/chrome"))), None)


def ensure() -> str:
    """Install one if there is none. Raises when that cannot be done: browser journeys are never skipped."""
    if found := find():
        return found
    print("No Chromium found: installing one for the browser journeys …", flush=True)
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False, stdout=subprocess.DEVNULL)
    if not find():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if found := find():
        return found
    raise RuntimeError(
        "The browser journeys need Chromium: none was found and none could be installed. Install the package chromium "
        "or set CHROMIUM to its path, then run the tests again."
    )
