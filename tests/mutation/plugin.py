"""What pytest is told when it runs for mutmut."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings

# A mutant only has to fail one test, once: no shrinking, and the same examples each time.
settings.register_profile(
    "mutation", deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a test the private name that mutmut 3.7 asks for and pytest 9.2 no longer has."""
    vars(item)["_nodeid"] = item.nodeid
