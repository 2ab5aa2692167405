"""The watchlists in force: a folder of YAML files read into one frozen, versioned set."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import NamedTuple

from services.alert.matching.index import RuleIndex
from services.alert.matching.rules import Evidence
from services.alert.watchlists.files import read_watchlist
from services.contracts.measures import Act
from services.contracts.watchlists import Watchlist
from services.runtime.registry import list_plugins
from services.runtime.yamlfile import YamlError, YamlProblem, load_yaml
from services.taxonomy.taxonomy import Taxonomy

CHANNELS_PACKAGE = "services.alert.channels"
_MAX_BEHIND = 16
"""After so many changes without an act in between the next one builds its index anew."""
NO_PATHS: Mapping[str, str] = MappingProxyType({})


class WatchlistError(YamlError):
    """Watchlist files are wrong; carries every problem of every file, and none of them is in force."""


class _Index:
    """The index of one set's rules: built when first asked, or taken over from the set that this one replaces.

    Readers and the thread that reloads may meet here: each act is matched under the lock, so it sees the rules of
    one set, whole. A set whose index was taken over builds itself another if it is asked once more, and one that is
    never asked takes nothing.
    """

    def __init__(
        self, previous: _Index | None = None, changes: Sequence[Watchlist] = (), gone: Collection[str] = ()
    ) -> None:
        self._lock = Lock()
        self.index: RuleIndex | None = None
        self.behind: int = previous.behind + 1 if previous is not None and previous.index is None else 0
        self._previous = previous if self.behind < _MAX_BEHIND else None
        self._changes, self._gone = changes, gone

    def holding(self, act: Act, watchlists: WatchlistSet) -> list[tuple[str, Evidence]]:
        """What the index finds for the rules of these watchlists."""
        with self._lock:
            self.index = self.index or self._take_over() or _built(watchlists)
            return self.index.holding(act)

    def hand_on(self) -> RuleIndex | None:
        """The index, which is the caller's from now on; None if there is none yet."""
        with self._lock:
            index, self.index = self.index or self._take_over(), None
            return index

    def _take_over(self) -> RuleIndex | None:
        previous, self._previous, self.behind = self._previous, None, 0
        index = previous.hand_on() if previous is not None else None
        if index is not None:
            for id_ in self._gone:
                index.remove(id_)
            for each in self._changes:
                index.add(each.id, each.rule)
        return index


def _built(watchlists: WatchlistSet) -> RuleIndex:
    index = RuleIndex(watchlists.taxonomy)
    for each in watchlists.watchlists:
        index.add(each.id, each.rule)
    return index


@dataclass(frozen=True)
class WatchlistSet:
    """Watchlists in force together, sorted by id. Build it with `watchlist_set`, or from another with `changed`.

    `versions` holds for each id a hash of the watchlist's content (not of its spelling or comments), `version`
    one of the whole set; `paths` says which file an id came from.
    """

    watchlists: tuple[Watchlist, ...]
    versions: Mapping[str, str]
    version: str
    taxonomy: Taxonomy = field(repr=False, compare=False)
    paths: Mapping[str, str] = field(default_factory=dict, compare=False)
    _index: _Index = field(default_factory=_Index, repr=False, compare=False)

    def holding(self, act: Act) -> tuple[tuple[Watchlist, Evidence], ...]:
        """Every watchlist whose rule holds for the act, in order, with the terms that held; from any thread."""
        found = sorted(self._index.holding(act, self), key=lambda pair: pair[0])
        return tuple((self._by_id[id_], evidence) for id_, evidence in found)

    def get(self, watchlist_id: str) -> Watchlist | None:
        """The watchlist with that id, if it is in force."""
        return self._by_id.get(watchlist_id)

    @cached_property
    def _by_id(self) -> Mapping[str, Watchlist]:
        return {each.id: each for each in self.watchlists}


def watchlist_set(
    watchlists: Iterable[Watchlist], taxonomy: Taxonomy, paths: Mapping[str, str] = NO_PATHS
) -> WatchlistSet:
    """The set of these watchlists; their ids must differ."""
    ordered = tuple(sorted(watchlists, key=lambda each: each.id))
    versions = {each.id: content_version(each) for each in ordered}
    if len(versions) < len(ordered):
        raise ValueError("two watchlists have the same id")
    return _versioned(ordered, versions, taxonomy, paths, _Index())


