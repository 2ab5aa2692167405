"""docs/guides/deploy.md: what it tells a person to type exists."""

from __future__ import annotations

import re
import shlex

import pytest

from services.cli import COMMANDS
from services.cli.settings import SETTINGS
from services.runtime.metrics import describe_metrics
from services.runtime.settingsnames import unknown_environment, unknown_secrets
from tests.deploy.composefile import ROOT, read_services
from tests.deploy.test_compose import parse

TEXT = (ROOT / "docs" / "guides" / "deploy.md").read_text(encoding="utf-8")
_COMMAND = re.compile(rf"(?<![\w./:-])noroshi ((?:{'|'.join(COMMANDS)})\b[^`|&#\n]*)")
_ANCHOR = re.compile(r"\]\(#([\w-]+)\)")


@pytest.mark.parametrize("words", sorted(set(_COMMAND.findall(TEXT))))
def test_a_command_of_the_guide_has_the_options_it_is_given(words: str) -> None:
    parse(shlex.split(words))


def test_the_guide_shows_commands() -> None:
    assert len(set(_COMMAND.findall(TEXT))) >= 10


def test_every_setting_and_every_secret_that_is_named_is_known() -> None:
    named = dict.fromkeys(re.findall(r"\bNOROSHI_[A-Z_]+\b", TEXT), "")
    assert named
    assert list(unknown_environment(named, SETTINGS)) == []
    files = dict.fromkeys(re.findall(r"`(noroshi_(?:alert_|ingest_)?(?:slack_token|database_url))`", TEXT), ROOT)
    assert len(files) == 2
    assert list(unknown_secrets(files, SETTINGS)) == []


def test_every_metric_that_is_named_exists() -> None:
    known = {row.name for row in describe_metrics()}
    named = set(re.findall(r"`(noroshi_\w+?_(?:total|seconds|records))`", TEXT))
    assert named
    assert named <= known


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:deploy|docs|services)/[\w./-]+)`", TEXT))
    assert len(named) > 5
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_service_that_is_named_in_a_compose_command_exists() -> None:
    known = {each.name for each in read_services()}
    named = re.findall(r"docker compose (?:exec(?: -T)?|logs(?: --follow)?) ([\w-]+)", TEXT)
    assert named
    assert set(named) <= known
    assert set(re.findall(r"--scale ([\w-]+)=", TEXT)) <= known


def test_every_link_within_the_guide_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {heading.strip().lower().replace(" ", "-") for heading in headings}
    assert set(_ANCHOR.findall(TEXT)) <= anchors
