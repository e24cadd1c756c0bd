"""Final results: made once when a wave is closed, with the further analyses that stand beside them.

A closed wave may be judged anew, by today's rule and from the answers that are there: that makes a further version of
its results beside those that stand. Nothing is overwritten; the newest version is what is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from survey import clock
from survey.database import Database
from survey.errors import Conflict
from survey.models.estimates.looks import LookVerdict
from survey.models.estimates.results import ResultSet, ResultStatus, WeightSet
from survey.models.fieldwork.waves import Channel, Selection, WaveStatus
from survey.models.people.accounts import Role
from survey.permissions import Actor
from survey.queries.estimates import look_verdicts, responses, result_sets, wave_basis
from survey.queries.estimates.wave_basis import WaveChannel
from survey.services import audit, jobs
from survey.services.estimates import answer_columns, planned_looks, stored_results, visible_results
from survey.services.estimates.analyses import making
from survey.services.estimates.analyses.making import Analyses
from survey.services.estimates.analyses.rows import row_weights
from survey.services.estimates.channel_results import ChannelResults, estimate_channel, look_at_whole, weigh_answers
from survey.services.estimates.channel_verdicts import Verdict
from survey.services.estimates.disclosure import patterns
from survey.services.estimates.planned_looks import Look
from survey.services.estimates.wave_facts import WaveFacts, facts
from survey.services.province import verdict_families

JUDGE_ANEW = "judge_anew"  # the kind of job that makes a further version of a closed wave's results
Progress = Callable[[int, int], None]
_ALONE: dict[str, Any] = {"key_share": True}  # two who judge at once wait for each other; answers still come in


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
    return _make(database, wave, 1, actor=actor, now=now, snapshots=snapshots, progress=progress)


def judge_due_looks(database: Database, *, actor: Actor, now: datetime, snapshots: Path | None = None) -> int:
    """What the planned looks at running waves prove whose day is over, each once. Returns how many were made."""
    with database.reading() as session:
        codes = look_verdicts.running(session)
    return sum(
        judge_looks(database, facts(database, code), actor=actor, now=now, snapshots=snapshots) for code in codes
    )


def judge_looks(
    database: Database, wave: WaveFacts, *, actor: Actor, now: datetime, snapshots: Path | None = None
) -> int:
    """The same of one wave. A look whose day had not passed when the wave was closed did not take place.

    Self-selected channels prove nothing at any look.
    """
    over = clock.local_day(wave.closed_at or now)
    made = 0
    for channel in wave.channels:
        if channel.selection is Selection.OPT_IN:
            continue
        with database.reading() as session:
            held = {one.number for one in look_verdicts.of_channel(session, channel.id)}
        for look in planned_looks.looks(wave):
            if look.at_close or look.day >= over or look.number in held:
                continue
            until = look.day + timedelta(days=1)
            found = look_at_whole(database, wave, channel, until=until, level=look.level, snapshots=snapshots)
            made += 0 if found is None else _keep_look(database, wave, channel, look, found, actor, now)
    return made


def _keep_look(
    database: Database, wave: WaveFacts, channel: WaveChannel, look: Look, found: tuple[int, Verdict], actor: Actor,
    now: datetime,
) -> int:  # fmt: skip
    answers, verdict = found
    with database.writing() as session:
        session.get(Channel, channel.id, with_for_update=_ALONE)
        if look.number in {one.number for one in look_verdicts.of_channel(session, channel.id)}:
            return 0
        session.add(
            LookVerdict(
                channel_id=channel.id, number=look.number, day=look.day, made_at=now, responses=answers,
                verdict=asdict(verdict),
            )
        )  # fmt: skip
        audit.record(
            session, actor, "results.look", f"wave {wave.code}", now, channel=channel.code, look=look.number,
            responses=answers, verdict=verdict.verdict,
        )  # fmt: skip
    return 1


def may_judge_anew(wave: WaveFacts, actor: Actor) -> bool:
    """Analysts of all the wave's units and its service may; the wave must be closed."""
    closed = wave.status is WaveStatus.CLOSED
    return closed and actor.may(Role.ANALYST, unit_path=wave.unit_path, domain=wave.domain)


def ask_to_judge_anew(database: Database, wave_code: str, *, actor: Actor, now: datetime) -> int:
    """Have a closed wave judged anew while nobody waits. Returns the job's id; asked twice, it is done once."""
    wave = _to_judge_anew(database, wave_code, actor)
    with database.writing() as session:
        params = {"wave": wave_code, "after": _newest(database, wave)}
        return jobs.ask(session, JUDGE_ANEW, params, actor=actor, now=now)