def changed(
    previous: WatchlistSet,
    added_or_changed: Iterable[Watchlist],
    removed: Iterable[str] = (),
    paths: Mapping[str, str] | None = None,
) -> WatchlistSet:
    """The previous set with some watchlists added or changed and others removed; ids in `removed` must be there.

    When the new set is first asked it takes over the index, and only the rules that differ are exchanged in it, so
    that one watchlist among 100,000 costs no rebuild. Both sets stay right, and every act sees one of them, whole.
    """
    renewed = {each.id: each for each in added_or_changed}
    gone = set(removed) - renewed.keys()
    if missing := sorted(each for each in gone if previous.get(each) is None):
        raise ValueError(f"no watchlist of id `{missing[0]}` to remove")
    kept = (each for each in previous.watchlists if each.id not in gone and each.id not in renewed)
    ordered = tuple(sorted((*kept, *renewed.values()), key=lambda each: each.id))
    fresh = {id_: content_version(each) for id_, each in renewed.items()}
    versions = {each.id: fresh.get(each.id) or previous.versions[each.id] for each in ordered}
    exchanged = {id_ for id_, each in renewed.items() if (old := previous.get(id_)) and old.rule != each.rule}
    new = [each for id_, each in renewed.items() if id_ in exchanged or previous.get(id_) is None]
    index = _Index(previous._index, new, gone | exchanged)  # noqa: SLF001 (the sets of one module)
    return _versioned(ordered, versions, previous.taxonomy, previous.paths if paths is None else paths, index)


def _versioned(
    ordered: tuple[Watchlist, ...],
    versions: Mapping[str, str],
    taxonomy: Taxonomy,
    paths: Mapping[str, str],
    index: _Index,
) -> WatchlistSet:
    whole = _hash("\n".join(f"{id_}={version}" for id_, version in versions.items()))
    return WatchlistSet(
        ordered, MappingProxyType(dict(versions)), whole, taxonomy, MappingProxyType(dict(paths)), index
    )


def content_version(watchlist: Watchlist) -> str:
    """A hash of what the watchlist says; comments, order of keys and white space do not count."""
    return _hash(watchlist.model_dump_json())


def known_channels() -> tuple[str, ...]:
    """The kinds of destination that exist: the plug-ins of the channels folder."""
    return list_plugins(CHANNELS_PACKAGE)


class ReadFile(NamedTuple):
    """The watchlist of a file, and where in it the id stands."""

    watchlist: Watchlist
    line: int
    column: int


FileReader = Callable[[Path], ReadFile]
"""Reads one file; raises YamlError with every problem of it."""


def file_reader(taxonomy: Taxonomy, channels: Collection[str] | None = None) -> FileReader:
    """The reader of watchlist files; `channels` defaults to those installed."""
    known = known_channels() if channels is None else channels

    def read(path: Path) -> ReadFile:
        document = load_yaml(path)
        return ReadFile(read_watchlist(document, taxonomy, known), *document.position(("id",)))

    return read


def load_watchlists(
    folder: Path, taxonomy: Taxonomy, channels: Collection[str] | None = None, read: FileReader | None = None
) -> WatchlistSet:
    """The watchlists of every `.yml` file in the folder and below; `channels` defaults to those installed.

    `read` takes the place of `file_reader`. Raises WatchlistError with every problem of all files.
    """
    read = read or file_reader(taxonomy, channels)
    problems = list(_misplaced(folder))
    found: dict[str, tuple[str, Watchlist]] = {}
    for path in sorted(folder.rglob("*.yml")):
        try:
            watchlist, line, column = read(path)
        except YamlError as error:
            problems.extend(error.problems)
            continue
        first, _ = found.setdefault(watchlist.id, (str(path), watchlist))
        if first != str(path):
            what = f"id `{watchlist.id}` a second time (first in {first}); give each watchlist its own"
            problems.append(YamlProblem(str(path), line, column, what))
    if problems:
        raise WatchlistError(problems)
    return watchlist_set(
        (watchlist for _, watchlist in found.values()), taxonomy, {id_: path for id_, (path, _) in found.items()}
    )


def reload(
    previous: WatchlistSet, folder: Path, channels: Collection[str] | None = None, read: FileReader | None = None
) -> tuple[WatchlistSet, tuple[YamlProblem, ...]]:
    """The set of the folder, or the previous one and the problems that keep the new one out."""
    try:
        found = load_watchlists(folder, previous.taxonomy, channels, read)
    except WatchlistError as error:
        return previous, error.problems
    renewed = (each for each in found.watchlists if previous.versions.get(each.id) != found.versions[each.id])
    removed = previous.versions.keys() - found.versions.keys()
    return changed(previous, renewed, removed, found.paths), ()


def _misplaced(folder: Path) -> Iterable[YamlProblem]:
    if not folder.is_dir():
        yield YamlProblem(str(folder), 1, 1, "no such folder; give the folder that holds the watchlist files")
        return
    for path in sorted(folder.rglob("*.yaml")):
        yield YamlProblem(str(path), 1, 1, "the extension is .yaml, so the file would not be read; name it .yml")
    if not any(folder.rglob("*.y*ml")):
        yield YamlProblem(str(folder), 1, 1, "no watchlist in this folder, so nobody would hear; add a .yml file")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
