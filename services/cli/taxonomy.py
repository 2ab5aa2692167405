"""`noroshi taxonomy diff`: what a change of vocabulary changes in the vocabulary and in what is found."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from services.classify.core import Classifier
from services.classify.evaluation.shifts import Shift, compare_classifications
from services.cli.vocabularyview import as_json, show
from services.contracts.errors import UsageError
from services.contracts.events import Event
from services.ingest.inlets.files import read_events, sample_paths
from services.ingest.pages.page import Problem
from services.runtime.yamlfile import YamlProblem
from services.taxonomy import load
from services.taxonomy.differences import compare_taxonomies
from services.taxonomy.load import TaxonomyError, load_taxonomy
from services.taxonomy.taxonomy import Taxonomy

_FILES = ("minerals.yml", "technologies.yml", "measures.yml", "countries.yml")
_PACKAGED = Path(load.__file__).parent


@click.group()
def command() -> None:
    """Work on the vocabulary of minerals, technologies, measures and countries."""


@command.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option(
    "--events",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Documents to classify with both (JSON Lines); repeat it for several files. Default: the bundled sample.",
)
@click.option("--fail-on-loss", is_flag=True, help="Exit 1 if anything that was found is not found any more.")
@click.option("--json", "as_json_object", is_flag=True, help="Print one JSON object.")
def diff(old: str, new: str | None, events: Sequence[Path], fail_on_loss: bool, as_json_object: bool) -> None:
    """Compare vocabulary OLD with NEW (default: the one in use), entry by entry and by what each finds.

    OLD and NEW are folders with the four vocabulary files, or git:REVISION for those of a commit of this checkout.
    Documents are classified with both; every finding gained or lost is shown with the words it rests on.
    """
    with _vocabulary(old) as before, _vocabulary(new) as after:
        differences = compare_taxonomies(before, after)
        documents = list(_documents(events))
        shifts = _shifts(documents, before, after)
    if as_json_object:
        click.echo(json.dumps(as_json(differences, shifts, len(documents)), ensure_ascii=False))
    else:
        show(differences, shifts, len(documents))
    sys.exit(1 if fail_on_loss and any(each.is_loss for each in shifts) else 0)


@contextmanager
def _vocabulary(where: str | None) -> Iterator[Taxonomy]:
    """The vocabulary of a folder, of a commit, or the one in use."""
    if where is None:
        yield load_taxonomy()
    elif where.startswith("git:"):
        with tempfile.TemporaryDirectory(prefix="noroshi-vocabulary-") as folder:
            _check_out(where.removeprefix("git:"), Path(folder))
            try:
                yield load_taxonomy(Path(folder))
            except TaxonomyError as error:
                raise TaxonomyError(_renamed(problem, folder, where) for problem in error.problems) from error
    elif Path(where).is_dir():
        yield load_taxonomy(Path(where))
    else:
        raise UsageError(f"{where}: no such folder; name one that holds {', '.join(_FILES)}, or git:REVISION")


def _check_out(revision: str, folder: Path) -> None:
    """Write the vocabulary files of a commit into a folder."""
    for name in _FILES:
        try:
            shown = ["git", "-C", str(_PACKAGED), "show", "--end-of-options", f"{revision}:./{name}"]
            done = subprocess.run(shown, capture_output=True, check=False)  # noqa: S603  # the revision cannot be an option
        except FileNotFoundError as error:
            raise UsageError(f"git:{revision}: git is not installed; name a folder instead") from error
        if done.returncode:
            words = done.stderr.decode("utf-8", "replace").strip().splitlines()
            why = words[0].rstrip(".") if words else "git failed"
            raise UsageError(f"git:{revision}: {why}; name a commit of this checkout, or a folder")
        (folder / name).write_bytes(done.stdout)


def _renamed(problem: YamlProblem, folder: str, where: str) -> YamlProblem:
    return YamlProblem(problem.path.replace(folder, where), problem.line, problem.column, problem.message)


def _documents(files: Sequence[Path]) -> Iterator[Event]:
    for found in read_events(files or sample_paths()):
        if isinstance(found, Problem):
            raise UsageError(str(found))
        yield found


def _shifts(documents: Sequence[Event], before: Taxonomy, after: Taxonomy) -> list[Shift]:
    old, new = Classifier(before), Classifier(after)
    found = (compare_classifications(old.classify(event), new.classify(event)) for event in documents)
    return sorted(shift for each in found for shift in each)
