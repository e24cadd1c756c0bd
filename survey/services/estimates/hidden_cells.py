"""Which cells of a channel's results are hidden, and an estimate as far as it may be shown.

One rule hides everywhere (screen, files, commands): a cell of fewer than so many respondents, with the further cells
that would give it away. A rate of few people is hidden even where its cell is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Floats
from analysis.inference.disclosure import Cell, DisclosureRule, Relation, hidden_rates, suppress
from analysis.inference.estimate_tables import Estimate, EstimateTable, is_rate
from survey.services.estimates.channel_results import ChannelResults
from survey.services.estimates.channel_verdicts import Key
from survey.services.estimates.wave_facts import WaveFacts


@dataclass(frozen=True)
class Shown:
    """One estimate ready to be shown. `hidden` says why there is none: small, complement, or empty."""

    value: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    effective_n: float | None = None
    df: int | None = None
    deff_wr: float | None = None  # design effect against simple random sampling with replacement
    flags: tuple[str, ...] = ()
    hidden: str = ""


class Hiding:
    """One pattern of hidden cells for all that is shown of these results: units, fields, target groups, the whole."""

    def __init__(self, results: ChannelResults, wave: WaveFacts, rule: DisclosureRule) -> None:
        self.rule = rule
        people = {kind: people_of(results.tables[kind]) for kind in ("", "unit", "field", "group")}
        counts: dict[Cell, int] = {(kind, key): n for kind, found in people.items() for key, n in found.items()}
        whole: Cell = ("", ())
        counts.setdefault(whole, 0)
        relations = [Relation(whole, tuple((kind, key) for key in people[kind])) for kind in ("unit", "field", "group")]
        relations += [
            Relation(("group", group), tuple(("field", f) for f in people["field"] if _in(wave, f, group)))
            for group in people["group"]
        ]
        pattern = suppress(counts, relations, rule)
        self.small = pattern.small
        self.pattern = pattern.hidden

    def shown(self, estimate: Estimate | None, cell: Cell | None = None) -> Shown:
        """An estimate, or why it is not shown."""
        if cell is not None and cell in self.pattern:
            return Shown(hidden="small" if cell in self.small else "complement")
        if estimate is None or not estimate.n:
            return Shown(hidden="empty")
        value = estimate.estimate
        if hidden_rates([estimate.n], _array(value), self.rule)[0]:
            return Shown(hidden="small")
        kind = "mean" if not is_rate(estimate.measure) else "kg" if _all_or_none(value) else "logit"
        low, high = estimate.interval.get(kind) or (None, None)
        return Shown(
            value, estimate.se, low, high, estimate.n, estimate.effective_n, estimate.df, estimate.deff_wr,
            estimate.flags,
        )  # fmt: skip


def people_of(table: EstimateTable) -> dict[Key, int]:
    """Respondents of each domain: the most that any measure of it rests on."""
    found: dict[Key, int] = {}
    for key, n in zip(table.domain_keys(), table.n.tolist(), strict=True):
        found[key] = max(found.get(key, 0), n)
    return found


def _in(wave: WaveFacts, field_key: Key, group_key: Key) -> bool:
    return wave.group_of_field(field_key[0]) == group_key[0]


def _all_or_none(value: float | None) -> bool:
    return value is not None and (value <= 0.0 or value >= 1.0)


def _array(value: float | None) -> Floats:
    return np.array([np.nan if value is None else value])
