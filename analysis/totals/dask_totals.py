"""The totals of many parts on a cluster of machines: `hailong[analysis,cluster]`, on Dask distributed.

The cluster does what one process does: groups of parts are summed where there is room and merged two by two in a fixed
order, so the numbers are the same to the last digit. Parts must lie where every worker can read them. What a worker
that dies had summed is summed again by another; only when the same group has seen several workers die is it given up.

    from dask.distributed import Client
    totals = totals_on(Client("tcp://scheduler:8786"), paths, source)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.totals import parquet_parts
from analysis.totals.parquet_parts import Source
from analysis.totals.streaming import Totals


def totals_on(client: Any, paths: Sequence[str | Path], source: Source, *, retries: int = 2) -> Totals:
    """The totals of all parts, summed and merged by the workers of a `distributed.Client`.

    `retries`: how often a group of parts is tried again after an error of its own, such as a share that is away.
    """
    from distributed import KilledWorker

    waiting = client.map(
        parquet_parts.totals_of_group,
        parquet_parts.groups(paths),
        source=source,
        pure=False,
        retries=retries,
        key="totals-of-parts",
    )
    while len(waiting) > 1:
        waiting = [
            client.submit(_merged, *waiting[place : place + 2], pure=False)
            if place + 1 < len(waiting)
            else waiting[place]
            for place in range(0, len(waiting), 2)
        ]
    try:
        found = waiting[0].result()
    except KilledWorker as error:
        raise AnalysisError(
            f"The same parts were given up after several workers died over them ({error}); is their memory too small?"
        ) from None
    assert isinstance(found, Totals)
    return found


def _merged(first: Totals, second: Totals) -> Totals:
    """A third made of two: what a task is given may be needed again and is left as it is."""
    whole = Totals(first.plan, first.shape, first.crossings)
    return whole.merge(first).merge(second).settle()
