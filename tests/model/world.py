"""One alert, one destination, two processes and everything that may happen to them, as a transition system.

What the processes do is `services.alert.delivery.protocol.step`, carried out as the sender does: read the row, step,
commit, then the effect. What happens to them is listed in `_environment`, `_kill` and `_post`. Time is a discrete
clock: a tick may come at any moment, so a process may be arbitrarily slow anywhere, except that Slack keeps its
two bounds: a request that is not stored `LATE` ticks after its sender gave it up never is, and a stored message is
in the history `LAG` ticks later at the latest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from services.alert.delivery.protocol import (
    Due,
    Effect,
    Found,
    Input,
    NotFound,
    Policy,
    Post,
    Posted,
    Progress,
    Reaction,
    ReadBack,
    ReadFailed,
    Refused,
    Settle,
    Unknown,
    Unreadable,
    Wait,
)
from services.contracts.vocab import DeliveryState
from tests.model.rows import NEVER, SHIPPED_RULES, Rows, Rules

LATE, LAG = 1, 1
SHIPPED = Policy(late_landing=LATE, history_lag=LAG, give_up=NEVER)
_MOST_COPIES = 7
_REFUSALS = (
    Refused(Reaction.RETRY, "ratelimited", 1),
    Refused(Reaction.DEGRADE, "msg_too_long"),
    Refused(Reaction.DEAD, "invalid_arguments"),
)


class Worker(NamedTuple):
    """Where a process is and what it holds in memory: the progress it last read or wrote, and what it was given."""

    at: str
    view: int = -1
    given: Input | None = None


BOOT, OFF, DEAD, DONE = Worker("boot"), Worker("off"), Worker("dead"), Worker("done")
_ENDED = (OFF, DEAD, DONE)


class State(NamedTuple):
    """Everything that matters at one moment."""

    row: int
    owner: int
    workers: tuple[Worker, Worker]
    in_flight: tuple[int, ...]
    """For each request on its way that its sender has given up: ticks until it is stored or never."""
    stored: int
    visible: bool
    """Whether the history shows a copy."""
    key_age: int
    """Ticks since the first copy was stored, up to the length of the key's window; -1 once the window is over."""
    readable: bool
    passed: bool
    """Whether the destination went on to its next alert."""
    kills: int
    unknowns: int
    zombies: int


class Budget(NamedTuple):
    """How often it may happen: kill −9, an answer that is lost or a refusal, a paused owner that wakes up later."""

    kills: int
    unknowns: int
    zombies: int


@dataclass(frozen=True)
class Variant:
    """A protocol and the world it lives in.

    `key`: what Slack does with a repeated idempotency key; `key_window` ticks it honours it at least. `stall`: ticks
    an owner may take at most between writing the intent and the POST (None: any). Two bugs are to be had: `skips`,
    states that a destination passes over although they are not settled, and `settle_unsaved`.
    """

    name: str
    policy: Policy = SHIPPED
    key: str = "ignored"
    key_window: int = 0
    history: str = "readable"
    stall: int | None = None
    skips: frozenset[DeliveryState] = frozenset()
    settle_unsaved: bool = False
    rules: Rules = SHIPPED_RULES

    def rows(self) -> Rows:
        """Rows under this variant's rules."""
        return Rows(self.policy, self.rules)


Move = tuple[str, State]


