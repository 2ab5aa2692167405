"""The stand-in's one file: every stored message and edit as a JSON line, read back on start."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.contracts.errors import UsageError
from services.fakeslack.messages import MessageStore, StoredMessage


class JournaledStore(MessageStore):
    """A message store that writes each change to a file before it is answered."""

    def __init__(self, path: Path) -> None:
        """Read what the file holds; a last line cut short by a crash is dropped, any other bad line is an error."""
        super().__init__()
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        for message in _read(path):
            self._keep(message)
        self._file = path.open("a", encoding="utf-8")

    def add(self, message: StoredMessage) -> None:
        """Write, then store."""
        self._write(asdict(message))
        super().add(message)

    def edit(self, channel: str, ts: str, text: str, blocks: tuple[dict[str, Any], ...], now: float) -> bool:
        """Store, then write the message as it now is."""
        if not super().edit(channel, ts, text, blocks, now):
            return False
        edited = next(m for m in self.messages if m.channel == channel and m.ts == ts)
        self._write(asdict(edited))
        return True

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._file.flush()

    def _keep(self, message: StoredMessage) -> None:
        for index, known in enumerate(self.messages):
            if (known.channel, known.ts) == (message.channel, message.ts):
                self.messages[index] = message
                return
        super().add(message)


def _read(path: Path) -> list[StoredMessage]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    whole, rest = lines[:-1], lines[-1]
    if rest:
        path.write_text("".join(line + "\n" for line in whole), encoding="utf-8")
    return [_parse(path, number, line) for number, line in enumerate(whole, 1) if line]


def _parse(path: Path, number: int, line: str) -> StoredMessage:
    try:
        fields = json.loads(line)
        return StoredMessage(**fields | {"blocks": tuple(fields["blocks"])})
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(
            f"{path}:{number}: not a stored message ({error}); move the file away to start anew"
        ) from error
