"""One line per record, one shape for ours and for Faust's, aiokafka's and kafka-python's, and no secret in any.

JSON on pipes and in files, readable text on a terminal. Control characters are escaped, so that no text from
outside can forge a line or drive a terminal.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, Protocol, TextIO

import structlog

REDACTED = "[redacted]"
_SHAPES = re.compile(
    r"xox[a-z]-[\w-]{6,}|xapp-[\w-]{6,}|\bnrs_\w{6,}|(?i:\bbearer\s+)[\w.~+/=-]{6,}"
    r"|hooks\.slack\.com/services/[\w/]+|(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_MIN_SECRET = 4
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_QUIET = (
    "services.runtime.faustapp",
    "faust",
    "mode",
    "aiokafka",
    "kafka",
    "alembic",
    "aiohttp",
    "asyncio",
    "slack_sdk",
)


class LogSettings(Protocol):
    """The settings this module needs."""

    @property
    def log_level(self) -> str: ...  # noqa: D102

    @property
    def log_format(self) -> str: ...  # noqa: D102


class Redactor:
    """Replaces the given secrets, and whatever looks like one, in any text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        values = sorted({value for value in secrets if len(value) >= _MIN_SECRET}, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, values))) if values else None

    def __call__(self, text: str) -> str:
        """The text without the secrets."""
        if self._values is not None:
            text = self._values.sub(REDACTED, text)
        return _SHAPES.sub(REDACTED, text)


def escape_controls(text: str) -> str:
    """The text with every control, line-separating and direction-changing character written as an escape."""
    return _CONTROL.sub(lambda found: _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}", text)


def plain(value: object, edit: Callable[[str], str]) -> Any:
    """The value as plain JSON types with `edit` applied to every text in it; what is not plain becomes its text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {edit(str(key)): plain(item, edit) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, edit) for item in value]
    return edit(value if isinstance(value, str) else str(value))


def configure_logging(
    service: str, settings: LogSettings, secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Send every log line of this process, whoever writes it, to `stream` (standard error) in one shape.

    `secrets` are values that must never appear, such as tokens; they are replaced wherever they turn up.
    """
    target = stream or sys.stderr
    console = settings.log_format == "console" or (settings.log_format == "auto" and target.isatty())
    handler = logging.StreamHandler(target)
    handler.setFormatter(_formatter(service, Redactor(secrets), console=console, colours=target.isatty()))
    level = getattr(logging, settings.log_level.upper())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(max(level, logging.WARNING) if level > logging.DEBUG else level)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def _formatter(service: str, redact: Redactor, *, console: bool, colours: bool) -> logging.Formatter:
    def hide(_: Any, __: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
        hidden: dict[str, Any] = plain({**event, "service": service}, redact)
        return hidden

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hide,
            *(_console(colours=colours) if console else (_to_json,)),
        ],
    )


def _console(*, colours: bool) -> tuple[Any, ...]:
    def escape(_: Any, __: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
        """Escape all but the line ends of a traceback, which stand indented where no line of ours begins."""
        trace = str(event.pop("exception", ""))
        safe: dict[str, Any] = plain(event, escape_controls)
        if trace:
            safe["exception"] = "\n".join(f"    | {escape_controls(line)}" for line in trace.split("\n"))
        return safe

    return escape, structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=0)


def _to_json(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    """One line: JSON escapes line ends itself, and we what else a viewer might take for one."""
    return escape_controls(json.dumps(event, ensure_ascii=False))
