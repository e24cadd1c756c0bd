"""Finds what weighting the answers of a channel to its frame costs: effective answers, margin by margin.

Nothing to say where there is no frame to weight to: every answer counts the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.design.frame_weights import AnswerCells
from analysis.design.weight_diagnostics import QUANTILES, frame_diagnostics
from survey.queries.estimates.wave_basis import WaveChannel
from survey.services.estimates import channel_results
from survey.services.estimates.answer_columns import Columns
from survey.services.estimates.wave_facts import WaveFacts


@dataclass(frozen=True)
class MarginLoss:
    """One margin of the frame: effective answers without it, what it costs, and how far its totals are off at most."""

    name: str  # unit_totals, field_totals
    effective_without: float | None
    cost: float | None
    misfit: float


@dataclass(frozen=True)
class MergeStep:
    """The weights after thin cells were joined up to one level ("": none yet)."""

    level: str
    merged: int
    effective: float


@dataclass(frozen=True)
class Weighting:
    """Answers, effective answers after weighting, weights relative to their mean, margins and merging."""

    n: int
    effective: float
    smallest: float
    quantiles: tuple[tuple[float, float], ...]  # share of answers, weight not exceeded by it
    largest: float
    mean: float  # transactions an answer stands for
    margins: tuple[MarginLoss, ...]
    merging: tuple[MergeStep, ...]

    @property
    def dearest(self) -> MarginLoss | None:
        """The margin that costs most; None where none costs anything."""
        costs = [(one.cost, one) for one in self.margins if one.cost is not None and one.cost >= 0.5]
        return max(costs, key=lambda pair: pair[0])[1] if costs else None


def weighting(wave: WaveFacts, channel: WaveChannel, answers: Columns) -> Weighting | None:
    """What weighting did to the answers of a channel; None without a frame."""
    if not channel_results.has_frame(wave, channel):
        return None
    cells = channel_results.frame_cells(wave, [cell for cell in wave.frame if cell.unit in channel.units])
    pairs, counts = np.unique(np.column_stack([answers.unit, answers.field]), axis=0, return_counts=True)
    found = frame_diagnostics(cells, AnswerCells(pairs[:, 0], pairs[:, 1], counts))
    mean = found.ratios.mean
    return Weighting(
        n=found.n,
        effective=found.effective_after,
        smallest=found.ratios.smallest / mean,
        quantiles=tuple((p, value / mean) for p, value in zip(QUANTILES, found.ratios.quantiles, strict=True)),
        largest=found.ratios.largest / mean,
        mean=mean,
        margins=tuple(
            MarginLoss(f"{one.name}_totals", one.effective_without, one.cost, one.misfit) for one in found.margins
        ),
        merging=tuple(MergeStep(one.level, one.merged, one.effective) for one in found.merging),
    )
