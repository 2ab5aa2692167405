"""A report of an evaluation as tables for a person; colour only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.classify.evaluation.bootstrap import Interval
from services.classify.evaluation.calibration import Calibration
from services.classify.evaluation.changes import Change, Comparison
from services.classify.evaluation.confusion import Confusion
from services.classify.evaluation.judgement import FACETS
from services.classify.evaluation.report import ALL, Figure, Report

_PIPE_WIDTH = 110
_NAMED = 10
_NOT_PARTED = ("direction", "affected", "beneficiary", "effective")
"""Facets that are labelled too seldom, or too coarsely, to be parted by how much of the text was at hand."""

_TITLES = {
    "must_alert_recall": "must-alert recall: told at once, of those to be told at once",
    "false_alerts": "false alerts: told at once, of the irrelevant documents",
    "wrong_alerts": "wrong alerts: irrelevant, of those told at once",
    "stage_accuracy": "stage accuracy: of the labelled acts of documents that were read",
    "role_accuracy": "role accuracy: of the labelled countries that were found",
    "evidence": "evidence: tags whose span holds their words",
}
_RIGHT = {
    "kind": "right = the document is relevant and a labelled act shares a type",
    "whole": "right = type, stage, issuer, target, minerals and technologies are all those of a labelled act",
}
_LEFT_OUT = {
    "without_label": "documents without a label",
    "without_document": "labels without a document",
    "borderline": "documents labelled borderline, which count neither way",
}


def show(
    report: Report, left_out: Mapping[str, Sequence[str]], comparison: Comparison | None, *, draws: int, seed: int
) -> None:
    """Print the report on standard output."""
    console = Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH, no_color=True, highlight=False)
    console.print(f"{report.documents} documents scored: {_relevant(report)}", highlight=False)
    for name, ids in left_out.items():
        if ids:
            console.print(
                f"left out: {len(ids)} {_LEFT_OUT[name]}: {_name_some(ids)}",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )
    console.print(f"intervals: 95 %, documents resampled {draws} times, seed {seed}" if draws else "no intervals")
    for table in _tables(report):
        _print_table(console, table)
    if comparison is not None:
        _show_comparison(console, comparison)


def _relevant(report: Report) -> str:
    by_lang = ", ".join(f"{lang} {count}" for lang, count in report.relevant.items() if lang != ALL)
    return f"{report.relevant[ALL]} relevant ({by_lang})"


def _name_some(ids: Sequence[str]) -> str:
    return ", ".join(map(_printable, ids[:_NAMED])) + (
        f" and {len(ids) - _NAMED} more (--json names all)" if len(ids) > _NAMED else ""
    )


def _tables(report: Report) -> Iterator[Table]:
    rates = ((_TITLES[name], _share(each), _bounds(each.interval)) for name, each in report.rates.items())
    yield _table("Alerts, roles, evidence", ("rate", ">share", ">95 %"), rates)
    yield _table(
        "By facet and language",
        ("facet", "lang", ">right", ">extra", ">missed", ">precision", ">recall", ">F1", ">95 % of F1"),
        _facet_cells(report),
    )
    yield _table("F1 by language and text status (docs: relevant documents)", *_status_cells(report))
    for name, confusion in report.confusions.items():
        title = f"{name.capitalize()}: what was said where something else was wanted"
        yield _table(title, ("wanted", ">right", "said instead"), _confusion_cells(confusion))
    for name, calibration in report.calibrations.items():
        yield _table(
            _calibration_title(name, calibration), ("confidence", ">acts", ">mean", ">right"), _bins(calibration)
        )


def _print_table(console: Console, table: Table) -> None:
    """The title on lines of its own: inside the table it would wrap at the table's width."""
    title, table.title = table.title, None
    console.print()
    if title:
        console.print(f"[bold]{title}[/bold]", highlight=False)
    console.print(table)


def _table(title: str, head: Sequence[str], cells: Iterable[Sequence[str]]) -> Table:
    """A table; a column whose head begins with `>` is set to the right."""
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False)
    for name in head:
        table.add_column(name.removeprefix(">"), justify="right" if name.startswith(">") else "left")
    for row in cells:
        table.add_row(*(Text(_printable(cell)) for cell in row))
    return table


def _facet_cells(report: Report) -> Iterator[tuple[str, ...]]:
    for facet in FACETS:
        for row in (row for row in report.rows if row.facet == facet and row.text_status == ALL):
            counts = (str(each) for each in (row.score.right, row.score.extra, row.score.missed))
            rates = (_value(each.rate.value) for each in (row.precision, row.recall, row.f1))
            yield facet if row.lang == ALL else "", row.lang, *counts, *rates, _bounds(row.f1.interval)


def _status_cells(report: Report) -> tuple[list[str], list[list[str]]]:
    facets = [facet for facet in FACETS if facet not in _NOT_PARTED]
    places = dict.fromkeys((row.lang, row.text_status) for row in report.rows if ALL not in (row.lang, row.text_status))
    cells = []
    for lang, status in places:
        scores = [report.score(facet, lang, status) for facet in facets]
        relevant = report.score("relevance", lang, status).rates[1].whole
        shown = (_value(score.rates[2].value) for score in scores)
        cells.append([lang, status.removeprefix("verbatim-"), f"{relevant:g}", *shown])
    return ["lang", "text", ">docs", *(f">{facet}" for facet in facets)], cells


def _confusion_cells(confusion: Confusion) -> Iterator[tuple[str, str, str]]:
    for wanted, row in confusion.counts.items():
        instead = ", ".join(f"{said} {count}" for said, count in row.items() if said != wanted)
        yield wanted, f"{row.get(wanted, 0)} of {sum(row.values())}", instead


def _calibration_title(name: str, calibration: Calibration) -> str:
    return (
        f"Confidence; {_RIGHT[name]}\nexpected calibration error {_value(calibration.expected_error)}, "
        f"Brier {_value(calibration.brier)} (a constant reaches {_value(calibration.base_brier)})"
    )


def _bins(calibration: Calibration) -> Iterator[tuple[str, ...]]:
    for each in calibration.bins:
        yield f"{each.low:.1f}–{each.high:.1f}", str(each.count), _value(each.confidence), _value(each.right)


def _show_comparison(console: Console, comparison: Comparison) -> None:
    facets = dict.fromkeys(each.facet for each in comparison.changed)
    sums = ([facet, *(str(comparison.count(facet, change)) for change in Change)] for facet in facets)
    rows = ((each.facet, each.document, each.tag, str(each.change)) for each in comparison.changed)
    if comparison.changed:
        _print_table(console, _table("Since the baseline", ("facet", *(f">{change}" for change in Change)), sums))
        _print_table(console, _table("", ("facet", "document", "tag", "change"), rows))
    else:
        console.print("\nsince the baseline: nothing changed")
    for words, ids in (("the baseline", comparison.only_before), ("this run", comparison.only_now)):
        if ids:
            console.print(
                f"only in {words}: {len(ids)} documents: {_name_some(ids)}",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )


def _printable(text: str) -> str:
    """The text without what a terminal would obey: ids come from files."""
    return "".join(c if c.isprintable() else "�" for c in text)


def _share(figure: Figure) -> str:
    rate = figure.rate
    return f"{_value(rate.value)} ({rate.part:g} of {rate.whole:g})"


def _bounds(interval: Interval | None) -> str:
    return f"{_value(interval[0])}–{_value(interval[1])}" if interval else "–"


def _value(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
