"""Estimates with their intervals and the target, as SVG: one large for a headline, one line per row of a table.

The thick bar is the figure's own 95 % interval. The thin line goes between the bounds that hold for all figures judged
together: the verdict is read from it, for it starts at the target where that is reached and ends there where it is
missed. The shape at the estimate says the verdict, as beside its words; a dot is not judged. No style attributes, so
that the strictest content policy lets it through.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from survey.charts.drawing import BAD, GOOD, INK, PLAIN, RULE, SOFT, svg, tick_rates
from survey.words.figures import coordinate, tick

TONES = {
    "reached": (GOOD, "#9cc4bb"),
    "reached_not_proven": ("#6b4700", "#d6c39c"),
    "missed_not_proven": ("#6b4700", "#d6c39c"),
    "missed": (BAD, "#dcb1ae"),
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
    """One estimate to draw. `target`, `verdict` and `bounds`, those of all judged together, may be missing."""

    rate: float
    low: float | None
    high: float | None
    target: float | None = None
    verdict: str | None = None
    bounds: tuple[float, float] | None = None


def axis(marks: list[Mark]) -> Axis:
    """The smallest tidy stretch that holds every interval, bound and target, at least ten points wide."""
    drawn = [v for m in marks for v in (m.rate, m.low, m.high, m.target, *(m.bounds or ()))]
    values = [v for v in drawn if v is not None and math.isfinite(v)]
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
    parts += _bounds(mark, scale, width, margin, line, dark)
    if mark.target is not None:
        x = scale.x(mark.target, width, margin)
        anchor, shift = ("end", -7) if x > width * 0.6 else ("start", 7)
        parts.append(
            f'<line x1="{coordinate(x)}" x2="{coordinate(x)}" y1="12" y2="{line + 8}" stroke="{INK}" stroke-width="2" '
            f'stroke-dasharray="5 4"/><text x="{coordinate(x + shift)}" y="25" font-size="14" text-anchor="{anchor}" '
            f'fill="{INK}">{escape(target_words)}</text>'
        )
    parts += _shape(scale.x(mark.rate, width, margin), line, 9, mark.verdict, dark)
    parts += [
        f'<text x="{margin}" y="{106 + 18 * n}" font-size="13" fill="{SOFT}">{escape(note)}</text>'
        for n, note in enumerate(notes)
    ]
    return svg(width, height, label, parts, "chart chart-headline")


def row(mark: Mark, scale: Axis, *, label: str, compact: bool = False) -> Markup:
    """One line of a table: interval, bounds, shape and target. A compact one is drawn larger, for half the width."""
    width, height, margin = 360, 44 if compact else 28, 12 if compact else 8
    bar, dot = (14, 11) if compact else (10, 6.5)
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
    parts += _bounds(mark, scale, width, margin, height / 2, dark)
    parts += _shape(scale.x(mark.rate, width, margin), height / 2, dot, mark.verdict, dark)
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


def legend() -> dict[str, Markup]:
    """The marks of a drawing for the words above it: `bar`, `line` and `target`."""
    middle, ends = 'x1="2" x2="34" y1="8" y2="8"', "".join(_end(x, 8, INK) for x in (2, 34))
    drawn = {
        "bar": f'<rect x="2" y="3" width="32" height="10" rx="5" fill="{PLAIN[1]}"/>',
        "line": f'<line {middle} stroke="{INK}" stroke-width="1.5"/>{ends}',
        "target": f'<line x1="18" x2="18" y1="0" y2="16" stroke="{INK}" stroke-width="2" stroke-dasharray="4 3"/>',
    }
    return {name: svg(36, 16, "", [part], "chart-mark") for name, part in drawn.items()}


def _bounds(mark: Mark, scale: Axis, width: int, margin: int, y: float, dark: str) -> list[str]:
    """The thin line between the bounds, with a stroke across either end."""
    if mark.bounds is None:
        return []
    a, b = (scale.x(rate, width, margin) for rate in mark.bounds)
    level = f'y1="{coordinate(y)}" y2="{coordinate(y)}"'
    return [
        f'<line class="bounds" x1="{coordinate(a)}" x2="{coordinate(b)}" {level} stroke="{dark}" stroke-width="1.5"/>',
        _end(a, y, dark),
        _end(b, y, dark),
    ]


def _end(x: float, y: float, colour: str) -> str:
    at = coordinate(x)
    return (
        f'<line x1="{at}" x2="{at}" y1="{coordinate(y - 5)}" y2="{coordinate(y + 5)}" stroke="{colour}" '
        'stroke-width="1.5"/>'
    )


def _shape(x: float, y: float, radius: float, verdict: str | None, dark: str) -> list[str]:
    """The shape of a verdict: full, half full on the side of the rate, a ring, a broken ring; a dot where none is."""
    full = verdict is None or verdict == "reached"
    broken = ' stroke-dasharray="3 2"' if verdict in ("too_few", "not_estimable") else ""
    circle = (
        f'<circle cx="{coordinate(x)}" cy="{coordinate(y)}" r="{coordinate(radius)}" '
        f'fill="{dark if full else "#fff"}" stroke="{dark}" stroke-width="2.5"{broken}/>'
    )
    parts = [circle]
    if verdict in ("reached_not_proven", "missed_not_proven"):
        r, sweep = coordinate(radius), 0 if verdict == "reached_not_proven" else 1
        start = f"M{coordinate(x)} {coordinate(y - radius)}"
        parts.append(f'<path d="{start}a{r} {r} 0 0 {sweep} 0 {coordinate(2 * radius)}z" fill="{dark}"/>')
    return parts