def judge_anew(
    database: Database,
    wave_code: str,
    *,
    actor: Actor,
    now: datetime,
    after: int | None = None,
    snapshots: Path | None = None,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """A further version of the results of a closed wave. Returns how many result sets were made.

    `after` is the version that stood when this was asked for: where a later one is there already, none is made.
    """
    wave = _to_judge_anew(database, wave_code, actor)
    version = (_newest(database, wave) if after is None else after) + 1
    return _make(database, wave, version, actor=actor, now=now, snapshots=snapshots, progress=progress)


def _to_judge_anew(database: Database, wave_code: str, actor: Actor) -> WaveFacts:
    wave = facts(database, wave_code)
    visible_results.require_visible(database, wave, actor)
    actor.require(Role.ANALYST, unit_path=wave.unit_path, domain=wave.domain)
    if wave.status is not WaveStatus.CLOSED or not _newest(database, wave):
        raise Conflict("The wave %(code)s has no final results yet that could be judged anew.", code=wave_code)
    with database.reading() as session:
        if result_sets.outlived(session, wave.wave_id):
            raise Conflict(
                "The answers to the wave %(code)s are no longer in the record, so it cannot be judged anew.",
                code=wave_code,
            )
        for channel in wave.channels:
            _check_enough_changed(session, wave, channel)
    return wave


def _check_enough_changed(session: Session, wave: WaveFacts, channel: WaveChannel) -> None:
    """Refuse a version that differs from the one that stands by a few people: the two would tell what these said."""
    held = result_sets.final_stamp(session, channel.id)
    changed = abs(responses.stamp(session, channel.id).counted - held.responses) if held is not None else 0
    if 0 < changed < wave.minimum_cell:
        raise Conflict(
            "Fewer than %(minimum)s answers to the wave %(code)s have changed since its results were made. A new "
            "version beside the one that stands would tell what those few said; it can be made once %(minimum)s or "
            "more have changed.",
            code=wave.code, minimum=wave.minimum_cell,
        )  # fmt: skip


def _newest(database: Database, wave: WaveFacts) -> int:
    """The newest version of the results of a wave; 0 while there are none."""
    with database.reading() as session:
        stamps = [result_sets.final_stamp(session, channel.id) for channel in wave.channels]
    return max((stamp.version for stamp in stamps if stamp is not None), default=0)


def _make(
    database: Database,
    wave: WaveFacts,
    version: int,
    *,
    actor: Actor,
    now: datetime,
    snapshots: Path | None,
    progress: Progress,
) -> int:
    """The result sets of one version that are not there yet."""
    _fix_families(database, wave.code, actor, now)
    judge_looks(database, wave, actor=actor, now=now, snapshots=snapshots)
    made = 0
    for number, channel in enumerate(wave.channels):
        share = _share_of(progress, number, len(wave.channels))
        share(0, 1)
        with database.reading() as session:
            held = result_sets.final_stamp(session, channel.id)
        if held is not None and held.version >= version:
            continue
        before = stored_results.find(database, wave, channel.id)
        results = estimate_channel(
            database, wave, channel.code, now=now, snapshots=snapshots, progress=share,
            since=patterns.shown_counts(before.tables, before.pattern) if before is not None else None,
        )  # fmt: skip
        analyses = making.analyse(database, wave, results, now=now, snapshots=snapshots)
        made += _freeze(database, wave, channel, results, analyses, version, actor, now)
    progress(len(wave.channels), len(wave.channels))
    return made


def _share_of(progress: Progress, number: int, channels: int) -> Progress:
    """The progress of one channel among all, in hundredths of a channel."""
    return lambda done, total: progress(100 * number + 100 * done // max(total, 1), 100 * channels)


def keep_patterns(database: Database, *, now: datetime, snapshots: Path | None = None) -> int:
    """The patterns of hidden cells of results that were made before patterns were kept. Returns how many were made.

    Where the answers are still those the results were made of they are attacked as at closing; where some have left,
    the rule of totals chooses.
    """
    with database.reading() as session:
        without = result_sets.without_pattern(session)
    for one in without:
        wave = facts(database, one.wave_code)
        channel = next(c for c in wave.channels if c.id == one.channel_id)
        answers = answer_columns.read(database, channel.id, wave.questionnaire, snapshots=snapshots)
        held = stored_results.find(database, wave, channel.id, one.version)
        assert held is not None
        pattern = held.pattern
        if len(answers) and answers.data_hash == held.data_hash:
            weights = row_weights(answers, weigh_answers(wave, channel, answers))
            pattern = patterns.make(wave, answers, weights)
        with database.writing() as session:
            row = session.get(ResultSet, one.id, with_for_update=_ALONE)
            if row is not None and row.pattern is None:
                row.pattern = patterns.pack(pattern)
    return len(without)


def _fix_families(database: Database, wave_code: str, actor: Actor, now: datetime) -> None:
    """Of a wave that was closed before families were fixed: from the units in which its channels asked."""
    with database.writing() as session:
        found = wave_basis.wave(session, wave_code)
        assert found is not None
        session.refresh(found.wave, with_for_update=_ALONE)
        verdict_families.fix(session, found.wave, found.domain, actor=actor, now=now)


def _freeze(
    database: Database,
    wave: WaveFacts,
    channel: WaveChannel,
    results: ChannelResults,
    analyses: Analyses,
    version: int,
    actor: Actor,
    now: datetime,
) -> int:
    with database.writing() as session:
        session.get(Channel, channel.id, with_for_update=_ALONE)
        held = result_sets.final_stamp(session, channel.id)
        if held is not None and held.version >= version:
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
                estimates=stored_results.pack(results), analyses=making.pack(analyses), version=version,
                pattern=patterns.pack(results.pattern),
            )
        )  # fmt: skip
        audit.record(
            session, actor, "results.freeze", f"wave {wave.code}", now, channel=results.channel,
            responses=results.responses, data_hash=results.data_hash, version=version,
        )  # fmt: skip
        return 1
