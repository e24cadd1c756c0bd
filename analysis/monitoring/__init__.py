"""Running waves: control charts, quality of answers, interviewers, self-selected beside drawn.

What `control_charts` offers can be had from the room itself: `monitoring.charts` is `control_charts.charts`.
"""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    charts = import_module(f"{__name__}.control_charts")
    if name not in charts.__all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(charts, name)
