"""Citizens by the dozen: a small closed-loop load of raw HTTP, the same for the yardstick and for Hài Lòng.

Each citizen opens a page, answers, sends, and opens what the answer points to, one new connection per request as a
telephone on weak data would. Latency is the time from connecting to the last byte.
"""

from __future__ import annotations

import asyncio
import random
import re
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from tests.load import loops

_KEY = re.compile(rb'name="_key" value="([^"]+)"')


@dataclass
class Tally:
    """What happened during one run."""

    open_seconds: list[float] = field(default_factory=list)
    send_seconds: list[float] = field(default_factory=list)
    done: int = 0
    errors: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)  # acknowledged
    elapsed: float = 0.0

    def summary(self) -> dict[str, float]:
        return {
            "citizens": self.done,
            "citizens_per_s": self.done / self.elapsed if self.elapsed else 0.0,
            "errors": len(self.errors),
            "p95_open_ms": _quantile(self.open_seconds, 0.95) * 1000,
            "p95_send_ms": _quantile(self.send_seconds, 0.95) * 1000,
            "p99_send_ms": _quantile(self.send_seconds, 0.99) * 1000,
        }


@dataclass(frozen=True)
class Answer:
    status: int
    headers: bytes
    body: bytes

    @property
    def location(self) -> str:
        found = re.search(rb"(?im)^location: (\S+)", self.headers)
        return found[1].decode() if found else ""


async def ask(host: str, port: int, method: str, path: str, body: bytes = b"", *, gzip: bool = False) -> Answer:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        extra = "Accept-Encoding: gzip\r\n" if gzip else ""
        if method == "POST":
            extra += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{extra}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        head, _, rest = (await reader.read()).partition(b"\r\n\r\n")
        return Answer(int(head.split(b" ", 2)[1]) if head else 0, head, rest)
    finally:
        writer.close()


async def yardstick(host: str, port: int, tally: Tally, _draw: random.Random) -> None:
    started = time.perf_counter()
    opened = await ask(host, port, "GET", "/")
    tally.open_seconds.append(time.perf_counter() - started)
    started = time.perf_counter()
    sent = await ask(host, port, "POST", "/", b"answer=4")
    tally.send_seconds.append(time.perf_counter() - started)
    if opened.status != 200 or sent.status != 200:
        tally.errors.append(f"{opened.status}/{sent.status}")
    tally.done += 1


def respondent(
    code: str, items: dict[str, tuple[str, ...]], *, repeat_share: float = 0.0
) -> Callable[[str, int, Tally, random.Random], Awaitable[None]]:
    """A citizen who opens the form of `code`, answers every item, sends (some twice), and opens the thank-you."""

    async def answer(host: str, port: int, tally: Tally, draw: random.Random) -> None:
        started = time.perf_counter()
        opened = await ask(host, port, "GET", f"/{code}")
        tally.open_seconds.append(time.perf_counter() - started)
        found = _KEY.search(opened.body)
        if opened.status != 200 or not found:
            tally.errors.append(f"open {opened.status}")
            return
        key = found[1].decode()
        pairs = [("_key", key), ("_shown_in", "vi"), ("_send", "1")]
        pairs += [(item, draw.choice(codes)) for item, codes in items.items()]
        body = "&".join(f"{name}={quote_plus(value)}" for name, value in pairs).encode()
        for _ in range(2 if draw.random() < repeat_share else 1):
            started = time.perf_counter()
            sent = await ask(host, port, "POST", f"/{code}", body)
            tally.send_seconds.append(time.perf_counter() - started)
            if sent.status != 303:
                tally.errors.append(f"send {sent.status}")
                return
        tally.keys.append(key)
        thanked = await ask(host, port, "GET", sent.location)
        if thanked.status != 200:
            tally.errors.append(f"thanks {thanked.status}")
        tally.done += 1

    return answer


async def _crowd(host: str, port: int, one: Callable[..., Awaitable[None]], people: int, seconds: float) -> Tally:
    tally = Tally()
    until = time.perf_counter() + seconds

    async def person(seed: int) -> None:
        draw = random.Random(seed)
        while time.perf_counter() < until:
            try:
                await one(host, port, tally, draw)
            except (OSError, asyncio.IncompleteReadError, IndexError, ValueError) as error:
                tally.errors.append(type(error).__name__)

    started = time.perf_counter()
    await asyncio.gather(*(person(seed) for seed in range(people)))
    tally.elapsed = time.perf_counter() - started
    return tally


def crowd(host: str, port: int, one: Callable[..., Awaitable[None]], *, people: int, seconds: float) -> Tally:
    """`people` citizens at once, one after another each, for some seconds."""
    return loops.finish(_crowd(host, port, one, people, seconds))


def _quantile(values: list[float], share: float) -> float:
    if not values:
        return float("nan")
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=1000, method="inclusive")[min(998, round(share * 1000) - 1)]


def ask_once(host: str, port: int, path: str) -> bool:
    """Does the server answer 200?"""
    try:
        return loops.finish(ask(host, port, "GET", path)).status == 200
    except (OSError, ValueError, IndexError):
        return False
