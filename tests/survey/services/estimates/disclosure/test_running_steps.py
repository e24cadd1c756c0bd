"""A running wave as its readers see it: steps of a day and of enough people, the same for everybody all day long."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from survey.models.intake.responses import Comment, CommentStatus, Response
from survey.models.people.accounts import Account, Role
from survey.models.province.procedures import Field
from survey.models.province.units import Unit
from survey.permissions import Actor, system
from survey.services.estimates import channel_results
from survey.services.estimates.channel_results import ChannelResults
from survey.services.estimates.disclosure import running_steps
from survey.services.estimates.results_cache import KeptResults
from survey.services.estimates.visible_results import ResultsView
from survey.services.fieldwork import waves
from tests.factories.questionnaires import item, text
from tests.factories.record import Record
from tests.factories.results import Surveyed, document
from tests.staff_client import StaffClient

SignIn = Callable[[Account], StaffClient]
TODAY = date(2026, 11, 20)
PAGE = "/quan-tri/ket-qua/W-1?kenh=drawn"


WORDS = {
    "type": "item", "code": "y_kien", "text": text("Ý kiến khác"), "short": "Ý kiến", "response": {"kind": "text"},
    "grade": "verbatim", "voluntary": True,
}  # fmt: skip


@pytest.fixture
def survey(record: Record) -> Surveyed:
    """A wave with two rated questions and one for words."""
    return Surveyed(record, answers=document(item("q1"), item("q2"), WORDS))


@pytest.fixture(autouse=True)
def places(survey: Surveyed) -> tuple[tuple[Unit, ...], Field]:
    """Three wards with 40, 50 and 60 answers in one field, some days ago."""
    field = survey.record.field()
    units = tuple(survey.unit(f"Phường {name}") for name in "ABC")
    for unit, n in zip(units, (40, 50, 60), strict=True):
        survey.frame(unit, 1000, field)
        survey.answer(unit, n - 15, 15, field=field)
    return units, field


def after(survey: Surveyed, days: float = 0) -> datetime:
    return survey.record.now + timedelta(days=days)


def people(view: ResultsView) -> dict[tuple[str, str], int | None]:
    """The number of people of every domain that is shown."""
    rows = {"unit": view.by_unit, "field": view.by_field, "group": view.by_group}
    found = {(kind, row.label): row.shown.n for kind, own in rows.items() for row in own}
    return found | {("", ""): view.overall.shown.n if view.overall is not None else None}


# --- before and after one form ---------------------------------------------------------------------------------------


def test_page_is_the_same_before_and_after_a_form_of_the_day(
    survey: Surveyed, places: tuple[tuple[Unit, ...], Field], sign_in: SignIn, staff_app: Flask
) -> None:
    (a, *_), field = places
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    before = client.get(PAGE).response.text
    survey.answer(a, 0, 1, field=field, day=TODAY)
    staff_app.config["CLOCK"] = lambda: after(survey, 0.01)
    assert without_marks(client.get(PAGE).response.text) == without_marks(before)
    assert "19/11/2026" in before


def test_page_of_another_process_is_the_same_too(
    survey: Surveyed, places: tuple[tuple[Unit, ...], Field], tmp_path: Path
) -> None:
    (a, b, _), field = places
    first = survey.view(kept=KeptResults(tmp_path))
    survey.answer(a, 0, 30, field=field, day=TODAY)
    survey.delete_one(b)
    second = survey.view(kept=KeptResults(tmp_path), now=after(survey, 0.5))
    assert people(second) == people(first)
    assert (second.overall, second.items, second.by_unit) == (first.overall, first.items, first.by_unit)
    assert (second.made_at, second.hidden_cells) == (first.made_at, first.hidden_cells)


def test_few_new_answers_wait_at_midnight(survey: Surveyed, places: tuple[tuple[Unit, ...], Field]) -> None:
    (a, *_), field = places
    kept = KeptResults()
    before = survey.view(kept=kept)
    survey.answer(a, 0, 3, field=field, day=TODAY)
    view = survey.view(kept=kept, now=after(survey, 1))
    assert people(view) == people(before)
    assert (view.until, view.waiting) == (TODAY, None)  # so few that their number is not said
    assert before.waiting == 0


def test_enough_new_answers_move_every_domain_by_enough(
    survey: Surveyed, places: tuple[tuple[Unit, ...], Field]
) -> None:
    (a, b, _), field = places
    kept = KeptResults()
    before = people(survey.view(kept=kept))
    survey.answer(a, 4, 8, field=field, day=TODAY)
    survey.answer(b, 1, 2, field=field, day=TODAY)
    now = people(survey.view(kept=kept, now=after(survey, 1)))
    moved = {domain: (n or 0) - (before[domain] or 0) for domain, n in now.items()}
    assert all(step == 0 or step >= 10 for step in moved.values())
    assert (moved["unit", "Phường A"], moved["unit", "Phường B"], moved["", ""]) == (12, 0, 12)


def test_answers_that_wait_are_counted_with_those_of_later_days(
    survey: Surveyed, places: tuple[tuple[Unit, ...], Field]
) -> None:
    (a, *_), field = places
    for day in range(3):
        survey.answer(a, 2, 2, field=field, day=TODAY + timedelta(days=day))
    counted = [survey.view(now=after(survey, days)).responses for days in range(5)]
    assert counted == [150, 150, 150, 162, 162]


# --- answers that leave ----------------------------------------------------------------------------------------------


def test_deletion_changes_figures_only_once_enough_has_changed(
    survey: Surveyed, places: tuple[tuple[Unit, ...], Field], tmp_path: Path
) -> None:
    (a, *_), field = places
    before = survey.view(kept=KeptResults(tmp_path))
    survey.delete_one(a)
    for days in (0.5, 1, 2):
        view = survey.view(kept=KeptResults(tmp_path), now=after(survey, days))
        assert people(view) == people(before)
        assert (view.overall, view.items, view.responses) == (before.overall, before.items, 150)
    survey.answer(a, 10, 2, field=field, day=TODAY + timedelta(days=2))
    later = people(survey.view(kept=KeptResults(tmp_path), now=after(survey, 3)))
    assert (later["unit", "Phường A"], later["unit", "Phường B"], later["", ""]) == (51, 50, 161)


def test_ten_new_answers_and_one_that_left_are_nine_more_and_wait_for_one(
    survey: Surveyed, places: tuple[tuple[Unit, ...], Field]
) -> None:
    (a, *_), field = places
    kept = KeptResults()
    before = people(survey.view(kept=kept))
    survey.delete_one(a)
    survey.answer(a, 10, 0, field=field, day=TODAY)
    assert people(survey.view(kept=kept, now=after(survey, 1))) == before
    survey.answer(a, 10, 0, field=field, day=TODAY + timedelta(days=1))
    assert people(survey.view(kept=kept, now=after(survey, 2)))["unit", "Phường A"] == 59


def test_question_that_few_of_the_new_people_answered_keeps_its_figure(
    survey: Surveyed, places: tuple[tuple[Unit, ...], Field]
) -> None:
    (a, *_), field = places
    kept = KeptResults()
    before = {row.figure.target: row.shown for row in survey.view(kept=kept).items}
    point = survey.points[survey.drawn.id, a.id]
    survey.say(a, {"q1": 5}, 20, field=field, point=point, day=TODAY)
    survey.say(a, {"q2": 2}, 4, field=field, point=point, day=TODAY)
    view = survey.view(kept=kept, now=after(survey, 1))
    now = {row.figure.target: row.shown for row in view.items}
    assert view.overall is not None
    assert view.overall.shown.n == view.responses == 174
    assert now["q2"] == before["q2"]  # 4 more people
    assert now["q1"] == before["q1"]  # the headline figure less this would tell of them
    unit = view.results.table("unit")
    n = {(key[0], row.variable): row.n for key, row in zip(unit.domain_keys(), unit, strict=True)}
    assert (n[a.id, "q1"], n[a.id, "q2"], n[a.id, "overall"]) == (40, 40, 64)


def test_figures_are_hidden_instead_where_another_release_of_the_software_made_the_last_step(
    survey: Surveyed, places: tuple[tuple[Unit, ...], Field], monkeypatch: pytest.MonkeyPatch
) -> None:
    (a, *_), _ = places
    kept = KeptResults()
    survey.view(kept=kept)
    survey.delete_one(a)
    monkeypatch.setattr(channel_results, "__version__", "9.9")
    view = survey.view(kept=kept, now=after(survey, 1))
    assert (people(view)["unit", "Phường A"], people(view)["", ""], view.responses) == (None, None, None)


def test_comments_are_counted_in_steps_too(survey: Surveyed, places: tuple[tuple[Unit, ...], Field]) -> None:
    (a, *_), field = places
    kept, said = KeptResults(), []
    for days, n in ((-1, 15), (0, 4), (1, 6)):
        comment(survey, a, n, field=field, day=TODAY + timedelta(days=days))
        found = survey.view(kept=kept, now=after(survey, days + 1)).comments
        said.append([(one.item, one.n) for one in found])
    assert said == [[("y_kien", 15)], [("y_kien", 15)], [("y_kien", 25)]]


# --- one step for every reader ---------------------------------------------------------------------------------------


def test_unit_and_province_read_the_same_figures(survey: Surveyed, places: tuple[tuple[Unit, ...], Field]) -> None:
    (a, b, _), field = places
    survey.answer(a, 0, 30, field=field, day=TODAY)
    kept = KeptResults()
    province = {row.key: row.shown for row in survey.view(kept=kept, actor=survey.analyst()).by_unit}
    own = survey.view(kept=kept, actor=survey.person(Role.UNIT_VIEWER, a))
    assert own.overall is not None
    assert own.overall.shown == province[a.id]
    assert own.responses == province[a.id].n == 40
    assert own.by_field == ()
    together = survey.view(kept=kept, actor=two_units(survey, a, b))
    assert {row.key: row.shown for row in together.by_unit} == {a.id: province[a.id], b.id: province[b.id]}
    assert together.responses == 90


def test_page_says_until_when_it_counts_and_what_is_not_shown_yet(
    survey: Surveyed, places: tuple[tuple[Unit, ...], Field], sign_in: SignIn, staff_app: Flask
) -> None:
    (a, *_), field = places
    survey.answer(a, 2, 1, field=field, day=TODAY - timedelta(days=1))
    analyst = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",)))).get(PAGE).text
    assert "tạm thời · tính đến hết ngày 19/11/2026" in analyst
    assert "Còn một số ít phiếu" in analyst
    viewer = sign_in(survey.record.account((Role.UNIT_VIEWER, a, ("admin",)))).get(PAGE).text
    assert "Kết quả theo lĩnh vực trong từng đơn vị có sau khi đợt khảo sát đóng" in viewer
    assert "Còn một số ít phiếu" not in viewer
    survey.answer(a, 4, 3, day=TODAY)
    staff_app.config["CLOCK"] = lambda: after(survey, 1)
    analyst = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",)))).get(PAGE).text
    assert "Còn 10 phiếu" in analyst


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_kept_step_holds_results_and_numbers_and_older_ones_go(survey: Surveyed, tmp_path: Path) -> None:
    survey.view(kept=KeptResults(tmp_path))
    (first,) = tmp_path.glob("step-*")
    survey.view(kept=KeptResults(tmp_path), now=after(survey, 1))
    (second,) = tmp_path.glob("step-*")
    assert [path.name for path in (first, second)] == [
        f"step-{survey.drawn.id}-2026-11-20.bin", f"step-{survey.drawn.id}-2026-11-21.bin",
    ]  # fmt: skip


def test_step_of_changed_facts_is_made_anew_and_still_knows_what_was_shown(
    survey: Surveyed, places: tuple[tuple[Unit, ...], Field], tmp_path: Path
) -> None:
    (a, *_), _ = places
    before = survey.view(kept=KeptResults(tmp_path))
    survey.delete_one(a)
    waves.change_days(
        survey.record.database, "W-1", opens_on=survey.wave.opens_on, closes_on=TODAY + timedelta(days=9),
        actor=system(), now=survey.record.now,
    )  # fmt: skip
    assert people(survey.view(kept=KeptResults(tmp_path))) == people(before)


def test_process_that_was_second_shows_what_the_first_has_kept(
    survey: Surveyed, places: tuple[tuple[Unit, ...], Field], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (a, *_), _ = places
    other, real = KeptResults(tmp_path), running_steps.estimate_channel

    def meanwhile(*arguments: object, **more: object) -> ChannelResults:
        monkeypatch.setattr(running_steps, "estimate_channel", real)
        survey.view(kept=other)
        survey.delete_one(a)
        return real(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(running_steps, "estimate_channel", meanwhile)
    assert people(survey.view(kept=KeptResults(tmp_path))) == people(survey.view(kept=other))


def comment(survey: Surveyed, unit: Unit, number: int, *, field: Field, day: date) -> None:
    """So many people who answered on a day and wrote something."""
    survey.answer(unit, number, 0, field=field, day=day)
    with survey.record.database.writing() as session:
        for key in session.scalars(select(Response.key_digest).where(Response.day == day)):
            session.add(
                Comment(
                    key_digest=key, item="y_kien", wave_id=survey.wave.id, unit_id=unit.id, text="Chờ lâu.",
                    status=CommentStatus.NEW,
                )
            )  # fmt: skip


def two_units(survey: Surveyed, first: Unit, second: Unit) -> Actor:
    own = [survey.person(Role.UNIT_VIEWER, unit) for unit in (first, second)]
    return Actor(own[0].account_id, own[0].username, own[0].full_name, (*own[0].grants, *own[1].grants))


def without_marks(page: str) -> str:
    """A page without what differs at every request: the marks against forged forms."""
    return re.sub(r'(name="csrf_token"|nonce)[^>]*', "", page)
