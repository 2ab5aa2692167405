"""A message as HTML, built from escaped pieces only."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from services.fakeslack.layout import Kind, Piece, lay_out
from services.fakeslack.messages import StoredMessage
from services.fakeslack.mrkdwn import Run

_OUTER: dict[Kind, tuple[Markup, Markup]] = {
    "header": (Markup('<h3 class="header">'), Markup("</h3>")),
    "text": (Markup(""), Markup("")),
    "quote": (Markup('<blockquote class="quote">'), Markup("</blockquote>")),
    "fields": (Markup('<div class="fields">'), Markup("</div>")),
    "context": (Markup('<div class="context">'), Markup("</div>")),
    "buttons": (Markup('<div class="buttons">'), Markup("</div>")),
    "unknown": (Markup('<p class="unknown">'), Markup("</p>")),
}
_CELL: dict[Kind, Markup] = {
    "text": Markup('<p class="text">{}</p>'),
    "fields": Markup('<div class="field">{}</div>'),
    "context": Markup("<span>{}</span>"),
    "buttons": Markup('<span class="button">{}</span>'),
}
_BREAK = Markup("<br>")


def render_html(message: StoredMessage) -> Markup:
    """The parts of the message in reading order; safe to put into a page."""
    return Markup("\n").join(map(_piece, lay_out(message)))


def _piece(piece: Piece) -> Markup:
    if piece.kind == "divider":
        return Markup("<hr>")
    if piece.kind == "table":
        return _table(piece)
    before, after = _OUTER[piece.kind]
    cell = _CELL.get(piece.kind, Markup("{}"))
    return before + Markup("").join(cell.format(_runs(each)) for each in piece.cells) + after


def _table(piece: Piece) -> Markup:
    """The first row as the names of the columns."""
    head, *rows = piece.rows()
    names = Markup("").join(Markup('<th scope="col">{}</th>').format(_runs(cell)) for cell in head)
    body = (Markup("").join(Markup("<td>{}</td>").format(_runs(cell)) for cell in row) for row in rows)
    lines = Markup("\n").join(Markup("<tr>{}</tr>").format(line) for line in body)
    table = Markup('<div class="table"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}\n</tbody>\n</table></div>')
    return table.format(names, lines)


def _runs(runs: Iterable[Run]) -> Markup:
    return Markup("").join(map(_run, runs))


def _run(run: Run) -> Markup:
    shown = _BREAK.join(map(escape, run.text.split("\n")))
    for wanted, tag in ((run.code, "code"), (run.strike, "s"), (run.italic, "em"), (run.bold, "strong")):
        if wanted:
            shown = Markup("<{0}>{1}</{0}>").format(Markup(tag), shown)  # noqa: S704 - `tag` is one of the four above
    if run.ping:
        return Markup('<mark class="ping" title="this would notify people">{}</mark>').format(shown)
    if run.url:
        return Markup('<a href="{}" rel="noreferrer noopener" title="{}">{}</a>').format(run.url, run.url, shown)
    return shown
