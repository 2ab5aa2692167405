"""Logs of commands that a person watches: ours, without what libraries say of errors that we report ourselves."""

from __future__ import annotations

import logging

from services.runtime.log import configure_logging
from services.runtime.settings import RuntimeSettings


def configure_for_person(command: str, settings: RuntimeSettings) -> None:
    """Send our log lines to standard error and silence kafka-python, whose errors come back to us as exceptions."""
    configure_logging(command, settings)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
