"""`noroshi classify`: run the service, or classify a JSON Lines file to standard output."""

from __future__ import annotations

import json
import sys
from typing import BinaryIO

import click

from services.classify.core import Classifier, to_json
from services.classify.plugin import load_suggester
from services.classify.settings import ClassifySettings
from services.cli.reading import read_jsonl
from services.cli.settings import load
from services.runtime.log import configure_logging
from services.taxonomy.load import default_taxonomy


@click.command()
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--broker", help="Bootstrap servers, host:port; default from the settings.")
def command(file: BinaryIO | None, broker: str | None) -> None:
    """Run the classify service; with FILE (JSON Lines, `-` for standard input) classify it instead.

    Then each line of output is one JSON object: id, relevant, urgency and acts with their evidence. A line that
    is no event is reported on standard error as file:line and left out; the exit code is then 1.
    """
    if file is not None:
        sys.exit(_classify_file(file))
    from services.classify.app import run  # starts with the whole engine, which a file does not need

    settings = load(ClassifySettings, broker=broker)
    configure_logging("classify", settings, [])
    sys.exit(run(settings))


def _classify_file(file: BinaryIO) -> int:
    taxonomy = default_taxonomy()
    classifier = Classifier(taxonomy, suggester=load_suggester(load(ClassifySettings).suggester, taxonomy))
    bad = 0
    for _, found in read_jsonl(file, getattr(file, "name", "<stdin>")):
        if isinstance(found, str):
            bad += 1
            click.echo(f"noroshi: {found}", err=True)
        else:
            click.echo(json.dumps(to_json(classifier.classify(found)), ensure_ascii=False))
    return 1 if bad else 0
