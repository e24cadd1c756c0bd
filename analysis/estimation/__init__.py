"""Rates, means and indices with their linearised variances, in the whole and in every domain."""
