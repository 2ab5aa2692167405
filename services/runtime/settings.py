"""The settings every service shares; a service adds its own in a subclass."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from services.runtime.handling import Limits
from services.runtime.settingsload import LoadedSettings, load_settings, load_with_origins
from services.runtime.settingsrows import SettingRow, describe_settings

__all__ = [
    "LoadedSettings",
    "RuntimeSettings",
    "SettingRow",
    "describe_settings",
    "load_settings",
    "load_with_origins",
]


class RuntimeSettings(BaseModel):
    """What any service needs to run; built once at the start and never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    broker: str = Field("127.0.0.1:9092", min_length=1, description="Kafka bootstrap servers, host:port, comma list.")
    state_dir: Path = Field(Path("state"), description="Folder for what the service keeps on disk.")
    database_url: SecretStr | None = Field(
        None, description="SQLAlchemy URL of the state; default: the file `<service>.db` (SQLite) in `state_dir`."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least level logged.")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="How log lines look; `auto` is console on a terminal and JSON elsewhere."
    )
    health_host: str = Field("127.0.0.1", description="Address that serves /livez, /readyz and /metrics.")
    health_port: int = Field(0, ge=0, le=65535, description="Port of the health server; 0 picks a free one.")
    session_timeout_seconds: float = Field(
        6.0, ge=1, description="Silence after which the broker gives the worker's partitions away."
    )
    heartbeat_seconds: float = Field(1.0, gt=0, description="Pause between heartbeats; at most a third of the session.")
    rebalance_timeout_seconds: float = Field(
        30.0, ge=1, description="How long a rebalance waits for a worker; at least its slowest record."
    )
    commit_interval_seconds: float = Field(
        0.5, gt=0, description="Pause between offset commits; a crash repeats at most this much work."
    )
    fetch_wait_ms: int = Field(
        100, ge=1, le=30_000, description="How long the broker may hold an empty fetch; some answer late because of it."
    )
    fetch_pause_ms: int = Field(
        5, ge=0, le=30_000, description="Least time between empty fetches, for brokers that never hold one."
    )
    instance_id: str | None = Field(
        None, min_length=1, description="Static group membership: an id that is the same after a restart."
    )
    send_timeout_seconds: float = Field(30.0, gt=0, description="How long an output may wait for its confirmation.")
    retry_first_seconds: float = Field(0.2, gt=0, description="Pause before the first retry of a record; it doubles.")
    retry_cap_seconds: float = Field(30.0, gt=0, description="Longest pause between two retries of a record.")
    retry_limit: int = Field(0, ge=0, description="Attempts before a record is put aside; 0 retries for ever.")
    poison_run_limit: int = Field(
        20, ge=0, description="Records put aside in a row before the worker stops and asks for a person."
    )
    stall_seconds: float = Field(
        30.0, gt=0, description="No progress for so long while records wait: the worker logs its stacks and exits."
    )
    stop_seconds: float = Field(15.0, gt=0, description="How long a stop may take before it is forced.")
    replication: int = Field(1, ge=1, description="Copies of each topic; 3 on a real cluster.")

    @model_validator(mode="after")
    def _heartbeat_fits(self) -> RuntimeSettings:
        if self.heartbeat_seconds * 3 > self.session_timeout_seconds:
            raise ValueError(
                f"heartbeat_seconds ({self.heartbeat_seconds:g}) is more than a third of "
                f"session_timeout_seconds ({self.session_timeout_seconds:g}); lower it"
            )
        return self

    @property
    def limits(self) -> Limits:
        """The part that decides about retries and dead letters."""
        return Limits(
            retry_first_seconds=self.retry_first_seconds,
            retry_cap_seconds=self.retry_cap_seconds,
            retry_limit=self.retry_limit,
            poison_run_limit=self.poison_run_limit,
        )
