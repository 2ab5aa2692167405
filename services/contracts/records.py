"""What every record on a topic has in common."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo

READING = "reading"
"""The validation-context key that marks data read from a topic, where newer writers are tolerated."""


class Part(BaseModel):
    """A frozen piece of a record; unknown fields are refused where we write and ignored where we read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Record(Part):
    """A value of a topic; `kind` and `version` name its schema in the record header."""

    kind: ClassVar[str]
    version: ClassVar[int]


E = TypeVar("E", bound=StrEnum)


def tolerant(enum: type[E], fallback: E) -> BeforeValidator:
    """Read a word that a newer writer knows and we do not as `fallback`; refuse it everywhere else."""

    def read(value: Any, info: ValidationInfo) -> Any:
        reading = bool(info.context and info.context.get(READING))
        known = not isinstance(value, str) or value in set(enum)
        return value if known or not reading else fallback

    return BeforeValidator(read)
