"""The Grafana dashboards: they ask for what exists, and Grafana finds them where Compose puts them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.deploy.composefile import ROOT, read_services
from tests.deploy.promql import find_problems
from tests.deploy.test_rules import read_jobs

GRAFANA = ROOT / "deploy" / "grafana"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))


def read_panels() -> list[dict[str, Any]]:
    """Every panel that shows data."""
    found = [panel for path in DASHBOARDS for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]]
    return [panel for panel in found if panel["type"] != "row"]


def read_expressions() -> list[str]:
    """Everything the dashboards ask Prometheus."""
    return [target["expr"] for panel in read_panels() for target in panel["targets"]]


every_panel = pytest.mark.parametrize("panel", read_panels(), ids=lambda panel: str(panel["title"]))


@every_panel
def test_a_panel_asks_for_metrics_labels_and_values_that_exist(panel: dict[str, Any]) -> None:
    assert [problem for each in panel["targets"] for problem in find_problems(each["expr"], read_jobs())] == []


@every_panel
def test_a_panel_says_what_it_shows_and_asks_the_source_that_is_set_up(panel: dict[str, Any]) -> None:
    sources = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "prometheus.yml").read_text(encoding="utf-8"))
    known = {each["uid"] for each in sources["datasources"]}
    assert panel["description"]
    assert {target["datasource"]["uid"] for target in panel["targets"]} <= known


def test_no_two_panels_overlap_or_share_an_id() -> None:
    for path in DASHBOARDS:
        panels = json.loads(path.read_text(encoding="utf-8"))["panels"]
        cells = [
            (each["gridPos"]["x"] + x, each["gridPos"]["y"] + y)
            for each in panels
            for x in range(each["gridPos"]["w"])
            for y in range(each["gridPos"]["h"])
        ]
        assert len(cells) == len(set(cells))
        assert max(x for x, _ in cells) < 24
        assert len({each["id"] for each in panels}) == len(panels)


def test_grafana_looks_for_the_dashboards_where_compose_mounts_them() -> None:
    grafana = next(each for each in read_services() if each.name == "grafana")
    mounted = {str(volume).split(":")[1] for volume in grafana.raw["volumes"]}
    providers = yaml.safe_load((GRAFANA / "provisioning" / "dashboards" / "noroshi.yml").read_text(encoding="utf-8"))
    folder = providers["providers"][0]["options"]["path"]
    assert folder in mounted
    assert grafana.environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == f"{folder}/{DASHBOARDS[0].name}"
