"""A measure as all its documents together leave it, in the shape of an act."""

from __future__ import annotations

from services.contracts.alerts import Alert, MeasureState
from services.contracts.measures import Act, DateFact
from services.contracts.vocab import DatePrecision, DateRole

_PRECISIONS = (DatePrecision.YEAR, DatePrecision.MONTH, DatePrecision.DAY)


def date_fact(role: DateRole, value: str) -> DateFact:
    """A date as precise as it is written: `2026`, `2026-05` or `2026-05-16`; raises ValueError for anything else."""
    return DateFact(role=role, value=value, precision=_PRECISIONS[min(value.count("-"), 2)])


def current_act(alert: Alert) -> Act:
    """The alert's act with everything replaced that documents told so far say of the measure; else the act itself."""
    return _replace(alert.act, alert.state) if alert.state else alert.act


def _replace(act: Act, state: MeasureState) -> Act:
    dates = tuple(date_fact(role, value) for role, values in state.dates for value in values)
    names = ("stage", "direction", "types", "imposing", "target", "affected", "minerals", "technologies")
    return act.model_copy(update={"dates": dates, **{name: getattr(state, name) for name in names}})
