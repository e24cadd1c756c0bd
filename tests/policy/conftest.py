"""The province in which the policy tests walk."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from survey import create_app
from survey.config import Config
from survey.database import Database
from tests.conftest import NOW
from tests.factories.people import cheap
from tests.factories.record import Record
from tests.policy import world
from tests.policy.world import World


@pytest.fixture
def province(record: Record) -> World:
    return world.build(record)


@pytest.fixture
def whole_app(config: Config, database: Database) -> Flask:
    """Both faces in one process, as a small installation serves them."""
    both = replace(config, faces=frozenset({"citizen", "staff"}))
    return create_app(both, database, clock=lambda: NOW, passwords=cheap())
