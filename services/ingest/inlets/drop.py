"""The drop folder: files put there are taken in and moved to `done` or `failed`, with a report beside each.

A file is moved only after all of it is confirmed and remembered, so that a crash repeats a file and loses none; what
was published of it is known by then.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa
import structlog

from services.contracts.errors import DeadLetterError, RetryableError, UsageError
from services.ingest.inlets.batches import BatchIntake, Report
from services.ingest.inlets.files import Progress, read_documents, take_all
from services.ingest.inlets.resting import DONE, FAILED, REPORT_SUFFIX, Entry, Survey, forgotten, free_name, survey
from services.ingest.pages.tablelines import TableError
from services.ingest.settings import IngestSettings
from services.runtime.metrics import PUSHES

log = structlog.get_logger("noroshi.ingest")


class _StoppedError(Exception):
    """The service is to stop; the file stays where it is and is read again at the next start."""


class _ChangedError(Exception):
    """The file was changed while it was read, so it was not whole."""


class DropFolder:
    """One folder in which others put files; only one process may look after it."""

    def __init__(self, folder: Path, intake: BatchIntake, settings: IngestSettings) -> None:
        self._folder, self._intake, self._settings = folder, intake, settings
        self._before: tuple[Entry, ...] = ()
        self._told: frozenset[str] = frozenset()
        self._waiting: dict[str, float] = {}

    def prepare(self) -> None:
        """Make `done` and `failed`; raises UsageError if the folder is not there or may not be written."""
        if not self._folder.is_dir():
            raise UsageError(f"drop_folder: {self._folder}: no such folder; make it, writable for ingest")
        for name in (DONE, FAILED):
            place = self._folder / name
            try:
                place.mkdir(exist_ok=True)
            except OSError as error:
                raise UsageError(f"drop_folder: {place}: {error.strerror}; make it a writable folder") from error
            if place.is_symlink() or not os.access(place, os.W_OK | os.X_OK):
                raise UsageError(f"drop_folder: {place}: make it a writable folder and no link")

    def look(self, is_stopping: Callable[[], bool]) -> int:
        """Look once and take in every file that is whole; returns how many were moved.

        Raises RetryableError if broker or database do not confirm; the files stay, and the next look goes on.
        """
        entries = tuple(self._entries())
        found = survey(self._before, entries)
        self._before = entries
        self._tell(found)
        moved = 0
        for entry in found.ready:
            with suppress(_ChangedError):
                try:
                    self._take(entry, is_stopping)
                except _StoppedError:
                    break
                moved += 1
        return moved

    def _entries(self) -> Iterator[Entry]:
        try:
            with os.scandir(self._folder) as listing:
                names = list(listing)
        except OSError as error:
            raise RetryableError(f"the drop folder {self._folder} cannot be read: {error.strerror}") from error
        for each in names:
            with suppress(FileNotFoundError):
                yield _entry(each.name, each.stat(follow_symlinks=False))

    def _tell(self, found: Survey) -> None:
        """Say once what is not taken in; what somebody may be waiting for is counted, too."""
        now = self._intake.clock.monotonic()
        self._waiting = {name: self._waiting.get(name, now) for name in found.waiting}
        late = forgotten(self._waiting, now)
        reasons = {**found.left, **found.unfit, **late}
        for name in sorted(set(reasons) - self._told):
            log.warning("drop_left_alone", name=ascii(name)[1:-1], why=reasons[name])
            if name not in found.left:
                PUSHES.labels("drop", "timeout" if name in late else "unsupported").inc()
        self._told = frozenset(reasons)

    def _take(self, entry: Entry, is_stopping: Callable[[], bool]) -> None:
        sums = Report()

        def note(report: Report) -> None:
            nonlocal sums
            sums = report
            if is_stopping():
                raise _StoppedError

        try:
            error = self._read(entry, note)
        except (RetryableError, _StoppedError, _ChangedError):
            raise
        except sa.exc.OperationalError as error_of_state:
            raise RetryableError(f"the ingest database does not answer: {error_of_state.orig}") from error_of_state
        except Exception as crash:  # one file must not hold up the others
            log.error("drop_crashed", file=entry.name, error=str(crash), exc_info=crash)
            error = f"an error of ours, see the log of ingest: {crash}"
        self._settle(entry, sums, error or ("" if sums.read else "the file holds no document"))

    def _read(self, entry: Entry, note: Progress) -> str:
        """Take in the file; returns why it could not be read to its end, or nothing."""
        try:
            with self._open(entry) as stream:
                take_all(read_documents(stream, entry.name), self._intake, self._settings, note)
        except (UsageError, TableError, DeadLetterError) as error:
            return str(error)
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        return ""

    def _open(self, entry: Entry) -> BinaryIO:
        """The file, never by way of a link; raises _ChangedError if it went away or is a link by now."""
        try:
            number = os.open(self._folder / entry.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP):
                raise _ChangedError from error
            raise
        return os.fdopen(number, "rb")

    def _settle(self, entry: Entry, sums: Report, error: str) -> None:
        """Write the report, then move the file: a crash in between leaves the file, and its report is written anew.

        A file that changed since it was looked at is left for the next looks.
        """
        outcome = FAILED if error or sums.dead else DONE
        place = self._folder / outcome
        try:
            self._check(entry, self._folder / entry.name)
            name = free_name(entry.name, os.listdir(place))
            stated = {"file": entry.name, **asdict(sums), "taken_at": self._intake.clock.now().isoformat()}
            _write(place / f"{name}{REPORT_SUFFIX}", {**stated, "error": error})
            os.rename(self._folder / entry.name, place / name)
        except OSError as trouble:
            raise RetryableError(f"{entry.name} cannot be moved to {place}: {trouble.strerror}") from trouble
        PUSHES.labels("drop", "invalid" if outcome == FAILED else "taken").inc()
        say = log.warning if outcome == FAILED else log.info
        counts = {key: value for key, value in asdict(sums).items() if key != "problems"}
        say("drop_taken", file=entry.name, to=f"{outcome}/{name}", error=error, **counts)

    @staticmethod
    def _check(entry: Entry, path: Path) -> None:
        try:
            now = _entry(entry.name, path.stat(follow_symlinks=False))
        except FileNotFoundError as error:
            raise _ChangedError from error
        if now != entry:
            raise _ChangedError


def _entry(name: str, status: os.stat_result) -> Entry:
    return Entry(name, stat.S_ISREG(status.st_mode), status.st_size, status.st_mtime_ns, status.st_ino)


def _write(path: Path, fields: dict[str, object]) -> None:
    """Write a report, whole or not at all."""
    unfinished = path.with_name(f".{path.name}")
    text = json.dumps(fields, ensure_ascii=False, indent=1) + "\n"
    unfinished.write_text(text, encoding="utf-8", errors="backslashreplace")
    unfinished.replace(path)
