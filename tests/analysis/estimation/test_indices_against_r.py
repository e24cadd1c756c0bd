"""Factors, scores, indices and lonely-PSU rules against R `survey`, through the streaming engine and over rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.estimation import estimators
from analysis.inference import intervals
from analysis.totals.measure_plan import Measure
from tests.analysis import reference
from tests.analysis.conftest import Streamed
from tests.analysis.reference import Agreement

EXPECTED = reference.expected()
ALL = "ALL"


def pair(interval: intervals.Interval) -> tuple[float, float]:
    return interval.lower[0].item(), interval.upper[0].item()


def check_ratio(agreement: Agreement, row: dict[str, Any], found: Any, place: int, measure: Measure) -> None:
    column = found.place(measure)
    where = f"{row['design']} {measure} {row.get('level', '')}"
    assert found.n[place, column] == row["n"], where
    assert found.df[place, column] == row["df"], where
    p, se = found.estimate[place, [column]], found.se[place, [column]]
    df = found.df[place, [column]]
    agreement.add("est", p[0].item(), row["est"], where, tolerance=1e-8)
    agreement.add("se", se[0].item(), row["se"], where, tolerance=1e-8)
    for name, interval in (("mean", intervals.wald(p, se, df)), ("xlogit", intervals.logit(p, se, df))):
        low, high = pair(interval)
        agreement.add(name, low, row[f"{name}_lo"], where, tolerance=1e-8)
        agreement.add(name, high, row[f"{name}_hi"], where, tolerance=1e-8)


def test_pooled_factor_rates_equal_svyratio(streamed: Streamed) -> None:
    agreement = Agreement()
    for row in EXPECTED["factor_pooled_rate"]["rows"]:
        name = "index_pooled_rate" if row["factor"] == ALL else "factor_pooled_rate"
        check_ratio(agreement, row, streamed.estimates(row["design"]), 0, Measure(name, row["factor"]))
    print("factor_pooled_rate", agreement.worst)


def test_index_in_every_domain_equals_svyratio(streamed: Streamed) -> None:
    agreement = Agreement()
    for row in EXPECTED["domain_index"]["rows"]:
        by = tuple(row["domain"].split(":"))
        place = streamed.level(row["design"], by, row["level"])
        check_ratio(agreement, row, streamed.estimates(row["design"], by), place, Measure("index_pooled_rate", ALL))
    print("domain_index", agreement.worst)


def test_own_means_of_people_equal_svymean(streamed: Streamed) -> None:
    agreement = Agreement()
    for row in EXPECTED["factor_scores"]["rows"]:
        name = "factor_mean_score" if row["measure"] == "mean_score" else "share_mean_ge_4"
        found = streamed.estimates(row["design"])
        column = found.place(Measure(name, row["factor"]))
        where = f"{row['design']} {name} {row['factor']}"
        assert (found.n[0, column], found.df[0, column]) == (row["n"], row["df"]), where
        values = {"est": found.estimate, "se": found.se, "deff_wor": found.deff_wor}
        for key, array in values.items():
            agreement.add(key, array[0, column].item(), row[key], where, tolerance=1e-8)
        low, high = pair(intervals.wald(found.estimate[0, [column]], found.se[0, [column]], found.df[0, [column]]))
        agreement.add("lo", low, row["lo"], where, tolerance=1e-8)
        agreement.add("hi", high, row["hi"], where, tolerance=1e-8)
    print("factor_scores", agreement.worst)


def test_people_satisfied_with_everything_equal_svymean(streamed: Streamed) -> None:
    agreement = Agreement()
    for row in EXPECTED["all_answers_satisfied"]["rows"]:
        by = () if row["level"] == ALL else ("service",)
        found = streamed.estimates(row["design"], by)
        place = 0 if row["level"] == ALL else streamed.level(row["design"], by, row["level"])
        column = found.place(Measure("all_answers_satisfied", ALL))
        figures = {key: getattr(found, key)[place, [column]] for key in ("n", "rows", "df", "estimate", "se")}
        where = f"{row['design']} {row['level']}"
        assert [figures[key][0] for key in ("n", "rows", "df")] == [row["n"], row["n_rows"], row["df"]], where
        for key, name in (("estimate", "est"), ("se", "se")):
            agreement.add(name, figures[key][0].item(), row[name], where, tolerance=1e-7)
        for key in ("deff_wor", "deff_wr", "sum_w"):
            agreement.add(key, getattr(found, key)[place, column].item(), row[key], where, tolerance=1e-7)
        p, se, df, n, rows = (figures[key] for key in ("estimate", "se", "df", "n", "rows"))
        made = {
            "beta": intervals.beta(p, se, df, rows),
            "kg": intervals.korn_graubard(p, se, df, n),
            "wilson": intervals.wilson(p, se, df),
            "xlogit": intervals.logit(p, se, df),
        }
        for name, interval in made.items():
            low, high = pair(interval)
            agreement.add(name, low, row[f"{name}_lo"], where, tolerance=1e-7)
            agreement.add(name, high, row[f"{name}_hi"], where, tolerance=1e-7)
    print("all_answers_satisfied", agreement.worst)


def test_mean_of_item_rates_equals_svycontrast(streamed: Streamed) -> None:
    row = EXPECTED["index_mean_of_item_rates"]["rows"][0]
    found = streamed.estimates("wr")
    column = found.place(Measure("index_mean_of_item_rates", ALL))
    agreement = Agreement()
    agreement.add("est", found.estimate[0, column].item(), row["est"], tolerance=1e-8)
    agreement.add("se", found.se[0, column].item(), row["se"], tolerance=1e-8)
    print("index_mean_of_item_rates", agreement.worst)


def test_cell_without_any_answer_has_no_estimate(streamed: Streamed) -> None:
    for row in EXPECTED["empty_cell"]["rows"]:
        found = streamed.estimates("wr", ("service", "district"))
        place = streamed.level("wr", ("service", "district"), f"{row['service']}:{row['district']}")
        column = found.place(Measure("item_rate", row["item"]))
        assert found.n[place, column] == 0
        assert np.isnan(found.estimate[place, column])
        assert np.isnan(found.se[place, column])


@pytest.mark.parametrize("name", ["adjust", "average", "remove"])
def test_lonely_psu_rules_equal_r(streamed: Streamed, name: str) -> None:
    agreement = Agreement()
    data = reference.survey()
    satisfied = data.satisfied("overall")
    for row in EXPECTED["lonely_psu_options"]["rows"]:
        if row["option"] != name:
            continue
        from dataclasses import replace

        design = replace(reference.design(row["design"]), lonely=name)
        domain = None if row["service"] == ALL else data["service"] == row["service"]
        where = f"{name} {row['design']} {row['service']}"
        mean, total = estimators.mean(design, satisfied, domain), estimators.total(design, satisfied, domain)
        agreement.add("mean", mean.estimate, row["mean"], where, tolerance=1e-8)
        agreement.add("mean_se", mean.se, row["mean_se"], where, tolerance=1e-8)
        agreement.add("total", total.estimate, row["total"], where, tolerance=1e-8)
        agreement.add("total_se", total.se, row["total_se"], where, tolerance=1e-8)
        by = () if domain is None else ("service",)
        found = streamed.estimates(row["design"], by, name)
        place = streamed.level(row["design"], by, row["service"]) if by else 0
        column = found.place(Measure("overall_rate", "overall"))
        agreement.add("streamed se", found.se[place, column].item(), row["mean_se"], where, tolerance=1e-8)
    print("lonely_psu_options", agreement.worst)


def test_design_is_described_as_r_describes_it() -> None:
    for row in EXPECTED["design"]["rows"]:
        design = reference.design(row["design"])
        assert (design.rows, int((design.weights > 0).sum())) == (row["rows"], row["rows_positive_weight"])
        assert design.weights.sum() == pytest.approx(row["sum_w"], rel=1e-10)
        assert (design.psus, design.strata) == (row["psus"], row["strata"])
        assert design.degrees_of_freedom() == row["degf"]


def test_differences_between_domains_keep_their_covariance() -> None:
    data, agreement = reference.survey(), Agreement()
    satisfied = data.satisfied("overall")
    for row in EXPECTED["contrasts"]["rows"]:
        design, words = reference.design(row["design"]), row["contrast"].split()
        if "slope" in row["contrast"]:
            levels, weights = ["1", "2", "3", "4"], np.array([-3, -1, 1, 3]) / 10
        else:
            levels, weights = [words[-1], words[1]], np.array([-1.0, 1.0])
        joint = estimators.domain_means(design, satisfied, [data[words[0]] == level for level in levels])
        agreement.add("est", float(weights @ joint.estimate), row["est"], str(row), tolerance=1e-8)
        se = float(np.sqrt(weights @ joint.covariance @ weights))
        agreement.add("se", se, row["se"], str(row), tolerance=1e-8)
    print("contrasts", agreement.worst)
