"""What every drawing shares: colours, lettering, the SVG frame, the ticks of an axis."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from survey.words.figures import coordinate, rounded, whole

INK = "#1b2430"
SOFT = "#454f5d"
RULE = "#b9b4a8"
BAND = "#e9e4d8"
PLAIN = ("#33475b", "#b6c2cd")
GOOD = "#0b5a4c"
BAD = "#882a26"
FONT = 'font-family="Noto Sans, Liberation Serif, sans-serif"'


def svg(width: int, height: int, label: str, parts: Sequence[str], kind: str) -> Markup:
    """A drawing that says what it shows; without a label it is decoration for those who listen."""
    said = 'role="img"' if label else 'aria-hidden="true"'
    body = "".join([f"<title>{escape(label)}</title>" if label else "", *parts])
    return Markup(  # every text in it was escaped by whoever made the parts
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" viewBox="0 0 {width} {height}" {said} '
        f'focusable="false" {FONT}>{body}</svg>'
    )


def text(x: float, y: float, words: str, *, size: int = 13, anchor: str = "start", colour: str = SOFT) -> str:
    """Words at a place, escaped."""
    return (
        f'<text x="{coordinate(x)}" y="{coordinate(y)}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(words)}</text>"
    )


def line(x1: float, y1: float, x2: float, y2: float, *, colour: str = RULE, width: float = 1.5, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{coordinate(x1)}" x2="{coordinate(x2)}" y1="{coordinate(y1)}" y2="{coordinate(y2)}" '
        f'stroke="{colour}" stroke-width="{coordinate(width)}"{dashed}/>'
    )


def dot(x: float, y: float, radius: float, *, colour: str, hollow: bool = False) -> str:
    return (
        f'<circle cx="{coordinate(x)}" cy="{coordinate(y)}" r="{coordinate(radius)}" '
        f'fill="{"#fff" if hollow else colour}" stroke="{colour}" stroke-width="2"/>'
    )


def tick_rates(low: float, high: float, step: float) -> tuple[float, ...]:
    """The rates from low to high at every step."""
    return tuple(float(rounded(low + n * step, 6)) for n in range(whole((high - low) / step) + 1))
