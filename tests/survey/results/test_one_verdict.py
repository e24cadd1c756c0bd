"""One figure, one verdict: the same on every surface, for whoever reads it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import text, update

from survey import create_app, schema
from survey.config import Config
from survey.database import Database
from survey.errors import Conflict, Forbidden
from survey.models.estimates.results import ResultSet
from survey.models.people.accounts import Account, Role
from survey.models.province.procedures import FieldGroup
from survey.models.province.units import UnitKind
from survey.permissions import system
from survey.services import housekeeping
from survey.services.demonstration import setting_up
from survey.services.estimates import answer_columns, finalising, stored_results, visible_results
from survey.services.estimates.answer_columns import Columns
from survey.services.estimates.channel_results import ChannelResults, estimate_channel
from survey.services.estimates.channel_verdicts import FORMER_RULE
from survey.services.estimates.results_cache import KeptResults
from survey.services.estimates.wave_facts import facts
from survey.services.files import result_files, result_json
from survey.services.files.result_sentences import Words, marks
from survey.services.people.credentials import Vault
from survey.tokens import Tokens
from tests.factories.people import cheap
from tests.factories.results import Surveyed
from tests.staff_client import Page, StaffClient
from tests.survey.results.agreement import require_agreement

SignIn = Callable[[Account], StaffClient]
UNITS = 10
ON_TABLE = {True: "", False: " ON result_set"}  # how a trigger is named when it is dropped, on SQLite or not


class Given(KeptResults):
    """Results that are there already."""

    def __init__(self, results: ChannelResults) -> None:
        super().__init__()
        self._results = results

    def of(self, *_: object, **__: object) -> ChannelResults:
        return self._results


def made_up(draw: np.random.Generator, wave: Surveyed, units: list[int], fields: list[int]) -> Columns:
    """Answers of a wave: of some units none, of some few, around their target or far from it."""
    people = draw.choice([0, 12, 40, 70, 120, 260], len(units), p=[0.05, 0.1, 0.15, 0.25, 0.25, 0.2])
    people[0] = max(people[0], 40)
    centre = draw.choice([0.8, 0.9, 0.96])
    spread = draw.choice([0.0, 0.03, 0.12])
    rate = np.clip(draw.normal(centre, spread, len(units)), 0.3, 1.0)
    unit = np.repeat(units, people).astype(np.int32)
    good = draw.random((len(unit), 2)) < np.repeat(rate, people)[:, None]
    codes = np.where(good, draw.choice([4, 5], good.shape), draw.choice([1, 2, 3], good.shape)).astype(np.uint8)
    field = draw.choice(fields, len(unit)).astype(np.int32)
    day = np.full(len(unit), 20_400, np.int32)
    alone = np.zeros(len(unit), np.uint8)
    values = {"q1": codes[:, 0], "q2": codes[:, 1], "_unit": unit, "_received": unit, "_field": field, "_point": unit,
              "_day": day + draw.integers(0, 20, len(unit)).astype(np.int32), "_together": alone}  # fmt: skip
    return Columns(len(unit), "ab" * 32, values)


def test_word_picture_bound_p_and_file_agree_in_a_hundred_random_waves(
    survey: Surveyed, staff_app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred on each database: two hundred in all."""
    fields = [survey.record.field(group=g).id for g in (FieldGroup.LAND, FieldGroup.OTHER, FieldGroup.OTHER)]
    units = [survey.unit(kind=UnitKind.DEPARTMENT if n < 5 else UnitKind.WARD) for n in range(UNITS)]
    for unit in units:
        survey.frame(unit, 900)
        survey.record.point(survey.drawn, unit=unit)
    survey.answer(units[0], 40, 4)
    survey.close()
    wave = facts(survey.record.database, "W-1")
    judged, words = 0, set()
    for seed in range(100) if database.is_sqlite else range(100, 200):
        found = made_up(np.random.default_rng(seed), survey, [unit.id for unit in units], fields)
        monkeypatch.setattr(answer_columns, "read", lambda *_, answers=found, **__: answers)
        results = replace(
            estimate_channel(survey.record.database, wave, "drawn", now=survey.record.now), result_set_id=1
        )
        with staff_app.test_request_context("/", headers={"Accept-Language": "vi"}):
            view = survey.view(kept=Given(results))
            judged += require_agreement(view)
        words |= {v.verdict for own in results.verdicts.values() for v in own.values()}
    assert judged > 800
    assert words >= {"reached", "reached_not_proven", "missed_not_proven", "missed", "too_few"}


