"""Variance between interviewers and communes against lme4."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import AnalysisError
from analysis.monitoring import interviewers
from tests.analysis import reference
from tests.analysis.reference import Agreement

EXPECTED = reference.expected()


def test_variance_components_equal_lmer() -> None:
    data, agreement = reference.survey(), Agreement()
    communes = np.char.add(data["district"], data["psu"])
    found = interviewers.components(data.answers("overall"), {"psu": communes, "interviewer": data["interviewer"]})
    own = {**found.variance, "Residual": found.residual}
    for row in EXPECTED["interviewer_effect"]["rows"]:
        agreement.add(row["component"], own[row["component"]], row["variance"], tolerance=1e-3)
    assert agreement.compared == 3
    assert sum(found.share.values()) == pytest.approx(
        1 - found.residual / (found.residual + sum(found.variance.values()))
    )
    print(agreement.worst)


def test_one_balanced_grouping_has_the_variances_of_the_analysis_of_variance() -> None:
    random = np.random.default_rng(2)
    who = np.repeat(np.arange(40), 25)
    values = 3 + random.normal(0, 0.5, 40)[who] + random.normal(0, 1, 1000)
    found = interviewers.components(values, {"interviewer": who})
    means = values.reshape(40, 25).mean(axis=1)
    within = float(((values - means[who]) ** 2).sum() / 960)
    between = float(means.var(ddof=1) - within / 25)
    assert found.residual == pytest.approx(within, rel=1e-5)
    assert found.variance["interviewer"] == pytest.approx(between, rel=1e-4)
    assert found.mean == pytest.approx(values.mean(), rel=1e-9)


def test_interviewers_without_effect_have_variance_zero_and_impossible_groupings_are_refused() -> None:
    who = np.tile(np.arange(10), 20)
    alternating = np.tile(np.r_[np.full(10, 3.0), np.full(10, 4.0)], 10)
    assert interviewers.components(alternating, {"interviewer": who}).variance["interviewer"] == 0
    for groups in (np.zeros(200), np.arange(200)):
        with pytest.raises(AnalysisError, match="'interviewer' has"):
            interviewers.components(alternating, {"interviewer": groups})
    with pytest.raises(AnalysisError, match="All answers are the same"):
        interviewers.components(np.full(200, 5.0), {"interviewer": who})
