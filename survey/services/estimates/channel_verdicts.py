"""Which domains of a channel have reached their target: judged once, from the estimates that are shown.

Who is judged together was fixed when the wave was opened (`services.province.verdict_families`). Holm keeps the chance
of even one false "reached" in a family at 5 %, and so that of one false "missed"; its size is that of the fixed family,
whoever came to have answers. What joined later is not judged. No view judges for itself: every screen, file and
command reads these verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Ints
from analysis.inference.estimate_tables import EstimateTable, is_rate, plain
from analysis.inference.verdicts import ALPHA, Judgement
from analysis.inference.waves import AnswerRows, WeighedWave
from survey.queries.estimates.verdict_families import Family
from survey.services.estimates.wave_facts import Goal, WaveFacts

CROSSINGS: tuple[tuple[str, ...], ...] = ((), ("unit",), ("field",), ("group",))
WITHIN_UNITS: tuple[tuple[str, ...], ...] = (("unit", "field"), ("unit", "group"))
FORMER_RULE = "korn_graubard_capped"  # of verdicts made before families were fixed
Key = tuple[int, ...]  # the codes of a domain in the order of its crossing; () for the whole


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether one domain has reached its target, with what that stands on: plain values, as stored and as shown.

    `p_reached`, `p_missed`, `lower` and `upper` are those of the family (`adjusted`: Holm); the domain's own one-sided
    95 % bounds, as if it were all there is, are `own_lower` and `own_upper`, for RESULT.json alone.
    """

    verdict: str
    target: float
    goal: str  # code of the target
    reasons: tuple[str, ...]
    lower: float | None
    upper: float | None
    p_reached: float | None
    p_missed: float | None
    needed: int | None
    needed_why: str
    adjusted: str  # how within its family
    rule: str = FORMER_RULE
    family: str = ""  # its name; empty before families were fixed
    members: int = 0  # how many figures the family has
    own_lower: float | None = None
    own_upper: float | None = None
    level: float = ALPHA  # one-sided error of the family; less where looks before have spent a part of it

    @property
    def claims(self) -> bool:
        """Whether evidence decided: enough answers, and not self-selected."""
        return self.verdict in ("reached", "reached_not_proven", "missed_not_proven", "missed") and not self.reasons

    @property
    def after_looks(self) -> bool:
        """Whether looks before the close have spent a part of the error."""
        return self.level < ALPHA

    @property
    def bound(self) -> float | None:
        """The bound that the verdict rests on: the upper one for missed, otherwise the lower one."""
        if not self.claims:
            return None
        return self.upper if self.verdict.startswith("missed") else self.lower

    @property
    def p(self) -> float | None:
        """The adjusted p-value of what the verdict says or comes nearest to."""
        if not self.claims:
            return None
        return self.p_missed if self.verdict.startswith("missed") else self.p_reached


Verdicts = Mapping[str, Mapping[Key, Verdict]]  # by crossing ("", "unit", "field", "unit,field" …), then by domain


def of_all(
    wave: WaveFacts,
    weighed: WeighedWave,
    tables: Mapping[str, EstimateTable],
    answers: AnswerRows,
    families: Sequence[Family],
    *,
    level_of_whole: float = ALPHA,
    hidden: Callable[[str, Key], bool] = lambda _crossing, _key: False,
) -> Verdicts:
    """The verdicts of every crossing, family by family; `tables` have the headline figure within units as well.

    `level_of_whole` is the one-sided error of the whole, less where looks before have spent a part of it. What is
    `hidden` has no verdict and counts in its family as never proven.
    """
    if not _is_judged(wave):
        return {}
    found: dict[str, dict[Key, Verdict]] = {}
    for by in (*CROSSINGS, *WITHIN_UNITS):
        if ",".join(by) not in tables:
            continue
        judged = _Judged(wave, weighed, tables[",".join(by)], answers)
        own: dict[Key, Verdict] = {}
        for family in families:
            if family.by == by:
                own |= judged.family(family, ALPHA if by else level_of_whole, hidden)
        found[",".join(by)] = own
    return found


