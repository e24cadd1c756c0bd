"""A wave with answers."""

from tests.factories.surveyed_waves import survey

__all__ = ["survey"]
