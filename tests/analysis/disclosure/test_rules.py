"""What is hidden on its own account: few people, everybody or nobody, two results that differ by a few."""

from __future__ import annotations

import numpy as np

from analysis.disclosure import rules
from analysis.disclosure.rules import DisclosureRule


def test_rates_of_everybody_or_nobody_are_hidden_in_public_under_thirty() -> None:
    n, rates = [9, 29, 29, 30, 29, 0], np.array([0.5, 1.0, 0.0, 1.0, 0.9, np.nan])
    assert rules.hidden_rates(n, rates).tolist() == [True, True, True, False, False, False]
    inside = DisclosureRule(public=False)
    assert rules.hidden_rates(n, rates, inside).tolist() == [True, False, False, False, False, False]


def test_two_filters_that_differ_by_a_few_people_are_not_shown_together() -> None:
    assert rules.may_show_both(100, 80, 80)
    assert not rules.may_show_both(100, 95, 95)
    assert rules.may_show_both(100, 100, 100)
    assert not rules.may_show_both(50, 60, 45)
