"""The parts of the engine that the tests of this folder run on."""

from __future__ import annotations

from tests.engine.fixtures import database, kafka, one_broker, postgres

__all__ = ["database", "kafka", "one_broker", "postgres"]
