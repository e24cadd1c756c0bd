"""Results that were computed a moment ago, kept so that a page asked for again is not computed again.

Frozen results do not change; those of a single unit are read from them. Provisional ones are kept while the answers
are the same, and for a minute when new ones arrive: a dashboard that many people look at costs one computation a
minute.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from survey import clock
from survey.database import Database
from survey.errors import NotFound
from survey.models.fieldwork.waves import WaveStatus
from survey.queries.estimates import responses, result_sets
from survey.queries.estimates.responses import DataStamp
from survey.queries.estimates.result_sets import FinalStamp
from survey.services.estimates import stored_results
from survey.services.estimates.analyses import making
from survey.services.estimates.analyses.making import Analyses
from survey.services.estimates.analyses.unit_courses import UnitCourse
from survey.services.estimates.channel_results import ChannelResults, estimate_channel
from survey.services.estimates.wave_facts import WaveFacts

FRESH = timedelta(seconds=60)
FRESH_ANALYSES = timedelta(minutes=10)
MOST = 64

_Key = tuple[int, frozenset[int] | None]


@dataclass(frozen=True)
class _KeptAnalyses:
    """Further analyses with the answers and the final results they were made of."""

    analyses: Analyses
    stamp: DataStamp
    result_set_id: int | None
    made_at: datetime


@dataclass(frozen=True)
class _KeptCourses:
    """Courses of units with the results they stand beside."""

    courses: tuple[UnitCourse, ...]
    results: ChannelResults


@dataclass
class _Place:
    """What is kept for a channel and scope, with a lock: a second reader waits for the computation of the first."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    results: ChannelResults | None = None
    wave: WaveFacts | None = None
    stamp: DataStamp | None = None
    judged: int | None = None  # the final results whose verdicts the kept ones show
    analyses: _KeptAnalyses | None = None
    courses: _KeptCourses | None = None


class KeptResults:
    """The results one process has computed. `snapshots` is the folder of column snapshots, None for none."""

    def __init__(self, snapshots: Path | None = None) -> None:
        self.snapshots = snapshots
        self._places: OrderedDict[_Key, _Place] = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self,
        database: Database,
        wave: WaveFacts,
        channel_code: str,
        *,
        now: datetime,
        scope: frozenset[int] | None,
        version: int | None = None,
    ) -> ChannelResults:
        """The results of a channel: frozen once its verdicts are made, before that provisional, at most a minute old.

        A part of several units is computed anew from the answers that are there, for frozen results as well; what was
        found and judged of each of its units is what is frozen. Of a running wave a part counts the answers until
        yesterday and changes once a day: who is rated must not see the figures move when somebody leaves the counter.
        Of final results an earlier `version` may be asked for; NotFound where there is none of this number.
        """
        channel_id = wave.channel(channel_code).id
        if version is not None:
            return self._version(database, wave, channel_code, now=now, scope=scope, version=version)
        place = self._place((channel_id, scope))
        with place.lock:
            with database.reading() as session:
                stamp = responses.stamp(session, channel_id)
                final = result_sets.final_stamp(session, channel_id)
            if final is not None and (scope is None or len(scope) == 1):
                unit = None if scope is None else next(iter(scope))
                return self._final(database, place, channel_id, unit, final)
            until = clock.local_day(now) if scope is not None and wave.status is WaveStatus.OPEN else None
            judged = final.id if final is not None else None
            if place.judged != judged or not self._serves(place, wave, stamp, now, until):
                found = estimate_channel(
                    database, wave, channel_code, now=now, snapshots=self.snapshots, scope=scope, until=until
                )
                if final is not None and scope is not None:
                    found = found.beside(self.of(database, wave, channel_code, now=now, scope=None), scope)
                place.results = found if final is not None else found.provisional()
                place.wave, place.stamp, place.judged = wave, stamp, judged
            assert place.results is not None
            return place.results

    def _version(
        self, database: Database, wave: WaveFacts, channel_code: str, *, now: datetime, scope: frozenset[int] | None,
        version: int,
    ) -> ChannelResults:  # fmt: skip
        """Final results of one version, read from the record."""
        found = stored_results.find(database, wave.channel(channel_code).id, version)
        if found is None:
            raise NotFound("There is no version %(number)s of these results.", number=version)
        if scope is None:
            return found
        if len(scope) == 1:
            return found.of_unit(next(iter(scope)))
        together = estimate_channel(database, wave, channel_code, now=now, snapshots=self.snapshots, scope=scope)
        return together.beside(found, scope)

    def analyses_of(self, database: Database, wave: WaveFacts, channel_code: str, *, now: datetime) -> Analyses:
        """The further analyses of a whole channel: those made with its final results, else at most ten minutes old."""
        results = self.of(database, wave, channel_code, now=now, scope=None)
        channel_id = wave.channel(channel_code).id
        place = self._place((channel_id, None))
        with place.lock:
            with database.reading() as session:
                stamp = responses.stamp(session, channel_id)
            if (held := place.analyses) is not None and held.result_set_id == results.result_set_id:
                young = held.stamp.removals == stamp.removals and timedelta() <= now - held.made_at < FRESH_ANALYSES
                if held.stamp == stamp or young:
                    return held.analyses
            found = making.find(database, channel_id) if results.result_set_id is not None else None
            found = found or making.analyse(database, wave, results, now=now, snapshots=self.snapshots)
            place.analyses = _KeptAnalyses(found, stamp, results.result_set_id, now)
            return found

    def courses_of(
        self, database: Database, wave: WaveFacts, channel_code: str, *, now: datetime, scope: frozenset[int]
    ) -> tuple[UnitCourse, ...]:
        """The courses of a part of the units of a running wave: as its results, until yesterday."""
        results = self.of(database, wave, channel_code, now=now, scope=scope)
        place = self._place((wave.channel(channel_code).id, scope))
        with place.lock:
            if place.courses is None or place.courses.results is not results:
                found = making.courses(
                    database, wave, results, units=scope, until=clock.local_day(results.made_at),
                    snapshots=self.snapshots,
                )  # fmt: skip
                place.courses = _KeptCourses(found, results)
            return place.courses.courses

    def _place(self, key: _Key) -> _Place:
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > MOST:
                self._places.popitem(last=False)
            return place

    @staticmethod
    def _final(
        database: Database, place: _Place, channel_id: int, unit: int | None, stamp: FinalStamp
    ) -> ChannelResults:
        if place.results is None or place.results.result_set_id != stamp.id:
            found = stored_results.find(database, channel_id)
            assert found is not None
            place.results = found if unit is None else found.of_unit(unit)
        return replace(place.results, deleted_since=stamp.deleted_since)

    @staticmethod
    def _serves(place: _Place, wave: WaveFacts, stamp: DataStamp, now: datetime, until: date | None) -> bool:
        """Whether the kept results may still be shown: same facts, and same answers or made a short while ago."""
        if place.results is None or place.wave != wave or place.stamp is None:
            return False
        if place.stamp.removals != stamp.removals:  # somebody took an answer back: their wish counts at once
            return False
        if until is not None:
            return clock.local_day(place.results.made_at) == until
        return place.stamp == stamp or timedelta() <= now - place.results.made_at < FRESH
