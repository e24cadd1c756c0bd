"""Estimates with their intervals and the target, as SVG: one large for a headline, one line per row of a table.

The same drawing serves the screen, Word and PDF. Shape says what colour says: a filled dot is on the target's good
side, a hollow one below it. No style attributes, so that the strictest content policy lets it through.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from survey.charts.drawing import INK, PLAIN, RULE, SOFT, svg, tick_rates
from survey.words.figures import coordinate, tick

TONES = {
    "reached": ("#0b5a4c", "#9cc4bb"),
    "reached_not_proven": ("#7a5200", "#d6c39c"),
    "missed_not_proven": ("#7a5200", "#d6c39c"),
    "missed": ("#8e2f2b", "#dcb1ae"),
}


@dataclass(frozen=True)
class Axis:
    """A stretch of the rates 0..1 that all rows of one table share."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def x(self, rate: float, width: float, margin: float) -> float:
        inside = min(max(rate, self.low), self.high)
        return margin + (inside - self.low) / (self.high - self.low) * (width - 2 * margin)


@dataclass(frozen=True)
class Mark:
    """One estimate to draw. `target` and `verdict` may be missing."""

    rate: float
    low: float | None
    high: float | None
    target: float | None = None
    verdict: str | None = None


def axis(marks: list[Mark]) -> Axis:
    """The smallest tidy stretch that holds every interval and target, at least ten points wide."""
    values = [v for m in marks for v in (m.rate, m.low, m.high, m.target) if v is not None and math.isfinite(v)]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if high - low < 0.1:
        low = min(max((low + high) / 2 - 0.05, 0.0), 0.9)
        high = low + 0.1
    step = next(s for s in (0.025, 0.05, 0.1, 0.2, 0.25) if (high - low) / s <= 4 or s == 0.25)
    low, high = max(0.0, math.floor(low / step + 1e-9) * step), min(1.0, math.ceil(high / step - 1e-9) * step)
    return Axis(low, high, tick_rates(low, high, step))


def headline(mark: Mark, *, target_words: str, label: str, notes: Sequence[str] = (), language: str = "vi") -> Markup:
    """The large drawing beside a headline figure. `notes` are what must be read wherever the drawing goes."""
    width, height, margin = 420, 96 + 18 * len(notes), 24
    scale = axis([mark])
    dark, light = TONES.get(mark.verdict or "", PLAIN)
    line = 58
    parts = [
        f'<line x1="{margin}" x2="{width - margin}" y1="{line}" y2="{line}" stroke="{RULE}" stroke-width="1.5"/>',
        *(_tick(coordinate(scale.x(t, width, margin)), line, tick(t, language)) for t in scale.ticks),
    ]
    if mark.low is not None and mark.high is not None:
        a, b = scale.x(mark.low, width, margin), scale.x(mark.high, width, margin)
        parts.append(
            f'<rect x="{coordinate(a)}" y="{line - 5}" width="{coordinate(max(b - a, 2))}" height="10" rx="5" '
            f'fill="{light}"/>'
        )
    if mark.target is not None:
        x = scale.x(mark.target, width, margin)
        anchor, shift = ("end", -7) if x > width * 0.6 else ("start", 7)
        parts.append(
            f'<line x1="{coordinate(x)}" x2="{coordinate(x)}" y1="12" y2="{line + 8}" stroke="{INK}" stroke-width="2" '
            f'stroke-dasharray="5 4"/><text x="{coordinate(x + shift)}" y="25" font-size="14" text-anchor="{anchor}" '
            f'fill="{INK}">{escape(target_words)}</text>'
        )
    parts.append(_dot(scale.x(mark.rate, width, margin), line, 9, mark, dark))
    parts += [
        f'<text x="{margin}" y="{106 + 18 * n}" font-size="13" fill="{SOFT}">{escape(note)}</text>'
        for n, note in enumerate(notes)
    ]
    return svg(width, height, label, parts, "chart chart-headline")


def row(mark: Mark, scale: Axis, *, label: str, compact: bool = False) -> Markup:
    """One line of a table: interval, dot and the target. A compact one is drawn larger, for half the width."""
    width, height, margin = 360, 44 if compact else 28, 12 if compact else 8
    bar, dot = (10, 11) if compact else (6, 6.5)
    dark, light = TONES.get(mark.verdict or "", PLAIN)
    parts = []
    if mark.target is not None:
        x = coordinate(scale.x(mark.target, width, margin))
        parts.append(
            f'<line x1="{x}" x2="{x}" y1="0" y2="{height}" stroke="{INK}" stroke-width="1.5" stroke-dasharray="4 3"/>'
        )
    if mark.low is not None and mark.high is not None:
        a, b = scale.x(mark.low, width, margin), scale.x(mark.high, width, margin)
        parts.append(
            f'<rect x="{coordinate(a)}" y="{coordinate((height - bar) / 2)}" width="{coordinate(max(b - a, 2))}" '
            f'height="{bar}" rx="{coordinate(bar / 2)}" fill="{light}"/>'
        )
    parts.append(_dot(scale.x(mark.rate, width, margin), height / 2, dot, mark, dark))
    return svg(width, height, label, parts, "chart chart-row")


def row_axis(scale: Axis, *, language: str = "vi", compact: bool = False) -> Markup:
    """The axis over the rows of a table."""
    width, height, margin, size = (360, 34, 12, 25) if compact else (360, 22, 8, 13)
    last = len(scale.ticks) - 1
    ticks = [(n, t) for n, t in enumerate(scale.ticks) if not compact or n in (0, last) or (last == 4 and n == 2)]
    parts = [
        f'<text x="{coordinate(scale.x(t, width, margin))}" y="{size}" font-size="{size}" fill="{SOFT}" '
        f'text-anchor="{"start" if n == 0 else "end" if n == last else "middle"}">{tick(t, language)}</text>'
        for n, t in ticks
    ]
    return svg(width, height, "", parts, "chart chart-row")


def _tick(x: str, line: int, words: str) -> str:
    return (
        f'<line x1="{x}" x2="{x}" y1="{line}" y2="{line + 6}" stroke="{RULE}"/>'
        f'<text x="{x}" y="{line + 24}" text-anchor="middle" font-size="14" fill="{SOFT}">{words}</text>'
    )


def _dot(x: float, y: float, radius: float, mark: Mark, dark: str) -> str:
    below = mark.target is not None and mark.rate < mark.target
    fill = "#fff" if below else dark
    return (
        f'<circle cx="{coordinate(x)}" cy="{coordinate(y)}" r="{coordinate(radius)}" fill="{fill}" stroke="{dark}" '
        'stroke-width="2.5"/>'
    )
