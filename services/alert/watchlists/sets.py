"""The watchlists in force: a folder of YAML files read into one frozen, versioned set."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from services.alert.matching.rules import RuleIndex, index_rules
from services.alert.watchlists.files import read_watchlist
from services.contracts.watchlists import Watchlist
from services.runtime.registry import list_plugins
from services.runtime.yamlfile import YamlError, YamlProblem, load_yaml
from services.taxonomy.taxonomy import Taxonomy

CHANNELS_PACKAGE = "services.alert.channels"
NO_PATHS: Mapping[str, str] = MappingProxyType({})


class WatchlistError(YamlError):
    """Watchlist files are wrong; carries every problem of every file, and none of them is in force."""


@dataclass(frozen=True)
class WatchlistSet:
    """Watchlists that are in force together, sorted by id. Build it with `watchlist_set`.

    `versions` holds for each id a hash of the watchlist's content (not of its spelling or comments), `version`
    one of the whole set; `paths` says which file an id came from.
    """

    watchlists: tuple[Watchlist, ...]
    versions: Mapping[str, str]
    version: str
    taxonomy: Taxonomy = field(repr=False, compare=False)
    paths: Mapping[str, str] = field(default_factory=dict, compare=False)

    @cached_property
    def index(self) -> RuleIndex:
        """The rules made ready to run, by position in `watchlists`."""
        return index_rules((each.rule for each in self.watchlists), self.taxonomy)

    def get(self, watchlist_id: str) -> Watchlist | None:
        """The watchlist with that id, if it is in force."""
        return next((each for each in self.watchlists if each.id == watchlist_id), None)


def watchlist_set(
    watchlists: Iterable[Watchlist], taxonomy: Taxonomy, paths: Mapping[str, str] = NO_PATHS
) -> WatchlistSet:
    """The set of these watchlists; their ids must differ."""
    ordered = tuple(sorted(watchlists, key=lambda each: each.id))
    versions = {each.id: content_version(each) for each in ordered}
    if len(versions) < len(ordered):
        raise ValueError("two watchlists have the same id")
    whole = _hash("\n".join(f"{id_}={version}" for id_, version in versions.items()))
    return WatchlistSet(ordered, MappingProxyType(versions), whole, taxonomy, MappingProxyType(dict(paths)))


def content_version(watchlist: Watchlist) -> str:
    """A hash of what the watchlist says; comments, order of keys and white space do not count."""
    return _hash(watchlist.model_dump_json())


def known_channels() -> tuple[str, ...]:
    """The kinds of destination that exist: the plug-ins of the channels folder."""
    return list_plugins(CHANNELS_PACKAGE)


def load_watchlists(folder: Path, taxonomy: Taxonomy, channels: Collection[str] | None = None) -> WatchlistSet:
    """The watchlists of every `.yml` file in the folder and below; `channels` defaults to those installed.

    Raises WatchlistError with every problem of all files.
    """
    known = known_channels() if channels is None else channels
    problems = list(_misplaced(folder))
    found: dict[str, tuple[str, Watchlist]] = {}
    for path in sorted(folder.rglob("*.yml")):
        try:
            document = load_yaml(path)
            watchlist = read_watchlist(document, taxonomy, known)
        except YamlError as error:
            problems.extend(error.problems)
            continue
        first, _ = found.setdefault(watchlist.id, (str(path), watchlist))
        if first != str(path):
            what = f"id `{watchlist.id}` a second time (first in {first}); give each watchlist its own"
            problems.append(document.problem(("id",), what))
    if problems:
        raise WatchlistError(problems)
    return watchlist_set(
        (watchlist for _, watchlist in found.values()), taxonomy, {id_: path for id_, (path, _) in found.items()}
    )


def reload(
    previous: WatchlistSet, folder: Path, channels: Collection[str] | None = None
) -> tuple[WatchlistSet, tuple[YamlProblem, ...]]:
    """The set of the folder, or the previous one and the problems that keep the new one out."""
    try:
        return load_watchlists(folder, previous.taxonomy, channels), ()
    except WatchlistError as error:
        return previous, error.problems


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
