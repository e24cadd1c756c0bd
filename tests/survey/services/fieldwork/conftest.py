"""Fixtures of the wave over two wards."""

from tests.factories.fieldwork import officer, people, place

__all__ = ["officer", "people", "place"]
