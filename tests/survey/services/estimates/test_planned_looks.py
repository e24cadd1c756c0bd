"""Looks that were fixed before a wave opened: what stands on its page, and the level at which its whole is judged."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from analysis.monitoring import spending
from survey import clock
from survey.models.estimates.looks import LookVerdict
from survey.models.fieldwork.waves import PlannedTests
from survey.models.people.accounts import Role
from survey.permissions import system
from survey.queries.estimates import look_verdicts
from survey.queries.estimates.look_verdicts import StoredLook
from survey.services.estimates import finalising, stored_results
from survey.services.estimates.planned_looks import looks
from survey.services.estimates.wave_facts import facts
from survey.services.files import result_json, result_tables
from survey.services.files.result_sentences import Words
from tests.factories.results import Surveyed
from tests.factories.surveyed_waves import SignIn

LOOKS = [["2026-11-08", 0.25], ["2026-11-15", 0.5], ["2026-11-23", 0.75]]


def fix_looks(survey: Surveyed) -> None:
    with survey.record.database.writing() as session:
        session.add(PlannedTests(wave_id=survey.wave.id, set_at=survey.record.now, spending="pocock", looks=LOOKS))


@pytest.mark.parametrize("planned", [True, False])
def test_the_whole_is_judged_at_the_level_that_the_looks_have_left(survey: Surveyed, planned: bool) -> None:
    survey.answer(survey.unit(), 243, 17)
    if planned:
        fix_looks(survey)
    survey.close()
    found = survey.view("drawn").overall
    assert found is not None
    verdict = found.verdict
    assert verdict is not None
    level = spending.looks([0.25, 0.5, 0.75, 1], alpha=0.05, kind="pocock").level[-1] if planned else 0.05
    assert verdict.level == pytest.approx(level)
    assert verdict.p_reached is not None
    assert level < verdict.p_reached <= 0.05 or not planned
    assert verdict.verdict == ("reached_not_proven" if planned else "reached")
    of_unit = survey.view("drawn").by_unit[0].verdict
    assert of_unit is not None
    assert (of_unit.verdict, of_unit.level) == ("reached", 0.05)  # looks concern the whole alone


def test_a_self_selected_channel_has_no_looks(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 243, 17, channel=survey.qr)
    fix_looks(survey)
    survey.close()
    found = survey.view("qr").overall
    assert found is not None
    assert found.verdict is not None
    assert found.verdict.level == 0.05


def test_the_level_is_stored_with_the_results(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 243, 17)
    fix_looks(survey)
    survey.close()
    found = survey.view("drawn").results
    kept = stored_results.find(survey.record.database, facts(survey.record.database, survey.wave.code), survey.drawn.id)
    assert kept is not None
    whole, own = kept.verdict("", ()), found.verdict("", ())
    assert whole is not None
    assert whole == own
    assert whole.after_looks
    assert whole.level == looks(facts(survey.record.database, "W-1"))[-1].level


def test_the_page_says_which_looks_there_are_and_at_which_level_it_was_judged(
    survey: Surveyed, sign_in: SignIn
) -> None:
    survey.answer(survey.unit(), 243, 17)
    fix_looks(survey)
    account = survey.record.account((Role.ANALYST, survey.province, ("admin",)))
    page = sign_in(account).get("/quan-tri/ket-qua/W-1?kenh=drawn").text
    assert "Kế hoạch xem xét giữa đợt: 4 lần, lần cuối khi đóng đợt; hôm nay" in page
    assert "23/11/2026" in page
    assert "%%" not in page
    assert "lần xem xét cuối trong kế hoạch" not in page
    survey.close()
    page = sign_in(account).get("/quan-tri/ket-qua/W-1?kenh=drawn").text
    assert "đợt đã đóng và được kết luận theo mức của lần cuối." in page
    assert "Kết luận theo mức một phía của lần xem xét cuối trong kế hoạch là" in page
    assert "Kế hoạch xem xét" not in sign_in(account).get("/quan-tri/ket-qua/W-1?kenh=qr").text


def test_files_name_the_level_too(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 243, 17)
    fix_looks(survey)
    survey.close()
    view = survey.view("drawn")
    level = looks(facts(survey.record.database, "W-1"))[-1].level
    levels = {tuple(v["domain"]): v["level"] for v in result_json.result(view)["verdicts"]}
    assert levels[()] == level < levels["unit",] == 0.05
    sheet = result_tables.tables(view, Words.of("vi"))[0]
    assert "lần xem xét cuối trong kế hoạch" in str(sheet.rows[0][-1])


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=clock.VIETNAM)


def judge_looks(survey: Surveyed, now: datetime) -> int:
    return finalising.judge_due_looks(survey.record.database, actor=system("a planned look"), now=now)


def stored(survey: Surveyed) -> tuple[StoredLook, ...]:
    with survey.record.database.reading() as session:
        return look_verdicts.of_channel(session, survey.drawn.id)


def test_what_a_look_proved_is_written_down_once_from_the_answers_until_its_day(survey: Surveyed) -> None:
    unit = survey.unit()
    fix_looks(survey)
    survey.answer(unit, 200, 2, day=date(2026, 11, 8))
    survey.answer(unit, 0, 60, day=date(2026, 11, 9))
    assert judge_looks(survey, at(8)) == 0, "its day is not over"
    assert judge_looks(survey, at(9)) == 1
    (first,) = stored(survey)
    assert (first.number, first.responses, first.verdict["verdict"]) == (1, 202, "reached")
    assert first.verdict["level"] == pytest.approx(looks(facts(survey.record.database, "W-1"))[0].level)
    survey.answer(unit, 0, 50, day=date(2026, 11, 8))  # sent late, after the look was made
    assert judge_looks(survey, at(10)) == 0
    assert judge_looks(survey, at(16)) == 1
    assert [(one.number, one.responses) for one in stored(survey)] == [(1, 202), (2, 312)]
    assert stored(survey)[0] == first
    assert stored(survey)[1].verdict["verdict"] == "missed"


def test_closing_makes_the_looks_that_were_not_made_and_none_that_never_came(survey: Surveyed) -> None:
    fix_looks(survey)
    survey.answer(survey.unit(), 243, 17, day=date(2026, 11, 3))
    survey.close()
    closed = facts(survey.record.database, "W-1").closed_at
    assert closed is not None
    came = [k for k, (day, _) in enumerate(LOOKS, start=1) if str(day) < clock.local_day(closed).isoformat()]
    assert [one.number for one in stored(survey)] == came
    assert survey.view("qr").looks_made == ()


def test_nobody_changes_what_a_look_proved(survey: Surveyed) -> None:
    fix_looks(survey)
    survey.answer(survey.unit(), 243, 17, day=date(2026, 11, 3))
    judge_looks(survey, at(9))
    for statement in (update(LookVerdict).values(responses=1), delete(LookVerdict)):
        with pytest.raises(IntegrityError), survey.record.database.writing() as session:
            session.execute(statement)


def test_the_page_of_a_running_wave_says_what_a_look_proved(survey: Surveyed, sign_in: SignIn) -> None:
    fix_looks(survey)
    survey.answer(survey.unit(), 243, 17, day=date(2026, 11, 3))
    judge_looks(survey, at(9))
    account = survey.record.account((Role.ANALYST, survey.province, ("admin",)))
    page = sign_in(account).get("/quan-tri/ket-qua/W-1?kenh=drawn")
    row = next(row for row in page.rows() if row and row[0].startswith("1"))
    assert row[-1].startswith("Đạt, chưa đủ chắc chắn (p = 0,0")
    assert "260 phiếu" in row[-1]
    assert "Kết luận được đưa ra vào các lần xem xét đã định (bảng dưới) và khi đóng đợt." in page.text
