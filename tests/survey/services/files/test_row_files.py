"""The download of rows as a statistician uses it: R and our own command give the figures that its read-me states."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.files import command_line
from survey.models.fieldwork.points import Mode
from survey.permissions import system
from survey.services.estimates.disclosure.patterns import people_of
from survey.services.files import result_files
from survey.services.files.rows.packages import CODEBOOK, READ_ME, REQUEST
from tests import statistics_programs
from tests.factories.questionnaires import item
from tests.factories.record import Record
from tests.factories.results import DISSATISFIED, SATISFIED, SEX, Surveyed, document
from tests.factories.row_files import unpacked
from tests.factories.surveyed_waves import FIRST_DAY

MINIMUM = 10
DESIGN = Path(__file__).parent / "headline_of_rows.R"
FULL = re.compile(
    r"(?P<estimate>[\d.]+) \(standard error (?P<se>[\d.]+); 95 % interval (?P<low>[\d.]+) to (?P<high>[\d.]+); "
    r"df (?P<df>\d+); n = (?P<n>\d+)\)(; (?P<verdict>.+))?"
)


@dataclass(frozen=True)
class Package:
    """A ZIP of rows, taken apart."""

    folder: Path
    name: str
    rows: list[dict[str, str]]
    read_me: dict[str, str]
    codebook: list[dict[str, str]]
    request: dict[str, Any]

    def stated(self, heading: str) -> dict[str, str]:
        """The numbers of a figure in the read-me."""
        found = FULL.fullmatch(self.read_me[heading])
        assert found, self.read_me[heading]
        return found.groupdict()

    def sizes(self, *columns: str) -> Counter[tuple[str, ...]]:
        return Counter(tuple(row[name] for name in columns) for row in self.rows)


def package(survey: Surveyed, folder: Path, channel: str = "drawn", language: str = "en") -> Package:
    survey.close()
    made = result_files.write_rows(
        survey.record.database, "W-1", channel, folder / "file", actor=system(), now=survey.record.now,
        instance=folder, language=language,
    )  # fmt: skip
    texts = unpacked(made.path)
    name = made.name.replace(".zip", ".csv")
    assert list(texts) == [name, READ_ME, CODEBOOK, REQUEST]
    for one, text in texts.items():
        (folder / one).write_text(text, "utf-8", newline="")
    rows, codebook = (list(csv.DictReader(io.StringIO(texts[n], newline=""))) for n in (name, CODEBOOK))
    read_me = dict(line.split(": ", 1) for line in texts[READ_ME].splitlines())
    return Package(folder, name, rows, read_me, codebook, json.loads(texts[REQUEST]))


def close(found: Any, stated: str) -> bool:
    return bool(abs(float(found) - float(stated)) <= 1e-8 * max(abs(float(stated)), 1.0))


def drawn(record: Record, answers: str = "") -> Surveyed:
    """Eight units of two or three fields, one unit and some cells of a few, closed; nobody's answers."""
    survey = Surveyed(record, answers=answers or document(item("q1"), item("q2"), SEX))
    fields = [record.field() for _ in range(3)]
    random = np.random.default_rng(11)
    for k in range(8):
        unit = survey.unit(f"Phường {k}")
        for place, field in enumerate(fields):
            people = 4 if k == 2 else 3 if (k, place) in ((4, 1), (6, 2)) else int(random.integers(12, 30))
            survey.frame(unit, int(random.integers(200, 5000)), field)
            for sex in (1, 2):
                for codes, share in ((SATISFIED, 0.85), (DISSATISFIED, 0.1), ({"q1": 5}, 0.05)):
                    number = round(people * share / 2 + 0.2)
                    if number:
                        survey.say(unit, codes | {"r_sex": sex}, number, field=field)
    survey.close()
    return survey


def opt_in(record: Record) -> Surveyed:
    """Self-selected answers at a point in each of five units on twelve days, one unit of a few; nobody's answers."""
    survey = Surveyed(record)
    fields = [record.field() for _ in range(2)]
    random = np.random.default_rng(12)
    for k in range(5):
        unit = survey.unit(f"Phường {k}")
        for field in fields:
            survey.frame(unit, int(random.integers(200, 5000)), field)
        for day in range(12 if k else 2):
            at: dict[str, Any] = {"channel": survey.qr, "day": FIRST_DAY + timedelta(days=day)}
            good, bad = int(random.integers(1, 9)), int(random.integers(0, 3))
            survey.answer(unit, good if k else 3, bad if k else 1, field=fields[day % 2], **at)
    survey.close()
    return survey


Asked = Callable[[Record], Surveyed]
CHANNELS = [pytest.param(drawn, "drawn", id="drawn"), pytest.param(opt_in, "qr", id="opt_in")]


