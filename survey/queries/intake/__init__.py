"""Reads of the citizen's face."""
