"""Weighted survey statistics: designs, weights, estimates with their uncertainty, verdicts. No web, no database."""
