"""A source's folder on disk: its samples with their expected results, read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from services.contracts.errors import UsageError
from services.ingest.authoring.golden import READ_AT, Sample, results_of
from services.ingest.core import read_page
from services.ingest.pages.page import Page
from services.ingest.source import SOURCE_FILE, Source, load_source
from services.runtime.yamlfile import YamlError

EXPECTED = ".expected.json"
_NOT_LISTS = ("detail", ".")
"""Beginnings of the names of files that are no page of the list: pages of single documents, hidden files."""


def sample_files(folder: Path) -> list[Path]:
    """The pages of the list in the folder's `samples/`, by name."""
    found = sorted((folder / "samples").glob("*"))
    pages = (each for each in found if each.is_file() and not each.name.startswith(_NOT_LISTS))
    return [each for each in pages if not each.name.endswith(EXPECTED)]


def expected_file(sample: Path) -> Path:
    """Where the expected results of a sample are written down: `list.xml` has `list.expected.json`."""
    return sample.with_name(f"{sample.stem}{EXPECTED}")


def load_samples(folder: Path) -> list[Sample]:
    """Every sample of the folder; raises UsageError where its expected results are no JSON object."""
    return [load_sample(path) for path in sample_files(folder)]


def load_sample(path: Path) -> Sample:
    """One sample; raises UsageError where its expected results are no JSON object."""
    beside = expected_file(path)
    return Sample(path.name, path.read_bytes(), _loaded(beside) if beside.exists() else None)


def _loaded(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path}: not JSON ({error}); accept the results anew with `--accept`") from error
    if not isinstance(found, dict) or not _is_instant(found.get(READ_AT)):
        what = f"an object with documents and problems is expected, `{READ_AT}` an instant with its offset"
        raise UsageError(f"{path}: {what}; accept the results anew with `--accept`")
    return found


def _is_instant(stated: object) -> bool:
    if stated is None:
        return True
    try:
        return datetime.fromisoformat(str(stated)).tzinfo is not None
    except ValueError:
        return False


def save_expected(path: Path, results: Mapping[str, Any]) -> None:
    """Write down the expected results of a sample."""
    expected_file(path).write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def make_folder(folder: Path, source_text: str, name: str, page: Page) -> Source:
    """Make the folder of a source whole or not at all: its file, the page as its sample `name`, and what it reads.

    Raises UsageError if something is there already, or the file would not be a sound one.
    """
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"{folder}: is there already and is left as it is; choose another key or folder")
    try:
        return _make_folder(folder, source_text, name, page)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); choose another folder") from error


def _make_folder(folder: Path, source_text: str, name: str, page: Page) -> Source:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".new-") as made:
        draft = Path(made) / folder.name
        sample = draft / "samples" / name
        sample.parent.mkdir(parents=True)
        sample.write_bytes(page.content)
        (draft / SOURCE_FILE).write_text(source_text, encoding="utf-8")
        try:
            source = load_source(draft / SOURCE_FILE)
        except YamlError as error:
            raise UsageError("; ".join(f"{SOURCE_FILE}: {each.message}" for each in error.problems)) from error
        accept_results(source, sample, page)
        draft.rename(folder)
    return source


def accept_results(source: Source, sample: Path, page: Page) -> None:
    """Write down what the sample says as this page of the source."""
    save_expected(sample, {READ_AT: page.fetched_at.isoformat(), **results_of(read_page(source, page))})


def source_folders(path: Path) -> list[Path]:
    """The path itself if it is the folder of a source, else the folders of sources in it; raises UsageError if none."""
    found = [path] if (path / SOURCE_FILE).exists() else sorted(each.parent for each in path.glob(f"*/{SOURCE_FILE}"))
    if not found:
        raise UsageError(f"{path}: no source is here; name a folder that holds a {SOURCE_FILE}")
    return found
