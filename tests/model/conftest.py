"""Millions of small tuples are made here and none is cyclic garbage; looking for it takes a third of the time."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def uncollected() -> Iterator[None]:
    """No garbage collection while a test enumerates."""
    gc.disable()
    yield
    gc.enable()
