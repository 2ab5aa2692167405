"""The way to the broker for administration, with what it refuses turned into our errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from services.contracts.errors import RetryableError

TIMEOUT_SECONDS = 10.0
FAILURES = (KafkaError, OSError, TimeoutError)
"""What the client raises when the broker or the way to it fails."""


@contextmanager
def open_admin(broker: str, timeout_seconds: float = TIMEOUT_SECONDS) -> Iterator[KafkaAdminClient]:
    """An admin client; whatever the broker or the way to it refuses inside is raised as RetryableError."""
    admin: Any = None
    try:
        admin = connect(broker, timeout_seconds)
        yield admin
    except FAILURES as error:
        raise RetryableError(no_answer(broker, error)) from error
    finally:
        if admin is not None:
            admin.close()


def connect(broker: str, timeout_seconds: float) -> Any:
    """A connected admin client; raises one of FAILURES."""
    milliseconds = int(timeout_seconds * 1000)
    return KafkaAdminClient(
        bootstrap_servers=[server.strip() for server in broker.split(",")],
        client_id="noroshi-admin",
        request_timeout_ms=milliseconds,
        bootstrap_timeout_ms=milliseconds,
    )


def no_answer(broker: str, error: BaseException) -> str:
    """What to tell a person whose broker does not answer."""
    return (
        f"broker {broker}: {error or type(error).__name__}; start one (`noroshi up` brings its own) "
        "or set NOROSHI_BROKER to where it is"
    )