# --- the headline again ---------------------------------------------------------------------------------------------


def by_r(found: Package, what: str = "answers") -> dict[str, float]:
    """The share of satisfied answers to q1 and q2, or of people at q1, as R's survey package finds it in the file."""
    lines = statistics_programs.r(DESIGN, found.folder / found.name, what).split()
    return dict(zip(("estimate", "se", "low", "high", "df"), map(float, lines), strict=True))


@pytest.mark.parametrize(("asked", "channel"), CHANNELS)
def test_r_finds_what_the_read_me_states(record: Record, tmp_path: Path, asked: Asked, channel: str) -> None:
    found = package(asked(record), tmp_path, channel)
    stated, again = found.stated("Headline figure from these rows"), by_r(found)
    for name, value in again.items():
        assert close(value, stated[name]), (name, value, stated[name])
    assert int(stated["n"]) == len(found.rows)


@pytest.mark.parametrize(("asked", "channel"), CHANNELS)
def test_the_command_finds_what_the_read_me_states(record: Record, tmp_path: Path, asked: Asked, channel: str) -> None:
    found = package(asked(record), tmp_path, channel)
    stated = found.stated("Headline figure from these rows")
    assert found.read_me["The headline figure again"] == (
        f"python -m analysis estimate --data {found.name} --request request.json --out result.json"
    )
    told = answered(found)
    whole = next(e for e in told["estimates"] if not e["domain"])
    low, high = whole["interval"]["logit"]
    for value, name in ((whole["estimate"], "estimate"), (whole["se"], "se"), (low, "low"), (high, "high"),
                        (whole["df"], "df"), (whole["n"], "n")):  # fmt: skip
        assert close(value, stated[name])
    verdicts = {v["verdict"] for v in told["verdicts"]}
    assert verdicts == ({"missed_not_proven"} if channel == "drawn" else set())
    units = {e["domain"]["unit"] for e in told["estimates"] if "unit" in e["domain"]}
    assert units == {row["unit"] for row in found.rows} - {""}


def answered(found: Package) -> dict[str, Any]:
    out = found.folder / "result.json"
    arguments = ["--data", str(found.folder / found.name), "--request", str(found.folder / REQUEST), "--out", str(out)]
    assert command_line.main(["estimate", *arguments]) == 0
    return dict(json.loads(out.read_text("utf-8")))


def test_r_by_its_interval_for_shares_of_people_finds_what_the_read_me_states(record: Record, tmp_path: Path) -> None:
    rules = [{"level": "overall", "rule": "overall_question", "measure": "rate", "items": ["q1"], "headline": True}]
    found = package(drawn(record, document(item("q1"), item("q2"), SEX, indices=rules)), tmp_path)
    stated = found.stated("Headline figure from these rows")
    again = by_r(found, "share")
    for name, value in again.items():
        assert close(value, stated[name]), (name, value, stated[name])
    assert found.request["overall"] == "q1"
    (verdict,) = answered(found)["verdicts"]
    assert verdict["verdict"] == "reached_not_proven"
    assert stated["verdict"] == "reached, not yet certain"


def test_read_me_says_that_nothing_differs_where_nothing_is_hidden(record: Record, tmp_path: Path) -> None:
    survey = Surveyed(record)
    for transactions in (700, 900, 300):
        unit = survey.unit()
        survey.frame(unit, transactions)
        survey.answer(unit, 30, 4)
    survey.close()
    found = package(survey, tmp_path)
    own, published = (found.stated(f"Headline figure {which}") for which in ("from these rows", "as published"))
    assert own == published
    assert found.read_me["Why they differ"] == "They are the same."


def test_read_me_names_why_the_figures_differ(record: Record, tmp_path: Path) -> None:
    found = package(drawn(record), tmp_path)
    own, published = (found.stated(f"Headline figure {which}") for which in ("from these rows", "as published"))
    assert own["n"] == published["n"]
    assert abs(float(own["estimate"]) - float(published["estimate"])) < 0.005
    assert found.read_me["Why they differ"] == (
        "rows that hide their unit or field share a mean weight, and a stratum."
    )


def test_read_me_of_self_selected_answers_says_what_their_design_leaves_out(record: Record, tmp_path: Path) -> None:
    found = package(opt_in(record), tmp_path, "qr")
    own, published = (found.stated(f"Headline figure {which}") for which in ("from these rows", "as published"))
    assert own["n"] == published["n"]
    assert abs(float(own["estimate"]) - float(published["estimate"])) < 0.02
    assert "clusters were joined" in found.read_me["Why they differ"]
    assert "adjusted to the transactions" in found.read_me["Why they differ"]


