"""docker-compose.yml: what it promises, checked against the schema, the command line and the settings."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from services.alert.settings import AlertSettings
from services.cli import noroshi
from services.cli.settings import SETTINGS
from services.contracts.errors import UsageError
from services.runtime.settings import RuntimeSettings, load_settings
from services.runtime.settingsnames import unknown_environment
from tests.deploy.composefile import COMPOSE, ROOT, Service, read_compose, read_services, seconds

BIN = Path(sys.executable).parent
PROFILES = [("standin",), ("slack",), ("standin", "obs"), ("slack", "obs")]
EXACT = re.compile(r":v?\d+\.\d+(\.\d+)?(-bookworm)?$")
FORCE_MARGIN_SECONDS = 5
"""What a stop may take beyond `stop_seconds` before the process ends itself (services/runtime/serve.py)."""

every_service = pytest.mark.parametrize("service", read_services(), ids=lambda service: service.name)
every_service_of_ours = pytest.mark.parametrize(
    "service", [each for each in read_services() if each.ours], ids=lambda service: service.name
)
every_profile = pytest.mark.parametrize("profiles", PROFILES, ids="+".join)


def parse(arguments: list[str]) -> click.Context:
    """Read a command line as `noroshi` would, down to the last sub-command, and run nothing."""
    command: click.Command = noroshi
    context: click.Context | None = None
    rest = list(arguments)
    while True:
        context = command.make_context(command.name or "noroshi", rest, parent=context)
        if not isinstance(command, click.Group):
            return context
        _, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None
        command = found


def kind_of(service: Service) -> str | None:
    """The service of ours whose settings a command reads."""
    return next((word for word in service.command[:1] if word in SETTINGS), None)


def test_the_file_follows_the_compose_specification() -> None:
    check = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_check_sees_a_misspelt_condition(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(COMPOSE.read_text(encoding="utf-8").replace("service_healthy", "service_helthy"), encoding="utf-8")
    check = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(wrong)]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 1


@every_service
def test_every_service_runs_with_as_few_rights_as_it_can(service: Service) -> None:
    uid, _, gid = str(service.raw["user"]).partition(":")
    assert int(uid) > 0
    assert int(gid) > 0
    assert service.raw["read_only"] is True
    assert service.raw["cap_drop"] == ["ALL"]
    assert service.raw["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(service.raw)
    assert all("docker.sock" not in str(volume) for volume in service.raw.get("volumes", ()))


@every_service
def test_every_service_has_bounds_and_time_to_stop(service: Service) -> None:
    assert {"mem_limit", "pids_limit", "stop_grace_period", "restart", "logging"} <= set(service.raw)
    if service.ours:
        stop_seconds = RuntimeSettings.model_fields["stop_seconds"].default
        assert seconds(service.raw["stop_grace_period"]) >= stop_seconds + FORCE_MARGIN_SECONDS


@every_service
def test_every_image_is_named_by_an_exact_version(service: Service) -> None:
    assert EXACT.search(service.raw["image"]), service.raw["image"]


@every_service
def test_every_port_is_published_on_loopback_only(service: Service) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in service.raw.get("ports", ()))


@every_service
def test_every_service_is_asked_for_its_health_except_the_job_that_ends(service: Service) -> None:
    ends = any(each.needs.get(service.name) == "service_completed_successfully" for each in read_services())
    assert bool(service.healthcheck) is not ends
    if service.ours and not ends:
        kind, program, flag, code = service.healthcheck
        assert (kind, program, flag) == ("CMD", "python", "-c")
        compile(code, service.name, "exec")
        assert "ProxyHandler({})" in code  # a proxy of the machine must not answer for the service


@every_profile
def test_under_every_profile_each_service_finds_what_it_waits_for(profiles: tuple[str, ...]) -> None:
    running = {each.name: each for each in read_services(profiles)}
    for service in running.values():
        assert set(service.needs) <= set(running), service.name
        for name, condition in service.needs.items():
            assert condition != "service_healthy" or running[name].healthcheck, f"{service.name} waits for {name}"


@every_profile
def test_under_every_profile_each_of_the_three_services_runs_once_under_its_own_name(profiles: tuple[str, ...]) -> None:
    running = read_services(profiles)
    for kind in SETTINGS:
        assert [kind in each.names for each in running if kind_of(each) == kind] == [True]


def test_by_default_the_stand_in_is_what_starts() -> None:
    text = (ROOT / ".env").read_text(encoding="utf-8")
    given = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    assert given == {"COMPOSE_PROFILES": "standin"}
    assert {"ingest", "classify", "alert", "standin"} <= {each.name for each in read_services({"standin"})}
    assert "--sample" in next(each for each in read_services({"standin"}) if each.name == "ingest").command


@pytest.mark.parametrize(("one", "other"), [("ingest", "ingest-live"), ("alert", "alert-slack")])
def test_a_service_and_its_live_twin_cannot_run_side_by_side(one: str, other: str) -> None:
    """Two of them would share the records of one consumer group: half the alerts would go to the stand-in."""
    published = {
        each.name: {str(port).rpartition(":")[0] for port in each.raw.get("ports", ())} for each in read_services()
    }
    assert published[one] & published[other]


def test_with_real_slack_nothing_of_the_sample_is_read_and_nothing_of_the_stand_in_remains() -> None:
    running = read_services({"slack"})
    assert all("--sample" not in each.command for each in running)
    assert all("standin" not in value for each in running for value in (*each.command, *each.environment.values()))
    sender = next(each for each in running if each.name == "alert-slack")
    assert sender.raw["secrets"] == ["noroshi_alert_slack_token"]
    assert "NOROSHI_ALERT_SLACK_TOKEN" not in sender.environment


def test_the_token_comes_from_a_file_that_git_does_not_hold() -> None:
    file = read_compose()["secrets"]["noroshi_alert_slack_token"]["file"]
    assert file == "./secrets/noroshi_alert_slack_token"
    assert (ROOT / "secrets" / ".gitignore").read_text(encoding="utf-8").splitlines()[1:] == ["*", "!.gitignore"]
    assert re.findall(r"xox[a-z]-[\w-]+", COMPOSE.read_text(encoding="utf-8")) == ["xoxb-stand-in"]


def test_the_file_of_the_token_has_the_name_that_the_settings_look_for(tmp_path: Path) -> None:
    [name] = next(each for each in read_services({"slack"}) if each.name == "alert-slack").raw["secrets"]
    (tmp_path / name).write_text("xoxb-of-a-test\n", encoding="utf-8")
    settings = load_settings(AlertSettings, "alert", known=SETTINGS, environ={}, secrets_dir=tmp_path)
    assert settings.slack_token is not None
    assert settings.slack_token.get_secret_value() == "xoxb-of-a-test"
    assert settings.slack_url == "https://slack.com/api/"


@every_service_of_ours
def test_every_command_is_one_of_ours_with_options_it_has(service: Service) -> None:
    parse(service.command)


def test_a_command_with_an_option_it_lacks_is_seen() -> None:
    with pytest.raises(click.UsageError, match="No such option"):
        parse(["ingest", "--samples"])


@every_service_of_ours
def test_every_variable_is_a_setting_with_a_value_that_fits(service: Service) -> None:
    environ = service.environment
    assert list(unknown_environment(environ, SETTINGS)) == []
    kind = kind_of(service)
    if kind is None or service.name == "ingest-live":
        return
    settings = load_settings(SETTINGS[kind], kind, known=SETTINGS, environ=environ)
    assert (settings.broker, settings.health_host, settings.health_port) == ("kafka:9092", "0.0.0.0", 8070)  # noqa: S104
    assert settings.instance_id is None  # a fixed one would make a second process of the service fence the first


def test_live_sources_need_a_contact_and_say_so() -> None:
    def load(**variables: str) -> RuntimeSettings:
        live = next(each for each in read_services(variables=variables) if each.name == "ingest-live")
        return load_settings(
            SETTINGS["ingest"], "ingest", known=SETTINGS, environ=live.environment, overrides={"live": True}
        )

    with pytest.raises(UsageError, match="NOROSHI_INGEST_CONTACT"):
        load()
    assert load(NOROSHI_INGEST_CONTACT="compliance@example.org")


def test_the_versions_are_those_of_the_project_and_of_the_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    pom = (ROOT / "deploy" / "kafka" / "pom.xml").read_text(encoding="utf-8")
    kafka = re.search(r"<kafka\.version>(.+)</kafka\.version>", pom)
    images = {each.name: each.raw["image"] for each in read_services()}
    assert images["ingest"] == f"noroshi:{project}"
    assert f"ARG VERSION={project}\n" in (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert kafka is not None
    assert images["kafka"] == f"apache/kafka:{kafka[1]}"


@every_service
def test_every_file_that_is_mounted_exists(service: Service) -> None:
    sources = [str(volume).split(":")[0] for volume in service.raw.get("volumes", ())]
    assert all((ROOT / source).exists() for source in sources if source.startswith("."))
