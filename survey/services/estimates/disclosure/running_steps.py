"""Figures of a running wave: one step a day, of the answers until yesterday, the same for everybody all day long.

Figures before and after one answer tell what it said. So a step counts the answers of whole days, and of every domain
that is published nobody or at least the minimum cell more than the step before (`analysis.disclosure.steps`). A figure
that changed by few people since it was last shown, because few answered its question or an answer has left, stays as it
was until it has changed by enough (`kept_figures`). What leaves the record leaves it at once, and figures so.

A step is kept in the folder of column snapshots for as long as it is the last: tables, hidden cells and how many people
each cell had when it was last shown; no answers. Without a folder it is computed again by each process, the same as
long as no answer has left.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from analysis.arrays import Bools
from analysis.disclosure import steps
from survey import __version__
from survey.database import Database
from survey.queries.estimates import responses
from survey.queries.estimates.responses import DataStamp
from survey.services.estimates import stored_results
from survey.services.estimates.answer_columns import Columns
from survey.services.estimates.channel_results import ChannelResults, estimate_channel
from survey.services.estimates.disclosure import patterns
from survey.services.estimates.disclosure.kept_figures import as_last_shown
from survey.services.estimates.wave_facts import WaveFacts

FORMAT = 1
ALL = 0  # among numbers by unit: all units
RESULTS, PATTERN, STEP = "results", "pattern", "step.json"


@dataclass(frozen=True)
class Step:
    """The provisional results that are shown on a day; answers of that day and later are not in them.

    `left` says how many times answers had left the record when it was made.
    """

    day: date
    results: ChannelResults
    left: tuple[int, int]

    @property
    def is_new(self) -> bool:
        """Whether no figure of the whole has stayed as an earlier step gave it, so that others may stand beside it."""
        return not any(crossing == "" for crossing, _, _ in self.results.pattern.kept)

    def is_of(self, stamp: DataStamp) -> bool:
        """Whether no answer has left the record since the step was made."""
        return self.left == _left(stamp)


def find(
    database: Database,
    wave: WaveFacts,
    channel_code: str,
    *,
    day: date,
    now: datetime,
    snapshots: Path | None = None,
    last: Step | None = None,
) -> Step:
    """The step of a day: the one that is kept, else made now and kept.

    A kept one is not used where the facts of the wave have changed, or the software; it still says what was shown.
    `last` is the step this process showed before.
    """
    channel_id = wave.channel(channel_code).id
    if snapshots is None:
        return _make(database, wave, channel_code, day=day, now=now, snapshots=None, last=last)
    path, scheme = snapshots / f"step-{channel_id}-{day.isoformat()}.bin", _scheme(wave)
    if (kept := _read(path, scheme)) is not None:
        return kept
    last = _newest(snapshots, channel_id) or last
    made = _make(database, wave, channel_code, day=day, now=now, snapshots=snapshots, last=last)
    return _keep(path, made, scheme, channel_id)


def released(answers: Columns, *, minimum: int, before: date) -> Bools:
    """Which answers (n,) of a running wave count by the start of a day."""
    return steps.released(answers.unit, answers.field, answers.fact("_day"), minimum=minimum, before=_number(before))


def _make(
    database: Database,
    wave: WaveFacts,
    channel_code: str,
    *,
    day: date,
    now: datetime,
    snapshots: Path | None,
    last: Step | None,
) -> Step:
    waiting = 0

    def counted(answers: Columns) -> Bools:
        nonlocal waiting
        found = released(answers, minimum=wave.minimum_cell, before=day)
        waiting = int(((answers.fact("_day") < _number(day)) & ~found).sum())
        return found

    with database.reading() as session:
        channel_id = wave.channel(channel_code).id
        stamp = responses.stamp(session, channel_id)
        written = responses.comments_by_unit(session, channel_id, before=day)
    since = last.results.pattern.last_shown if last is not None else {}
    results = estimate_channel(
        database, wave, channel_code, now=now, snapshots=snapshots, counted=counted, since=since
    ).provisional()  # fmt: skip
    if not results.tables:
        results = replace(results, pattern=replace(results.pattern, last_shown=since))
    elif last is not None and last.results.software == results.software:
        results = as_last_shown(results, last.results)
    before = last.results.written if last is not None else {}
    results = replace(
        results, counted_before=day, waiting=waiting, written=_in_steps(written, before, wave.minimum_cell)
    )  # fmt: skip
    return Step(day, results, _left(stamp))


def _in_steps(
    now: Mapping[tuple[int, str], int], before: Mapping[tuple[int, str], int], minimum: int
) -> dict[tuple[int, str], int]:
    """Numbers of comments by unit and of all units, those before where they changed by fewer than the minimum."""
    found = dict(now)
    for (_, item), number in now.items():
        found[ALL, item] = found.get((ALL, item), 0) + number
    return {
        key: held if (held := before.get(key, 0)) >= minimum > abs(found.get(key, 0) - held) else found.get(key, 0)
        for key in (*found, *before)
    }


def _left(stamp: DataStamp) -> tuple[int, int]:
    return stamp.removals, stamp.excluded


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


# --- kept beside the column snapshots ---------------------------------------------------------------------------------


def _scheme(wave: WaveFacts) -> str:
    """What a step rests on besides the answers, as one digest."""
    told = {field.name: _plain(getattr(wave, field.name)) for field in fields(wave) if field.compare}
    text = json.dumps([FORMAT, __version__, told], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A fact as plain data, the same for the same fact in every process."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return sorted([[_plain(key), _plain(one)] for key, one in value.items()], key=repr)
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(one) for one in value), key=repr)
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _read(path: Path, scheme: str | None = None) -> Step | None:
    """The step in a file; None where there is none, it is not whole, or it rests on something else than `scheme`."""
    try:
        with zipfile.ZipFile(path) as held:
            told = json.loads(held.read(STEP))
            if told["format"] != FORMAT or scheme not in (None, told["scheme"]):
                return None
            results, pattern = held.read(RESULTS), held.read(PATTERN)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        return None
    day = date.fromisoformat(told["day"])
    shown = {(crossing, tuple(key), figure): n for crossing, key, figure, n in told["shown"]}
    kept = frozenset((crossing, tuple(key), figure) for crossing, key, figure in told["kept"])
    found = replace(
        stored_results.unpack(results), counted_before=day, waiting=told["waiting"],
        written={(unit, item): n for unit, item, n in told["written"]},
        pattern=replace(patterns.unpack(pattern), last_shown=shown, kept=kept),
    )  # fmt: skip
    return Step(day, found, tuple(told["left"]))


def _newest(snapshots: Path, channel_id: int) -> Step | None:
    """The newest kept step of a channel, whatever it rests on; None where there is none that can be read."""
    found = (_read(path) for path in sorted(snapshots.glob(f"step-{channel_id}-*.bin"), reverse=True))
    return next((step for step in found if step is not None), None)


def _keep(path: Path, made: Step, scheme: str, channel_id: int) -> Step:
    """Write a step aside, then put it in place; older ones of the channel go.

    Where another process was first, what it kept is what is shown.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    pattern = made.results.pattern
    told = {
        "format": FORMAT, "day": made.day.isoformat(), "scheme": scheme, "waiting": made.results.waiting,
        "left": made.left, "shown": [[*cell, n] for cell, n in sorted(pattern.last_shown.items())],
        "kept": sorted(pattern.kept), "written": [[*key, n] for key, n in sorted(made.results.written.items())],
    }  # fmt: skip
    with zipfile.ZipFile(part, "w") as held:
        held.writestr(STEP, json.dumps(told))
        held.writestr(RESULTS, stored_results.pack(made.results))
        held.writestr(PATTERN, patterns.pack(pattern))
    if (first := _read(path, scheme)) is not None:
        part.unlink()
        return first
    part.replace(path)
    for old in path.parent.glob(f"step-{channel_id}-*.bin"):
        if old != path:
            old.unlink(missing_ok=True)
    return made
