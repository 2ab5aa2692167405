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
    """What a look means: files to take in, the oldest first, and names left alone with the reason."""

    ready: tuple[Entry, ...]
    left: Mapping[str, str]


def survey(before: Iterable[Entry], now: Sequence[Entry]) -> Survey:
    """What to do after this look and the one before it.

    A file is whole if it looks the same twice: size, time of change, and which file it is. One that is written under a
    name ending in .part or .tmp is waited for, and is whole once it has its own name and rests.
    """
    known = set(before)
    left = {each.name: why for each in now if (why := _why_not(each))}
    candidates = (each for each in now if each.name not in left and _is_wanted(each))
    ready = sorted((each for each in candidates if each in known), key=lambda each: (each.changed, each.name))
    return Survey(tuple(ready), left)


def free_name(name: str, taken: Iterable[str]) -> str:
    """The name, with a number before its ending where it is taken: notices.2.jsonl."""
    names, path = set(taken), PurePath(name)
    number, found = 1, name
    while found in names:
        number += 1
        found = f"{path.stem}.{number}{path.suffix}"
    return found


def _is_wanted(entry: Entry) -> bool:
    return entry.is_file and entry.name.lower().endswith(SUFFIXES)


def _why_not(entry: Entry) -> str:
    """Why a name is left alone for good; nothing for one that is, or may become, a file to take in."""
    name = entry.name
    if name in (DONE, FAILED):
        return ""
    if name.startswith("."):
        return "hidden"
    if not name.isprintable() or len(name.encode("utf-8", "surrogatepass")) > _MAX_NAME:
        return f"its name is over {_MAX_NAME} bytes, or not printable text"
    if not entry.is_file:
        return "no regular file"
    if name.lower().endswith((*SUFFIXES, *_UNFINISHED)):
        return ""
    return f"not {' or '.join(f'*{suffix}' for suffix in SUFFIXES)}"
