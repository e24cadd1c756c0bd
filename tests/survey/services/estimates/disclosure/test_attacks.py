"""What an attacker finds out from the results as they are published: nobody's answers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import update

from survey.models.intake.responses import Response
from survey.models.people.accounts import Account, Role
from survey.models.province.procedures import Field
from survey.models.province.units import Unit
from survey.permissions import system
from survey.services.estimates import finalising, visible_results
from survey.services.estimates.results_cache import KeptResults
from survey.services.files import result_json
from tests.factories.questionnaires import item, text
from tests.factories.record import Record
from tests.factories.results import Surveyed, document
from tests.staff_client import StaffClient
from tests.survey.services.estimates.disclosure import attack
from tests.survey.services.estimates.disclosure.attack import Truth

QUESTIONS = ("q1", "q2", "q3", "q4")
COMPOSITES = {"A": ("q1", "q2"), "B": ("q3", "q4"), "overall": QUESTIONS}
SATISFIED, DISSATISFIED = 5, 2


def surveyed(record: Record) -> Surveyed:
    """Four questions in two factors, and the whole of all of them."""
    factors = [{"code": code, "name": text(f"Yếu tố {code}"), "grade": "verbatim"} for code in ("A", "B")]
    asked = [item(code, factor="A" if code in COMPOSITES["A"] else "B") for code in QUESTIONS]
    rules = [
        {"level": "item", "rule": "item_rate", "measure": "rate"},
        {"level": "factor", "rule": "top2_answers", "measure": "rate"},
        {"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True},
    ]
    return Surveyed(record, answers=document(*asked, factors=factors, indices=rules))


def answered(survey: Surveyed, unit: Unit, field: Field, counts: dict[str, tuple[int, int]], people: int) -> Truth:
    """So many people; of each question the first are satisfied, the next are not, the others left it blank."""
    for k in range(people):
        codes = {
            code: SATISFIED if k < good else DISSATISFIED for code, (good, bad) in counts.items() if k < good + bad
        }
        survey.say(unit, codes, 1, field=field)
    return {((unit.code, field.code), code): pair for code, pair in counts.items()}


def at_random(survey: Surveyed, seed: int) -> Truth:
    """Five units by three fields of few and many people, with questions that few are asked."""
    rng = np.random.default_rng(seed)
    units, fields = [survey.unit(f"Phường {n}") for n in range(5)], [survey.record.field() for _ in range(3)]
    truth: dict[tuple[attack.Place, str], tuple[int, int]] = {}
    for unit, field in itertools.product(units, fields):
        people = int(rng.choice([0, 2, 5, 12, 30], p=[0.1, 0.2, 0.2, 0.25, 0.25]))
        counts = {}
        for code in QUESTIONS:
            n = int(rng.binomial(people, 0.3 if code == "q4" else 0.95))
            counts[code] = (good := int(rng.binomial(n, 0.85)), n - good)
        truth |= answered(survey, unit, field, counts, people)
    return truth


@pytest.mark.parametrize("seed", range(6))
def test_no_hidden_figure_of_few_people_can_be_solved_for(record: Record, seed: int) -> None:
    survey = surveyed(record)
    truth = at_random(survey, seed)
    survey.close()
    found = attack.widths(result_json.result(survey.view()), COMPOSITES, truth)
    small = {cell: (n, width) for cell, (n, width) in found.items() if n < 10}
    assert small
    assert not {cell: (n, width) for cell, (n, width) in small.items() if width < min(n, 3) - 1e-6}


def test_a_factor_minus_its_shown_questions_gives_no_hidden_one(record: Record) -> None:
    """The one question of a unit that few were asked, beside the factor of the unit and the other question."""
    survey = surveyed(record)
    field, truth = survey.record.field(), {}
    for name, few in (("A", 4), ("B", 40), ("C", 35)):
        counts = {"q1": (30, 10), "q2": (28, 12), "q3": (25, 15), "q4": (few - 1, 1)}
        truth |= answered(survey, survey.unit(name), field, counts, 40)
    survey.close()
    found = attack.widths(result_json.result(survey.view()), COMPOSITES, truth)
    (width,) = [width for cell, (n, width) in found.items() if n == 4 and dict(cell.domain).keys() == {"unit"}]
    assert width >= 3


def test_several_units_seen_together_say_no_more_than_each_of_them(survey: Surveyed) -> None:
    """The mean of two published rates: nothing for the difference from the province's page to tell."""
    field = survey.record.field()
    units = [survey.unit(name) for name in "ABCD"]
    for unit, good in zip(units, (30, 41, 12, 50), strict=True):
        survey.frame(unit, 700, field)
        survey.answer(unit, good, 9, field=field)
    agency = survey.unit("Sở A")
    pair = [survey.unit(f"Một cửa {n}", parent=agency) for n in (1, 2)]
    for unit, good in zip(pair, (6, 3), strict=True):
        survey.frame(unit, 900, field)
        survey.answer(unit, good, 3, field=field)  # 9 and 6 people: hidden on the province's page
    survey.close()
    part = survey.view(actor=survey.analyst(agency))
    assert part.overall is not None
    assert part.overall.shown.value is None
    assert part.responses == 0
    assert not any(row.shown.value is not None for row in (*part.items, *part.by_field, *part.by_unit))
    whole = survey.view()
    assert {row.label for row in whole.by_unit if row.shown.hidden} >= {"Một cửa 1", "Một cửa 2"}


