"""The delivery protocol, pure: what one alert's delivery does next, given what just happened and the time.

    intent committed → POST → sent committed

A POST whose answer is lost leaves the delivery *in doubt*: nothing is sent again before the destination's own
history has been read, late enough that a late request and a lagging history have caught up. The states and
their bounds are those of the published guarantee (`docs/guides/delivery.md`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Literal

from services.contracts.vocab import DeliveryState


class Level(IntEnum):
    """How much of the message is rendered; each refusal for size or shape goes one level down."""

    FULL = 0
    COMPACT = 1
    TEXT = 2


class Reaction(StrEnum):
    """What a definite refusal asks of us (the message was surely not stored)."""

    RETRY = "retry"
    DEGRADE = "degrade"
    RETHREAD = "rethread"
    PAUSE_DESTINATION = "pause_destination"
    HALT_WORKSPACE = "halt_workspace"
    DEAD = "dead"


@dataclass(frozen=True)
class Progress:
    """All that is known of one alert's delivery; every field is durable.

    `doubt` says that a message may be stored that we have no answer for; `older_doubt` that this was so
    before the latest POST. `last_attempt_at` is the latest instant at which a request of ours may have been on its
    way: the wait for late landings counts from there. `possible_duplicate` marks a message re-sent although its
    history could not be read.
    """

    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    doubt: bool = False
    older_doubt: bool = False
    looks: int = 0
    level: Level = Level.FULL
    first_attempt_at: datetime | None = None
    last_attempt_at: datetime | None = None
    not_before: datetime | None = None
    thread_ref: str | None = None
    message_ref: str | None = None
    failure: str = ""
    possible_duplicate: bool = False

    @property
    def settled(self) -> bool:
        """Whether nothing more will be done."""
        return self.state in {DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.PARKED}


@dataclass(frozen=True)
class Due:
    """The delivery is at the head of its destination: first time, after a wait, or after a restart."""


@dataclass(frozen=True)
class Posted:
    """The destination stored the message under this reference."""

    ref: str


@dataclass(frozen=True)
class Refused:
    """The destination surely did not store the message.

    `lasting` is what it asks once `reaction` has no means left: no smaller rendering, or `Policy.unfamiliar` retries.
    """

    reaction: Reaction
    code: str
    after_seconds: float | None = None
    lasting: Reaction | None = None


@dataclass(frozen=True)
class Unknown:
    """No answer, or one that does not say whether the message was stored."""

    code: str


@dataclass(frozen=True)
class Found:
    """The destination's history holds the message under this reference."""

    ref: str


@dataclass(frozen=True)
class NotFound:
    """The destination's whole history since the first attempt was read and does not hold the message."""


@dataclass(frozen=True)
class Unreadable:
    """The destination's history cannot be read (no permission, or the channel has none)."""

    code: str


@dataclass(frozen=True)
class ReadFailed:
    """The history could not be read this time."""

    code: str
    after_seconds: float | None = None


PostOutcome = Posted | Refused | Unknown
ReadOutcome = Found | NotFound | Unreadable | ReadFailed
Input = Due | Posted | Refused | Unknown | Found | NotFound | Unreadable | ReadFailed


@dataclass(frozen=True)
class Post:
    """Commit the progress, then send the message once."""


@dataclass(frozen=True)
class ReadBack:
    """Commit the progress, then read the history from `oldest` on."""

    oldest: datetime


@dataclass(frozen=True)
class Wait:
    """Commit the progress and come back with Due no sooner than `until`."""

    until: datetime


@dataclass(frozen=True)
class Settle:
    """Commit the progress; the delivery is done."""


Effect = Post | ReadBack | Wait | Settle


@dataclass(frozen=True)
class Policy:
    """The bounds the protocol relies on and the patience it has, in seconds.

    `late_landing` is how long after we gave up a request may still be stored; `history_lag` how long a stored
    message may be missing from the history; `key_window` how long the destination is proven to honour the
    idempotency key (0: not proven).
    """

    late_landing: float = 60.0
    history_lag: float = 10.0
    key_window: float = 0.0
    looks: int = 2
    read_margin: float = 120.0
    unreadable: Literal["resend", "park"] = "resend"
    schedule: tuple[float, ...] = (1, 2, 4, 8, 15, 30, 60)
    slow_retry: float = 300.0
    destination_probe: float = 900.0
    workspace_probe: float = 60.0
    unfamiliar: int = 3
    give_up: float = 7 * 86_400.0

    def retry_delay(self, attempts: int, salt: str) -> float:
        """Seconds before the next attempt: the schedule, then every `slow_retry`, each ± 20 % by `salt`."""
        base = self.schedule[attempts - 1] if attempts <= len(self.schedule) else self.slow_retry
        spread = hashlib.sha256(f"{salt}{attempts}".encode()).digest()[0] / 255
        return base * (0.8 + 0.4 * spread)


def step(progress: Progress, given: Input, policy: Policy, now: datetime, salt: str = "") -> tuple[Progress, Effect]:
    """The next progress, to be committed before the effect is carried out. Never lowers the state's rank."""
    if progress.settled:
        return progress, Settle()
    match given:
        case Due():
            return _due(progress, policy, now)
        case Posted(ref) | Found(ref):
            return replace(progress, state=DeliveryState.SENT, message_ref=ref, doubt=False, failure=""), Settle()
        case Refused():
            return _refused(progress, given, policy, now, salt)
        case Unknown(code):
            return _reconcile(replace(progress, failure=code, last_attempt_at=now), policy, now)
        case NotFound():
            return _not_found(progress, policy, now)
        case ReadFailed(code, after):
            until = now + timedelta(seconds=after if after is not None else policy.history_lag)
            return replace(progress, failure=code, not_before=until), Wait(until)
        case Unreadable(code):
            return _unreadable(replace(progress, failure=code), policy, now)


