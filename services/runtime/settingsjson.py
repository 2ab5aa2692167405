"""Settings that hold several values by name: a table in the settings file, JSON in a secret file."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BeforeValidator, SecretStr


def read_json(value: object) -> object:
    """The value of JSON text; anything else as it is, since the settings file and the environment hold a table."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError('not JSON; write {"name": "value", …}') from error


Secrets = Annotated[dict[str, SecretStr], BeforeValidator(read_json)]
"""Secrets by name."""
