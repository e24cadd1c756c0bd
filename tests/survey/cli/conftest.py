"""Fixtures of the wave over two wards."""

from tests.factories.fieldwork import place

__all__ = ["place"]
