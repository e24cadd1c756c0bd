"""A wave in the field, as the commands of fieldwork find it."""

from tests.factories.fieldwork import officer, people, place

__all__ = ["officer", "people", "place"]
