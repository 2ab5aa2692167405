"""`noroshi evaluate`: how right the classifier is on labelled documents, and what a change gained and lost."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import click

from services.classify.core import Classifier
from services.classify.evaluation.changes import compare_runs
from services.classify.evaluation.export import comparison_to_json, read_baseline, report_to_json
from services.classify.evaluation.judgement import Judgement, judge
from services.classify.evaluation.labels import Label, read_label
from services.classify.evaluation.report import summarise
from services.cli.evaluationview import show
from services.cli.reading import read_jsonl
from services.contracts.errors import UsageError
from services.ingest.pages.lines import read_lines
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy


@dataclass
class Intake:
    """What was read: the judgements, and all that could not be judged, by id or as file:line: what."""

    judgements: list[Judgement] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    without_label: list[str] = field(default_factory=list)
    without_document: list[str] = field(default_factory=list)
    borderline: list[str] = field(default_factory=list)


@click.command()
@click.argument("events", type=click.File("rb"))
@click.argument("labels", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with every document's findings.")
@click.option("--baseline", type=click.File("rb"), help="JSON of an earlier run: show what was gained and lost since.")
@click.option("--draws", type=click.IntRange(0, 100_000), default=1000, show_default=True, help="Bootstrap resamples.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the resamples.")
def command(
    events: BinaryIO, labels: BinaryIO, as_json: bool, baseline: BinaryIO | None, draws: int, seed: int
) -> None:
    """Classify EVENTS (JSON Lines as for `ingest --file`) and set what is found against LABELS (JSON Lines).

    Shows precision, recall and F1 by facet, language and text status, with intervals; what was taken for what; how
    far the confidence can be believed. A line that cannot be read is reported on standard error as file:line and
    left out; the exit code is then 1.
    """
    earlier = _read_earlier(baseline) if baseline else None
    intake = judge_files(events, labels, default_taxonomy())
    for problem in intake.problems:
        click.echo(f"noroshi: {problem}", err=True)
    if not intake.judgements:
        raise UsageError("no document has a label that counts; do the ids of both files agree?")
    if draws:
        _say(f"{len(intake.judgements)} documents judged; resampling {draws} times")
    report = summarise(intake.judgements, draws=draws, seed=seed)
    comparison = None if earlier is None else compare_runs(earlier, intake.judgements)
    left_out = {
        "without_label": intake.without_label,
        "without_document": intake.without_document,
        "borderline": intake.borderline,
    }
    if as_json:
        shown = report_to_json(report, intake.judgements, draws=draws, seed=seed) | left_out
        changes = {} if comparison is None else {"changes": comparison_to_json(comparison)}
        click.echo(json.dumps(shown | changes, ensure_ascii=False))
    else:
        show(report, left_out, comparison, draws=draws, seed=seed)
    sys.exit(1 if intake.problems else 0)


def judge_files(events: BinaryIO, labels: BinaryIO, taxonomy: Taxonomy) -> Intake:
    """Judge every document that has a label; all others are named in the intake."""
    intake = Intake()
    by_id = {label.id: label for label in _read_labels(labels, taxonomy, intake.problems)}
    classifier = Classifier(taxonomy)
    seen: dict[str, str] = {}
    for line, event in read_jsonl(events, _name(events)):
        if isinstance(event, str):
            intake.problems.append(event)
        elif (id_ := event.document_id) in seen:
            intake.problems.append(f"{line.where}: id: {id_!r} was given before, at {seen[id_]}; give each id once")
        else:
            seen[id_] = line.where
            label = by_id.get(id_)
            if label is None:
                intake.without_label.append(id_)
            elif not label.counts:
                intake.borderline.append(id_)
            else:
                status = json.loads(line.value).get("text_status")
                intake.judgements.append(judge(event, classifier.classify(event), label, taxonomy, str(status or "")))
        if len(seen) % 100 == 0:
            _say(f"{len(seen)} documents read")
    intake.without_document.extend(id_ for id_ in by_id if id_ not in seen)
    return intake


def _read_labels(stream: BinaryIO, taxonomy: Taxonomy, problems: list[str]) -> Iterator[Label]:
    seen: dict[str, str] = {}
    for line in read_lines(stream, _name(stream)):
        label = "the line is too long" if line.cut else read_label(line.value, taxonomy)
        if isinstance(label, str):
            problems.append(f"{line.where}: {label}")
        elif label.id in seen:
            problems.append(f"{line.where}: id: {label.id!r} was labelled before, at {seen[label.id]}; keep one label")
        else:
            seen[label.id] = line.where
            yield label


def _read_earlier(stream: BinaryIO) -> Iterable[Judgement]:
    try:
        return read_baseline(stream.read())
    except ValueError as error:
        raise UsageError(f"{_name(stream)}: no baseline: {error}; make one with `noroshi evaluate … --json`") from error


def _name(stream: BinaryIO) -> str:
    return str(getattr(stream, "name", "<stdin>"))


def _say(progress: str) -> None:
    """Tell a person who waits how far it is; a file or a pipe is not kept informed."""
    if sys.stderr.isatty():
        click.echo(f"\r{progress:<60}\r", nl=False, err=True)