def of_whole(
    wave: WaveFacts, weighed: WeighedWave, table: EstimateTable, answers: AnswerRows, *, level: float
) -> Verdict | None:
    """The verdict on the whole at one level, as at a planned look; `table` has the headline figure of the whole."""
    if not _is_judged(wave):
        return None
    return _Judged(wave, weighed, table, answers).family(Family((), "whole", ""), level).get(())


def _is_judged(wave: WaveFacts) -> bool:
    """Whether there is anything to judge: targets are shares, so a headline figure that is a score is not judged."""
    head = wave.survey_plan.headline
    return bool(wave.goals) and head is not None and is_rate(head.measure.name)


class _Judged:
    """The headline figure of each domain of a crossing that has a target, judged; families are taken from it."""

    def __init__(self, wave: WaveFacts, weighed: WeighedWave, table: EstimateTable, answers: AnswerRows) -> None:
        head = wave.survey_plan.headline
        assert head is not None
        rows = table.of(head.measure)
        aims = [wave.goal_of(rows.by[-1:], key[-1:]) for key in rows.domain_keys()]
        rows = rows.where(np.array([aim is not None for aim in aims], np.bool_))
        self._weighed = weighed
        self._keys: list[Key] = rows.domain_keys()
        self._place = {key: place for place, key in enumerate(self._keys)}
        self._goals: list[Goal] = [aim for aim in aims if aim is not None]
        self._units = rows.domain["unit"] if rows.by == ("unit",) else None  # no unit needs more than it has
        self._groups = {",".join(g.groups): n for n, g in enumerate((g for g in wave.goals if g.groups), start=1)}
        thresholds = np.array([goal.rate for goal in self._goals], np.float64)
        evidence = weighed.evidence(rows, head.measure, answers)
        self._judgement = weighed.verdicts(rows, evidence, thresholds, gates=wave.gates)

    def family(
        self, family: Family, alpha: float, hidden: Callable[[str, Key], bool] = lambda _crossing, _key: False
    ) -> dict[Key, Verdict]:
        """The verdicts of those members of a family that have an estimate and are not hidden."""
        crossing = ",".join(family.by)
        shown = (key for key in self._members(family) if key in self._place and not hidden(crossing, key))
        places = np.array([self._place[key] for key in shown], np.int64)
        if not len(places):
            return {}
        judged = self._judgement.family(places, adjust="holm", members=family.size, alpha=alpha)
        return dict(zip((self._keys[k] for k in places.tolist()), self._verdicts(judged, places, family), strict=True))

    def _members(self, family: Family) -> list[Key]:
        """The domains of a family. Target groups are known by name, for their numbers are those of a year's targets."""
        unit = () if family.unit is None else (family.unit,)
        codes = [self._groups.get(m, -1) if isinstance(m, str) else m for m in family.members]
        return [(*unit, code) for code in codes] if family.by else [()]

    def _verdicts(self, judged: Judgement, places: Ints, family: Family) -> list[Verdict]:
        together, own = judged.holm_bounds(), judged.bounds()
        units = self._units[places] if self._units is not None else None
        needed = self._weighed.needed(judged, units=units)
        rules = np.broadcast_to(np.asarray(judged.rule, object), places.shape)
        return [
            Verdict(
                verdict=str(judged.verdict[k]),
                target=self._goals[place].rate,
                goal=self._goals[place].code,
                reasons=tuple(judged.reasons[k]),
                lower=plain(together.lower[k]),
                upper=plain(together.upper[k]),
                p_reached=plain(judged.p_reached_adjusted[k]),
                p_missed=plain(judged.p_missed_adjusted[k]),
                needed=needed[k].n,
                needed_why=needed[k].reason or "",
                adjusted="holm",
                rule=str(rules[k]),
                family=family.name,
                members=family.size,
                own_lower=plain(own.lower[k]),
                own_upper=plain(own.upper[k]),
                level=judged.alpha,
            )
            for k, place in enumerate(places.tolist())
        ]
