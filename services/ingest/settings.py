"""The ingest service's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from services.runtime.settings import RuntimeSettings
from services.runtime.settingsjson import Secrets, read_json

DEFAULT_SOURCES = Path(__file__).parent / "sources"


class IngestSettings(RuntimeSettings):
    """What the ingest service may be told."""

    health_port: int = Field(
        default=8071, ge=0, le=65535, description="Port of /livez, /readyz and /metrics; 0 picks a free one."
    )
    sources: tuple[Path, ...] = Field(
        default=(DEFAULT_SOURCES,), description="Folders that hold one folder per source (source.yml)."
    )
    live: bool = Field(default=False, description="Poll the sources; otherwise only files are taken in.")
    contact: str = Field(
        default="",
        max_length=200,
        description="Address or web page publishers can reach us by; sent with each request.",
    )
    allow_private: bool = Field(
        default=False, description="Let sources live on loopback and private addresses; for trying out only."
    )
    source_keys: Secrets = Field(
        default_factory=dict,
        description="Keys for the APIs of sources that want one (`access`), by source key, as JSON.",
    )
    wire_limit_bytes: int = Field(default=5_000_000, ge=1, description="The largest answer taken from a publisher.")
    page_limit_bytes: int = Field(default=20_000_000, ge=1, description="The largest page once it is unpacked.")
    fetch_timeout_seconds: float = Field(default=30.0, gt=0, description="How long one page may take in all.")
    idle_timeout_seconds: float = Field(default=10.0, gt=0, description="How long a publisher may send nothing.")
    host_pause_seconds: float = Field(
        default=2.0, ge=0, description="The least time between two requests to one host; up to half as much is added."
    )
    full_fetch_hours: float = Field(
        default=24.0,
        gt=0,
        description="How long a publisher's 'not modified' is believed before the page is read anew.",
    )
    canary_minutes: int = Field(
        default=5,
        ge=0,
        le=1440,
        description="How often a test event is sent through to the end, in minutes; 0 sends none.",
    )
    batch_size: int = Field(default=200, ge=1, le=5000, description="Records of a file that are confirmed together.")

    push_port: int = Field(
        default=0, ge=0, le=65535, description="Port where other systems push documents; 0 takes none."
    )
    push_host: str = Field(default="127.0.0.1", description="Address that the port for pushed documents listens on.")
    push_tokens: Secrets = Field(
        default_factory=dict, description="Bearer tokens for POST /events by the caller's name, as JSON."
    )
    push_sources: Annotated[dict[str, tuple[str, ...]], BeforeValidator(read_json)] = Field(
        default_factory=dict,
        description='Which sources each caller may write, as JSON: {"caller": ["xx-partner", "xx-team-*"]}.',
    )
    push_secrets: Secrets = Field(
        default_factory=dict, description="Signing secrets (whsec_…) for POST /webhooks/SOURCE by source key, as JSON."
    )
    push_limit_bytes: int = Field(default=5_000_000, ge=1, description="The largest body that may be pushed.")
    push_timeout_seconds: float = Field(
        default=30.0, gt=0, description="How long a pushed body may take to arrive, and then to be published."
    )
    drop_folder: Path | None = Field(
        default=None, description="Folder in which files are dropped (*.jsonl, *.csv) to be taken in."
    )
    drop_seconds: float = Field(
        default=5.0,
        gt=0,
        description="Pause between looks into that folder; a file unchanged for so long is whole.",
    )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for logs to replace."""
        named = (*self.push_tokens.values(), *self.push_secrets.values(), *self.source_keys.values())
        return tuple(text for each in named for text in each.get_secret_value().split())

    @model_validator(mode="after")
    def _has_contact(self) -> IngestSettings:
        if self.live and not self.contact.strip():
            raise ValueError("live polling needs a contact: set NOROSHI_INGEST_CONTACT to an address of yours")
        if not self.contact.isascii() or not self.contact.isprintable():
            raise ValueError("contact is sent as a header: write it in printable ASCII")
        return self
