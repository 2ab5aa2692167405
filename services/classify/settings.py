"""The settings of the classify service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from services.runtime.settings import RuntimeSettings


class ClassifySettings(RuntimeSettings):
    """What classify needs beyond what every service needs."""

    health_port: int = Field(
        8072, ge=0, le=65535, description="Port of /livez, /readyz and /metrics; 0 picks a free one."
    )
    taxonomy_dir: Path | None = Field(None, description="Folder of the vocabulary files; default: the packaged ones.")
    rules_dir: Path | None = Field(None, description="Folder of the classification rules; default: the packaged ones.")
    suggester: str = Field(
        "", description="Plug-in that suggests measure types, e.g. `use_multilingual`; empty: none. Never alerts."
    )
