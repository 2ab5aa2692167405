"""Puts records on topics from outside a worker, and returns only once the broker has them."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from services.contracts.errors import DeadLetterError, DeadReason, RetryableError
from services.runtime.handling import Message, Outgoing

_MAX_REQUEST_BYTES = 1_500_000


class EventProducer:
    """A blocking producer that confirms (`acks=all`, idempotent); use it from one thread, close it at the end."""

    def __init__(self, broker: str, *, client_id: str = "noroshi-producer", timeout_seconds: float = 30.0) -> None:
        self._broker = broker
        self._client_id = client_id
        self._timeout_seconds = timeout_seconds
        self._producer: Any = None

    def send_confirmed(self, outgoings: Sequence[Outgoing]) -> None:
        """Return once the broker has confirmed every record; a batch costs about as much as one record.

        Raises RetryableError if any was not confirmed in time: send all of them again, ids make that harmless.
        Raises DeadLetterError (too_large) if the broker will never take one of them.
        """
        self.send_messages([Message(each.topic.name, each.key, each.value, each.headers) for each in outgoings])

    def send_messages(self, messages: Sequence[Message]) -> None:
        """Like `send_confirmed`, for records whose key or value may be missing."""
        try:
            producer = self._open()
            futures = [self._queue(producer, message) for message in messages]
            producer.flush(timeout=self._timeout_seconds)
            for future in futures:
                future.get(timeout=self._timeout_seconds)
        except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
            message = f"a record is too large for its topic: {error}"
            raise DeadLetterError(message, reason=DeadReason.TOO_LARGE) from error
        except (KafkaError, OSError, TimeoutError) as error:
            self.close()
            message = f"broker {self._broker} did not confirm: {type(error).__name__}: {error}"
            raise RetryableError(message) from error

    def close(self) -> None:
        """Drop the connection; what was confirmed stays, the next send connects again."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout=1)

    def __enter__(self) -> EventProducer:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def _open(self) -> Any:
        if self._producer is None:
            milliseconds = int(self._timeout_seconds * 1000)
            self._producer = KafkaProducer(
                bootstrap_servers=[server.strip() for server in self._broker.split(",")],
                client_id=self._client_id,
                acks="all",
                enable_idempotence=True,
                linger_ms=5,
                batch_size=262_144,
                max_request_size=_MAX_REQUEST_BYTES,
                request_timeout_ms=milliseconds,
                delivery_timeout_ms=milliseconds + 10,
                max_block_ms=milliseconds,
                bootstrap_timeout_ms=milliseconds,
            )
        return self._producer

    @staticmethod
    def _queue(producer: Any, message: Message) -> Any:
        return producer.send(message.topic, key=message.key, value=message.value, headers=list(message.headers))
