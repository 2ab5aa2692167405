"""Keeps the set in force current while the service runs: from a folder, or from what SQL says is in force.

A refresh either takes up everything that changed or nothing: the last good set stays in force. Whoever decides reads
`current` once, so a decision sees one version of every watchlist.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from services.alert.lifecycle import told
from services.alert.watchlists import inforce
from services.alert.watchlists.sets import (
    FileReader,
    ReadFile,
    WatchlistSet,
    changed,
    file_reader,
    load_watchlists,
    reload,
    watchlist_set,
)
from services.contracts.errors import UsageError
from services.runtime.clock import Clock
from services.runtime.store import reading
from services.taxonomy.taxonomy import Taxonomy

BY_FOLDER = "folder"
"""Who changed the watchlists, where the service itself took up its folder."""

Accept = Callable[[WatchlistSet], None]
"""Makes ready for a set before it comes into force; raises UsageError if that cannot be."""

Stamp = tuple[int, int, int, int]
"""A file's size, its two times and its own number: another file, or another content, has another stamp."""


class Keeper(Protocol):
    """Holds the set in force."""

    current: WatchlistSet

    def refresh(self) -> tuple[str, ...]:
        """Take up what changed; returns why it could not be, and then everything stays as it was."""


class FolderKeeper:
    """The watchlists of a folder, read again when a file changes; SQL is told what came into force."""

    def __init__(
        self,
        folder: Path,
        taxonomy: Taxonomy,
        engine: sa.Engine,
        clock: Clock,
        accept: Accept,
        read: FileReader | None = None,
    ) -> None:
        self._folder, self._engine, self._clock, self._accept = folder, engine, clock, accept
        self._seen = fingerprint(folder)
        self._problems: tuple[str, ...] = ()
        self._read = _Remembered(read or file_reader(taxonomy))
        self.current = load_watchlists(folder, taxonomy, read=self._read)
        accept(self.current)
        self._record(self.current)
        _record_versions(engine, self.current, clock)

    def refresh(self) -> tuple[str, ...]:
        """Read the folder if a file came, went or changed."""
        seen = fingerprint(self._folder)
        if seen != self._seen:
            self._problems = self._reload()
            self._seen = seen
        return self._problems

    def _reload(self) -> tuple[str, ...]:
        found, problems = reload(self.current, self._folder, read=self._read)
        if problems or found.version == self.current.version:
            return tuple(map(str, problems))
        try:
            self._accept(found)
        except UsageError as error:
            return (str(error),)
        self._record(found)  # first, so that a database that is away keeps the change for the next look
        self.current = found
        return ()

    def _record(self, watchlists: WatchlistSet) -> None:
        with self._engine.begin() as connection:
            inforce.take_up(connection, watchlists.watchlists, BY_FOLDER, self._clock.now())


class DatabaseKeeper:
    """The watchlists that SQL says are in force; only what changed is read."""

    def __init__(self, taxonomy: Taxonomy, engine: sa.Engine, clock: Clock, accept: Accept) -> None:
        self._engine, self._accept = engine, accept
        with reading(engine) as connection:
            self._seq = inforce.last_change(connection)
            found = inforce.load_in_force(connection)
        self.current = watchlist_set((each.watchlist for each in found), taxonomy)
        accept(self.current)
        _record_versions(engine, self.current, clock)

    def refresh(self) -> tuple[str, ...]:
        """Read the changes made since the last refresh."""
        try:
            with reading(self._engine) as connection:
                news = inforce.load_changes(connection, self._seq)
            if news.seq != self._seq:
                self._accept(watchlist_set(news.taken_up, self.current.taxonomy))
                gone = (id_ for id_ in news.removed if self.current.get(id_) is not None)
                self.current = changed(self.current, news.taken_up, gone)
        except UsageError as error:
            return (str(error),)
        self._seq = news.seq
        return ()


def _record_versions(engine: sa.Engine, watchlists: WatchlistSet, clock: Clock) -> None:
    """Record what alerts will name: a release that knows more keys counts the same watchlist as another version."""
    with engine.begin() as connection:
        told.record_versions(connection, watchlists, clock.now())


class _Remembered:
    """Reads a file only if it is not the one that was read before; what is wrong with one is never remembered."""

    def __init__(self, read: FileReader) -> None:
        self._read = read
        self._known: dict[Path, tuple[Stamp, ReadFile]] = {}

    def __call__(self, path: Path) -> ReadFile:
        try:
            stamp = _stamp(path)
        except OSError:
            return self._read(path)
        if path not in self._known or self._known[path][0] != stamp:
            self._known[path] = stamp, self._read(path)
        return self._known[path][1]


def fingerprint(folder: Path) -> Mapping[str, Stamp]:
    """What changes whenever a watchlist file of the folder or below does."""
    return dict(_stamps(folder))


def _stamps(folder: Path) -> Iterator[tuple[str, Stamp]]:
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith((".yml", ".yaml")):
                path = os.path.join(place, name)
                with suppress(OSError):  # gone between the two looks, or a link to nowhere
                    yield path, _stamp(path)


def _stamp(path: str | Path) -> Stamp:
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
