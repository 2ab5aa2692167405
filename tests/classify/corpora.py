"""The composed documents beside their labels, and which of them rules were written with.

python -m tests.classify.corpora own|blind all|read|unread FOLDER
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from typing import Any

from tests.classify.events import read_lines
from tests.conftest import ROOT

FOLDER = ROOT / "tests" / "corpus"

Line = dict[str, Any]


def corpus_files(stem: str) -> tuple[list[Path], list[Path]]:
    """The document files and the label files of `own` or `blind`."""
    return sorted(FOLDER.glob(f"{stem}.*.jsonl")), sorted(FOLDER.glob(f"{stem}-labels.*.jsonl"))


def corpus_lines(*stems: str) -> Iterator[tuple[Line, Line]]:
    """Every document of the stems with its label."""
    for stem in stems:
        documents, labels = corpus_files(stem)
        by_id = {line["id"]: line for line in read_lines(*labels)}
        yield from ((line, by_id[line["id"]]) for line in read_lines(*documents))


def was_read(document_id: str) -> bool:
    """Whether a document was among those that rules were mended with."""
    return int(sha1(document_id.encode(), usedforsecurity=False).hexdigest(), 16) % 2 == 0


def main(stem: str, half: str, folder: str) -> None:
    """Write the `all`, `read` or `unread` documents of a stem and their labels, for `noroshi evaluate`."""
    wanted = {"all": (True, False), "read": (True,), "unread": (False,)}[half]
    pairs = [pair for pair in corpus_lines(stem) if was_read(pair[0]["id"]) in wanted]
    for name, lines in zip(("events", "labels"), zip(*pairs, strict=True), strict=True):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (Path(folder) / f"{stem}-{half}-{name}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
