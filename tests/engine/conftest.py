"""The parts of the engine for the tests of this folder, and the versions they ran on."""

from __future__ import annotations

import pytest

from tests.engine import parts
from tests.engine.fixtures import database, kafka, kafka3, one_broker, postgres, three_brokers

__all__ = ["database", "kafka", "kafka3", "one_broker", "postgres", "three_brokers"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the tests ran on."""
    if parts.used:
        terminalreporter.write_line("engine: " + "; ".join(f"{part} {version}" for part, version in parts.used.items()))
