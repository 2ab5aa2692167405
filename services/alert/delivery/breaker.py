"""Trouble with a destination or with a whole workspace, pure: who waits until when, and when people hear of it.

A refusal that only a person mends pauses its destination, or for a token the whole workspace. Five failures in a row
without an answer open the workspace's circuit: then one destination a minute tries, for all of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.alert.delivery.protocol import (
    Input,
    Policy,
    Posted,
    Progress,
    Reaction,
    Refused,
    Unknown,
    lasting_reaction,
)
from services.alert.slack_cures import find_cure
from services.alert.slack_errors import KEY_REFUSALS, RATE_LIMITS
from services.contracts.ids import NAMESPACE
from services.contracts.watchlists import Destination

FAILURES_TO_OPEN = 5
NOTICE_AFTER = (timedelta(minutes=15), timedelta(hours=6), timedelta(days=3))
"""How long a trouble lasts before each of its notices."""
_LONG_WAIT = 600.0
"""A service that asks for so many seconds asks the whole workspace."""
_SHARED = frozenset({"slack", "slack_webhook"})
"""Kinds of channel whose destinations of one workspace fail together; each signed webhook is a service of its own."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a scope: since when, Slack's own word, how often in a row, and who was told how often.

    Nothing of the scope is tried before `not_before`; None means that its deliveries keep to their own patience.
    """

    scope: str
    since: datetime
    failure: str
    failures: int = 1
    not_before: datetime | None = None
    told: int = 0


Changes = Mapping[str, Trouble | None]
"""Troubles by scope as they are to be stored; None says that the scope works again."""


def destination_scope(destination: Destination) -> str:
    """The scope of one destination."""
    return f"destination:{destination.key}"


def workspace_scope(destination: Destination) -> str:
    """The scope whose destinations fail together."""
    if destination.channel not in _SHARED:
        return destination_scope(destination)
    return f"workspace:{destination.channel}:{destination.workspace}"


def admit(destination: Destination, known: Mapping[str, Trouble], now: datetime, policy: Policy) -> datetime | Changes:
    """Until when the destination must wait, or what to store before it tries.

    The changes take the workspace's one probe of this minute, so that no other destination takes it, too. Ask again
    every few seconds while waiting: another destination's probe may have succeeded.
    """
    waits = [trouble.not_before for scope in scopes(destination) if (trouble := known.get(scope))]
    until = max((at for at in waits if at is not None), default=None)
    if until is not None and now < until:
        return until
    scope = workspace_scope(destination)
    trouble = known.get(scope)
    if trouble is None or trouble.not_before is None or scope == destination_scope(destination):
        return {}
    return {scope: replace(trouble, not_before=now + timedelta(seconds=policy.workspace_probe))}


def note(
    destination: Destination,
    outcome: Input,
    progress: Progress,
    known: Mapping[str, Trouble],
    now: datetime,
    policy: Policy,
) -> Changes:
    """What an outcome changes; `progress` is that of the delivery before the outcome. Empty if nothing changes."""
    own, shared = destination_scope(destination), workspace_scope(destination)
    match outcome:
        case Posted():
            return {scope: None for scope in scopes(destination) if scope in known}
        case Unknown(code) if code not in KEY_REFUSALS:
            return _fail(shared, code, known, now, policy)
        case Refused():
            return _refused(own, shared, outcome, lasting_reaction(progress, outcome, policy), known, now, policy)
    return {}


def scopes(destination: Destination) -> tuple[str, ...]:
    """The scopes a destination belongs to: its own, and that of its workspace."""
    return tuple(dict.fromkeys((destination_scope(destination), workspace_scope(destination))))


def _refused(
    own: str,
    shared: str,
    refusal: Refused,
    reaction: Reaction,
    known: Mapping[str, Trouble],
    now: datetime,
    policy: Policy,
) -> Changes:
    code, after = refusal.code, refusal.after_seconds
    answered: dict[str, Trouble | None] = {shared: None} if shared in known and shared != own else {}
    if reaction is Reaction.HALT_WORKSPACE:
        return _stop(shared, code, known, now, policy.workspace_probe)
    if reaction is Reaction.PAUSE_DESTINATION:
        return answered | dict(_stop(own, code, known, now, policy.destination_probe))
    if reaction is not Reaction.RETRY:
        return answered
    if code in RATE_LIMITS or after == 0:
        return {}
    if after is not None and after >= _LONG_WAIT and refusal.lasting is None:
        return _stop(shared, code, known, now, after)
    if refusal.lasting is not None:
        return answered | {own: _worse(own, code, known, now)}
    return _fail(shared, code, known, now, policy)


def _fail(scope: str, code: str, known: Mapping[str, Trouble], now: datetime, policy: Policy) -> Changes:
    """One more failure without an answer; the fifth in a row opens the circuit, and an open one stays open."""
    trouble, before = _worse(scope, code, known, now), known.get(scope)
    if trouble.failures >= FAILURES_TO_OPEN or (before is not None and before.not_before is not None):
        trouble = replace(trouble, not_before=now + timedelta(seconds=policy.workspace_probe))
    return {scope: trouble}


def _stop(scope: str, code: str, known: Mapping[str, Trouble], now: datetime, seconds: float) -> Changes:
    return {scope: replace(_worse(scope, code, known, now), not_before=now + timedelta(seconds=seconds))}


def _worse(scope: str, code: str, known: Mapping[str, Trouble], now: datetime) -> Trouble:
    before = known.get(scope)
    if before is None:
        return Trouble(scope, now, code)
    return replace(before, failure=code, failures=before.failures + 1, not_before=None)


# ---- telling people --------------------------------------------------------------------------------------------


def notices_due(trouble: Trouble, now: datetime) -> int | None:
    """The number of the notice that is due (1 to 3), or None; after a pause of ours only the latest is.

    Once the notice was posted the number is stored as `told`.
    """
    passed = sum(now - trouble.since >= after for after in NOTICE_AFTER)
    return passed if passed > trouble.told else None


def notice_id(trouble: Trouble, number: int) -> str:
    """The id of a notice: the same however often it is written. Version 3 tells it from a delivery's id."""
    return str(uuid.uuid3(NAMESPACE, f"notice\x1f{trouble.scope}\x1f{trouble.since.isoformat()}\x1f{number}"))


def write_notice(trouble: Trouble, waiting: int, now: datetime) -> str:
    """What operators read: what is stuck, since when, by whose word, how many wait, and how to mend it."""
    wait = "no alert waits" if not waiting else "1 alert waits" if waiting == 1 else f"{waiting} alerts wait"
    return (
        f"Noroshi cannot deliver to {name_scope(trouble.scope)} since {trouble.since:%Y-%m-%d %H:%M} UTC "
        f"({_duration(now - trouble.since)}): `{trouble.failure}`. {wait.capitalize()}; nothing is lost. "
        f"To mend it: {find_cure(trouble.failure)}."
    )


def write_all_clear(trouble: Trouble, now: datetime) -> str:
    """What operators read when a trouble they were told of has ended."""
    return f"Noroshi delivers to {name_scope(trouble.scope)} again, after {_duration(now - trouble.since)}."


def name_scope(scope: str) -> str:
    """A scope in words."""
    kind, _, rest = scope.partition(":")
    channel, _, place = rest.partition(":")
    if kind == "workspace":
        return f"the whole {channel} workspace {place!r}"
    workspace, _, address = place.partition(":")
    return f"{channel} {address}" + (f" (workspace {workspace})" if workspace != "default" else "")


def _duration(lasted: timedelta) -> str:
    minutes = int(lasted.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
