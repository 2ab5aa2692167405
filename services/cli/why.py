"""`noroshi why`: why a watchlist's rule holds for an act or not, clause by clause, on which words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from services.alert.lifecycle.decision import may_alert
from services.alert.matching.match import Clause, Explanation, explain
from services.alert.settings import AlertSettings
from services.alert.watchlists.files import read_watchlist
from services.alert.watchlists.sets import known_channels, load_watchlists
from services.cli.history import History, open_history
from services.cli.settings import load
from services.contracts import codec
from services.contracts.alerts import Span
from services.contracts.errors import DeadLetterError, UsageError
from services.contracts.measures import Act
from services.contracts.vocab import Field
from services.contracts.watchlists import Watchlist
from services.runtime.yamlfile import load_yaml
from services.runtime.yamlmessages import did_you_mean
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy

MIN_PREFIX = 6
"""So many first letters of an id suffice."""
_MAX_WORDS = 60
_MAX_PROBLEMS = 20


@click.command()
@click.argument("act")
@click.argument("watchlist")
@click.option(
    "--file",
    "files",
    type=click.Path(path_type=Path),
    multiple=True,
    help="JSON Lines: acts as they are on the topic, or documents, which are classified now.",
)
@click.option("--sample", is_flag=True, help="Use the bundled sample.")
@click.option("--topic", is_flag=True, help="Use the topic, and fail if no broker answers.")
@click.option("--watchlists", "folder", type=click.Path(path_type=Path), help="Folder of the watchlists in force.")
@click.option("--broker", help="Bootstrap servers, host:port; default from the settings.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object an act.")
def command(
    act: str,
    watchlist: str,
    files: tuple[Path, ...],
    sample: bool,
    topic: bool,
    folder: Path | None,
    broker: str | None,
    as_json: bool,
) -> None:
    """Show clause by clause why the rule of WATCHLIST holds for ACT, on which words, or what stood in the way.

    ACT is the id of an act, a measure, an event or a document, of which the first letters suffice; WATCHLIST is a
    file or the id of one in force. Acts are read from the topic if a broker answers, else from the bundled sample.
    Exit code 0 if the rule holds for one of them, 1 if for none.
    """
    settings = load(AlertSettings, watchlists=folder, broker=broker)
    taxonomy = default_taxonomy()
    asked = _watchlist(watchlist, settings, taxonomy)
    history = _open(settings, files, topic=topic, sample=sample)
    acts = _find(act, history)
    for problem in history.problems[:_MAX_PROBLEMS]:
        click.echo(f"noroshi: not read: {problem}", err=True)
    explained = [(each, explain(asked, each, taxonomy)) for each in acts]
    if as_json:
        click.echo("\n".join(json.dumps(_fields(*each), ensure_ascii=False) for each in explained))
    else:
        click.echo("\n\n".join("\n".join(_lines(*each)) for each in explained))
    sys.exit(0 if any(each.holds for _, each in explained) else 1)


# ---- which act, which watchlist ------------------------------------------------------------------------------------


def _watchlist(name: str, settings: AlertSettings, taxonomy: Taxonomy) -> Watchlist:
    if Path(name).is_file():
        return read_watchlist(load_yaml(Path(name)), taxonomy, known_channels())
    in_force = load_watchlists(settings.watchlists, taxonomy)
    found = in_force.get(name)
    if found is None:
        near = did_you_mean(name, [each.id for each in in_force.watchlists])
        raise UsageError(f"{name}: no such file, and no watchlist in {settings.watchlists} has that id; {near}")
    return found


def _open(settings: AlertSettings, files: tuple[Path, ...], *, topic: bool, sample: bool) -> History:
    if files and not topic and not sample and all(map(_holds_acts, files)):
        history = History(", ".join(map(str, files)))
        history.acts = (act for path in files for act in _acts(path, history))
        return history
    return open_history(settings, files, topic=topic, sample=sample)


def _holds_acts(path: Path) -> bool:
    """Whether the first line is an act; a file that cannot be read is left to the reader of documents to report."""
    try:
        with path.open("rb") as stream:
            first = json.loads(stream.readline())
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and "act_id" in first


def _acts(path: Path, history: History) -> Iterator[Act]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                if line.strip():
                    yield codec.decode(Act, line)
            except DeadLetterError as error:
                history.problems.append(f"{path}:{number}: {error}")


def _find(name: str, history: History) -> list[Act]:
    """The acts the name stands for, each as it was published last; raises UsageError if there are none."""
    found = {act.act_id: act for act in history.acts if _is_named(act, name)}
    if not found:
        what = "an act, a measure, an event or a document"
        raise UsageError(f"{name}: {history.name} holds no such id of {what}; its first {MIN_PREFIX} letters suffice")
    return list(found.values())


def _is_named(act: Act, name: str) -> bool:
    ids = (act.act_id, act.measure_id, act.event.event_id)
    known = (*ids, act.event.document_id)
    return name in known or (len(name) >= MIN_PREFIX and any(each.startswith(name) for each in ids))


# ---- what is shown -------------------------------------------------------------------------------------------------


def _lines(act: Act, explained: Explanation) -> Iterator[str]:
    yield f"{act.event.published_on or act.event.seen_at.date()}  {act.event.title or '(no title)'}"
    yield f"  act {act.act_id}, measure {act.measure_id}"
    verdict = "holds" if explained.holds else "does not hold"
    yield f"  the rule of {explained.watchlist_id} {verdict}"
    yield from (f"    {line}" for line in _tree(explained.tree, act, 0))
    if explained.missing:
        yield "  what stood in the way"
        yield from (f"    {line}" for line in explained.missing)
    if not may_alert(act):
        history = ", and fills history" if act.event.backfill else ""
        yield f"  such an act alerts nobody by itself: it is {act.modality}, its urgency {act.urgency}{history}"


def _tree(clause: Clause, act: Act, depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}{'✓' if clause.holds else '✗'} {clause.words}"
    for term in clause.matched:
        for span in term.spans:
            yield f"{'  ' * depth}    {term.term}: “{_words(act, span)}”  {span.field} {span.start}–{span.end}"
    for part in clause.parts:
        yield from _tree(part, act, depth + 1)


def _words(act: Act, span: Span) -> str:
    """The words at that place, as far as the act quotes its document."""
    quoted = [(each.field, each.start, each.text) for each in act.evidence]
    quoted += [(each.field, each.start, each.text) for each in act.passages]
    for field, start, text in (*quoted, (Field.TITLE, 0, act.event.title)):
        if field is span.field and start <= span.start and span.end <= start + len(text):
            words = text[span.start - start : span.end - start]
            return words if len(words) <= _MAX_WORDS else words[: _MAX_WORDS - 1] + "…"
    return ""


def _fields(act: Act, explained: Explanation) -> dict[str, Any]:
    return {
        "act_id": act.act_id,
        "measure_id": act.measure_id,
        "event_id": act.event.event_id,
        "title": act.event.title,
        "watchlist": explained.watchlist_id,
        "holds": explained.holds,
        "may_alert": may_alert(act),
        "missing": list(explained.missing),
        "rule": _clause_fields(explained.tree, act),
    }


def _clause_fields(clause: Clause, act: Act) -> dict[str, Any]:
    fields: dict[str, Any] = {"kind": clause.kind, "holds": clause.holds, "words": clause.words}
    if clause.matched:
        fields["matched"] = [
            {
                "predicate": each.predicate,
                "term": each.term,
                "tags": list(each.tags),
                "spans": [span.model_dump(mode="json") | {"text": _words(act, span)} for span in each.spans],
            }
            for each in clause.matched
        ]
    if clause.parts:
        fields["parts"] = [_clause_fields(each, act) for each in clause.parts]
    return fields
