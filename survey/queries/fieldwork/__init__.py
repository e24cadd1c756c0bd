"""Reads of waves and points."""
