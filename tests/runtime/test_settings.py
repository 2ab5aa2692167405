"""Settings: which source wins, what is refused and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import Field, SecretStr, ValidationError

from services.contracts.errors import UsageError
from services.runtime.settings import (
    LoadedSettings,
    RuntimeSettings,
    describe_settings,
    load_settings,
    load_with_origins,
)


class IngestSettings(RuntimeSettings):
    """As ingest has them."""

    health_port: int = 9101
    feeds: tuple[str, ...] = Field((), description="Feeds to read.")


class AlertSettings(RuntimeSettings):
    """As alert has them."""

    health_port: int = 9103
    slack_token: SecretStr | None = Field(None, description="Bot token.")


KNOWN: Mapping[str, type[RuntimeSettings]] = {"ingest": IngestSettings, "alert": AlertSettings}


def load_alert(
    tmp_path: Path, toml: str = "", secrets: Mapping[str, str] | None = None, **environ: str
) -> AlertSettings:
    return loaded_alert(tmp_path, toml, secrets, **environ).settings


def loaded_alert(
    tmp_path: Path, toml: str = "", secrets: Mapping[str, str] | None = None, **environ: str
) -> LoadedSettings[AlertSettings]:
    file, folder = tmp_path / "noroshi.toml", tmp_path / "secrets"
    file.write_text(toml)
    folder.mkdir(exist_ok=True)
    for name, text in (secrets or {}).items():
        (folder / name).write_text(text)
    return load_with_origins(
        AlertSettings, "alert", known=KNOWN, environ=environ, file=file, secrets_dir=folder, overrides=None
    )


def test_without_any_source_the_defaults_hold() -> None:
    settings = load_settings(AlertSettings, "alert", known=KNOWN, environ={})
    assert settings == AlertSettings()
    assert settings.health_port == 9103


def test_the_strongest_source_wins_and_is_named(tmp_path: Path) -> None:
    ladder: list[tuple[dict[str, object], str]] = [
        ({}, "default"),
        ({"toml": 'broker = "top:1"'}, "noroshi.toml: broker"),
        ({"toml": 'broker = "top:1"\n[alert]\nbroker = "table:1"'}, "noroshi.toml: [alert] broker"),
        ({"toml": 'broker = "top:1"', "secrets": {"noroshi_broker": "f:1\n"}}, "noroshi_broker"),
        ({"secrets": {"noroshi_broker": "f:1", "noroshi_alert_broker": "g:1"}}, "noroshi_alert_broker"),
        ({"secrets": {"noroshi_alert_broker": "g:1"}, "NOROSHI_BROKER": "e:1"}, "environment NOROSHI_BROKER"),
        ({"NOROSHI_BROKER": "e:1", "NOROSHI_ALERT_BROKER": "h:1"}, "environment NOROSHI_ALERT_BROKER"),
    ]
    loaded = None
    for number, (sources, origin) in enumerate(ladder):
        folder = tmp_path / str(number)
        folder.mkdir()
        loaded = loaded_alert(folder, **sources)  # type: ignore[arg-type]  # the ladder mixes texts and mappings
        assert loaded.origins["broker"].endswith(origin)
    assert loaded is not None
    assert loaded.settings.broker == "h:1"


def test_a_flag_beats_the_environment_and_an_absent_flag_does_not() -> None:
    environ = {"NOROSHI_BROKER": "e:1", "NOROSHI_LOG_LEVEL": "debug"}
    given = {"broker": "flag:1", "log_level": None}
    settings = load_settings(AlertSettings, "alert", known=KNOWN, environ=environ, overrides=given)
    assert (settings.broker, settings.log_level) == ("flag:1", "debug")


def test_what_belongs_to_another_service_is_known_but_not_taken(tmp_path: Path) -> None:
    toml = '[ingest]\nfeeds = ["a"]\nhealth_port = 1'
    assert load_alert(tmp_path, toml, NOROSHI_FEEDS="a", NOROSHI_INGEST_HEALTH_PORT="2") == AlertSettings()


def test_every_unknown_name_is_refused_at_once_with_the_nearest_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        load_alert(
            tmp_path,
            'brokr = "x"\n[alert]\nslack_tokn = "y"\n[alrt]\nx = 1',
            {"noroshi_slack_tken": "z", "unrelated": "kept out of it"},
            NOROSHI_BROKER_URL="x",
            NOROSHI_ALERT_HELTH_PORT="1",
            NOROSHI_HEALTH_PORT="ninety",
        )
    message = str(refused.value)
    for part in (
        "brokr: no such setting; did you mean broker?",
        "[alert] slack_tokn: no such setting; did you mean slack_token?",
        "[alrt]: no such service; did you mean alert?",
        "did you mean noroshi_slack_token?",
        "NOROSHI_BROKER_URL: no such setting; did you mean NOROSHI_BROKER?",
        "NOROSHI_ALERT_HELTH_PORT: no such setting; did you mean NOROSHI_ALERT_HEALTH_PORT?",
        "environment NOROSHI_HEALTH_PORT = 'ninety': ",
    ):
        assert part in message
    assert "unrelated" not in message


def test_the_value_of_a_secret_is_never_shown(tmp_path: Path) -> None:
    loaded = loaded_alert(tmp_path, secrets={"noroshi_slack_token": "xoxb-canary\n"})
    assert loaded.settings.slack_token is not None
    assert loaded.settings.slack_token.get_secret_value() == "xoxb-canary"
    assert "canary" not in f"{loaded}{loaded.settings!r}"
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(UsageError, match="slack_token") as refused:
        load_alert(other, "slack_token = [12345678]")
    assert "12345678" not in str(refused.value)


def test_an_empty_variable_counts_as_absent(tmp_path: Path) -> None:
    assert load_alert(tmp_path, NOROSHI_BROKER="").broker == AlertSettings().broker


def test_a_list_is_read_as_json_or_with_commas() -> None:
    for text in ('["a", "b"]', "a, b"):
        settings = load_settings(IngestSettings, "ingest", known=KNOWN, environ={"NOROSHI_FEEDS": text})
        assert settings.feeds == ("a", "b")


def test_a_file_that_is_named_must_exist_and_be_toml(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent\.toml: no such settings file"):
        load_settings(AlertSettings, "alert", known=KNOWN, environ={"NOROSHI_CONFIG": str(tmp_path / "absent.toml")})
    with pytest.raises(UsageError, match="not TOML"):
        load_alert(tmp_path, "broker = ")
    with pytest.raises(UsageError, match="no such folder of secrets"):
        load_settings(AlertSettings, "alert", known=KNOWN, environ={"NOROSHI_SECRETS_DIR": str(tmp_path / "absent")})


def test_a_heartbeat_that_does_not_fit_the_session_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="more than a third of session_timeout_seconds"):
        load_alert(tmp_path, NOROSHI_HEARTBEAT_SECONDS="3")


def test_settings_cannot_be_changed_and_take_no_unknown_field() -> None:
    with pytest.raises(ValidationError):
        RuntimeSettings().broker = "x"  # type: ignore[misc]  # the point of the test
    with pytest.raises(ValidationError):
        RuntimeSettings.model_validate({"brokr": "x"})


def test_every_setting_is_described_once_and_common_ones_come_first() -> None:
    rows = {row.name: row for row in describe_settings(KNOWN)}
    assert list(rows)[-1] == "slack_token"
    assert all(row.description for row in rows.values())
    assert rows["broker"].services == ()
    assert rows["broker"].environment == ("NOROSHI_BROKER", "NOROSHI_INGEST_BROKER", "NOROSHI_ALERT_BROKER")
    assert rows["health_port"].default == "ingest: 9101, alert: 9103"
    assert rows["slack_token"].services == ("alert",)
    assert rows["slack_token"].kind == "SecretStr | None"
