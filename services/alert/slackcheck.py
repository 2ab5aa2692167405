"""Measures what a workspace really does with a repeated message, and says which guarantee and settings follow.

Slack's documentation does not say whether `client_msg_id` is honoured, for how long, or how far the history lags;
so it is tried out in a channel for tests, with one message for each delay.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from services.alert.channel import Channel, Message
from services.alert.delivery.protocol import Found, Posted, ReadFailed, Refused, Unreadable
from services.alert.settings import AlertSettings
from services.alert.slack_cures import find_cure
from services.contracts.errors import UsageError
from services.contracts.watchlists import Destination
from services.runtime.clock import Clock

DELAYS = (0.0, 60.0, 600.0)
"""Seconds after which a message is posted again under its key."""
QUICK = DELAYS[:1]
LAG_LIMIT = 60.0
_LOOK_EVERY = 0.5
_BETWEEN_POSTS = 1.1
_ATTEMPTS = 5
_DEFAULTS = AlertSettings.model_fields


@dataclass(frozen=True)
class Measured:
    """What one check found. `honoured` maps each delay (seconds) to whether the repeat was taken for the same message.

    `history_lag` is how long the first message was missing from the history, None if it was never seen there;
    `unreadable` is Slack's word if the history cannot be read.
    """

    channel: str
    at: str
    honoured: tuple[tuple[float, bool], ...]
    history_lag: float | None = None
    unreadable: str = ""

    @property
    def window(self) -> float:
        """For how long the key is proven to be honoured without a gap, in seconds."""
        proven = 0.0
        for delay, held in self.honoured:
            if not held:
                break
            proven = delay
        return proven


async def measure(
    channel: Channel, destination: Destination, clock: Clock, delays: tuple[float, ...], say: Callable[[str], None]
) -> Measured:
    """Post a message for each delay and again under its key that much later; takes as long as the longest delay.

    Raises UsageError if the channel takes no message at all, with Slack's word and what to do about it.
    """
    started = clock.now()
    keys = {delay: str(uuid.uuid4()) for delay in delays}
    posted: dict[float, tuple[str, float]] = {}
    lag, unreadable = None, ""
    for delay, key in keys.items():
        posted[delay] = await _post(channel, destination, key, clock), clock.monotonic()
        if lag is None and not unreadable:
            lag, unreadable = await _measure_lag(channel, destination, key, started, clock)
            say(f"history: {unreadable or 'not seen' if lag is None else f'shows a message after {lag:.1f} s'}")
    honoured: list[tuple[float, bool]] = []
    for delay, key in keys.items():
        ref, at = posted[delay]
        await clock.sleep(max(_BETWEEN_POSTS, at + delay - clock.monotonic()))
        honoured.append((delay, await _post(channel, destination, key, clock) == ref))
        say(f"key: a repeat after {delay:g} s was {'taken for the same message' if honoured[-1][1] else 'posted anew'}")
    return Measured(destination.address, started.isoformat(), tuple(honoured), lag, unreadable)


async def _post(channel: Channel, destination: Destination, key: str, clock: Clock) -> str:
    text = "Noroshi tries out how this workspace treats repeated messages; this is no alert."
    outcome: object = None
    for _ in range(_ATTEMPTS):
        outcome = await channel.post(destination, Message(key, text), None)
        if isinstance(outcome, Posted):
            return outcome.ref
        if not isinstance(outcome, Refused) or outcome.after_seconds is None:
            break
        await clock.sleep(max(_BETWEEN_POSTS, outcome.after_seconds))
    failure = str(getattr(outcome, "code", "no answer"))
    raise UsageError(f"{destination.address} took no message: {failure}; {find_cure(failure)}")


async def _measure_lag(
    channel: Channel, destination: Destination, key: str, started: datetime, clock: Clock
) -> tuple[float | None, str]:
    began = clock.monotonic()
    while (waited := clock.monotonic() - began) < LAG_LIMIT:
        seen = await channel.find(destination, key, started - timedelta(seconds=120), None)
        if isinstance(seen, Found):
            return waited, ""
        if isinstance(seen, Unreadable):
            return None, seen.code
        pause = seen.after_seconds if isinstance(seen, ReadFailed) and seen.after_seconds else _LOOK_EVERY
        await clock.sleep(pause)
    return None, ""


def advise(measured: Measured) -> dict[str, float]:
    """The settings that fit what was measured: twice the lag and never below the default, the window as it was proven.

    Of the window the protocol uses half.
    """
    least = float(_DEFAULTS["history_lag_seconds"].default)
    lag = least if measured.history_lag is None else max(least, float(math.ceil(2 * measured.history_lag)))
    return {"key_window_seconds": measured.window, "history_lag_seconds": lag}


def guarantee(measured: Measured, settings: AlertSettings) -> str:
    """How many copies of an alert readers may see at most, in a sentence."""
    if measured.history_lag is not None:
        return "at most 1 copy of an alert: the history is read before anything is sent again"
    why = (
        f"the history cannot be read ({measured.unreadable})" if measured.unreadable else "the history never showed it"
    )
    if settings.unreadable == "park":
        return f"at most 1 copy of an alert, but one whose answer was lost is parked for a person: {why}"
    if measured.window:
        return (
            f"1 copy of an alert while Slack knows the key ({measured.window:g} s), else one more for each answer that "
            f"was lost: {why}"
        )
    return f"1 copy of an alert and one more for each answer that was lost: {why}"


def as_fields(measured: Measured, settings: AlertSettings) -> dict[str, Any]:
    """What is stored and what `--json` prints."""
    return asdict(measured) | {
        "window": measured.window,
        "settings": advise(measured),
        "guarantee": guarantee(measured, settings),
    }
