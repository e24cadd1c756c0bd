"""Rows of answers for a file: what they may show, their weights, strata and clusters, and who took them."""
