"""Results that are kept: when they are computed anew, when not, and how often by many readers at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from survey.models.province.units import Unit
from survey.permissions import system
from survey.services.estimates.disclosure import running_steps
from survey.services.estimates.results_cache import MOST, KeptResults
from survey.services.fieldwork import waves
from tests.factories.results import Surveyed


@pytest.fixture(autouse=True)
def ward(survey: Surveyed) -> Unit:
    """25 people answered here."""
    unit = survey.unit("Phường A")
    survey.answer(unit, 20, 5)
    return unit


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every computation from answers, as it happens."""
    calls: list[str] = []
    real = running_steps.estimate_channel
    lock = threading.Lock()

    def counting(*arguments: object, **more: object) -> object:
        with lock:
            calls.append(str(arguments[2]))
        return real(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(running_steps, "estimate_channel", counting)
    return calls


def test_page_asked_for_again_is_not_computed_again(survey: Surveyed, computed: list[str]) -> None:
    kept = KeptResults()
    first = survey.view(kept=kept)
    later = survey.view(kept=kept, now=survey.record.now + timedelta(hours=5))
    assert len(computed) == 1
    assert later.made_at == first.made_at


def test_all_scopes_are_read_from_one_computation(survey: Surveyed, computed: list[str]) -> None:
    other = survey.unit("Phường B")
    survey.answer(other, 0, 30)
    kept = KeptResults()
    whole, part = survey.view(kept=kept), survey.view(kept=kept, actor=survey.analyst(other))
    assert (whole.responses, part.responses) == (55, 30)
    assert part.overall.shown.value == 0.0  # type: ignore[union-attr]
    assert len(computed) == 1


def test_many_readers_at_once_cost_one_computation(survey: Surveyed, computed: list[str]) -> None:
    kept = KeptResults()
    start = threading.Barrier(6)

    def read() -> int | None:
        start.wait()
        return survey.view(kept=kept).responses

    with ThreadPoolExecutor(6) as threads:
        found = [job.result() for job in [threads.submit(read) for _ in range(6)]]
    assert found == [25] * 6
    assert len(computed) == 1


def test_changed_wave_is_computed_anew(survey: Surveyed, computed: list[str]) -> None:
    kept = KeptResults()
    survey.view(kept=kept)
    waves.change_days(
        survey.record.database, "W-1", opens_on=survey.wave.opens_on, closes_on=survey.wave.opens_on, actor=system(),
        now=survey.record.now,
    )  # fmt: skip
    survey.view(kept=kept)
    assert len(computed) == 2


def test_failed_computation_is_tried_again(survey: Surveyed, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptResults()
    with monkeypatch.context() as broken:

        def fail(*_arguments: object, **_more: object) -> object:
            raise MemoryError

        broken.setattr(running_steps, "estimate_channel", fail)
        with pytest.raises(MemoryError):
            survey.view(kept=kept)
    assert survey.view(kept=kept).responses == 25


def test_only_so_many_are_kept(survey: Surveyed) -> None:
    kept = KeptResults()
    for number in range(MOST + 5):
        kept._place(number)
    assert len(kept._places) == MOST


def test_snapshot_of_columns_gives_the_same_figures_and_follows_the_answers(survey: Surveyed, tmp_path: Path) -> None:
    fresh = survey.view(kept=KeptResults()).results
    survey.view(kept=KeptResults(tmp_path))
    (snapshot,) = tmp_path.glob("*.npz")
    (step,) = tmp_path.glob("step-*.bin")
    step.unlink()
    again = survey.view(kept=KeptResults(tmp_path)).results
    assert (again.data_hash, again.tables[""].to_json()) == (fresh.data_hash, fresh.tables[""].to_json())
    survey.answer(survey.unit(), 15, 0)
    assert survey.view(kept=KeptResults(tmp_path), now=survey.record.now + timedelta(days=1)).responses == 40
    assert not snapshot.exists()


def test_broken_snapshot_is_read_from_the_record_instead(survey: Surveyed, tmp_path: Path) -> None:
    survey.view(kept=KeptResults(tmp_path))
    for kept in (*tmp_path.glob("*.npz"), *tmp_path.glob("step-*.bin")):
        kept.write_bytes(b"half a fi")
    assert survey.view(kept=KeptResults(tmp_path)).responses == 25


def test_snapshot_holds_no_key_and_nothing_that_orders_the_answers(survey: Surveyed, tmp_path: Path) -> None:
    survey.view(kept=KeptResults(tmp_path))
    (snapshot,) = tmp_path.glob("*.npz")
    with np.load(snapshot) as held:
        names = set(held.files)
    assert names == {"q1", "q2", "_unit", "_received", "_field", "_point", "_day", "_pace", "_together", "_data_hash"}
