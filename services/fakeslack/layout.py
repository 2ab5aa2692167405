"""A message as lines of runs: the one reading of Block Kit that the page and the terminal share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from services.fakeslack.messages import StoredMessage
from services.fakeslack.mrkdwn import Run, parse_element, parse_mrkdwn, parse_text, safe_url

Kind = Literal["header", "text", "quote", "fields", "context", "divider", "buttons", "table", "unknown"]


@dataclass(frozen=True)
class Piece:
    """One visible part of a message; `cells` holds its text, a field or a button each in one cell.

    The cells of a table stand row by row, each row `columns` long; the first row names the columns.
    """

    kind: Kind
    cells: tuple[tuple[Run, ...], ...] = ()
    columns: int = 1

    def rows(self) -> list[tuple[tuple[Run, ...], ...]]:
        """The cells by rows."""
        return [self.cells[at : at + self.columns] for at in range(0, len(self.cells), self.columns)]


def lay_out(message: StoredMessage) -> list[Piece]:
    """The parts of a message in reading order: its blocks, or its text if there are none."""
    if message.blocks:
        return list(chain.from_iterable(map(_lay_out_block, message.blocks)))
    return list(_quoted_lines(parse_mrkdwn(message.text)))


def _lay_out_block(block: Mapping[str, Any]) -> Iterator[Piece]:
    match block.get("type"):
        case "header":
            yield Piece("header", (tuple(parse_text(block.get("text"))),))
        case "section":
            if text := parse_text(block.get("text")):
                yield from _quoted_lines(text)
            if fields := block.get("fields"):
                yield Piece("fields", tuple(tuple(parse_text(each)) for each in fields))
        case "context":
            yield Piece("context", tuple(tuple(parse_text(each)) for each in block.get("elements") or ()))
        case "divider":
            yield Piece("divider")
        case "actions":
            yield Piece("buttons", tuple((_button(each),) for each in block.get("elements") or ()))
        case "rich_text":
            yield from (_rich(each) for each in block.get("elements") or ())
        case "table" if rows := block.get("rows"):
            yield _table(rows)
        case kind:
            yield Piece("unknown", ((Run(f"[{kind}]"),),))


def _rich(element: Mapping[str, Any]) -> Piece:
    children: Sequence[Mapping[str, Any]] = element.get("elements") or ()
    match element.get("type"):
        case "rich_text_quote":
            return Piece("quote", (tuple(map(parse_element, children)),))
        case "rich_text_list":
            items = (chain([Run("• ")], map(parse_element, item.get("elements") or ())) for item in children)
            return Piece("text", tuple(tuple(item) for item in items))
        case "rich_text_preformatted":
            return Piece("text", ((Run("".join(parse_element(each).text for each in children), code=True),),))
    return Piece("text", (tuple(map(parse_element, children)),))


def _table(rows: Sequence[Sequence[Mapping[str, Any]]]) -> Piece:
    """All rows as long as the longest."""
    columns = max(map(len, rows))
    cells = (_cell(row[at]) if at < len(row) else () for row in rows for at in range(columns))
    return Piece("table", tuple(cells), columns)


def _cell(cell: Mapping[str, Any]) -> tuple[Run, ...]:
    if cell.get("type") != "rich_text":
        return (Run(str(cell.get("text", cell.get("value", "")))),)
    pieces = map(_rich, cell.get("elements") or ())
    return tuple(run for piece in pieces for inner in piece.cells for run in inner)


def _button(element: Mapping[str, Any]) -> Run:
    label = parse_text(element.get("text"))
    return Run("".join(run.text for run in label), url=safe_url(str(element.get("url", ""))))


def _quoted_lines(runs: Iterable[Run]) -> Iterator[Piece]:
    """Lines that begin with `>` as quotations, the others as text."""
    for line in _split_lines(runs):
        opens = line and line[0].text.startswith(">") and not (line[0].code or line[0].url)
        if opens:
            rest = line[0].text[1:].removeprefix(" ")
            yield Piece("quote", ((Run(rest), *line[1:]),))
        elif line:
            yield Piece("text", (line,))


def _split_lines(runs: Iterable[Run]) -> list[tuple[Run, ...]]:
    lines: list[list[Run]] = [[]]
    for run in runs:
        first, *others = run.text.split("\n")
        lines[-1].append(_with_text(run, first))
        lines += [[_with_text(run, each)] for each in others]
    return [tuple(each for each in line if each.text) for line in lines]


def _with_text(run: Run, text: str) -> Run:
    return Run(text, run.bold, run.italic, run.strike, run.code, run.url, run.ping)
