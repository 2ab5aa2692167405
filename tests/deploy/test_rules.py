"""The alert rules: they name what exists, each is explained, and promtool proves when they fire."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.composefile import ROOT, read_services
from tests.deploy.promql import find_problems
from tests.engine.prometheus import check

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = PROMETHEUS / "rules" / "noroshi.yml"
RULE_TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
ALERTMANAGER = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
GUIDE = ROOT / "docs" / "guides" / "deploy.md"


def load(path: Path) -> Any:
    """A YAML file as Prometheus reads it."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def read_rules() -> list[dict[str, Any]]:
    """Every alert rule."""
    return [rule for group in load(RULES)["groups"] for rule in group["rules"]]


def read_jobs() -> set[str]:
    """The jobs that Prometheus scrapes."""
    return {str(each["job_name"]) for each in load(PROMETHEUS / "prometheus.yml")["scrape_configs"]}


def read_guide_anchors() -> set[str]:
    """The anchors of the guide's headings, as a page of it has them."""
    headings = re.findall(r"^#+ (.+)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


every_rule = pytest.mark.parametrize("rule", read_rules(), ids=lambda rule: str(rule["alert"]))


@every_rule
def test_a_rule_names_metrics_labels_and_values_that_exist(rule: dict[str, Any]) -> None:
    assert find_problems(rule["expr"], read_jobs()) == []


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("noroshi_dead_letter_total > 0", "noroshi_dead_letter_total: no such metric"),
        ("noroshi_stage_duration_seconds > 1", "noroshi_stage_duration_seconds: no such metric"),
        ('noroshi_retries_total{servce="alert"}', "noroshi_retries_total: no label servce"),
        ('noroshi_retries_total{service="alerts"}', 'noroshi_retries_total: service is never "alerts"'),
        ('noroshi_deliveries_total{outcome=~"sent|lost"}', 'noroshi_deliveries_total: outcome is never "lost"'),
        ('up{job="noroshi-alerts"}', 'up: job is never "noroshi-alerts"'),
        ('absent(noroshi_consumer_lag_records{group="alert"})', 'noroshi_consumer_lag_records: group is never "alert"'),
        ("sum by (sevice) (noroshi_retries_total)", "grouped by sevice, which no series here has"),
    ],
)
def test_a_name_that_does_not_exist_is_seen(expression: str, problem: str) -> None:
    assert find_problems(expression, read_jobs()) == [problem]


@every_rule
def test_a_rule_says_what_is_wrong_who_feels_it_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert set(rule["annotations"]) == {"summary", "impact", "runbook"}
    assert rule["labels"]["severity"] in {"page", "warn", "info"}
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert ROOT / page == GUIDE
    assert anchor == rule["alert"].lower()
    assert anchor in read_guide_anchors()


def test_the_guide_explains_no_alert_that_is_gone() -> None:
    known = {rule["alert"].lower() for rule in read_rules()}
    assert {anchor for anchor in read_guide_anchors() if anchor.startswith("noroshi")} == known


@every_rule
def test_a_rule_has_a_test_in_which_it_fires_and_one_in_which_it_stays_silent(rule: dict[str, Any]) -> None:
    outcomes: dict[str, set[bool]] = defaultdict(set)
    for path in RULE_TESTS:
        for test in load(path)["tests"]:
            for each in test["alert_rule_test"]:
                outcomes[each["alertname"]].add(bool(each["exp_alerts"]))
    assert outcomes[rule["alert"]] == {True, False}


def test_prometheus_asks_each_service_at_the_name_and_port_that_compose_gives_it() -> None:
    for profile in ("standin", "slack"):
        running = read_services({profile})
        for each in load(PROMETHEUS / "prometheus.yml")["scrape_configs"]:
            for found in each.get("dns_sd_configs", ()):
                [service] = [one for one in running if found["names"][0] in one.names]
                assert service.environment["NOROSHI_HEALTH_PORT"] == str(found["port"])
                assert each["job_name"] == f"noroshi-{found['names'][0]}"


def test_alertmanager_mutes_only_alerts_and_jobs_that_exist() -> None:
    names, jobs = {rule["alert"] for rule in read_rules()}, read_jobs()
    matchers = [
        one
        for rule in load(ALERTMANAGER)["inhibit_rules"]
        for side in ("source", "target")
        for one in rule[f"{side}_matchers"]
    ]
    for label, values in re.findall(r'(\w+)=~?"([^"]+)"', "\n".join(matchers)):
        assert set(values.split("|")) <= {"alertname": names, "job": jobs}[label]


@pytest.mark.integration
def test_promtool_accepts_the_rules_and_the_configuration() -> None:
    assert f"{len(read_rules())} rules found" in check("promtool", "check", "rules", RULES)
    assert "SUCCESS" in check("promtool", "check", "config", PROMETHEUS / "prometheus.yml")


@pytest.mark.integration
@pytest.mark.parametrize("path", RULE_TESTS, ids=lambda path: path.stem)
def test_promtool_sees_the_rules_fire_and_stay_silent(path: Path) -> None:
    assert "SUCCESS" in check("promtool", "test", "rules", path)


@pytest.mark.integration
def test_amtool_accepts_the_configuration_of_alertmanager() -> None:
    assert "SUCCESS" in check("amtool", "check-config", ALERTMANAGER)
