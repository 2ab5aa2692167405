"""What would change if other watchlists came into force, in words a person can approve. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from services.alert.watchlists.sets import content_version
from services.alert.watchlists.writing import in_one_line, written
from services.contracts.watchlists import Watchlist


@dataclass(frozen=True)
class Changed:
    """A watchlist that says something else: both versions, and one line for each difference."""

    before: Watchlist
    after: Watchlist
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What a change of the watchlists in force would do, each part sorted by id."""

    added: tuple[Watchlist, ...] = ()
    changed: tuple[Changed, ...] = ()
    removed: tuple[Watchlist, ...] = ()
    unchanged: tuple[Watchlist, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything stays as it is."""
        return not (self.added or self.changed or self.removed)

    @property
    def taken_up(self) -> tuple[Watchlist, ...]:
        """The watchlists that come into force, in the version that does."""
        return (*self.added, *(each.after for each in self.changed))

    def lines(self) -> Iterator[str]:
        """The plan as text: `+` comes, `~` changes, `-` goes; the last line counts."""
        for each in self.added:
            yield f"+ {each.id}: {each.name}"
            yield from (f"    {line}" for line in _summary(each))
        for change in self.changed:
            yield f"~ {change.after.id}: {change.after.name}"
            yield from (f"    {line}" for line in change.differences)
        for each in self.removed:
            yield f"- {each.id}: {each.name}"
        counts = f"{len(self.added)} added, {len(self.changed)} changed, {len(self.removed)} removed"
        yield f"{counts}, {len(self.unchanged)} unchanged"


def plan(before: Iterable[Watchlist], after: Iterable[Watchlist]) -> Plan:
    """What comes, changes, goes and stays if `after` takes the place of `before`; ids are unique in each."""
    old, new = ({each.id: each for each in sorted(given, key=_id)} for given in (before, after))
    both = [(old[id_], each) for id_, each in new.items() if id_ in old]
    return Plan(
        added=tuple(each for id_, each in new.items() if id_ not in old),
        changed=tuple(Changed(was, now, differences(was, now)) for was, now in both if not _same(was, now)),
        removed=tuple(each for id_, each in old.items() if id_ not in new),
        unchanged=tuple(now for was, now in both if _same(was, now)),
    )


def differences(before: Watchlist, after: Watchlist) -> tuple[str, ...]:
    """One line for each place in the file of which the two say different things."""
    return tuple(_differences("", written(before), written(after)))


def _id(watchlist: Watchlist) -> str:
    return watchlist.id


def _same(before: Watchlist, after: Watchlist) -> bool:
    return content_version(before) == content_version(after)


def _summary(watchlist: Watchlist) -> Iterator[str]:
    shown = ("match", "all", "any", "none", "destinations", "cadence")
    yield from (f"{key}: {in_one_line(value)}" for key, value in written(watchlist).items() if key in shown)


def _differences(path: str, before: object, after: object) -> Iterator[str]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from _differences(f"{path}.{key}".removeprefix("."), before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_differences(path, before, after)
    elif before is None:
        yield f"{path}: + {in_one_line(after)}"
    elif after is None:
        yield f"{path}: - {in_one_line(before)}"
    else:
        yield f"{path}: {in_one_line(before)} → {in_one_line(after)}"


def _list_differences(path: str, before: list[object], after: list[object]) -> Iterator[str]:
    gone = [each for each in before if each not in after]
    come = [each for each in after if each not in before]
    if len(gone) == len(come) == 1 and isinstance(gone[0], Mapping):
        yield from _differences(f"{path}[{after.index(come[0]) + 1}]", gone[0], come[0])
    elif gone or come:
        signed = [*(f"- {in_one_line(each)}" for each in gone), *(f"+ {in_one_line(each)}" for each in come)]
        yield f"{path}: {', '.join(signed)}"
    else:
        yield f"{path}: only the order or a repetition"
