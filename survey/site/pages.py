"""What the site templates are given."""

from __future__ import annotations

from dataclasses import dataclass

from survey.staff import Panel


@dataclass(frozen=True)
class HomePage:
    panels: tuple[Panel, ...]
