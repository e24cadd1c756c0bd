"""Many parts by one process, by several, and on a cluster of which a worker is killed: the same numbers each time."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import distributed
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from analysis.errors import AnalysisError
from analysis.estimation.domain_estimates import estimate
from analysis.totals import parquet_parts
from analysis.totals.chunk_sums import Chunk
from analysis.totals.dask_totals import totals_on
from analysis.totals.measure_plan import MeasurePlan, Node, NumberItem, RatedItem
from analysis.totals.parquet_parts import Source
from analysis.totals.streaming import Totals

ITEMS = ("q1", "q2", "q3")
PARTS, ROWS = 22, 3000
PLAN = MeasurePlan(
    tuple(RatedItem(code) for code in ITEMS),
    numbers=(NumberItem("minutes"),),
    nodes=(Node("all", "index", ITEMS, "mean_of_item_rates", ("pooled_rate",)),),
)
SOURCE = Source(
    PLAN,
    (("unit", "service"),),
    stratum="stratum",
    psu="psu",
    weight="w",
    population_psus="N",
    population_units="M",
)

# Every worker writes down which parts it sums; the group that holds the last part waits to be told.
WATCHED = """
import time
from pathlib import Path
from analysis.totals import parquet_parts

FOLDER = Path({folder!r})

def dask_setup(worker):
    real = parquet_parts.totals_of_group

    def watched(paths, source):
        with (FOLDER / "summed.log").open("a") as log:
            log.write(paths[0] + chr(10))
        while paths[-1].endswith({last!r}) and not (FOLDER / "go").exists():
            time.sleep(0.02)
        return real(paths, source)

    parquet_parts.totals_of_group = watched
"""


def people(number: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(number)
    psu = random.integers(0, 80, ROWS)
    columns = {"psu": psu, "stratum": psu // 8, "service": random.integers(0, 3, ROWS), "unit": psu % 5}
    columns |= {item: random.choice(np.array([1, 2, 3, 4, 5, 98, 255], np.uint8), ROWS) for item in ITEMS}
    minutes = np.where(random.random(ROWS) < 0.1, np.nan, random.lognormal(3, 1, ROWS))
    return columns | {
        "w": random.lognormal(0, 1, ROWS),
        "N": np.full(ROWS, 40),
        "M": np.full(ROWS, 1e7),
        "minutes": minutes,
    }


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("parts")
    found = []
    for number in range(PARTS):
        columns = people(number)
        table = {name: pa.array(values) for name, values in columns.items() if name not in (*ITEMS, "minutes")}
        table |= {item: pa.array(columns[item], mask=columns[item] == 255) for item in ITEMS}
        table["minutes"] = pa.array(columns["minutes"], mask=np.isnan(columns["minutes"]))
        found.append(folder / f"part-{number:02d}.parquet")
        parquet.write_table(pa.table(table), found[-1], row_group_size=1000)
    return found


def same(first: Totals, second: Totals) -> None:
    for by in ((), ("unit",), ("unit", "service")):
        one, two = estimate(first, by), estimate(second, by)
        for name in ("keys", "n", "estimate", "se", "df", "deff_wor", "sum_w"):
            np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-11, atol=1e-13, err_msg=name)


def test_parts_give_the_totals_of_their_rows_in_one_chunk(paths: list[Path]) -> None:
    columns = [people(number) for number in range(PARTS)]
    whole = {name: np.concatenate([part[name] for part in columns]) for name in columns[0]}
    keys = {name: whole[name] for name in ("stratum", "psu", "unit", "service")}
    chunk = Chunk(
        np.column_stack([whole[item] for item in ITEMS]),
        keys,
        whole["w"],
        whole["minutes"][:, None],
        whole["N"].astype(float),
        whole["M"],
    )
    found = parquet_parts.totals_of_all(paths, SOURCE)
    assert found.rows == PARTS * ROWS
    same(found, SOURCE.empty().add(chunk))


def test_several_processes_give_the_same_bytes_as_one(paths: list[Path]) -> None:
    assert (
        parquet_parts.totals_of_all(paths, SOURCE, processes=2).to_bytes()
        == parquet_parts.totals_of_all(paths, SOURCE).to_bytes()
    )


def test_cluster_of_which_a_worker_is_killed_gives_the_same_bytes(paths: list[Path], tmp_path: Path) -> None:
    watched = WATCHED.format(folder=str(tmp_path), last=paths[-1].name)
    with (
        distributed.LocalCluster(
            n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None, preload=[watched],
            local_directory=str(tmp_path / "dask"),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):  # fmt: skip
        found: list[Totals] = []
        work = threading.Thread(target=lambda: found.append(totals_on(client, paths, SOURCE)), daemon=True)
        work.start()
        try:
            # All but the last group are summed: one worker alone has the merged totals of the first four groups.
            until(lambda: len(running(client)) == 1 and len(held(client)) == 2)
            ((killed,),) = [where for key, where in held(client).items() if "merged" in key]
            pid = client.run(os.getpid, workers=[killed])[killed]
            os.kill(pid, signal.SIGKILL)
            until(lambda: killed not in client.scheduler_info(n_workers=-1)["workers"])
        finally:
            (tmp_path / "go").touch()
        work.join(60)
    assert found, "the totals did not come"
    summed = (tmp_path / "summed.log").read_text().split()
    assert len(summed) > len(set(summed)) == len(parquet_parts.groups(paths)), "nothing that was lost was summed again"
    assert found[0].to_bytes() == parquet_parts.totals_of_all(paths, SOURCE).to_bytes()


def held(client: distributed.Client) -> dict[str, tuple[str, ...]]:
    """Which results some worker has."""
    return {str(key): tuple(where) for key, where in client.who_has().items() if where}


def running(client: distributed.Client) -> list[str]:
    """Which tasks the workers are at."""
    return [str(key) for keys in client.processing().values() for key in keys]


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "nothing happened for too long"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        (
            "q2",
            pa.array([4, 300, 5]),
            "row 2, column 'q2': a whole number from 0 to 254 or null is expected, it is 300",
        ),
        ("unit", pa.array([1, 2, None]), "row 3, column 'unit': a whole number is expected, it is empty"),
        ("w", pa.array([1.5, None, 1.0]), "row 2, column 'w': a number is expected, it is empty"),
        ("psu", pa.array(["a", "b", "c"]), "column 'psu' is of type string; whole numbers are expected"),
        ("service", None, "has no column 'service'"),
    ],
)
def test_wrong_part_is_told_by_file_row_and_column(
    tmp_path: Path, column: str, values: pa.Array | None, said: str
) -> None:
    columns = {name: pa.array([1, 2, 3]) for name in SOURCE.columns} | {column: values}
    path = tmp_path / "wrong.parquet"
    parquet.write_table(pa.table({name: own for name, own in columns.items() if own is not None}), path)
    with pytest.raises(AnalysisError) as wrong:
        parquet_parts.totals_of(path, SOURCE)
    assert str(wrong.value).startswith(str(path))
    assert said in str(wrong.value)


def test_file_that_is_not_parquet_and_no_file_at_all_are_told(tmp_path: Path) -> None:
    path = tmp_path / "half.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(AnalysisError, match="cannot be read as Parquet"):
        parquet_parts.totals_of(path, SOURCE)
    with pytest.raises(AnalysisError, match="There are no parts"):
        parquet_parts.totals_of_all([], SOURCE)
