"""Drawings of further analyses: the course of a wave, units against their funnel, importance beside performance.

They are drawn for a telephone's width and grow from there; shape says what colour says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from survey.charts.drawing import BAD, BAND, GOOD, INK, PLAIN, RULE, SOFT, dot, line, svg, text, tick_rates
from survey.words.figures import coordinate, number, tick

WIDTH = 420


@dataclass(frozen=True)
class CoursePoint:
    """One period: its share, the limits around the centre, whether a chart signals there."""

    share: float
    low: float | None
    high: float | None
    alarm: bool


@dataclass(frozen=True)
class FunnelPoint:
    n: int
    rate: float
    low: float
    high: float
    beyond: str  # "", above, below


@dataclass(frozen=True)
class Quadrant:
    """A factor by its mean score and its share of importance."""

    name: str
    performance: float
    share: float
    improve: bool


def course(
    points: Sequence[CoursePoint],
    center: float | None,
    *,
    label: str,
    first: str,
    last: str,
    baseline: int = 0,
    baseline_words: str = "",
    language: str = "vi",
) -> Markup:
    """Shares by period with the limits as a band; signals are hollow diamonds. `first` and `last` are days in words."""
    height, left, right, top, bottom = 230, 44, 12, 16, 34
    values = [v for p in points for v in (p.share, p.low, p.high) if v is not None]
    low, high, ticks = _stretch(values)

    def x(number: int) -> float:
        return left + (number + 0.5) * (WIDTH - left - right) / max(len(points), 1)

    def y(rate: float) -> float:
        return top + (high - rate) / (high - low) * (height - top - bottom)

    parts = [line(left, y(t), WIDTH - right, y(t), colour=BAND, width=1) for t in ticks]
    parts += [text(left - 6, y(t) + 4, tick(t, language), anchor="end", size=12) for t in ticks]
    limits = [(n, p.low, p.high) for n, p in enumerate(points) if p.low is not None and p.high is not None]
    if limits:
        outline = [(x(n), y(b)) for n, _, b in limits] + [(x(n), y(a)) for n, a, _ in reversed(limits)]
        corners = " ".join(f"{coordinate(a)},{coordinate(b)}" for a, b in outline)
        parts.append(f'<polygon points="{corners}" fill="{BAND}"/>')
    if center is not None:
        parts.append(line(left, y(center), WIDTH - right, y(center), colour=SOFT, dash="5 4"))
    if baseline and center is not None:
        edge = (x(baseline - 1) + x(min(baseline, len(points) - 1))) / 2
        parts += [
            line(edge, top, edge, height - bottom, colour=RULE, width=1),
            text(edge - 5, top + 10, baseline_words, anchor="end", size=12),
        ]
    path = " ".join(f"{coordinate(x(n))},{coordinate(y(p.share))}" for n, p in enumerate(points))
    parts.append(f'<polyline points="{path}" fill="none" stroke="{PLAIN[1]}" stroke-width="1.5"/>')
    parts += [
        _diamond(x(n), y(p.share)) if p.alarm else dot(x(n), y(p.share), 2.6, colour=PLAIN[0])
        for n, p in enumerate(points)
    ]
    parts += [text(left, height - 10, first, size=12), text(WIDTH - right, height - 10, last, anchor="end", size=12)]
    return svg(WIDTH, height, label, parts, "chart chart-plot")


@dataclass(frozen=True)
class WaveMark:
    """One wave: its rate with interval, and whether its wording changed since the wave before."""

    rate: float | None
    low: float | None
    high: float | None
    broken: bool


def over_waves(
    marks: Sequence[WaveMark], *, label: str, first: str, last: str, break_words: str, language: str = "vi"
) -> Markup:
    """Rates of waves with their intervals, joined by a line that ends at every break; `first` and `last` in words."""
    height, left, right, top, bottom = 230, 44, 12, 22, 34
    low, high, ticks = _stretch([v for m in marks for v in (m.rate, m.low, m.high) if v is not None])

    def x(place: int) -> float:
        return left + (place + 0.5) * (WIDTH - left - right) / len(marks)

    def y(rate: float) -> float:
        return top + (high - rate) / (high - low) * (height - top - bottom)

    parts = [line(left, y(t), WIDTH - right, y(t), colour=BAND, width=1) for t in ticks]
    parts += [text(left - 6, y(t) + 4, tick(t, language), anchor="end", size=12) for t in ticks]
    for place, mark in enumerate(marks):
        if mark.broken:
            edge = (x(place - 1) + x(place)) / 2
            parts.append(line(edge, top - 6, edge, height - bottom, colour=BAD, dash="3 3"))
            beside, anchor = (edge - 4, "end") if edge > WIDTH / 2 else (edge + 4, "start")
            parts.append(text(beside, top - 10, break_words, anchor=anchor, size=12, colour=BAD))
        if mark.rate is None:
            continue
        before = marks[place - 1].rate if place and not mark.broken else None
        if before is not None:
            parts.append(line(x(place - 1), y(before), x(place), y(mark.rate), colour=PLAIN[1]))
        if mark.low is not None and mark.high is not None:
            parts.append(line(x(place), y(mark.low), x(place), y(mark.high), colour=PLAIN[1], width=4))
    parts += [dot(x(n), y(m.rate), 4, colour=PLAIN[0]) for n, m in enumerate(marks) if m.rate is not None]
    parts += [text(left, height - 10, first, size=12), text(WIDTH - right, height - 10, last, anchor="end", size=12)]
    return svg(WIDTH, height, label, parts, "chart chart-plot")


def funnel(points: Sequence[FunnelPoint], center: float, *, label: str, axis: str, language: str = "vi") -> Markup:
    """Rates of units by their number of answers, each in front of its own limits; those beyond are hollow."""
    height, left, right, top, bottom = 260, 44, 12, 12, 44
    low, high, ticks = _stretch([v for p in points for v in (p.rate, p.low, p.high)])
    sizes = [math.sqrt(p.n) for p in points]
    small, large = min(sizes), max(max(sizes), min(sizes) + 0.1)

    def x(n: int) -> float:
        return left + 10 + (math.sqrt(n) - small) / (large - small) * (WIDTH - left - right - 20)

    def y(rate: float) -> float:
        return top + (high - rate) / (high - low) * (height - top - bottom)

    parts = [line(left, y(t), WIDTH - right, y(t), colour=BAND, width=1) for t in ticks]
    parts += [text(left - 6, y(t) + 4, tick(t, language), anchor="end", size=12) for t in ticks]
    parts += [line(x(p.n), y(p.low), x(p.n), y(p.high), colour=BAND, width=5) for p in points]
    parts.append(line(left, y(center), WIDTH - right, y(center), colour=SOFT, dash="5 4"))
    parts += [
        dot(x(p.n), y(p.rate), 5, colour=GOOD if p.beyond == "above" else BAD, hollow=p.beyond == "below")
        if p.beyond
        else dot(x(p.n), y(p.rate), 2.8, colour=PLAIN[0])
        for p in points
    ]
    counts = sorted({min(p.n for p in points), max(p.n for p in points)})
    parts += [
        text(
            x(n), height - 26, str(n), anchor="middle" if k == 0 and len(counts) == 1 else ("start", "end")[k], size=12
        )
        for k, n in enumerate(counts)
    ]
    parts.append(text((left + WIDTH - right) / 2, height - 8, axis, anchor="middle", size=12))
    return svg(WIDTH, height, label, parts, "chart chart-plot")


def quadrants(factors: Sequence[Quadrant], *, label: str, across: str, up: str, language: str = "vi") -> Markup:
    """Importance (up) and mean score (across) around their averages; what to improve first is a hollow diamond."""
    height, left, right, top, bottom = 260, 16, 16, 30, 34
    usual = sum(f.performance for f in factors) / len(factors)
    share = sum(f.share for f in factors) / len(factors)
    wide = max(0.05, 1.25 * max(abs(f.performance - usual) for f in factors))
    tall = max(0.02, 1.25 * max(abs(f.share - share) for f in factors))

    def x(value: float) -> float:
        return left + (value - usual + wide) / (2 * wide) * (WIDTH - left - right)

    def y(value: float) -> float:
        return top + (share + tall - value) / (2 * tall) * (height - top - bottom)

    corner = f'width="{coordinate(x(usual) - left)}" height="{coordinate(y(share) - top)}"'
    parts = [
        f'<rect x="{left}" y="{top}" {corner} fill="#f6efe0"/>',
        line(left, y(share), WIDTH - right, y(share)),
        line(x(usual), top, x(usual), height - bottom),
        text(left, 18, f"↑ {up}", size=12),
        text(WIDTH - right, height - 10, f"{across} →", anchor="end", size=12),
        text(x(usual) + 4, height - bottom - 5, number(usual, 2, language), size=12),
    ]
    for factor in factors:
        a, b = x(factor.performance), y(factor.share)
        beside, anchor = (a - 11, "end") if a > WIDTH * 0.75 else (a + 11, "start")
        parts.append(_diamond(a, b, 7) if factor.improve else dot(a, b, 5.5, colour=PLAIN[0]))
        parts.append(text(beside, b + 4, factor.name, anchor=anchor, size=14, colour=INK))
    return svg(WIDTH, height, label, parts, "chart chart-plot")


def _stretch(values: Sequence[float]) -> tuple[float, float, tuple[float, ...]]:
    """A tidy stretch of rates that holds all values, with its ticks."""
    low, high = min(values), max(values)
    step = next((s for s in (0.01, 0.02, 0.05, 0.1, 0.2) if (high - low) / s <= 5), 0.25)
    low, high = max(0.0, math.floor(low / step + 1e-9) * step), min(1.0, math.ceil(high / step - 1e-9) * step)
    if high - low < step:
        low, high = max(0.0, high - step), min(1.0, low + step)
    return low, high, tick_rates(low, high, step)


def _diamond(x: float, y: float, size: float = 5.5) -> str:
    corners = ((x, y - size), (x + size, y), (x, y + size), (x - size, y))
    points = " ".join(f"{coordinate(a)},{coordinate(b)}" for a, b in corners)
    return f'<polygon points="{points}" fill="#fff" stroke="{BAD}" stroke-width="2"/>'
