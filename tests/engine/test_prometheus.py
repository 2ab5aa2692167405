"""Prometheus scrapes, evaluates and alerts; the checkers refuse what is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.program import free_ports
from tests.engine.prometheus import Alertmanager, Prometheus, check

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

_RULES = """
groups:
  - name: test
    rules:
      - alert: TargetDown
        expr: up == 0
      - alert: NeverFires
        expr: up > 1
"""


def wait_for(holds: Callable[[], bool]) -> None:
    """Return once it holds; the test's own timeout ends it otherwise."""
    while not holds():
        time.sleep(0.1)


def test_a_target_that_is_down_becomes_an_alert_and_one_that_is_up_does_not(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(_RULES, encoding="utf-8")
    nobody = f"127.0.0.1:{free_ports(1)[0]}"
    with Alertmanager(tmp_path) as manager:
        targets = {"there": [f"127.0.0.1:{manager.port}"], "gone": [nobody]}
        with Prometheus(tmp_path, targets, [rules], manager) as prometheus:
            wait_for(lambda: len(prometheus.query("up")) == 2)
            assert {labels["job"]: value for labels, value in prometheus.query("up")} == {"there": 1.0, "gone": 0.0}
            wait_for(lambda: prometheus.firing() == {"TargetDown"})
            wait_for(lambda: manager.alerts() == {"TargetDown"})


def test_the_checkers_take_what_is_right_and_refuse_what_is_wrong(tmp_path: Path) -> None:
    rules, broken = tmp_path / "rules.yml", tmp_path / "broken.yml"
    rules.write_text(_RULES, encoding="utf-8")
    broken.write_text(_RULES.replace("up > 1", "up >"), encoding="utf-8")
    assert "2 rules found" in check("promtool", "check", "rules", rules)
    with pytest.raises(AssertionError, match="parse error"):
        check("promtool", "check", "rules", broken)
