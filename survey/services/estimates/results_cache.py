"""Results that were computed before, kept so that a page asked for again is not computed again.

Frozen results do not change. Those of a running wave are one step a day, the same for every reader
(`disclosure.running_steps`). What a part of the units sees is read from the results of all.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from survey import clock
from survey.database import Database
from survey.errors import NotFound
from survey.models.fieldwork.waves import Selection
from survey.queries.estimates import responses, result_sets
from survey.queries.estimates.result_sets import FinalStamp
from survey.services.estimates import stored_results
from survey.services.estimates.analyses import making
from survey.services.estimates.analyses.making import Analyses
from survey.services.estimates.channel_results import ChannelResults
from survey.services.estimates.disclosure import running_steps, unit_groups
from survey.services.estimates.disclosure.running_steps import Step
from survey.services.estimates.wave_facts import WaveFacts

MOST = 64


@dataclass(frozen=True)
class _KeptAnalyses:
    """Further analyses with what they stand beside: final results, or the step of a running wave."""

    analyses: Analyses
    result_set_id: int | None
    step: Step | None


@dataclass
class _Place:
    """What is kept for a channel, with a lock: a second reader waits for the computation of the first."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    results: ChannelResults | None = None  # final ones
    wave: WaveFacts | None = None
    step: Step | None = None  # of a running wave
    analyses: _KeptAnalyses | None = None


class KeptResults:
    """The results one process has computed. `snapshots` is the folder of column snapshots and steps, None for none."""

    def __init__(self, snapshots: Path | None = None) -> None:
        self.snapshots = snapshots
        self._places: OrderedDict[int, _Place] = OrderedDict()
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
        """The results of a channel: frozen once its verdicts are made, before that those of the step of the day.

        A part of the units is read from the results of all: a unit as it was found among them, several units put
        together from what is published of each. Of final results an earlier `version` may be asked for; NotFound where
        there is none of this number.
        """
        found = self._whole(database, wave, channel_code, now=now, version=version)
        if scope is None:
            return found
        return found.of_unit(next(iter(scope))) if len(scope) == 1 else unit_groups.together(found, wave, scope)

    def _whole(
        self, database: Database, wave: WaveFacts, channel_code: str, *, now: datetime, version: int | None = None
    ) -> ChannelResults:
        channel_id = wave.channel(channel_code).id
        if version is not None:
            kept = stored_results.find(database, wave, channel_id, version)
            if kept is None:
                raise NotFound("There is no version %(number)s of these results.", number=version)
            return kept
        place = self._place(channel_id)
        with place.lock:
            with database.reading() as session:
                final = result_sets.final_stamp(session, channel_id)
            if final is not None:
                return self._final(database, wave, place, channel_id, final)
            return self._step(database, wave, place, channel_code, now).results

    def _step(self, database: Database, wave: WaveFacts, place: _Place, channel_code: str, now: datetime) -> Step:
        """The step of the day, to be asked for with the place locked."""
        day = clock.local_day(now)
        if place.step is None or place.step.day != day or place.wave != wave:
            place.step = running_steps.find(
                database, wave, channel_code, day=day, now=now, snapshots=self.snapshots, last=place.step
            )
            place.wave = wave
        return place.step

    def analyses_of(self, database: Database, wave: WaveFacts, channel_code: str, *, now: datetime) -> Analyses:
        """The further analyses of a whole channel: those made with its final results, else of the step of the day.

        Where answers have left the record since the step was made, or figures of the whole have stayed as they were,
        there are none until the next one: beside these figures they would tell what had been said.
        """
        results = self._whole(database, wave, channel_code, now=now)
        others = self._others(database, wave, channel_code, now) if results.result_set_id is None else {}
        place = self._place(wave.channel(channel_code).id)
        with place.lock:
            step = place.step if results.result_set_id is None else None
            held = place.analyses
            if held is not None and held.result_set_id == results.result_set_id and held.step is step:
                return held.analyses
            found = making.find(database, wave.channel(channel_code).id) if step is None else None
            if step is not None and not self._may_analyse(database, wave, (channel_code, *others)):
                found = Analyses()
            found = found or making.analyse(database, wave, results, now=now, snapshots=self.snapshots, others=others)
            place.analyses = _KeptAnalyses(found, results.result_set_id, step)
            return found

    def _others(
        self, database: Database, wave: WaveFacts, channel_code: str, now: datetime
    ) -> dict[str, ChannelResults]:
        """The results of the channels beside which this one is set: the drawn beside the self-selected ones."""
        chosen = wave.channel(channel_code).selection is Selection.OPT_IN
        beside = (c.code for c in wave.channels if (c.selection is Selection.OPT_IN) is not chosen)
        return {code: self._whole(database, wave, code, now=now) for code in beside}

    def _may_analyse(self, database: Database, wave: WaveFacts, codes: Iterable[str]) -> bool:
        """Whether the steps of these channels are new throughout, and no answer has left the record since."""
        with database.reading() as session:
            for channel_id in (wave.channel(code).id for code in codes):
                step = self._place(channel_id).step
                if step is not None and not (step.is_new and step.is_of(responses.stamp(session, channel_id))):
                    return False
        return True

    def _place(self, channel_id: int) -> _Place:
        with self._lock:
            place = self._places.setdefault(channel_id, _Place())
            self._places.move_to_end(channel_id)
            while len(self._places) > MOST:
                self._places.popitem(last=False)
            return place

    @staticmethod
    def _final(
        database: Database, wave: WaveFacts, place: _Place, channel_id: int, stamp: FinalStamp
    ) -> ChannelResults:
        if place.results is None or place.results.result_set_id != stamp.id:
            place.results = stored_results.find(database, wave, channel_id)
            assert place.results is not None
        return replace(place.results, deleted_since=stamp.deleted_since)
