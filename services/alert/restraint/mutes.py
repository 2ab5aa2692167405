"""Whether somebody muted an alert. Pure; the one place that asks is the planner, just before a message is planned."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.contracts.alerts import Alert
from services.contracts.vocab import Reason
from services.contracts.watchlists import Mute, MuteScope, Watchlist
from services.taxonomy.taxonomy import Taxonomy

_FILE_MUTES = uuid.UUID("5d0c2f4e-7b39-5f0a-9f6e-2a1c8be04d57")
_ITEMS = frozenset({"minerals", "minerals_or_group", "technologies", "technologies_or_group"})


@dataclass(frozen=True)
class MuteInForce:
    """A mute with where it holds; an empty `watchlist_id` or `destination` means any. It ends at `until`."""

    mute_id: str
    tenant: str
    scope: MuteScope
    value: str = ""
    watchlist_id: str = ""
    destination: str = ""
    until: datetime | None = None
    until_next_stage: bool = False
    reason: str = ""


def mutes_of(watchlist: Watchlist) -> tuple[MuteInForce, ...]:
    """The mutes that the watchlist's own file sets.

    A mute's id comes from all it says: its end is remembered by it, and a mute that is written anew is another one.
    """
    return tuple(
        MuteInForce(
            mute_id=str(uuid.uuid5(_FILE_MUTES, f"{watchlist.tenant} {watchlist.id} {mute.model_dump_json()}")),
            tenant=watchlist.tenant,
            scope=mute.scope,
            value=mute.value,
            watchlist_id=watchlist.id,
            until=end_of(mute, watchlist.timezone),
            until_next_stage=mute.until_next_stage,
            reason=mute.reason,
        )
        for mute in watchlist.mutes
    )


def end_of(mute: Mute, timezone: str) -> datetime | None:
    """When the mute's last day is over, by a clock in the zone."""
    return None if mute.until is None else end_of_day(mute.until, ZoneInfo(timezone))


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after the day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)


def find_mute(alert: Alert, mutes: Iterable[MuteInForce], now: datetime, taxonomy: Taxonomy) -> MuteInForce | None:
    """The first mute that silences the alert now, or None."""
    return next((mute for mute in mutes if silences(mute, alert, now, taxonomy)), None)


def silences(mute: MuteInForce, alert: Alert, now: datetime, taxonomy: Taxonomy) -> bool:
    """Whether the mute covers the alert and has not ended; a mute until the next stage lets that stage through."""
    if mute.until is not None and now >= mute.until:
        return False
    if mute.until_next_stage and alert.reason is Reason.STAGE_CHANGED:
        return False
    here = (
        mute.tenant == alert.tenant
        and mute.watchlist_id in ("", alert.watchlist_id)
        and mute.destination in ("", alert.destination.key)
    )
    return here and _covers(mute, alert, taxonomy)


def ends_with(mute: MuteInForce, alert: Alert) -> bool:
    """Whether the alert is the stage that a mute of its measure waited for, so that the mute is over for good."""
    waited = mute.until_next_stage and mute.scope is MuteScope.MEASURE and mute.value == alert.act.measure_id
    return waited and mute.tenant == alert.tenant and alert.reason is Reason.STAGE_CHANGED


def _covers(mute: MuteInForce, alert: Alert, taxonomy: Taxonomy) -> bool:
    match mute.scope:
        case MuteScope.WATCHLIST:
            return True
        case MuteScope.MEASURE:
            return mute.value == alert.act.measure_id
        case MuteScope.SOURCE:
            return mute.value == alert.act.event.source
        case MuteScope.ITEM:
            return _is_all_about(mute.value, alert, taxonomy)


def _is_all_about(item: str, alert: Alert, taxonomy: Taxonomy) -> bool:
    """Whether nothing but the item, or what belongs to it, made the watchlist speak."""
    met = {tag for term in alert.matched if term.predicate in _ITEMS for tag in term.tags}
    items = met or {*alert.act.minerals, *alert.act.technologies}
    muted = taxonomy.members("minerals", item) | taxonomy.members("technologies", item) | {item}
    return bool(items) and items <= muted