def test_a_hidden_unit_does_not_say_how_many_answered(survey: Surveyed, sign_in: Callable[[Account], StaffClient]):
    """The one that protects a smaller unit has 46 people, and its own page would have said so."""
    small, protecting, large = (survey.unit(name) for name in ("Nhỏ", "Vừa", "Lớn"))
    for unit, n in ((small, 7), (protecting, 46), (large, 60)):
        survey.answer(unit, n - 1, 1)
    survey.close()
    viewer = survey.record.account((Role.UNIT_VIEWER, protecting, ("admin",)))
    page = sign_in(viewer).get("/quan-tri/ket-qua/W-1?kenh=drawn")
    assert page.status == 200
    assert "46" not in page.text.split("Cách làm")[0]
    view = survey.view(actor=survey.person(Role.UNIT_VIEWER, protecting))
    assert view.responses is None
    assert '"n": 46' not in json.dumps(result_json.result(view))


def test_a_deletion_in_a_closed_wave_changes_no_figure(survey: Surveyed) -> None:
    a, b = survey.unit("Phường A"), survey.unit("Phường B")
    survey.answer(a, 30, 5)
    survey.answer(b, 20, 20)
    survey.close()
    before = {who: result_json.result(survey.view(actor=actor)) for who, actor in _readers(survey, a)}
    survey.delete_one(a)
    for who, actor in _readers(survey, a):
        again = result_json.result(survey.view(actor=actor, kept=KeptResults()))
        assert again["estimates"] == before[who]["estimates"]
        assert again["meta"]["rows"] == before[who]["meta"]["rows"]


def test_the_next_version_hides_what_few_deletions_changed(survey: Surveyed) -> None:
    """Twelve have left: two of them at one unit, whose figures of both versions would tell what the two had said."""
    units = [survey.unit(name) for name in "ABCD"]
    for unit in units:
        survey.answer(unit, 50, 10)
    survey.close()
    for unit, gone in zip(units, (2, 10, 0, 0), strict=True):
        for _ in range(gone):
            survey.delete_one(unit)
    database, now = survey.record.database, survey.record.now + timedelta(days=1)
    finalising.judge_anew(database, "W-1", actor=survey.analyst(), now=now)
    view = visible_results.read(database, "W-1", "drawn", actor=system(), now=now)
    shown = {row.label: row.shown.n for row in view.by_unit}
    assert view.results.version == 2
    assert view.responses == 228
    assert shown["A"] is None
    changed = [abs((n or 0) - 60) for n in shown.values() if n is not None]
    assert not any(0 < moved < 10 for moved in changed)
    assert list(shown.values()).count(None) >= 2  # the whole minus the others would give the one that changed


def _readers(survey: Surveyed, unit: Unit) -> list[tuple[str, object]]:
    return [("province", survey.analyst()), ("unit", survey.person(Role.UNIT_VIEWER, unit)), ("system", system())]


# --- full precision -----------------------------------------------------------------------------------------------


def solutions(rate: float, step: float, sizes: list[int], weights: list[float]) -> list[tuple[int, ...]]:
    """Numbers of satisfied people in each cell that make this rate, to within half a step."""
    found = []
    for counts in itertools.product(*(range(size + 1) for size in sizes)):
        value = sum(w * c for w, c in zip(weights, counts, strict=True)) / sum(
            w * n for w, n in zip(weights, sizes, strict=True)
        )
        if abs(value - rate) <= step / 2 + 1e-12:
            found.append(counts)
    return found