def test_answers_taken_in_batches_keep_them_as_clusters(record: Record, tmp_path: Path) -> None:
    survey = Surveyed(record)
    for k in range(3):
        unit = survey.unit()
        for day in range(9):
            survey.answer(unit, 4 + (day + k) % 4, day % 3, day=FIRST_DAY + timedelta(days=day), mode=Mode.INTERVIEWER)
    survey.close()
    found = package(survey, tmp_path)
    stated, again = found.stated("Headline figure from these rows"), by_r(found)
    for name, value in again.items():
        assert close(value, stated[name])
    assert found.request["design"] == {"weight": "weight", "strata": "stratum", "psu": "cluster"}
    assert len(found.sizes("cluster")) < 27
    whole = next(e for e in answered(found)["estimates"] if not e["domain"])
    assert close(whole["se"], stated["se"])


# --- attacks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "channel"), CHANNELS)
def test_no_row_is_left_out_and_the_weights_are_the_transactions(
    record: Record, tmp_path: Path, asked: Asked, channel: str
) -> None:
    survey = asked(record)
    found, view = package(survey, tmp_path, channel), survey.view(channel)
    assert len(found.rows) == view.responses
    assert sum(float(row["weight"]) for row in found.rows) == pytest.approx(view.transactions, rel=1e-12)
    assert all(row["weight"] and row["stratum"] and row["cluster"] for row in found.rows)


@pytest.mark.parametrize(("asked", "channel"), CHANNELS)
def test_no_combination_and_no_code_of_the_design_is_of_a_few(
    record: Record, tmp_path: Path, asked: Asked, channel: str
) -> None:
    found = package(asked(record), tmp_path, channel)
    facts = ["r_sex"] if "r_sex" in found.rows[0] else []
    for columns in (["unit", "month", "field", *facts], ["stratum"], ["weight"], ["unit"], ["field"]):
        assert min(found.sizes(*columns).values()) >= MINIMUM
    if channel == "qr":
        assert min(found.sizes("cluster").values()) >= MINIMUM
    else:
        assert set(found.sizes("cluster").values()) == {1}


@pytest.mark.parametrize(("asked", "channel"), CHANNELS)
def test_figures_of_units_and_fields_minus_the_rows_are_those_of_nobody_or_enough(
    record: Record, tmp_path: Path, asked: Asked, channel: str
) -> None:
    survey = asked(record)
    found, view = package(survey, tmp_path, channel), survey.view(channel)
    compared = 0
    for rows, codes, name in ((view.by_unit, view.unit_codes, "unit"), (view.by_field, view.field_codes, "field")):
        shown = found.sizes(name)
        for row in rows:
            if row.shown.hidden:
                assert shown[codes[row.key],] == 0
                continue
            few = (row.shown.n or 0) - shown[codes[row.key],]
            assert few == 0 or few >= MINIMUM
            compared += 1
    assert compared >= 5
    inside = people_of(view.results.table("unit", "field"))
    shown = found.sizes("unit", "field")
    for (unit, field), n in inside.items():
        assert n - shown[view.unit_codes[unit], view.field_codes[field]] in (0, n)


def test_three_withheld_people_do_not_follow_from_the_figures_of_their_unit(record: Record, tmp_path: Path) -> None:
    """At the default settings their satisfied answers were the unit's minus those of its rows."""
    survey = Surveyed(record, answers=document(item("q1"), item("q2"), SEX))
    first, second = record.field(), record.field()
    unit, other = survey.unit(), survey.unit()
    for at in (unit, other):
        survey.say(at, SATISFIED | {"r_sex": 1}, 30, field=first)
        survey.say(at, SATISFIED | {"r_sex": 2}, 20, field=second)
    survey.say(unit, DISSATISFIED, 3, field=second)
    found = package(survey, tmp_path)
    rows = [row for row in found.rows if row["unit"] == unit.code]
    assert len(rows) in (53, *range(43 + 1))
    assert sum(row["q1"] == "2" for row in found.rows) == 3, "none left out"
    for facts in found.sizes("unit", "field", "r_sex").values():
        assert facts >= MINIMUM


def test_months_are_hidden_where_few_answered_in_one(record: Record, tmp_path: Path) -> None:
    survey = Surveyed(record)
    unit = survey.unit()
    for month, people in ((9, 40), (10, 25), (11, 4)):
        survey.answer(unit, people, 0, day=date(2026, month, 5))
    sizes = package(survey, tmp_path).sizes("unit", "month")
    assert sizes == {(unit.code, "2026-09"): 40, (unit.code, ""): 29}


def test_codes_of_strata_tell_no_order_of_units(record: Record, tmp_path: Path) -> None:
    """They are numbered as they come in the file, whose rows stand in the order of random keys."""
    found = package(drawn(record), tmp_path)
    seen = list(dict.fromkeys(int(row["stratum"]) for row in found.rows))
    assert seen == sorted(seen)
