"""The declared figures of a version, unfolded."""

from __future__ import annotations

import pytest

from instruments import library
from instruments.model import indices
from instruments.model.index_rules import RULES
from tests.instruments.factory import item, section, version, words


def codes(form: str, level: str) -> list[str]:
    return [index.code for index in indices.plan(library.load(form)) if index.level == level]


def index(form: str, code: str) -> indices.Index:
    return next(one for one in indices.plan(library.load(form)) if one.code == code)


def test_a_figure_spells_out_every_code_that_counts():
    found = index("byt56-m2", "A.top2_answers.rate")
    assert [counted.item for counted in found.items] == ["a1", "a2", "a3", "a4", "a5"]
    assert {(counted.satisfied, counted.substantive) for counted in found.items} == {((4, 5), (1, 2, 3, 4, 5))}


def test_local_no_opinion_is_not_substantive_anywhere():
    for entry in library.shipped():
        for one in indices.plan(entry.load()):
            for counted in one.items:
                assert 97 not in counted.substantive
                if one.rule != "share":
                    assert 0 not in counted.substantive


@pytest.mark.parametrize(
    ("form", "headline"),
    [
        ("sipas-2026", "T.pooled_answers.rate"),
        ("sipas-2022", "T.mean_of_children.rate"),
        ("one-stop-short", "overall.mean_of_children.rate"),
        ("sipas-2640", "overall.mean_of_children.rate"),
        ("byt56-m1", "overall.top2_answers.rate"),
        ("byt56-m2", "overall.top2_answers.rate"),
        ("byt56-m3", "overall.top2_answers.rate"),
        ("byt3869-m3", "overall.top2_answers.rate"),
        ("byt3869-m4", "overall.top2_answers.rate"),
        ("edu-thcs-parent", "overall.mean_of_children.rate"),
    ],
)
def test_headline_is_the_default_rule_of_the_form(form: str, headline: str):
    found = indices.headline(library.load(form))
    assert found is not None
    assert found.code == headline
    assert len(found.items) == len(library.load(form).rated_items)


def test_exactly_one_headline_except_for_the_practice_survey():
    for entry in library.shipped():
        count = sum(one.headline for one in indices.plan(entry.load()))
        assert count == (0 if entry.code == "byt3869-m5" else 1), entry.code


def test_sipas_climbs_from_items_through_factors_and_halves_to_the_whole():
    assert codes("sipas-2026", "factor") == [
        f"{factor}.mean_items_rate.rate" for factor in ("P.A", "P.B", "P.C", "P.D", "S.A", "S.B", "S.C", "S.D", "S.E")
    ]
    assert codes("sipas-2022", "half") == ["P.mean_of_children.rate", "S.mean_of_children.rate"]
    assert index("sipas-2022", "P.mean_of_children.rate").children == ("P.A", "P.B", "P.C", "P.D")
    whole = index("sipas-2022", "T.mean_of_children.rate")
    assert (whole.children, whole.weights) == (("P", "S"), (1.0, 1.0))
    assert index("sipas-2026", "T.mean_of_children.rate").children == ("P", "S")  # shown beside the headline
    assert len(index("sipas-2026", "P.pooled_answers.rate").items) == 23


def test_number_of_satisfaction_figures_of_sipas_is_the_published_51():
    figures = [
        one for one in indices.plan(library.load("sipas-2026"))
        if one.measure == "rate" and one.rule in ("item_rate", "mean_items_rate", "pooled_answers")
    ]  # fmt: skip
    assert len(figures) == 39 + 9 + 2 + 1


def test_overall_question_enters_no_domain_and_no_composite():
    plan = indices.plan(library.load("edu-thcs-parent"))
    assert [one.code for one in plan if "g1" in {counted.item for counted in one.items}] == [
        "g1.overall_question.rate",
        "g1.overall_question.score",
    ]


def test_local_question_has_a_figure_of_its_own_and_enters_no_other():
    plan = indices.plan(library.load("one-stop-short"))
    assert [(one.code, one.origin) for one in plan if "g1" in {counted.item for counted in one.items}] == [
        ("g1.overall_question.rate", "overlay")
    ]


def test_return_rule_counts_the_definite_answer_of_each_form():
    assert index("byt56-m1", "g2.return_definite.rate").items[0].satisfied == (5,)
    assert index("byt56-m3", "e4.return_definite.rate").items[0].satisfied == (3,)
    assert index("byt56-m2", "g2.return_broad.rate").items[0].satisfied == (4, 5)
    assert index("byt56-m2", "g2.return_definite.rate").items[0].substantive == (1, 2, 3, 4, 5, 6)


def test_practice_survey_declares_shares_and_nothing_else():
    assert {one.rule for one in indices.plan(library.load("byt3869-m5"))} == {"share"}


def test_question_that_is_switched_off_makes_no_figure():
    assert not [one for one in indices.plan(library.load("byt3869-m4")) if one.target == "i3"]


def test_item_weighted_children_carry_their_number_of_items():
    factors = [{"code": code, "name": words(code), "grade": "verbatim"} for code in ("F", "G")]
    form = version(
        section("a", item("q1", factor="F"), item("q2", factor="F"), item("q3", factor="G")),
        factors=factors,
        indices=[
            {"level": "overall", "rule": "item_weighted", "measure": "rate", "headline": True},
            {
                "level": "overall",
                "rule": "mean_of_children",
                "measure": "rate",
                "weights": [{"child": "G", "weight": 3}],
            },
            {"level": "factor", "rule": "mean_items_rate", "measure": "rate"},
        ],
    )
    whole = [one for one in indices.plan(form) if one.level == "overall"]
    assert [one.weights for one in whole] == [(2.0, 1.0), (1.0, 3.0)]
    assert [one.weighed for one in whole] == [False, True]


def test_local_factor_stays_out_of_the_whole():
    factors = [
        {"code": "F", "name": words("F"), "grade": "verbatim"},
        {"code": "X", "name": words("Tiếng Anh"), "grade": "draft", "origin": "overlay"},
    ]
    form = version(
        section("a", item("q1", factor="F")),
        section("x", item("x1", factor="X", origin="overlay"), origin="overlay"),
        factors=factors,
        indices=[
            {"level": "factor", "rule": "mean_items_rate", "measure": "rate"},
            {"level": "overall", "rule": "mean_of_children", "measure": "rate", "headline": True},
            {"level": "factor", "rule": "mean_items_rate", "measure": "rate", "origin": "overlay"},
        ],
    )
    found = [(one.code, [counted.item for counted in one.items]) for one in indices.plan(form)]
    assert found == [
        ("F.mean_items_rate.rate", ["q1"]),
        ("overall.mean_of_children.rate", ["q1"]),
        ("X.mean_items_rate.rate", ["x1"]),
    ]
    assert indices.plan(form)[1].children == ("F",)


def test_codes_of_figures_are_unique_in_every_form():
    for entry in library.shipped():
        plan = [one.code for one in indices.plan(entry.load())]
        assert len(plan) == len(set(plan)), entry.code


def test_every_rule_says_where_it_may_stand():
    for name, facts in RULES.items():
        assert facts.levels, name
        assert facts.measures, name