def test_a_rate_is_no_knapsack_with_one_solution(survey: Surveyed) -> None:
    """Three fields of one unit, weights as any reader can work them out: transactions over answers."""
    unit, other = survey.unit("Phường A"), survey.unit("Phường B")
    fields = [survey.record.field() for _ in range(3)]
    sizes, transactions, satisfied = [14, 12, 11], [733, 512, 1291], [9, 10, 4]
    for field, size, frame, good in zip(fields, sizes, transactions, satisfied, strict=True):
        survey.frame(unit, frame, field)
        survey.answer(unit, good, size - good, field=field)
        survey.frame(other, 800, field)
        survey.answer(other, 30, 10, field=field)
    survey.close()
    result = result_json.result(survey.view())
    (entry,) = [
        e for e in result["estimates"]
        if e["domain"] == {"unit": unit.code} and (e["measure"], e["variable"]) == ("item_rate", "q1")
    ]  # fmt: skip
    weights = [t / n for t, n in zip(transactions, sizes, strict=True)]
    exact = sum(w * g for w, g in zip(weights, satisfied, strict=True)) / sum(transactions)
    assert solutions(exact, 1e-9, sizes, weights) == [tuple(satisfied)]  # with every digit there is one solution
    assert entry["estimate"] == pytest.approx(exact, abs=0.0005)
    found = solutions(entry["estimate"], 0.001, sizes, weights)
    assert tuple(satisfied) in found
    assert len(found) > 1
    assert all(len({counts[k] for counts in found}) > 1 for k in range(3))


def test_below_the_whole_nothing_has_more_than_a_tenth_of_a_point(survey: Surveyed) -> None:
    units, field = [survey.unit(f"Phường {n}") for n in range(3)], survey.record.field()
    for unit, good in zip(units, (31, 44, 52), strict=True):
        survey.frame(unit, 777, field)
        survey.answer(unit, good, 13, field=field)
    survey.close()
    seen = [result_json.result(survey.view()), result_json.result(survey.view(actor=survey.analyst(units[0])))]
    for result in seen:
        for entry in result["estimates"]:
            if entry["domain"] or result is seen[1]:
                assert entry["sum_w"] is None
                assert entry["deff_wor"] is None
                limits = [x for pair in entry["interval"].values() if pair for x in pair]
                for value in (entry["estimate"], entry["se"], *limits):
                    assert value is None or round(value, 3) == value
        for verdict in result["verdicts"]:
            if verdict["domain"] or result is seen[1]:
                for name in ("p_reached_adjusted", "p_missed_adjusted", "lower_bound_adjusted",
                             "upper_bound_adjusted", "own_lower_bound_unadjusted"):  # fmt: skip
                    assert verdict[name] is None or round(verdict[name], 3) == verdict[name]
    whole = next(e for e in seen[0]["estimates"] if not e["domain"])
    assert whole["sum_w"] == pytest.approx(3 * 777)
    assert round(whole["estimate"], 3) != whole["estimate"]


def test_the_bound_of_a_shown_unit_does_not_depend_on_a_hidden_one(survey: Surveyed) -> None:
    """Holm gives the others more once one is proven: of a hidden unit nobody may learn that it was."""
    units = {name: survey.unit(name) for name in ("A", "B", "C", "D")}
    for name, (good, bad) in {"A": (97, 3), "B": (160, 40), "C": (4, 0), "D": (180, 20)}.items():
        survey.answer(units[name], good, bad)
    survey.close()
    view = survey.view()
    hidden = {row.label for row in view.by_unit if row.shown.hidden}
    assert hidden == {"A", "C"}
    judged = view.results.verdicts["unit"]
    assert {units[name].id for name in ("B", "D")} == {key[0] for key in judged}
    assert {v.members for v in judged.values()} == {4}
    with survey.record.database.writing() as session:  # the hidden one far from its target instead of far above it
        session.execute(
            update(Response)
            .where(Response.unit_deciding_id == units["A"].id)
            .values(answers=json.dumps({"q1": 2, "q2": 3}))
        )
    later = survey.record.now + timedelta(days=1)
    finalising.judge_anew(survey.record.database, "W-1", actor=survey.analyst(), now=later)
    again = survey.view(now=later).results
    assert again.version == 2
    assert again.verdicts["unit"] == judged
