"""A report as plain JSON values, with the judgements it rests on, so that a later run can be set beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from services.classify.evaluation.bootstrap import LEVEL
from services.classify.evaluation.changes import Comparison
from services.classify.evaluation.judgement import Judgement
from services.classify.evaluation.report import Figure, Report, Row


class _Baseline(BaseModel):
    model_config = ConfigDict(extra="ignore")

    judgements: tuple[Judgement, ...]


def read_baseline(text: bytes) -> tuple[Judgement, ...]:
    """The judgements of an earlier run's JSON; raises ValueError that says which field is wrong."""
    try:
        return _Baseline.model_validate_json(text).judgements
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'file'}: {first['msg']}") from error


def report_to_json(report: Report, judgements: Iterable[Judgement], *, draws: int, seed: int) -> dict[str, Any]:
    """The report, how its intervals were made, and every judgement."""
    return {
        "documents": report.documents,
        "relevant": dict(report.relevant),
        "bootstrap": {"draws": draws, "seed": seed, "level": LEVEL, "unit": "document"},
        "rates": {name: _figure(figure) for name, figure in report.rates.items()},
        "facets": [_row(row) for row in report.rows],
        "confusion": {name: dict(confusion.counts) for name, confusion in report.confusions.items()},
        "calibration": {name: asdict(calibration) for name, calibration in report.calibrations.items()},
        "judgements": [each.model_dump(mode="json") for each in judgements],
    }


def comparison_to_json(comparison: Comparison) -> dict[str, Any]:
    """What changed since the baseline."""
    return asdict(comparison)


def _row(row: Row) -> dict[str, Any]:
    place = {"facet": row.facet, "lang": row.lang, "text_status": row.text_status}
    rates = {"precision": row.precision, "recall": row.recall, "f1": row.f1}
    return place | asdict(row.score) | {name: _figure(figure) for name, figure in rates.items()}


def _figure(figure: Figure) -> dict[str, Any]:
    interval: Sequence[float | None] = figure.interval or (None, None)
    return {"value": figure.rate.value, "of": figure.rate.whole, "low": interval[0], "high": interval[1]}
