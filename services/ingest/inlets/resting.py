"""Which files of a drop folder are whole, and which are no business of ours. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

DONE, FAILED = "done", "failed"
REPORT_SUFFIX = ".report.json"
SUFFIXES = (".jsonl", ".csv")

_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
_MAX_NAME = 200
_PATIENCE_SECONDS = 3600.0


@dataclass(frozen=True)
class Entry:
    """What one look shows of a name in the folder; `changed` and `inode` are as the file system counts them."""

    name: str
    is_file: bool
    size: int
    changed: int
    inode: int


@dataclass(frozen=True)
class Survey:
    """What a look means: files to take in, the oldest first, and names that are not taken in, with the reason.

    `left` are no business of ours, `unfit` are files that somebody may be waiting for; `waiting` are not whole yet.
    """

    ready: tuple[Entry, ...]
    left: Mapping[str, str]
    unfit: Mapping[str, str]
    waiting: frozenset[str]


def survey(before: Iterable[Entry], now: Sequence[Entry]) -> Survey:
    """What to do after this look and the one before it.

    A file is whole if it looks the same twice: size, time of change, and which file it is. One that is written under a
    name ending in .part or .tmp is waited for, and is whole once it has its own name and rests.
    """
    known = set(before)
    left = {each.name: why for each in now if (why := _why_not_ours(each))}
    ours = [each for each in now if each.name not in left and each.name not in (DONE, FAILED)]
    unfit = {each.name: why for each in ours if (why := _why_unfit(each.name))}
    wanted = [each for each in ours if each.name.lower().endswith(SUFFIXES) and each.name not in unfit]
    ready = sorted((each for each in wanted if each in known), key=lambda each: (each.changed, each.name))
    waiting = {each.name for each in ours} - set(unfit) - {each.name for each in ready}
    return Survey(tuple(ready), left, unfit, frozenset(waiting))


def forgotten(first_seen: Mapping[str, float], now: float) -> dict[str, str]:
    """Those of the waiting files that have waited for so long that somebody should look; times in seconds."""
    return {
        name: "not whole after an hour; is its writer still at work?"
        for name, since in first_seen.items()
        if now - since >= _PATIENCE_SECONDS
    }


def free_name(name: str, taken: Iterable[str]) -> str:
    """The name, with a number before its ending where it is taken: notices.2.jsonl."""
    names, path = set(taken), PurePath(name)
    number, found = 1, name
    while found in names:
        number += 1
        found = f"{path.stem}.{number}{path.suffix}"
    return found


def _why_not_ours(entry: Entry) -> str:
    if entry.name in (DONE, FAILED):
        return ""
    if entry.name.startswith("."):
        return "hidden"
    return "" if entry.is_file else "no regular file"


def _why_unfit(name: str) -> str:
    if not name.isprintable() or len(name.encode("utf-8", "surrogatepass")) > _MAX_NAME:
        return f"its name is over {_MAX_NAME} bytes, or not printable text"
    if name.lower().endswith((*SUFFIXES, *_UNFINISHED)):
        return ""
    return f"not {' or '.join(f'*{suffix}' for suffix in SUFFIXES)}"
