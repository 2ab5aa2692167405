"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine must not fail a property: how long an example takes is no part of any promise here.
settings.register_profile("noroshi", deadline=None)
settings.register_profile("nightly", deadline=None, max_examples=2000)
settings.load_profile("noroshi")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The evaluation material beside the checkout; absent in a plain clone, required in CI."""
    folder = ROOT.parent / "shared"
    if (folder / "data" / "events-dev.jsonl").exists():
        return folder
    if os.environ.get("CI"):
        pytest.fail(f"CI needs the evaluation material at {folder}")
    pytest.skip("the evaluation material (../shared) is not beside this checkout")
