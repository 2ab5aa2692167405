"""The manifest of the Slack app: the scopes that the code needs, and no other."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.deploy.composefile import ROOT

MANIFEST = ROOT / "deploy" / "slack" / "manifest.yml"
CHANNEL = ROOT / "services" / "alert" / "channels" / "slack.py"

NEEDED = {
    "auth.test": set[str](),
    "chat.postMessage": {"chat:write"},
    "conversations.history": {"channels:history", "groups:history", "metadata.message:read"},
    "conversations.replies": {"channels:history", "groups:history", "metadata.message:read"},
}
"""The bot scopes of each method, from Slack's reference of methods and scopes."""


def read_manifest() -> Any:
    return yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


def called_methods() -> set[str]:
    """The methods of the Web API that the channel names."""
    source = CHANNEL.read_text(encoding="utf-8")
    return set(re.findall(r'"((?:api|auth|chat|conversations|files|users|views)\.\w+)"', source))


def test_the_scopes_are_those_of_the_methods_that_are_called() -> None:
    scopes = read_manifest()["oauth_config"]["scopes"]
    assert called_methods() == set(NEEDED)
    assert set(scopes["bot"]) == set().union(*NEEDED.values())
    assert set(scopes) == {"bot"}


def test_the_texts_fit_into_what_slack_takes() -> None:
    shown = read_manifest()["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])
