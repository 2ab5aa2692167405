"""How `noroshi taxonomy diff` shows a change: tables for people, one object for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

import click

from services.classify.evaluation.shifts import Shift
from services.taxonomy.differences import Difference, Edit

_SIGNS = {Edit.ADDED: "+", Edit.REMOVED: "-", Edit.RENAMED: "→"}
_WORDS = 60


def show(differences: Sequence[Difference], shifts: Sequence[Shift], documents: int) -> None:
    """Print the changes on standard output."""
    click.echo("\n".join(_lines(differences, shifts, documents)))


def as_json(differences: Iterable[Difference], shifts: Iterable[Shift], documents: int) -> dict[str, Any]:
    """The changes as one object; `findings` are gained or lost in one of `documents` documents."""
    return {
        "vocabulary": [asdict(each) for each in differences],
        "documents": documents,
        "findings": [asdict(each) for each in shifts],
    }


def _lines(differences: Sequence[Difference], shifts: Sequence[Shift], documents: int) -> Iterator[str]:
    yield f"Vocabulary: {len(differences)} changes" if differences else "Vocabulary: no change"
    for (facet, id_), group in groupby(differences, key=lambda each: (each.facet, each.id)):
        parts = list(group)
        whole = next((each for each in parts if not each.part), None)
        yield f"  {facet}/{id_}{f'  {whole.edit} {whole.value}'.rstrip() if whole else ''}"
        yield from (f"    {_SIGNS[each.edit]} {each.part}: {each.value}" for each in parts if each.part)
    touched = len({each.document for each in shifts})
    yield ""
    yield f"Findings: {touched} of {documents} documents are read differently"
    for facet, found in groupby(shifts, key=lambda each: each.facet):
        changes = list(found)
        gained = sum(each.gained for each in changes)
        yield f"  {facet}: {gained} gained, {len(changes) - gained} lost"
        yield from (
            f"    {'+' if each.gained else '-'} {each.tag:<28} {each.document}{_quote(each.words)}" for each in changes
        )


def _quote(words: str) -> str:
    cut = words if len(words) <= _WORDS else words[: _WORDS - 1] + "…"
    return f"  “{cut}”" if cut else ""
