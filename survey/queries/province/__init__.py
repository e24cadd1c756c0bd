"""Reads of units, procedures, plans and settings."""