@pytest.fixture
def demonstration(tmp_path: Path, config: Config) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'demonstration.db'}")
    schema.upgrade(database)
    keys, now = config.secret_keys, datetime(2026, 11, 20, 9, tzinfo=UTC)
    made = setting_up.make(database, Tokens(keys), Vault(keys), cheap(), known=[], now=now)
    for code in made.closed:
        finalising.make_final(database, code, actor=system(), now=now)
    yield database
    database.dispose()


def test_they_agree_in_the_closed_waves_of_the_demonstration(demonstration: Database, config: Config) -> None:
    app = create_app(replace(config, faces=frozenset({"staff"})), demonstration)
    kept, judged = KeptResults(), 0
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    for code in ("HC-2026-1", "YT-2026-1", "GD-2026-1"):
        for channel in facts(demonstration, code).channels:
            view = visible_results.read(demonstration, code, channel.code, actor=system(), now=now, kept=kept)
            with app.test_request_context("/", headers={"Accept-Language": "vi"}):
                judged += require_agreement(view)
    assert judged > 150


# --- two readers ----------------------------------------------------------------------------------------------------


def opened(survey: Surveyed, sign_in: SignIn, account: Account, path: str = "/quan-tri/ket-qua/W-1?kenh=drawn") -> Page:
    return sign_in(account).get(path)


def row_of(page: Page, name: str) -> list[str]:
    return next(row for row in page.rows() if row and row[0].startswith(name))


def test_analysts_of_two_departments_read_the_same_of_one_unit(
    survey: Surveyed, sign_in: SignIn, tmp_path: Path
) -> None:
    """The home department sees every unit, the other department itself alone."""
    kind = UnitKind.DEPARTMENT
    home, education = survey.unit("Sở Nội vụ", kind=kind), survey.unit("Sở Giáo dục và Đào tạo", kind=kind)
    others = [survey.unit(f"Sở số {n}", kind=kind) for n in range(5)]
    for unit in (home, education, *others):
        survey.frame(unit, 5000)
        survey.answer(unit, *((118, 7) if unit is education else (108, 12)))
    survey.close()
    all_units = survey.record.account((Role.ANALYST, survey.province, ("admin",)))
    own_unit = survey.record.account((Role.ANALYST, education, ("admin",)))
    wide, narrow = opened(survey, sign_in, all_units), opened(survey, sign_in, own_unit)
    said = row_of(wide, "Sở Giáo dục và Đào tạo")
    assert said[0].endswith("chỉ tiêu 90 %")
    verdict, proof = said[-1].split(" p ", 1)
    assert verdict == "Đạt, chưa đủ chắc chắn"  # alone it would be "Đạt": p = 0,03
    assert f"p {proof}" in narrow.text
    assert "Đạt, chưa đủ chắc chắn" in narrow.text
    assert "một trong 7 số liệu được kết luận cùng nhau" in narrow.text
    assert said[1:4] == ["125", "94,4 %", said[3]]
    assert f"KTC 95 %: {said[3]}" in narrow.text

    database, now = survey.record.database, survey.record.now
    cells, entries = [], []
    for number, actor in enumerate((survey.analyst(), survey.analyst(education))):
        folder = tmp_path / str(number)
        folder.mkdir()
        made = result_files.write_workbook(
            database, "W-1", "drawn", folder / "file", actor=actor, now=now, instance=folder
        )
        sheet = load_workbook(io.BytesIO(made.path.read_bytes()))["Theo đơn vị"]
        cells.append(next([c.value for c in row] for row in sheet if row[0].value == education.name))
        data = json.loads(json.dumps(result_json.result(survey.view(actor=actor))))
        entries.append(next(v for v in data["verdicts"] if v["domain"] == {"unit": education.code}))
    assert cells[0] == cells[1]
    assert entries[0] == entries[1]
    assert (entries[0]["verdict"], entries[0]["threshold"]) == ("reached_not_proven", 0.9)
    assert cells[0][10:12] == [0.9, "đạt, chưa đủ chắc chắn"]
    assert f"{entries[0]['p_reached_adjusted']:.3f}".replace(".", ",") in proof
    assert entries[0]["family"] == {"name": "unit:department", "size": 7}


