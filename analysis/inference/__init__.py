"""Intervals, verdicts, rank sets, contrasts, tests of designed samples."""
