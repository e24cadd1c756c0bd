"""Regression, drivers, association, small areas."""