@dataclass
class World:
    """The moves of one variant."""

    variant: Variant
    rows: Rows

    def start(self, budget: Budget) -> State:
        """An alert is in the outbox; process 0 has the right to send."""
        readable = self.variant.history != "unreadable"
        return State(self.rows.number(Progress()), 0, (BOOT, OFF), (), 0, False, 0, readable, False, *budget)

    def moves(self, state: State) -> Iterator[Move]:
        """Everything that may happen next; nothing once nobody works any more and no request is on its way."""
        if state.passed and not state.in_flight and all(worker in _ENDED for worker in state.workers):
            return
        yield from self._environment(state)
        for index in (0, 1):
            if state.workers[index] not in _ENDED:
                yield from self._kill(state, index)
                yield from self._work(state, index)

    def _environment(self, state: State) -> Iterator[Move]:
        for index in range(len(state.in_flight)):
            left = state.in_flight[:index] + state.in_flight[index + 1 :]
            yield "a late request is stored", self._store(state)._replace(in_flight=left)
            yield "a late request is never stored", state._replace(in_flight=left)
        if state.stored and not state.visible:
            yield "the history catches up", state._replace(visible=True)
        if self.variant.key == "window" and state.stored and state.key_age >= self.variant.key_window:
            yield "the key's window ends", state._replace(key_age=-1)
        if self.variant.history == "may fail" and state.readable:
            yield "the history becomes unreadable", state._replace(readable=False)
        if state.zombies and state.owner == 0 and state.workers[0] not in (DONE, DEAD):
            workers = (state.workers[0], BOOT)
            yield (
                "0 is taken for dead, 1 takes over",
                state._replace(owner=1, workers=workers, zombies=state.zombies - 1),
            )
        if self._may_tick(state):
            yield "a tick", self._tick(state)

    def _may_tick(self, state: State) -> bool:
        owner = state.workers[state.owner]
        if 0 in state.in_flight:
            return False
        slow = owner.at == "post" and self.variant.stall is not None
        return not (slow and self.rows.attempt_age(owner.view) >= (self.variant.stall or 0))

    def _tick(self, state: State) -> State:
        workers = tuple(worker._replace(view=self.rows.tick(worker.view)) for worker in state.workers)
        older = (
            min(state.key_age + 1, self.variant.key_window) if state.stored and state.key_age >= 0 else state.key_age
        )
        return state._replace(
            row=self.rows.tick(state.row),
            workers=(workers[0], workers[1]),
            in_flight=tuple(left - 1 for left in state.in_flight),
            visible=state.stored > 0,
            key_age=older,
        )

    def _store(self, state: State) -> State:
        """Slack stores a request, unless it recognises its key."""
        known = self.variant.key != "ignored" and state.stored > 0 and state.key_age >= 0
        return state if known else state._replace(stored=min(state.stored + 1, _MOST_COPIES))

    def _kill(self, state: State, index: int) -> Iterator[Move]:
        after = _with(state, index, BOOT if index == state.owner else DEAD)
        killed = after._replace(kills=state.kills - 1)
        if index != state.owner:
            yield f"{index} notices that it lost its right, and ends", after
        elif state.kills:
            yield f"{index} is killed", killed
        if state.kills and state.workers[index].at == "post":
            yield f"{index} is killed, its request on the way", _in_flight(killed)

    def _work(self, state: State, index: int) -> Iterator[Move]:
        worker = state.workers[index]
        match worker.at:
            case "boot":
                yield from self._boot(state, index)
            case "wait":
                if self.rows.is_due(worker.view):
                    yield from self._advance(state, index, worker.view, Due())
            case "post":
                yield from self._post(state, index, worker.view)
            case "read":
                for what, given in self._answers(state):
                    yield f"{index} reads: {what}", _with(state, index, Worker("given", worker.view, given))
            case "given":
                assert worker.given is not None
                yield from self._advance(state, index, worker.view, worker.given)

    def _boot(self, state: State, index: int) -> Iterator[Move]:
        """Look for the head of the destination: this alert, as long as it is not settled."""
        if index != state.owner:
            return
        if self.rows.known[state.row].settled or self.rows.state(state.row) in self.variant.skips:
            yield f"{index} goes on to the next alert", _with(state, index, DONE)._replace(passed=True)
        else:
            yield from self._advance(state, index, state.row, Due())

    def _advance(self, state: State, index: int, view: int, given: Input) -> Iterator[Move]:
        """Step and commit. A delay between the two is a delay before both: the ledger's check is at the commit."""
        after, effect = self.rows.advance(view, given)
        if isinstance(effect, Settle) and self.variant.settle_unsaved:
            yield f"{index} goes on without saying so", _with(state, index, DONE)._replace(passed=True)
            return
        saved = self.rows.save(state.row, after, view)
        if saved is None:
            yield f"{index} is refused by the ledger", _with(state, index, BOOT)
        else:
            what = f"{index} commits {self.rows.state(after)} after {type(given).__name__}"
            yield what, _with(state._replace(row=saved), index, _next(effect, after))

    def _post(self, state: State, index: int, view: int) -> Iterator[Move]:
        def given(base: State, outcome: Input) -> State:
            return _with(base, index, Worker("given", view, outcome))

        yield f"{index} POST: stored, said so", given(self._store(state), Posted("1"))
        if not state.unknowns:
            return
        spent = state._replace(unknowns=state.unknowns - 1)
        yield f"{index} POST: stored, answer lost", given(self._store(spent), Unknown("lost"))
        yield f"{index} POST: given up, still on the way", given(_in_flight(spent), Unknown("lost"))
        yield f"{index} POST: never arrived", given(spent, Unknown("lost"))
        for refusal in _REFUSALS:
            yield f"{index} POST: refused, {refusal.code}", given(spent, refusal)

    def _answers(self, state: State) -> Iterator[tuple[str, Input]]:
        if not state.readable:
            yield "may not", Unreadable("missing_scope")
            return
        yield ("there", Found("1")) if state.visible else ("not there", NotFound())
        yield "failed", ReadFailed("http_502")


def _next(effect: Effect, view: int) -> Worker:
    match effect:
        case Post():
            return Worker("post", view)
        case ReadBack():
            return Worker("read", view)
        case Wait():
            return Worker("wait", view)
        case Settle():
            return BOOT


def _with(state: State, index: int, worker: Worker) -> State:
    workers = (worker, state.workers[1]) if index == 0 else (state.workers[0], worker)
    return state._replace(workers=workers)


def _in_flight(state: State) -> State:
    return state._replace(in_flight=tuple(sorted((*state.in_flight, LATE))))
