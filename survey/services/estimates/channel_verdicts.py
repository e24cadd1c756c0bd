"""Which domains of a channel have reached their target: judged once, from the estimates that are shown.

Every crossing of a closed wave is judged as one family. Each unit is judged alone as well, for those who see only that
one: the same evidence, as a family of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Ints
from analysis.inference.estimate_tables import EstimateTable, is_rate, plain
from analysis.inference.waves import AnswerRows, WeighedWave
from survey.services.estimates.wave_facts import Goal, WaveFacts

CROSSINGS: tuple[tuple[str, ...], ...] = ((), ("unit",), ("field",), ("group",))
Key = tuple[int, ...]  # the codes of a domain in the order of its crossing; () for the whole


@dataclass(frozen=True)
class Verdict:
    """Whether one domain has reached its target, with what that stands on: plain values, as stored and as shown."""

    verdict: str
    target: float
    goal: str  # code of the target
    reasons: tuple[str, ...]
    lower: float | None  # one-sided 95 % bounds
    upper: float | None
    p_reached: float | None
    p_missed: float | None
    needed: int | None
    needed_why: str
    adjusted: str  # how within its family

    @property
    def bound(self) -> float | None:
        """The one-sided bound that the verdict rests on: the upper one for missed, otherwise the lower one."""
        return self.upper if self.verdict.startswith("missed") else self.lower


Verdicts = Mapping[str, Mapping[Key, Verdict]]  # by crossing ("", "unit", "field", "group"), then by domain


def of_all(
    wave: WaveFacts, weighed: WeighedWave, tables: Mapping[str, EstimateTable], answers: AnswerRows, *, bounded: bool
) -> Verdicts:
    """The verdicts of every crossing. `bounded`: no unit needs more answers than it has transactions."""
    if not _is_judged(wave):
        return {}
    found = {}
    for by in CROSSINGS:
        judged = _Judged(wave, weighed, tables[",".join(by)], answers, bounded=bounded)
        found[",".join(by)] = judged.family(by, np.arange(len(judged.keys)))
    return found


def of_each_unit(
    wave: WaveFacts, weighed: WeighedWave, tables: Mapping[str, EstimateTable], answers: AnswerRows
) -> dict[int, Verdicts]:
    """Each unit judged as if it were all there is; `tables` have the headline figure within units as well."""
    if not _is_judged(wave):
        return {}
    whole = _Judged(wave, weighed, tables["unit"], answers, bounded=True)
    within = {by: _Judged(wave, weighed, tables[f"unit,{by}"], answers, bounded=False) for by in ("field", "group")}
    found: dict[int, Verdicts] = {}
    for unit in np.unique(tables["unit"].domain["unit"]).tolist():
        own = {",".join(by): whole.family(by, whole.places(unit)) for by in ((), ("unit",))}
        found[unit] = own | {by: judged.family((by,), judged.places(unit)) for by, judged in within.items()}
    return found


def _is_judged(wave: WaveFacts) -> bool:
    """Whether there is anything to judge: targets are shares, so a headline figure that is a score is not judged."""
    head = wave.survey_plan.headline
    return bool(wave.goals) and head is not None and is_rate(head.measure.name)


class _Judged:
    """The headline figure of each domain of a crossing that has a target, judged; families are taken from it."""

    def __init__(
        self, wave: WaveFacts, weighed: WeighedWave, table: EstimateTable, answers: AnswerRows, *, bounded: bool
    ) -> None:
        head = wave.survey_plan.headline
        assert head is not None
        rows = table.of(head.measure)
        aims = [wave.goal_of(rows.by[-1:], key[-1:]) for key in rows.domain_keys()]
        rows = rows.where(np.array([aim is not None for aim in aims], np.bool_))
        self.keys = rows.domain_keys()
        self._goals: list[Goal] = [aim for aim in aims if aim is not None]
        self._units = rows.domain.get("unit")
        thresholds = np.array([goal.rate for goal in self._goals], np.float64)
        evidence = weighed.evidence(rows, head.measure, answers)
        self._judgement = weighed.verdicts(rows, evidence, thresholds, gates=wave.gates)
        self._bounds = self._judgement.bounds()
        self._needed = weighed.needed(
            self._judgement, units=self._units if bounded and rows.by == ("unit",) else None
        )  # fmt: skip

    def places(self, unit: int) -> Ints:
        """The places (k,) of the domains of a unit among all domains."""
        assert self._units is not None
        return np.flatnonzero(self._units == unit)

    def family(self, by: tuple[str, ...], places: Ints) -> dict[Key, Verdict]:
        """Some domains as one family, named by the last variables `by`. Many at once are kept by Benjamini-Hochberg."""
        adjusted = "bh" if len(places) > 1 else "none"
        judged = self._judgement.family(places, adjust=adjusted)
        found = {}
        for k, place in enumerate(places.tolist()):
            key, goal, needed = self.keys[place], self._goals[place], self._needed[place]
            found[key[len(key) - len(by) :]] = Verdict(
                verdict=str(judged.verdict[k]),
                target=goal.rate,
                goal=goal.code,
                reasons=tuple(judged.reasons[k]),
                lower=plain(self._bounds.lower[place]),
                upper=plain(self._bounds.upper[place]),
                p_reached=plain(judged.p_reached_adjusted[k]),
                p_missed=plain(judged.p_missed_adjusted[k]),
                needed=needed.n,
                needed_why=needed.reason or "",
                adjusted=adjusted,
            )
        return found
