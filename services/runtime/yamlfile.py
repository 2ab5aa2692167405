"""YAML read as text: every scalar stays the text that was written, every problem has a line and a column.

Plain YAML turns Norway's code `no` into false, `010` into 8, `1.10` into 1.1 and lets a duplicate key win in
silence. Here a document is mappings, lists and text only; pydantic converts the text (`validate`), and every
problem of a file is reported at once as `file:line:column: what; how to mend it`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from services.contracts.errors import UsageError
from services.runtime import yamlmessages

MAX_BYTES = 5_000_000
MAX_DEPTH = 50
MAX_VALUES = 500_000

ValuePath = Sequence[str | int]
ModelT = TypeVar("ModelT", bound=BaseModel)

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}
# What YAML forbids, plus the invisible and direction-changing characters that make two unequal texts look equal.
_ODD = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    "|[\xad\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffd]"
)


@dataclass(frozen=True, order=True)
class YamlProblem:
    """One thing wrong in a file, and where; line and column count from 1."""

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class YamlError(UsageError):
    """A YAML file is wrong; carries every problem found, in the order of the file."""

    def __init__(self, problems: Iterable[YamlProblem]) -> None:
        self.problems: tuple[YamlProblem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Document:
    """A YAML document: `value` is plain dicts, lists and text; positions are kept beside it."""

    name: str
    value: Any
    _root: yaml.Node | None = field(repr=False, compare=False)

    def position(self, path: ValuePath) -> tuple[int, int]:
        """Return (line, column) of the value at `path`, or of the nearest value above it that exists."""
        return _place(_walk(self._root, path)[1])

    def key_position(self, path: ValuePath) -> tuple[int, int]:
        """Return (line, column) of the key that `path` ends with; of the value where it is no key."""
        key, value = _walk(self._root, path)
        return _place(key or value)

    def problem(self, path: ValuePath, message: str, *, at_key: bool = False) -> YamlProblem:
        """Return a problem of this document placed at `path`."""
        return YamlProblem(self.name, *(self.key_position(path) if at_key else self.position(path)), message)


def load_yaml(path: Path, *, mapping: bool = True) -> Document:
    """Read a YAML file as text, mappings and lists; `mapping` asks for a mapping at the top.

    Raises YamlError with every problem found, an unreadable file included.
    """
    name = str(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise YamlError([YamlProblem(name, 1, 1, _too_large(size))])
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise YamlError([YamlProblem(name, 1, 1, f"cannot be read ({reason}); check the path")]) from error
    return parse_yaml(_decoded(raw, name), name, mapping=mapping)


def parse_yaml(text: str, name: str, *, mapping: bool = True) -> Document:
    """Read YAML text as `load_yaml` does; `name` stands for the file in every problem.

    Raises YamlError with every problem found.
    """
    text = text.removeprefix("\ufeff")
    if (size := len(text.encode("utf-8", "surrogatepass"))) > MAX_BYTES:
        raise YamlError([YamlProblem(name, 1, 1, _too_large(size))])
    problems = list(_odd_characters(text, name))
    try:
        root = _compose(_ODD.sub(" ", text) if problems else text, name)
    except YamlError as error:
        raise YamlError([*problems, *error.problems]) from error
    builder = _Builder(name, problems)
    value: Any = "" if root is None else builder.value(root, ())
    if mapping and not isinstance(value, dict):
        problems.append(YamlProblem(name, *_place(root), "the file is not a mapping; write `key: value` lines"))
    if problems:
        raise YamlError(problems)
    return Document(name, value, root)


def validate(model: type[ModelT], document: Document) -> ModelT:
    """Return `document` as a `model`; pydantic converts the text to numbers, dates and enums.

    Raises YamlError with one problem for every pydantic error, each at its line and column.
    """
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise YamlError(_model_problem(model, document, each) for each in details) from error


def validate_part(model: type[ModelT], document: Document, path: ValuePath, value: Any) -> ModelT:
    """Return `value`, what the document holds at `path`, as a `model`; raises YamlError as `validate` does."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise YamlError(_model_problem(model, document, each, path) for each in details) from error


