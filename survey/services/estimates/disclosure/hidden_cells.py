"""An estimate of a channel as far as it may be shown: hidden by the pattern of its results, else rounded to its place.

The pattern is one for all readers, roles, files and commands; it is made when the wave is closed (`patterns`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from analysis.disclosure.counts import figure_of
from analysis.inference.estimate_tables import Estimate, is_rate
from survey.models.estimates.results import ResultStatus
from survey.services.estimates.channel_results import ChannelResults
from survey.services.estimates.channel_verdicts import Key, Verdict
from survey.services.estimates.disclosure import precision
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
    """The hidden cells of these results, and how exactly the others are given."""

    def __init__(self, results: ChannelResults, wave: WaveFacts) -> None:
        self._results, self._wave = results, wave
        self.minimum = results.pattern.minimum
        self._cells = results.pattern.cells
        self._running = results.status == ResultStatus.PROVISIONAL.value

    @property
    def hidden_cells(self) -> int:
        """How many cells are hidden: domains, and single figures in others."""
        return len(self._cells)

    def why(self, crossing: str, key: Key, figure: str = "") -> str:
        """Why a figure of a domain (of "", the domain itself) is hidden: small or complement; empty where it is not."""
        return self._cells.get((crossing, key, "")) or self._cells.get((crossing, key, figure)) or ""

    def is_hidden(self, crossing: str, key: Key, figure: str = "") -> bool:
        """Whether nobody sees a figure of a domain (of "", anything of the domain)."""
        return self._results.pattern.hides(crossing, key, figure)

    def is_precise(self, crossing: str) -> bool:
        """Whether figures of a crossing have all their digits: final ones of the whole of a wave."""
        return not crossing and not self._results.part and not self._running

    def shown(
        self, estimate: Estimate | None, crossing: str = "", key: Key = (), *, target: float | None = None
    ) -> Shown:
        """An estimate, or why it is not shown."""
        if estimate is None or not estimate.n:
            return Shown(hidden=self.why(crossing, key) or "empty")
        if why := self.why(crossing, key, figure_of(estimate.variable)):
            return Shown(hidden=why)
        if estimate.n < self.minimum:
            return Shown(hidden="small")
        value = estimate.estimate
        kind = "mean" if not is_rate(estimate.measure) else "kg" if _all_or_none(value) else "logit"
        low, high = estimate.interval.get(kind) or (None, None)
        if self.is_precise(crossing) or value is None:
            return Shown(
                value, estimate.se, low, high, estimate.n, estimate.effective_n, estimate.df, estimate.deff_wr,
                estimate.flags,
            )  # fmt: skip
        return Shown(
            self.rounded(value, estimate, target=target),
            self.rounded(estimate.se, estimate, towards=math.inf),
            self.rounded(low, estimate, target=target),
            self.rounded(high, estimate, target=target),
            estimate.n,
            precision.coarse(estimate.effective_n, 0),
            estimate.df,
            precision.coarse(estimate.deff_wr, 2),
            estimate.flags,
        )

    def rounded(
        self, value: float | None, of: Estimate, *, target: float | None = None, towards: float | None = None
    ) -> float | None:
        """A value in the unit of an estimate as exactly as that may be given; limits of a running wave outwards."""
        if value is None or of.estimate is None:
            return None
        digits = precision.digits_of(of.measure, of.estimate)
        if not self._running:
            return precision.coarse(value, digits, target=target)
        if towards is None and value != of.estimate:
            towards = -math.inf if value < of.estimate else math.inf
        return precision.in_steps(value, precision.running_step(of.n, digits), towards=towards)

    def verdict(self, crossing: str, key: Key) -> Verdict | None:
        """The verdict of a domain. It tells on which side of the target the rate is, so it is hidden with it."""
        head = self._wave.survey_plan.headline
        found = self._results.verdict(crossing, key)
        if found is None or head is None or self.is_hidden(crossing, key, figure_of(head.measure.variable)):
            return None
        if self._tells_of_hidden(crossing, found):
            found = replace(found, lower=None, upper=None, p_reached=None, p_missed=None)
        return found if self.is_precise(crossing) else precision.coarse_verdict(found)

    def _tells_of_hidden(self, crossing: str, verdict: Verdict) -> bool:
        """Whether a hidden figure was judged in the same family, as before hidden ones counted as never proven.

        What Holm gives the others then depends on it.
        """
        return any(
            other.family == verdict.family and self.why(crossing, key)
            for key, other in self._results.verdicts.get(crossing, {}).items()
        )


def _all_or_none(value: float | None) -> bool:
    return value is not None and (value <= 0.0 or value >= 1.0)
