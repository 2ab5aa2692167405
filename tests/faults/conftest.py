"""The parts of the engine that the campaigns run on."""

from tests.engine.fixtures import database, kafka, one_broker, postgres

__all__ = ["database", "kafka", "one_broker", "postgres"]
