"""Responses and comments."""
