"""Tests of association and of differences against R `survey`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.design.sample_design import SampleDesign, sample_design
from analysis.errors import AnalysisError
from analysis.inference import significance
from analysis.models.association import STATISTICS, association, mixture_tail
from tests.analysis import reference
from tests.analysis.reference import Agreement
from tests.analysis.test_api_against_r import column
from tests.analysis.test_api_against_r import design as api_design

EXPECTED, API = reference.expected(), reference.api_expected()


def compare(
    agreement: Agreement, design: SampleDesign, rows: Any, columns: Any, row: dict[str, Any], known: Any = None
) -> None:
    found = association(design, rows, columns, row["statistic"], known=known)
    where = f"{row.get('design')} {row.get('row')} {row.get('col')} {row['statistic']}"
    agreement.add("value", found.value, row["value"], where, tolerance=1e-6)
    agreement.add("p", found.p_value, row["p"], where, tolerance=1e-6)
    for name in ("ndf", "ddf"):
        agreement.add(name, getattr(found, name), row[name], where, tolerance=1e-6)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_association_in_the_survey_equals_svychisq(statistic: str) -> None:
    data, agreement = reference.survey(), Agreement()
    for row in EXPECTED["rao_scott"]["rows"]:
        if row["statistic"] != statistic:
            continue
        values = data.answers("overall")
        if row["row"] == "s_overall":
            values = data.satisfied("overall")
        compare(agreement, reference.design(row["design"]), values, data[row["col"]], row, ~np.isnan(values))
    assert agreement.compared == 80
    print("rao_scott", statistic, {name: f"{worst:.0e}" for name, (worst, _) in agreement.worst.items()})


def test_association_in_the_public_data_equals_svychisq() -> None:
    agreement = Agreement()
    for row in API["chisq"]["rows"]:
        data = reference.api_data(row["design"].removesuffix("_wr"))
        compare(agreement, api_design(row["design"]), data["stype"], data["sch.wide"], row)
    print("api chisq", {name: f"{worst:.0e}" for name, (worst, _) in agreement.worst.items()})


def test_two_groups_are_compared_as_r_compares_them() -> None:
    agreement = Agreement()
    for row in API["two_group_tests"]["rows"]:
        design, values = api_design(row["design"]), column(row["design"], "api00")
        group = reference.api_data(row["design"])["comp.imp"] == "Yes"
        t, rank = significance.groups_differ(design, values, group), significance.ranks_differ(design, values, group)
        assert (t.df, rank.df) == (row["t_df"], row["wilcoxon_df"])
        found = {"t": t.statistic, "t_p": t.p_value, "diff": t.estimate}
        found |= {"wilcoxon_t": rank.statistic, "wilcoxon_p": rank.p_value}
        for name, value in found.items():
            agreement.add(name, value, row[name], row["design"], tolerance=1e-7)
    print("api two_group_tests", agreement.worst)


def test_without_design_the_test_is_pearsons() -> None:
    random = np.random.default_rng(4)
    rows, columns = random.integers(0, 2, 4000), random.integers(0, 3, 4000)
    design = sample_design(np.ones(4000))
    found = association(design, rows, columns, "Chisq")
    table = np.array([[np.sum((rows == i) & (columns == j)) for j in range(3)] for i in range(2)])
    plain = stats.chi2_contingency(table, correction=False)
    assert found.value == pytest.approx(plain.statistic, rel=1e-10)
    assert found.p_value == pytest.approx(plain.pvalue, rel=2e-3)


def test_equal_weights_make_the_mixture_an_f_distribution() -> None:
    weights = np.full(3, 0.7)
    exact = stats.f.sf(9.0 / 0.7 / 3, 3, 40)
    assert mixture_tail(9.0, weights, 40) == pytest.approx(exact, rel=0.02)


def test_a_table_of_one_row_is_refused() -> None:
    design = sample_design(np.ones(4))
    with pytest.raises(AnalysisError, match="two levels each way"):
        association(design, np.zeros(4), np.array([0, 1, 0, 1]))
    with pytest.raises(AnalysisError, match="Statistic 'G' is unknown"):
        association(design, np.zeros(4), np.zeros(4), "G")
