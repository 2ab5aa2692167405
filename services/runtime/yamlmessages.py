"""The words for what is wrong in a YAML file: what it is, then how to mend it.

Pure: from a parser error or one pydantic error to a sentence. Positions are `yamlfile`'s business.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic_core import ErrorDetails

_SYNTAX_HINTS = (
    ("mapping values are not allowed", "quote text that holds a colon, or check the indentation"),
    ("cannot start any token", "indent with spaces, and quote text that starts with % @ or `"),
    ("undefined alias", "quote text that starts with *"),
    ("another document", "keep one document in a file"),
    ("unexpected end of stream", "close the quote"),
    ("expected ',' or ']'", "close the bracket or add a comma"),
    ("expected ',' or '}'", "close the brace or add a comma"),
    ("expected key", "give every line the form `key: value`, indented alike"),
    ("expected ':'", "give every line the form `key: value`"),
)
_MEND = {
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "float_parsing": "write a number",
    "float_type": "write a number",
    "decimal_parsing": "write a number",
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "date_parsing": "write a date as 2026-01-31",
    "date_from_datetime_parsing": "write a date as 2026-01-31",
    "date_from_datetime_inexact": "write a date as 2026-01-31",
    "datetime_parsing": "write a time as 2026-01-31T09:00:00Z",
    "datetime_from_date_parsing": "write a time as 2026-01-31T09:00:00Z",
    "time_delta_parsing": "write a length of time as 90 s, 1:30:00 or PT90S",
    "string_type": "write plain text",
    "list_type": "write a list, as [a, b]",
    "tuple_type": "write a list, as [a, b]",
    "set_type": "write a list, as [a, b]",
    "frozen_set_type": "write a list, as [a, b]",
    "dict_type": "write `key: value` lines",
    "mapping_type": "write `key: value` lines",
    "model_type": "write `key: value` lines",
    "model_attributes_type": "write `key: value` lines",
}
_CONTAINERS = (list, tuple, set, frozenset, Sequence)


def syntax(error: yaml.MarkedYAMLError) -> str:
    """Return what the parser met and how to mend it."""
    problem = str(error.problem or error.context or "not YAML").removeprefix("but ")
    hint = next((hint for part, hint in _SYNTAX_HINTS if part in problem), "check indentation, quotes and brackets")
    return f"{problem}; {hint}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "did you mean `x`?" for the nearest of `known`, else a list of them."""
    names = sorted(set(known))
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"write one of {', '.join(names)}" if names else "remove it"


def message(model: type[BaseModel], detail: ErrorDetails) -> str:
    """Return the sentence for one pydantic error found while reading a `model`."""
    *above, last = detail["loc"] or ("the file",)
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return f"`{last}` is missing; add it"
    if kind == "extra_forbidden":
        return f"unknown key `{last}`; {did_you_mean(str(last), _keys_at(model, above))}"
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", detail["msg"]))
    if kind == "too_short":
        return f"`{_name(detail['loc'])}` has {context['actual_length']} items; give at least {context['min_length']}"
    what = f"`{_name(detail['loc'])}` {_shown(detail['input'])}"
    if kind in ("literal_error", "enum"):
        known = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return f"{what}; {did_you_mean(str(detail['input']), known)}"
    return f"{what}; {_MEND.get(kind) or detail['msg'].removeprefix('Input ')}"


def _name(path: Sequence[str | int]) -> str:
    """Return the last key of a path with the list places after it, as `top[0]`."""
    start = max((index for index, part in enumerate(path) if isinstance(part, str) and part != "[key]"), default=0)
    head, *rest = path[start:] or ("the file",)
    return f"{head}" + "".join(f"[{part}]" for part in rest if isinstance(part, int))


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"is {value!r}" if value else "is empty"
    return "is a mapping" if isinstance(value, dict) else "is a list" if isinstance(value, list) else f"is {value!r}"


def _keys_at(model: type[BaseModel], path: Sequence[str | int]) -> set[str]:
    """Return the keys that the model, or any branch of a union, accepts at `path`."""
    reached: list[Any] = [model]
    for part in path:
        below = [each for kind in reached for each in _below(kind, part)]
        reached = below or reached  # a part that leads nowhere is the name of a union's branch
    return {name for kind in reached for each in _flat(kind) if _is_model(each) for name in _fields(each)}


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {info.alias or name: info.annotation for name, info in model.model_fields.items()}


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _flat(kind: Any) -> Iterator[Any]:
    """Yield the plain types inside annotations, aliases, unions and root models."""
    origin = typing.get_origin(kind)
    if hasattr(kind, "__value__"):
        yield from _flat(kind.__value__)
    elif origin is typing.Annotated:
        yield from _flat(typing.get_args(kind)[0])
    elif origin in (typing.Union, types.UnionType):
        for each in typing.get_args(kind):
            yield from _flat(each)
    elif _is_model(kind) and set(kind.model_fields) == {"root"}:
        yield from _flat(kind.model_fields["root"].annotation)
    else:
        yield kind


def _below(kind: Any, part: str | int) -> Iterator[Any]:
    for each in _flat(kind):
        origin, arguments = typing.get_origin(each), typing.get_args(each)
        if _is_model(each):
            if part in _fields(each):
                yield _fields(each)[str(part)]
        elif isinstance(part, int) and isinstance(origin, type) and issubclass(origin, _CONTAINERS):
            yield from (argument for argument in arguments if argument is not Ellipsis)
        elif isinstance(origin, type) and issubclass(origin, typing.Mapping) and len(arguments) == 2:
            yield arguments[1]
