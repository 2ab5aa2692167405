"""Rows of the ledger in a model with a discrete clock: the shipped `step` and the ledger's merge rule over them.

One tick is one second of the policy. Every instant is kept relative to now, and whatever no comparison of `step`
can tell apart any more is made equal, so that rows are finitely many: `step` compares instants with `now` only, so
it is called with one and the same `now`, and time passes by moving the row's instants back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from services.alert.delivery import protocol
from services.alert.delivery.protocol import Due, Effect, Input, Policy, Progress, Wait
from services.contracts.vocab import DeliveryState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TICK = timedelta(seconds=1)
NEVER = 1e6

Step = Callable[[Progress, Input, Policy, datetime], tuple[Progress, Effect]]
Merge = Callable[[Progress, Progress, Progress], bool]
Persist = Callable[[Progress], Progress]


def merge(row: Progress, after: Progress, before: Progress) -> bool:
    """Whether `ledger.save_progress` takes `after`, made from `before`, over what stands in the row.

    The rule in Python; `test_ledger_rule.py` holds it against the SQL.
    """
    if row.state.rank > after.state.rank:
        return False
    if after.state is DeliveryState.SENT:
        return True
    return all(getattr(row, name) == getattr(before, name) for name in ("state", "attempts", "looks", "doubt"))


def last_write_wins(row: Progress, after: Progress, before: Progress) -> bool:
    """A ledger without a merge rule."""
    del row, after, before
    return True


def rank_alone(row: Progress, after: Progress, before: Progress) -> bool:
    """A ledger that does not notice that somebody else worked on the delivery."""
    del before
    return row.state.rank <= after.state.rank


def keep(progress: Progress) -> Progress:
    """A ledger that stores what it is given."""
    return progress


@dataclass(frozen=True)
class Rules:
    """What decides, what the ledger takes and what it stores of it; the defaults are what ships."""

    step: Step = protocol.step
    merge: Merge = merge
    persist: Persist = keep


SHIPPED_RULES = Rules()


@dataclass
class Rows:
    """Rows as small numbers, with what `step`, the ledger and the clock make of them; each is worked out once."""

    policy: Policy
    rules: Rules = SHIPPED_RULES
    known: list[Progress] = field(default_factory=list)
    _number: dict[Progress, int] = field(default_factory=dict)
    _stepped: dict[tuple[int, Input], tuple[int, Effect]] = field(default_factory=dict)
    _saved: dict[tuple[int, int, int], int | None] = field(default_factory=dict)
    _aged: dict[int, int] = field(default_factory=dict)
    _rank: dict[int, int] = field(default_factory=dict)

    def number(self, progress: Progress) -> int:
        """The number of a row; rows that behave alike have the same."""
        plain = self._plain(progress)
        if plain not in self._number:
            self._number[plain] = len(self.known)
            self.known.append(plain)
        return self._number[plain]

    def advance(self, row: int, given: Input) -> tuple[int, Effect]:
        """What the shipped step makes of it now."""
        key = (row, given)
        if key not in self._stepped:
            after, effect = self.rules.step(self.known[row], given, self.policy, NOW)
            self._stepped[key] = (self.number(after), effect)
        return self._stepped[key]

    def save(self, row: int, after: int, before: int) -> int | None:
        """The row once the ledger was asked to commit `after`, made from `before`; None if it refused."""
        key = (row, after, before)
        if key not in self._saved:
            taken = self.rules.merge(*(self.known[each] for each in key))
            self._saved[key] = self.number(self.rules.persist(self.known[after])) if taken else None
        return self._saved[key]

    def triples(self) -> tuple[tuple[Progress, Progress, Progress], ...]:
        """Every (row, after, before) that the ledger was asked about."""
        return tuple((self.known[row], self.known[after], self.known[before]) for row, after, before in self._saved)

    def tick(self, row: int) -> int:
        """The row one tick later."""
        if row < 0:
            return row
        if row not in self._aged:
            old = self.known[row]
            moved = {name: at - TICK for name in _INSTANTS if (at := getattr(old, name)) is not None}
            self._aged[row] = self.number(replace(old, **moved))
        return self._aged[row]

    def is_due(self, row: int) -> bool:
        """Whether what the row waits for has come."""
        return not isinstance(self.advance(row, Due())[1], Wait)

    def state(self, row: int) -> DeliveryState:
        """The state in the row."""
        return self.known[row].state

    def rank(self, row: int) -> int:
        """The rank of the state in the row."""
        if row not in self._rank:
            self._rank[row] = self.known[row].state.rank
        return self._rank[row]

    def attempt_age(self, row: int) -> float:
        """Ticks since the attempt was written down; stops at the horizon."""
        last = self.known[row].last_attempt_at
        return 0.0 if last is None else (NOW - last).total_seconds()

    @cached_property
    def _horizon(self) -> tuple[timedelta, timedelta]:
        """From which age on no comparison of `step` tells first and last attempts apart."""
        give_up = self.policy.give_up if self.policy.give_up < NEVER else 0.0
        first = max(self.policy.key_window / 2, give_up)
        return timedelta(seconds=first), timedelta(seconds=self.policy.late_landing + self.policy.history_lag)

    def _plain(self, progress: Progress) -> Progress:
        first, last = self._horizon
        settled = progress.settled
        return replace(
            progress,
            failure="",
            possible_duplicate=False,
            first_attempt_at=None if settled else _not_before(progress.first_attempt_at, NOW - first),
            last_attempt_at=None if settled else _not_before(progress.last_attempt_at, NOW - last),
            not_before=None if settled else _not_before(progress.not_before, NOW),
        )


_INSTANTS = ("first_attempt_at", "last_attempt_at", "not_before")


def _not_before(at: datetime | None, least: datetime) -> datetime | None:
    return None if at is None else max(at, least)
