"""deploy/Dockerfile: linted, and in step with the Compose file, the settings and what is sent to the builder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from services.cli.settings import SETTINGS
from services.runtime.settingsnames import unknown_environment
from tests.deploy.composefile import ROOT, read_services

DOCKERFILE = ROOT / "deploy" / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its argument, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, argument.strip()) for name, _, argument in (line.strip().partition(" ") for line in lines)]


def arguments_of(name: str) -> list[str]:
    """The arguments of every instruction of that name."""
    return [argument for found, argument in instructions() if found == name]


def test_hadolint_finds_nothing() -> None:
    lint = [str(Path(sys.executable).parent / "hadolint"), "--failure-threshold", "style", str(DOCKERFILE)]
    done = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_both_stages_start_from_the_same_exact_image() -> None:
    bases = {argument.split(" ")[0] for argument in arguments_of("FROM")}
    assert len(arguments_of("FROM")) == 2
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", bases.pop())


def test_everything_installed_comes_as_a_wheel_with_a_hash() -> None:
    installs = [
        part for line in arguments_of("RUN") for part in line.split("&&") if " install --" in part and "pip" in part
    ]
    locked = [part for part in installs if "--requirement" in part]
    ours = [part for part in installs if part not in locked]
    assert len(locked) == 2
    assert all("--require-hashes --only-binary :all:" in part for part in locked)
    assert all("--no-deps" in part for part in ours)
    assert len(ours) == 1


def test_the_last_stage_installs_nothing_and_runs_as_nobody_special() -> None:
    _, _, last = DOCKERFILE.read_text(encoding="utf-8").rpartition("\nFROM ")
    assert not re.search(r"\b(apt-get|apk|pip|gcc)\b", last)
    users = {str(each.raw["user"]) for each in read_services() if each.ours}
    assert {arguments_of("USER")[-1]} == users == {"10001:10001"}


def test_the_variables_of_the_image_are_settings() -> None:
    given = dict(pair.split("=", 1) for line in arguments_of("ENV") for pair in line.split())
    assert list(unknown_environment(given, SETTINGS)) == []
    assert given["PYTHONUNBUFFERED"] == "1"


def test_the_health_check_of_the_image_is_that_of_the_services() -> None:
    _, _, command = arguments_of("HEALTHCHECK")[0].partition("CMD ")
    checks = {tuple(each.healthcheck[1:]) for each in read_services() if each.name in SETTINGS}
    assert checks == {tuple(json.loads(command))}


def test_all_that_is_copied_is_sent_to_the_builder_and_nothing_else_is() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")} - {"deploy"}
    copied = {part for line in arguments_of("COPY") if "--from" not in line for part in line.split()[:-1]}
    assert copied == allowed
    assert all((ROOT / part).exists() for part in copied)
    assert lines[1] == "*"
