"""Reliability, factors, polychoric correlations, confirmatory factor analysis."""