def _model_problem(
    model: type[BaseModel], document: Document, detail: ErrorDetails, above: ValuePath = ()
) -> YamlProblem:
    path = (*above, *detail["loc"])
    at_key = detail["type"] == "extra_forbidden" or path[-1:] == ("[key]",)
    return document.problem(path, yamlmessages.message(model, detail), at_key=at_key)


def _too_large(size: int) -> str:
    return f"the file has {size:,} bytes, more than {MAX_BYTES:,}; split it"


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        what = f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise YamlError([YamlProblem(name, *_line_column(before, len(before)), what)]) from error


def _line_column(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _odd_characters(text: str, name: str) -> Iterator[YamlProblem]:
    for found in _ODD.finditer(text):
        yield YamlProblem(name, *_line_column(text, found.start()), _odd_message(found.group()))


def _odd_message(character: str) -> str:
    title = unicodedata.name(character, "control character")
    return f"invisible or control character U+{ord(character):04X} ({title}); remove it"


def _compose(text: str, name: str) -> yaml.Node | None:
    try:
        _refuse_deep_nesting(text, name)
        root: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError([YamlProblem(name, *_marked(mark), yamlmessages.syntax(error))]) from error
    except yaml.YAMLError as error:
        raise YamlError([YamlProblem(name, 1, 1, f"not YAML ({error}); check the file")]) from error
    return root


def _refuse_deep_nesting(text: str, name: str) -> None:
    """Count levels on the event stream: composing recurses in C and would take the process down."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                what = f"nested deeper than {MAX_DEPTH} levels; flatten it"
                raise YamlError([YamlProblem(name, *_marked(event.start_mark), what)])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Builder:
    """Turns nodes into plain values and collects what is wrong with them."""

    def __init__(self, name: str, problems: list[YamlProblem]) -> None:
        self.name = name
        self.problems = problems
        self.values = 0

    def value(self, node: yaml.Node, above: tuple[int, ...]) -> Any:
        """Return the plain value of `node`; `above` holds the identities of the nodes it stands in."""
        self.values += 1
        if self.values > MAX_VALUES:
            self._stop(node, f"more than {MAX_VALUES:,} values once aliases are followed; write them out")
        if id(node) in above:
            self._add(node, "an anchor that contains itself; write the value out")
            return ""
        if node.tag not in _PLAIN_TAGS:
            self._add(node, f"tag {node.tag!r}; remove it, values are text here")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, (*above, id(node)))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*above, id(node))) for each in node.value]
        return self._text(node) if isinstance(node, yaml.ScalarNode) else ""

    def _text(self, node: yaml.ScalarNode) -> str:
        text: str = node.value
        if node.style == '"' and (odd := _ODD.search(text)):  # written as an escape, so not seen in the raw text
            self._add(node, _odd_message(odd.group()))
        return text

    def _mapping(self, node: yaml.MappingNode, above: tuple[int, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        first: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._add(key, "a list or mapping as a key; use text")
                continue
            text = self._text(key)
            if text == "<<":
                self._add(key, "merge key `<<`; write the keys out")
            elif text in first:
                self._add(key, f"key `{text}` a second time (first in line {_place(first[text])[0]}); remove one")
            first.setdefault(text, key)
            result[text] = self.value(value, above)
        return result

    def _add(self, node: yaml.Node, message: str) -> None:
        self.problems.append(YamlProblem(self.name, *_place(node), message))

    def _stop(self, node: yaml.Node, message: str) -> None:
        self._add(node, message)
        raise YamlError(self.problems)


def _walk(root: yaml.Node | None, path: ValuePath) -> tuple[yaml.Node | None, yaml.Node | None]:
    """Follow `path` as far as it exists; return the last key node (None in a list) and the value node.

    Parts that name nothing, such as the branch names pydantic puts into the path of a union, are passed over.
    """
    key, node = None, root
    for part in path:
        step = _step(node, part)
        if step is not None:
            key, node = step
    return key, node


def _step(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
        return None, node.value[part]
    return None


def _place(node: yaml.Node | None) -> tuple[int, int]:
    return _marked(node.start_mark if node else None)


def _marked(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
