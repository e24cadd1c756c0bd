"""Reads of answers and results."""