def test_several_units_together_have_no_verdict_but_each_has_its_own(survey: Surveyed, sign_in: SignIn) -> None:
    district = survey.unit("Cụm", kind=UnitKind.OTHER)
    inside = [survey.unit(f"Phường {n}", parent=district) for n in (1, 2)]
    outside = [survey.unit(f"Phường {n}") for n in (3, 4)]
    for unit in (*inside, *outside):
        survey.frame(unit, 2000)
        survey.answer(unit, 96, 4)
    survey.close()
    page = opened(survey, sign_in, survey.record.account((Role.ANALYST, district, ("admin",))))
    assert "không thuộc các số liệu đã ấn định khi mở đợt khảo sát nên không có kết luận cho cả nhóm" in page.text
    whole = survey.view()
    part = survey.view(actor=survey.analyst(district))
    assert part.overall is not None
    assert (part.overall.verdict, part.overall.target) == (None, 0.9)
    assert part.overall.shown.value == pytest.approx(0.96)
    among = {row.key: row for row in whole.by_unit}
    assert {row.key for row in part.by_unit} == {unit.id for unit in inside}
    assert all(row == among[row.key] for row in part.by_unit)
    assert all(row.verdict is not None and row.verdict.members == 4 for row in part.by_unit)


OLDER = "/quan-tri/ket-qua/W-1?kenh=drawn&ban=1"

# --- judged anew ----------------------------------------------------------------------------------------------------


def test_wave_judged_anew_has_a_version_beside_the_old_one(survey: Surveyed, sign_in: SignIn) -> None:
    unit = survey.unit("Phường A")
    survey.frame(unit, 5000)
    survey.answer(unit, 97, 3)
    survey.close()
    first = survey.view()
    account = survey.record.account((Role.ANALYST, survey.province, ("admin",)))
    page = opened(survey, sign_in, account)
    assert "Kết luận lại đợt khảo sát này?" in page.text
    asked = page.form("ket-luan-lai").send()
    assert "đang được kết luận lại" in asked.text
    database, now = survey.record.database, survey.record.now
    assert finalising.judge_anew(database, "W-1", actor=survey.analyst(), now=now, after=1) == 2  # a set for a channel
    assert finalising.judge_anew(database, "W-1", actor=survey.analyst(), now=now, after=1) == 0  # pressed twice
    older = opened(survey, sign_in, account, OLDER)
    assert "Đây là kết quả phiên bản 1" in older.text
    assert "100 phiếu trả lời" in older.text
    assert opened(survey, sign_in, account, OLDER.replace("ban=1", "ban=7")).status == 404
    again = visible_results.read(database, "W-1", "drawn", actor=system(), now=now, version=1)
    assert again.overall == first.overall
    assert not again.is_newest


def test_versions_between_which_answers_left_are_not_shown_side_by_side(survey: Surveyed, sign_in: SignIn) -> None:
    """Their difference would be what those who took an answer back had said."""
    unit = survey.unit("Phường A")
    survey.frame(unit, 5000)
    survey.answer(unit, 97, 3)
    survey.close()
    database, now = survey.record.database, survey.record.now
    for _ in range(9):
        survey.delete_one(unit)
        for judge in (finalising.ask_to_judge_anew, finalising.judge_anew):
            with pytest.raises(Conflict, match="have changed since its results were made"):
                judge(database, "W-1", actor=survey.analyst(), now=now)
    survey.delete_one(unit)
    finalising.judge_anew(database, "W-1", actor=survey.analyst(), now=now, after=1)
    view = survey.view()
    assert (view.results.version, [v.number for v in view.versions], view.responses) == (2, [2, 1], 90)
    account = survey.record.account((Role.ANALYST, survey.province, ("admin",)))
    assert "90 phiếu trả lời" in opened(survey, sign_in, account).text
    older = opened(survey, sign_in, account, OLDER)
    assert (older.status, "vẫn được lưu nhưng không hiển thị nữa" in older.text) == (409, True)
    assert "100 phiếu" not in older.text
    kept = visible_results.read(database, "W-1", "drawn", actor=system(), now=now, version=1)
    assert kept.responses == 100


