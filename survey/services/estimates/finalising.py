"""Final results: made once when a wave is closed, with the further analyses that stand beside them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from survey.database import Database
from survey.errors import Conflict
from survey.models.estimates.results import ResultSet, ResultStatus, WeightSet
from survey.models.fieldwork.waves import WaveStatus
from survey.models.people.accounts import Role
from survey.permissions import Actor
from survey.queries.estimates import result_sets
from survey.queries.estimates.wave_basis import WaveChannel
from survey.services import audit
from survey.services.estimates import stored_results
from survey.services.estimates.analyses import making
from survey.services.estimates.analyses.making import Analyses
from survey.services.estimates.channel_results import ChannelResults, estimate_channel
from survey.services.estimates.wave_facts import WaveFacts, facts

Progress = Callable[[int, int], None]


def make_final(
    database: Database,
    wave_code: str,
    *,
    actor: Actor,
    now: datetime,
    snapshots: Path | None = None,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """The result sets of a closed wave, made once; what is there stays. Returns how many were made."""
    wave = facts(database, wave_code)
    actor.require(Role.FIELD_OFFICER, Role.ANALYST, unit_path=wave.unit_path, domain=wave.domain)
    if wave.status is not WaveStatus.CLOSED:
        raise Conflict("The wave %(code)s is not closed, so its verdicts cannot be made yet.", code=wave_code)
    made = 0
    for number, channel in enumerate(wave.channels):
        progress(number, len(wave.channels))
        with database.reading() as session:
            if result_sets.final_stamp(session, channel.id) is not None:
                continue
        results = estimate_channel(database, wave, channel.code, now=now, snapshots=snapshots)
        analyses = making.analyse(database, wave, results, now=now, snapshots=snapshots)
        made += _freeze(database, wave, channel, results, analyses, actor, now)
    progress(len(wave.channels), len(wave.channels))
    return made


def _freeze(
    database: Database,
    wave: WaveFacts,
    channel: WaveChannel,
    results: ChannelResults,
    analyses: Analyses,
    actor: Actor,
    now: datetime,
) -> int:
    with database.writing() as session:
        if result_sets.final_stamp(session, channel.id) is not None:
            return 0
        weights = WeightSet(
            wave_id=wave.wave_id, channel_id=channel.id, scheme=results.selection,
            stages=[*results.weight_stages, {"merges": list(results.merges)}], data_hash=results.data_hash, made_at=now,
        )  # fmt: skip
        session.add(weights)
        session.flush()
        session.add(
            ResultSet(
                wave_id=wave.wave_id, channel_id=channel.id, weight_set_id=weights.id, status=ResultStatus.FINAL,
                data_hash=results.data_hash, software=results.software, made_at=now, responses=results.responses,
                estimates=stored_results.pack(results), analyses=making.pack(analyses),
            )
        )  # fmt: skip
        audit.record(
            session, actor, "results.freeze", f"wave {wave.code}", now, channel=results.channel,
            responses=results.responses, data_hash=results.data_hash,
        )  # fmt: skip
        return 1
