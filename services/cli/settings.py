"""The settings of all services by name, and how a command loads one."""

from __future__ import annotations

import os
from typing import TypeVar

from services.alert.settings import AlertSettings
from services.classify.settings import ClassifySettings
from services.ingest.settings import IngestSettings
from services.runtime.settings import RuntimeSettings, load_settings

SETTINGS: dict[str, type[RuntimeSettings]] = {
    "ingest": IngestSettings,
    "classify": ClassifySettings,
    "alert": AlertSettings,
}

S = TypeVar("S", bound=RuntimeSettings)


def load(model: type[S], **overrides: object) -> S:
    """The settings of the service that `model` belongs to; raises UsageError naming every problem."""
    service = next(name for name, known in SETTINGS.items() if known is model)
    return load_settings(model, service, known=SETTINGS, environ=os.environ, overrides=overrides)
