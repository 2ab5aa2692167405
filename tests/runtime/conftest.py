"""The embedded broker, started once for the tests that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.runtime.broker.noida import NoidaBroker


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NoidaBroker]:
    """A running embedded broker on a free loopback port."""
    with NoidaBroker(tmp_path_factory.mktemp("broker"), port=0) as running:
        yield running
