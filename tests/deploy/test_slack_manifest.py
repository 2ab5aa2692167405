"""The manifest of the Slack app: the scopes that the code needs, and no other."""

from __future__ import annotations

import re
from typing import Any

import yaml

from services.alert.slack_scopes import METHODS, USES, missing_scopes
from tests.deploy.composefile import ROOT

MANIFEST = ROOT / "deploy" / "slack" / "manifest.yml"
CALLERS = (ROOT / "services" / "alert" / "channels" / "slack.py", ROOT / "services" / "cli" / "slack.py")


def read_manifest() -> Any:
    return yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


def called_methods() -> set[str]:
    """The methods of the Web API that the channel and the command name."""
    source = "".join(caller.read_text(encoding="utf-8") for caller in CALLERS if caller.exists())
    return set(re.findall(r'"((?:api|auth|chat|conversations|files|users|views)\.\w+)"', source))


def test_the_scopes_are_those_of_the_methods_that_are_called() -> None:
    scopes = read_manifest()["oauth_config"]["scopes"]
    assert called_methods() == set(METHODS)
    assert set(scopes["bot"]) == set().union(*METHODS.values()) == set(USES)
    assert set(scopes) == {"bot"}


def test_what_a_token_lacks_names_first_what_nothing_goes_without() -> None:
    assert missing_scopes(USES) == ()
    assert missing_scopes(["groups:read"])[0] == "chat:write"
    assert set(missing_scopes([])) == set(USES)


def test_the_texts_fit_into_what_slack_takes() -> None:
    shown = read_manifest()["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])
