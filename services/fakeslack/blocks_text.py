"""A message for the terminal: indented, wrapped to a width in cells, wide characters counted as two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from services.fakeslack.layout import Kind, Piece, lay_out
from services.fakeslack.messages import StoredMessage
from services.fakeslack.mrkdwn import Run

MIN_WIDTH = 24
_INDENT: dict[Kind, str] = {"quote": "│ "}
_LOOK: dict[Kind, Style] = {"header": Style(bold=True), "context": Style(dim=True), "unknown": Style(dim=True)}
_TWO_COLUMNS = 64
_LEAST_COLUMN = 18


def render_text(message: StoredMessage, width: int, colour: bool) -> str:
    """The message as lines of at most `width` cells; terminal codes only if `colour` is asked for.

    Control characters of a message never reach the terminal.
    """
    width = max(width, MIN_WIDTH)
    out = StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for line in _lines(message, width, console, colour):
        line.rstrip()
        console.print(line, no_wrap=True, overflow="ignore", crop=False, soft_wrap=True)
    return out.getvalue().rstrip("\n")


def _lines(message: StoredMessage, width: int, console: Console, colour: bool) -> Iterator[Text]:
    mark = "  ↳ " if message.thread_ts not in (None, message.ts) else ""
    indent = " " * cell_len(mark)
    inner = width - len(indent)
    first = mark
    for given in lay_out(message):
        piece = given if colour else _without_colour(given)
        for line in _piece_lines(piece, inner, console):
            yield Text(first) + line
            first = indent


def _piece_lines(piece: Piece, width: int, console: Console) -> Iterator[Text]:
    if piece.kind == "divider":
        yield Text("─" * width, Style(dim=True))
    elif piece.kind == "fields":
        yield from _field_lines(piece, width, console)
    elif piece.kind == "table":
        yield from _table_lines(piece, width, console)
    elif piece.kind == "buttons":
        labels = ("[" + "".join(run.text for run in cell) + "]" for cell in piece.cells)
        yield from _wrap(_text([Run("  ".join(labels))]), width, console)
    else:
        before = _INDENT.get(piece.kind, "")
        for cell in piece.cells:
            text = _text(cell)
            text.stylize(_LOOK.get(piece.kind, Style.null()))
            for line in _wrap(text, width - len(before), console):
                yield Text.assemble((before, Style(dim=True)), line)


def _without_colour(piece: Piece) -> Piece:
    """Words that are bold in a quotation stand between asterisks where no colour can show them."""
    if piece.kind != "quote":
        return piece
    cells = (tuple(replace(run, text=f"*{run.text}*") if run.bold else run for run in cell) for cell in piece.cells)
    return replace(piece, cells=tuple(cells))


def _field_lines(piece: Piece, width: int, console: Console) -> Iterator[Text]:
    """Each field on one line as `name  value`; the names make a column where there is room for two."""
    rows = [_split_field(cell) for cell in piece.cells]
    widest = max((cell_len(name.plain) for name, _ in rows), default=0) + 2
    column = widest if width >= _TWO_COLUMNS and widest <= width // 2 else 0
    for name, value in rows:
        if not column or not value.plain:
            yield from _wrap(name + Text(": " if value.plain else "") + value, width, console)
            continue
        for index, line in enumerate(_wrap(value, width - column, console)):
            label = name if index == 0 else Text("")
            gap = column - cell_len(label.plain)
            yield label + Text(set_cell_size("", gap)) + line


def _table_lines(piece: Piece, width: int, console: Console) -> Iterator[Text]:
    """A table below its first row's names, addresses numbered beneath it so that none is broken over lines.

    Where there is no room for columns, each row stands as a list of its cells.
    """
    if width < _LEAST_COLUMN * piece.columns:
        yield from _stacked_lines(piece, width, console)
        return
    addresses: dict[str, int] = {}
    head, *rows = [[_text(_number_links(cell, addresses)) for cell in row] for row in piece.rows()]
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style=Style(bold=True))
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    for line in console.render_lines(table, console.options.update(width=width), pad=False):
        yield Text.assemble(*((segment.text, segment.style or Style.null()) for segment in line))
    for address, number in addresses.items():
        yield from _wrap(_text([Run(f"[{number}] {address}")]), width, console)


def _number_links(cell: Iterable[Run], addresses: dict[str, int]) -> Iterator[Run]:
    for run in cell:
        if run.url:
            number = addresses.setdefault(run.url, len(addresses) + 1)
            yield replace(run, text=f"{run.text} [{number}]", url="")
        else:
            yield run


def _stacked_lines(piece: Piece, width: int, console: Console) -> Iterator[Text]:
    for row in piece.rows()[1:]:
        for number, cell in enumerate(row):
            before = "• " if number == 0 else "  "
            yield from (Text(before) + line for line in _wrap(_text(cell), width - len(before), console))


def _split_field(cell: Iterable[Run]) -> tuple[Text, Text]:
    text = _text(cell)
    name, *value = text.split("\n", allow_blank=True)
    return name, Text(" ").join(value)


def _wrap(text: Text, width: int, console: Console) -> Iterable[Text]:
    return text.wrap(console, width, overflow="fold") or [Text("")]


def _text(runs: Iterable[Run]) -> Text:
    text = Text()
    for run in runs:
        shown = _printable(run.text)
        look = Style(bold=run.bold, italic=run.italic, strike=run.strike, reverse=run.ping, underline=bool(run.url))
        text.append(shown if not run.code else f"`{shown}`", look)
        if run.url and run.url != run.text:
            text.append(f" <{_printable(run.url)}>", Style(dim=True))
    return text


def _printable(text: str) -> str:
    """The text without what a terminal would obey."""
    return "".join(c for c in text if c == "\n" or c.isprintable())
