"""The settings of the classify service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from services.runtime.settings import RuntimeSettings


class ClassifySettings(RuntimeSettings):
    """What classify needs beyond what every service needs."""

    taxonomy_dir: Path | None = Field(None, description="Folder of the vocabulary files; default: the packaged ones.")
    rules_dir: Path | None = Field(None, description="Folder of the classification rules; default: the packaged ones.")
