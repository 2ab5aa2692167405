"""Errors named by what the loop that meets them must do.

    NoroshiError
    ├── RetryableError    the same input may succeed later: try again in place, in order
    ├── DeadLetterError   this input can never succeed: keep its bytes in the dead letters, go on
    ├── StopError         going on would do harm: leave the input unacknowledged and exit
    └── UsageError        a person gave something wrong: say what, where and how to mend it

Every foreign exception is mapped to one of these at the edge that meets it.
"""

from __future__ import annotations

from enum import StrEnum


class DeadReason(StrEnum):
    """Why a record was put aside; also the metric label and the dead-letter header."""

    UNDECODABLE = "undecodable"
    INVALID = "invalid"
    NEWER_SCHEMA = "newer_schema"
    TOO_LARGE = "too_large"
    CRASHED = "crashed"
    RETRIES_EXHAUSTED = "retries_exhausted"


class NoroshiError(Exception):
    """The base of every error this project raises on purpose."""


class RetryableError(NoroshiError):
    """The same input may succeed later; nothing was done that a repeat would double."""

    def __init__(self, message: str, *, after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class DeadLetterError(NoroshiError):
    """This input can never be processed by this version; its bytes belong in the dead letters."""

    def __init__(self, message: str, *, reason: DeadReason = DeadReason.INVALID) -> None:
        super().__init__(message)
        self.reason = reason


class StopError(NoroshiError):
    """The process must exit without acknowledging its input; a person or a supervisor acts next."""


class UsageError(NoroshiError):
    """A person's input is wrong; the message says what, where and how to mend it."""
