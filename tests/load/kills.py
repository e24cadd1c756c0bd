"""Workers, or all processes at once, are killed outright at random moments while citizens send and try again.

    python -m tests.load.kills [--rounds 100] [--postgresql]

Then: whatever was acknowledged is stored, nothing is stored twice or by half, the record is sound.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import select

from instruments import library
from survey.database import Database, check_integrity
from survey.models.intake.responses import Response, SubmissionCount
from survey.tokens import Tokens
from tests.load import loops, servers
from tests.load.citizens import ask

CODE = "K9K9K9"
ITEMS = [f"q{n}" for n in range(1, 10)]


@dataclass(frozen=True)
class Outcome:
    rounds: int
    acknowledged: int
    stored: int
    lost: int  # acknowledged and not stored: must be 0
    half_written: int
    counted: int  # accepted sendings in the counters
    problems: tuple[str, ...]
    seconds: float

    @property
    def sound(self) -> bool:
        return not self.lost and not self.half_written and not self.problems and self.counted == self.stored


def trial(folder: Path, database_url: str, *, rounds: int, people: int = 24, seed: int = 7) -> Outcome:
    draw = random.Random(seed)
    started = time.monotonic()
    acknowledged: set[str] = set()
    servers.prepare(database_url, {CODE: library.load("one-stop-short")})
    port = servers.free_port()
    done_rounds = 0
    while done_rounds < rounds:
        with servers.citizen_face(folder, database_url, port=port) as face:
            # Most rounds kill one worker, which gunicorn replaces; now and then everything is killed at once.
            together = min(rounds - done_rounds, draw.randint(4, 9))
            loops.finish(_storm(face, together, people, acknowledged, draw))
            done_rounds += together
            for process in face.processes():
                process.kill()
    return _judge(database_url, folder, acknowledged, rounds, time.monotonic() - started)


async def _storm(face: servers.Server, rounds: int, people: int, acknowledged: set[str], draw: random.Random) -> None:
    over = asyncio.Event()

    async def person(seed: int) -> None:
        mine = random.Random(seed)
        while not over.is_set():
            try:
                await _answer_until_thanked(face, mine, acknowledged, over)
            except (OSError, ValueError, IndexError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.02)

    crowd = [asyncio.create_task(person(draw.randrange(1 << 30))) for _ in range(people)]
    for _ in range(rounds):
        await asyncio.sleep(0.25 + draw.random() * 0.2)
        workers = face.workers()
        if workers:
            draw.choice(workers).kill()
    await asyncio.sleep(draw.random() * 0.2)
    over.set()
    for process in face.processes():  # everything at once, while sendings are under way
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    await asyncio.wait(crowd, timeout=10)
    for task in crowd:
        task.cancel()


async def _answer_until_thanked(
    face: servers.Server, draw: random.Random, acknowledged: set[str], over: asyncio.Event
) -> None:
    opened = await ask(face.host, face.port, "GET", f"/{CODE}")
    key = opened.body.split(b'name="_key" value="')[1].split(b'"')[0].decode()
    body = "&".join([f"_key={key}", "_shown_in=vi", *(f"{q}={draw.randint(1, 5)}" for q in ITEMS)]).encode()
    while not over.is_set():
        try:
            sent = await ask(face.host, face.port, "POST", f"/{CODE}", body)
        except (OSError, ValueError, IndexError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.02)
            continue
        if sent.status == 303:
            acknowledged.add(key)
            return


def _judge(database_url: str, folder: Path, acknowledged: set[str], rounds: int, seconds: float) -> Outcome:
    keys = json.loads((folder / "secrets.json").read_text())["keys"]
    tokens = Tokens(tuple(bytes.fromhex(k) for k in keys))
    digests = set()
    for text in acknowledged:
        key = tokens.read_submission_key(text)
        assert key is not None
        digests.add(key.digest)
    database = Database(database_url)
    with database.reading() as session:
        stored = {row.key_digest: row.answers for row in session.execute(select(Response.key_digest, Response.answers))}
        counted = sum(session.scalars(select(SubmissionCount.accepted)))
    half = sum(1 for answers in stored.values() if set(json.loads(answers)) != set(ITEMS))
    outcome = Outcome(
        rounds, len(digests), len(stored), len(digests - set(stored)), half, counted,
        tuple(check_integrity(database)), seconds,
    )  # fmt: skip
    database.dispose()
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hailong-kills-") as name:
        folder = Path(name)
        outcome = trial(folder, f"sqlite:///{folder / 'record.db'}", rounds=options.rounds)
        print(outcome, "sound" if outcome.sound else "NOT SOUND")


if __name__ == "__main__":
    main()