def _due(progress: Progress, policy: Policy, now: datetime) -> tuple[Progress, Effect]:
    if progress.not_before is not None and now < progress.not_before:
        return progress, Wait(progress.not_before)
    if progress.doubt and progress.not_before is None:
        # Left by a sender that ended before it wrote down what became of its POST; that may have been just now.
        progress = replace(progress, last_attempt_at=now)
    if progress.doubt:
        return _reconcile(progress, policy, now)
    return _post(progress, now)


def _post(progress: Progress, now: datetime) -> tuple[Progress, Effect]:
    """Write the intent: from here on a message may be stored."""
    sending = replace(
        progress,
        state=DeliveryState.INTENT,
        attempts=progress.attempts + 1,
        older_doubt=progress.doubt,
        doubt=True,
        looks=0,
        first_attempt_at=progress.first_attempt_at or now,
        last_attempt_at=now,
        not_before=None,
    )
    return sending, Post()


def _reconcile(progress: Progress, policy: Policy, now: datetime) -> tuple[Progress, Effect]:
    first, last = progress.first_attempt_at or now, progress.last_attempt_at or now
    if (now - first).total_seconds() < policy.key_window / 2:
        return _repeat(progress, policy, now)
    if _given_up(progress, policy, now):
        return replace(progress, state=DeliveryState.DEAD), Settle()
    ready = last + timedelta(seconds=policy.late_landing + policy.history_lag)
    if now < ready:
        return replace(progress, not_before=ready), Wait(ready)
    return replace(progress, not_before=None), ReadBack(first - timedelta(seconds=policy.read_margin))


def _repeat(progress: Progress, policy: Policy, now: datetime) -> tuple[Progress, Effect]:
    """Trust the key: once more at once; a service that stays away is then asked as patiently as after a refusal."""
    waited = policy.retry_delay(progress.attempts - 1, "") if progress.attempts > 1 else 0.0
    again = (progress.last_attempt_at or now) + timedelta(seconds=waited)
    return _post(progress, now) if now >= again else (replace(progress, not_before=again), Wait(again))


def _refused(progress: Progress, refusal: Refused, policy: Policy, now: datetime, salt: str) -> tuple[Progress, Effect]:
    progress = replace(progress, doubt=progress.older_doubt, older_doubt=False, failure=refusal.code)
    reaction = lasting_reaction(progress, refusal, policy)
    if reaction is Reaction.DEAD or _given_up(progress, policy, now):
        return replace(progress, state=DeliveryState.DEAD), Settle()
    if reaction is Reaction.DEGRADE:
        return _degrade(progress, now)
    if reaction is Reaction.RETHREAD:
        return _rethread(progress, now)
    until = now + timedelta(seconds=_pause(progress, refusal, policy, salt))
    return replace(progress, not_before=until), Wait(until)


def lasting_reaction(progress: Progress, refusal: Refused, policy: Policy) -> Reaction:
    """What the refusal asks of us after that many attempts."""
    spent = progress.level is Level.TEXT if refusal.reaction is Reaction.DEGRADE else False
    if refusal.reaction is Reaction.RETRY:
        spent = progress.attempts > policy.unfamiliar
    return refusal.lasting if spent and refusal.lasting is not None else refusal.reaction


def _pause(progress: Progress, refusal: Refused, policy: Policy, salt: str) -> float:
    reaction = lasting_reaction(progress, refusal, policy)
    if reaction is Reaction.PAUSE_DESTINATION:
        return policy.destination_probe
    if reaction is Reaction.HALT_WORKSPACE:
        return policy.workspace_probe
    if refusal.after_seconds is not None:
        return refusal.after_seconds
    return policy.retry_delay(progress.attempts, salt)


def _degrade(progress: Progress, now: datetime) -> tuple[Progress, Effect]:
    if progress.level is Level.TEXT:
        return replace(progress, state=DeliveryState.DEAD), Settle()
    return _again(replace(progress, level=Level(progress.level + 1)), now)


def _rethread(progress: Progress, now: datetime) -> tuple[Progress, Effect]:
    if progress.thread_ref is None:
        return replace(progress, state=DeliveryState.DEAD), Settle()
    return _again(replace(progress, thread_ref=None), now)


def _again(progress: Progress, now: datetime) -> tuple[Progress, Effect]:
    """Post a changed message at once, unless an older one is still in doubt."""
    if progress.doubt:
        return replace(progress, not_before=now), Wait(now)
    return _post(progress, now)


def _not_found(progress: Progress, policy: Policy, now: datetime) -> tuple[Progress, Effect]:
    looked = replace(progress, looks=progress.looks + 1)
    if looked.looks < policy.looks:
        until = now + timedelta(seconds=policy.history_lag)
        return replace(looked, not_before=until), Wait(until)
    return _post(replace(looked, doubt=False), now)


def _unreadable(progress: Progress, policy: Policy, now: datetime) -> tuple[Progress, Effect]:
    if policy.unreadable == "park":
        return replace(progress, state=DeliveryState.PARKED), Settle()
    return _post(replace(progress, doubt=False, possible_duplicate=True), now)


def _given_up(progress: Progress, policy: Policy, now: datetime) -> bool:
    first = progress.first_attempt_at
    return first is not None and (now - first).total_seconds() >= policy.give_up
