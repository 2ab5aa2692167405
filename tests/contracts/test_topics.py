from __future__ import annotations

import re

from services.contracts.topics import TOPICS
from services.contracts.vocab import Stage


def test_topic_names_are_noroshi_plural_noun_version_and_unique() -> None:
    names = [topic.name for topic in TOPICS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"noroshi\.[a-z]+\.v\d+", name) for name in names)


def test_every_topic_is_kept_at_least_two_weeks() -> None:
    assert all(topic.retention_ms >= 14 * 86_400_000 for topic in TOPICS)


def test_every_stage_has_a_place_in_the_order_of_a_life() -> None:
    orders = [stage.order for stage in Stage]
    assert len(set(orders)) == len(orders)
