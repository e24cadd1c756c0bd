"""Every family of the reference numbers is a test at its own tolerance; METHODS.md says so."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import analysis
from analysis.design import sampling
from tests.analysis import reference
from tests.analysis.reference import Agreement

HERE = Path(__file__).parent
EXPECTED, API = reference.expected(), reference.api_expected()
METHODS = (Path(analysis.__file__).parent / "METHODS.md").read_text(encoding="utf-8")
TESTS = {
    "design": ["test_indices_against_r"],
    "item_satisfied_rate": ["test_against_r", "test_command_line_against_r"],
    "overall_other_levels": ["test_against_r"],
    "factor_pooled_rate": ["test_indices_against_r", "test_command_line"],
    "factor_scores": ["test_indices_against_r", "test_command_line"],
    "all_answers_satisfied": ["test_indices_against_r"],
    "index_mean_of_item_rates": ["test_indices_against_r", "test_command_line"],
    "domain_overall_rate": ["test_against_r", "test_command_line_against_r"],
    "domain_item_rate_by_service": ["test_against_r", "test_command_line_against_r"],
    "domain_index": ["test_indices_against_r"],
    "empty_cell": ["test_indices_against_r"],
    "lonely_psu_options": ["test_indices_against_r"],
    "verdicts": ["test_verdicts", "test_command_line"],
    "ttest_vs_target": ["test_verdicts"],
    "rao_scott": ["test_significance"],
    "contrasts": ["test_indices_against_r", "test_ranking"],
    "quantiles_duration": ["test_replicates_and_quantiles"],
    "weight_summary": ["test_weighting_against_r"],
    "weighted_estimates": ["test_weighting_against_r", "test_command_line", "test_command_line_against_r"],
    "raked_domains": ["test_weighting_against_r", "test_command_line_against_r"],
    "jackknife_jkn": ["test_replicates_and_quantiles"],
    "svyolr": ["test_drivers"],
    "svyglm_logit": ["test_drivers"],
    "regTermTest_age": ["test_drivers"],
    "drivers_lmg": ["test_drivers", "test_result_sections"],
    "drivers_shapley_ordinal": ["test_drivers", "test_result_sections"],
    "reliability": ["test_reliability", "test_polychoric", "test_result_sections"],
    "item_rest": ["test_reliability", "test_result_sections"],
    "polychoric": ["test_polychoric"],
    "efa": ["test_factors"],
    "omega_hierarchical": ["test_factors"],
    "cfa_fit": ["test_confirmatory"],
    "cfa_loadings": ["test_confirmatory"],
    "glmm_binomial": ["test_factors"],
    "interviewer_effect": ["test_interviewers"],
    "fay_herriot_fit": ["test_beside_the_design"],
    "fay_herriot_areas": ["test_beside_the_design"],
    "beta_binomial_eb": ["test_beside_the_design"],
    "rank_confidence_sets": ["test_ranking"],
    "funnel": ["test_ranking"],
    "monitoring": ["test_beside_the_design"],
    "optin": ["test_beside_the_design"],
    "data_quality": ["test_beside_the_design"],
    "sample_size": ["test_families"],
}
API_TESTS = {
    "designs": "test_api_against_r",
    "mean_total": "test_api_against_r",
    "ratio": "test_api_against_r",
    "domain_mean": "test_api_against_r",
    "proportion_ci": "test_api_against_r",
    "binomial_reference": "test_api_against_r",
    "quantile": "test_replicates_and_quantiles",
    "jackknife": "test_replicates_and_quantiles",
    "chisq": "test_significance",
    "two_group_tests": "test_significance",
    "models": "test_drivers",
    "margins": "test_weighting_against_r",
    "weights": "test_weighting_against_r",
    "weighting": "test_weighting_against_r",
}


@cache
def named_in(module: str) -> set[str]:
    """Every text of a test module that could name a family."""
    (path,) = HERE.rglob(f"{module}.py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def test_every_family_is_a_test_and_none_is_named_as_not_offered() -> None:
    missing = METHODS[METHODS.index("## Not offered") :]
    assert not set(re.findall(r"`(\w+)`", missing)) & set(EXPECTED)
    assert set(TESTS) == set(EXPECTED) - {"meta"}
    assert set(API_TESTS) == set(API) - {"meta"}


@pytest.mark.parametrize("family", TESTS)
def test_the_tests_of_a_family_name_it(family: str) -> None:
    assert all(family in named_in(module) for module in TESTS[family])


@pytest.mark.parametrize("family", API_TESTS)
def test_the_tests_of_the_public_data_name_their_family(family: str) -> None:
    assert family in named_in(API_TESTS[family])


def test_a_comparison_looser_than_its_family_fails() -> None:
    """The reference numbers carry their tolerance, so that no test can compare them at a looser one."""
    rate, raked = EXPECTED["item_satisfied_rate"]["rows"][0], EXPECTED["raked_domains"]["rows"][0]
    agreement = Agreement()
    agreement.add("se", float(rate["se"]), rate["se"], tolerance=1e-7)
    agreement.add("logit", float(rate["logit_lo"]), rate["logit_lo"], tolerance=1e-6)
    agreement.add("raked", float(raked["se"]) * 1.03, raked["se"], tolerance=4e-2)
    with pytest.raises(AssertionError, match="item_satisfied_rate is to be compared at 1e-07"):
        agreement.add("se", float(rate["se"]), rate["se"], tolerance=1e-5)
    for family in TESTS:
        assert EXPECTED[family]["rel_tol"] <= 2e-3


def test_sizes_and_allocations_equal_the_formulas_in_r() -> None:
    row = EXPECTED["sample_size"]["rows"]
    people = row["N"]
    found = {
        "yamane_e05": sampling.yamane(people, 0.05),
        "yamane_e03": sampling.yamane(people, 0.03),
        "power_p1_93_p0_90": sampling.to_certify(0.93, 0.90),
        "power_p1_88_p0_85": sampling.to_certify(0.88, 0.85),
        "power_p1_87_p0_90": sampling.to_certify(0.87, 0.90),
    }
    for name, value in found.items():
        assert value == pytest.approx(row[name], rel=1e-9), name
    plain = sampling.cochran(0.5, 0.05, people)
    full = sampling.cochran(0.9, 0.03, people, design_effect=2, response=0.7)
    for made, wanted in ((plain, row["cochran_p50_e05"]), (full, row["cochran_p90_e03_deff2_rr70"])):
        figures = (made.n0, made.corrected, made.asked)
        assert figures == pytest.approx((wanted["n0"], wanted["n_fpc"], wanted["n_final"]), rel=1e-9)
    table = row["allocation"]
    there, share = np.array([r["N"] for r in table], float), np.array([r["p"] for r in table])
    for rule, key in (
        ("proportional", "proportional"),
        ("neyman", "neyman"),
        ("power", "power_half"),
        ("equal", "equal"),
    ):
        made = sampling.allocate(3000, there, rule=rule, spread=np.sqrt(share * (1 - share)))
        np.testing.assert_allclose(made, [r[key] for r in table], rtol=1e-9, err_msg=rule)
