"""The one kind of error that the analysis raises for what it was given: one sentence a person can act on."""

from __future__ import annotations


class AnalysisError(ValueError):
    """Input that cannot be analysed. The message says what was expected, what came, and where."""


class DesignError(AnalysisError):
    """A sample design that contradicts itself: a PSU in two strata, a population smaller than its sample."""


class PlanError(AnalysisError):
    """A measure that refers to what the questionnaire does not have."""


class WeightingError(AnalysisError):
    """Weights that cannot be made: a control without respondents, bounds that cannot be met."""