def test_who_judge_anew_at_once_make_one_version(survey: Surveyed) -> None:
    for name in "AB":
        unit = survey.unit(f"Phường {name}")
        survey.frame(unit, 3000)
        survey.answer(unit, 90, 10)
    survey.close()
    database, now, actor = survey.record.database, survey.record.now, survey.analyst()
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(finalising.judge_anew, database, "W-1", actor=actor, now=now, after=1) for _ in range(4)]
    assert sum(one.result() for one in asked) == 2
    assert [v.number for v in survey.view().versions] == [2, 1]


def test_results_that_outlived_their_answers_are_not_judged_anew(survey: Surveyed) -> None:
    """A version without answers would take the place of the results that stand."""
    unit = survey.unit()
    survey.frame(unit, 5000)
    survey.answer(unit, 97, 3)
    survey.close()
    database, later = survey.record.database, survey.record.now + timedelta(days=800)
    assert housekeeping.purge_answers(database, later)[0] == 100
    for judge in (finalising.ask_to_judge_anew, finalising.judge_anew):
        with pytest.raises(Conflict, match="no longer in the record"):
            judge(database, "W-1", actor=survey.analyst(), now=later)
    assert (survey.view(now=later).results.version, survey.view(now=later).responses) == (1, 100)


def test_only_analysts_of_all_units_of_the_wave_judge_anew(survey: Surveyed, sign_in: SignIn) -> None:
    unit = survey.unit()
    survey.frame(unit, 5000)
    survey.answer(unit, 97, 3)
    survey.close()
    page = opened(survey, sign_in, survey.record.account((Role.ANALYST, unit, ("admin",))))
    assert "Kết luận lại" not in page.text
    with pytest.raises(Forbidden):
        finalising.judge_anew(survey.record.database, "W-1", actor=survey.analyst(unit), now=survey.record.now)


@pytest.mark.parametrize("address", ["", "/phan-tich", "/ket-luan-lai", "/tep"])
def test_stranger_finds_no_wave_of_other_units(survey: Surveyed, sign_in: SignIn, address: str) -> None:
    """Whatever is asked of it: that a wave is there is not told either."""
    unit, other = survey.unit("Phường A"), survey.unit("Phường B")
    survey.frame(unit, 5000)
    survey.answer(unit, 97, 3)
    survey.close()
    stranger = sign_in(survey.record.account((Role.ANALYST, other, ("admin",))))
    path = f"/quan-tri/ket-qua/W-1{address}"
    posted = address in ("/ket-luan-lai", "/tep")
    token = next(stranger.get("/quan-tri/").forms()).fields["csrf_token"]
    fields = {"csrf_token": token, "tep": "workbook"} if posted else {}
    assert stranger.open(path, method="POST" if posted else "GET", data=fields).status == 404


def test_verdicts_of_the_former_rule_are_marked_and_have_no_bound(survey: Surveyed, sign_in: SignIn) -> None:
    """As a wave that was closed before has them: each list adjusted by Benjamini and Hochberg, own bounds alone."""
    units = [survey.unit(f"Phường {name}") for name in "ABC"]
    for unit in units:
        survey.frame(unit, 5000)
        survey.answer(unit, 97, 3)
    survey.close()
    results = survey.view().results
    own = {
        crossing: {
            key: replace(v, lower=None, upper=None, adjusted="bh", rule=FORMER_RULE, family="", members=0)
            for key, v in found.items()
        }
        for crossing, found in results.verdicts.items()
        if "," not in crossing
    }
    former = stored_results.unpack(stored_results.pack(replace(results, verdicts=own, former_rule=True)))
    assert former.verdicts["unit"] == own["unit"]
    with survey.record.database.writing() as session:
        session.execute(
            text("DROP TRIGGER IF EXISTS guard_result_set_update" + ON_TABLE[survey.record.database.is_sqlite])
        )
        session.execute(
            update(ResultSet)
            .where(ResultSet.channel_id == survey.drawn.id)
            .values(estimates=stored_results.pack(former))
        )
    for account in (
        survey.record.account((Role.ANALYST, survey.province, ("admin",))),
        survey.record.account((Role.ANALYST, units[0], ("admin",))),
    ):
        page = opened(survey, sign_in, account)
        assert "quy tắc cũ" in page.text
        assert "cận dưới" not in page.text
    view = survey.view()
    assert result_json.result(view)["meta"]["verdict_rule"] == "former"
    assert any("former rule" in line for line in result_json.lines(view))
    assert "quy tắc cũ" in " ".join(marks(view, Words.of("vi")))
