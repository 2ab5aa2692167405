"""Which metrics, labels and values an expression of Prometheus names, held against those the services have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.contracts.topics import TOPICS
from services.runtime.lag import groups_of
from services.runtime.metrics import MetricRow, describe_metrics

_SELECTOR = re.compile(r"\b([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_OURS = "noroshi_"
_SCRAPED = {"job", "instance"}
"""The labels that the scrape adds to every series."""

_HISTOGRAM = {"_bucket": {"le"}, "_sum": set(), "_count": set()}
_CONFIGURED = {
    "group": {group for group, _ in groups_of()},
    "topic": {topic.name for topic in TOPICS},
}
"""The values of labels that the metrics leave open but the code fixes."""


def find_problems(expression: str, jobs: set[str]) -> list[str]:
    """What an expression names that is not there, one sentence each; `jobs` are those that Prometheus scrapes."""
    known = _series()
    problems: list[str] = []
    labels = set(_SCRAPED)
    for name, matchers in _selectors(expression):
        if name.startswith(_OURS) and name not in known:
            problems.append(f"{name}: no such metric")
            continue
        row, extra = known.get(name, (None, set()))
        own = {**(row.labels if row else {}), **dict.fromkeys(_SCRAPED | extra, ())}
        labels |= set(own)
        for label, operator, value in _MATCHER.findall(matchers):
            problems += _matcher_problems(name, label, operator, value, own, jobs)
    grouped = {label.strip() for group in _GROUPING.findall(expression) for label in group.split(",")}
    return problems + [f"grouped by {label}, which no series here has" for label in sorted(grouped - labels - {""})]


def named_series(expression: str) -> set[str]:
    """The series of ours that an expression reads, as Prometheus names them."""
    return {name for name, _ in _selectors(expression) if name.startswith(_OURS)}


def _selectors(expression: str) -> Iterator[tuple[str, str]]:
    for name, matchers in _SELECTOR.findall(expression):
        if matchers or name.startswith(_OURS):
            yield name, matchers


def _series() -> dict[str, tuple[MetricRow, set[str]]]:
    """Every series name with the metric it belongs to and the labels it has beside the metric's own."""
    found: dict[str, tuple[MetricRow, set[str]]] = {}
    for row in describe_metrics():
        if row.kind == "histogram":
            found |= {row.name + suffix: (row, extra) for suffix, extra in _HISTOGRAM.items()}
        else:
            found[row.name] = (row, set())
    return found


def _matcher_problems(
    name: str, label: str, operator: str, value: str, own: dict[str, tuple[str, ...]], jobs: set[str]
) -> Iterator[str]:
    if label not in own and name.startswith(_OURS):
        yield f"{name}: no label {label}"
        return
    values = jobs if label == "job" else set(own.get(label, ())) or _CONFIGURED.get(label, set())
    wanted = [value] if operator in ("=", "!=") else value.split("|")
    for each in wanted if values else ():
        if not any(re.fullmatch(each, known) for known in values):
            yield f'{name}: {label} is never "{each}"'
