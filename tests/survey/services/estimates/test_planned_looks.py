"""Looks that were fixed before a wave opened: what stands on its page, and the level at which its whole is judged."""

from __future__ import annotations

import pytest

from analysis.monitoring import spending
from survey.models.fieldwork.waves import PlannedTests
from survey.models.people.accounts import Role
from survey.services.estimates import stored_results
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
    kept = stored_results.find(survey.record.database, survey.drawn.id)
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
