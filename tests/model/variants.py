"""The variants that are enumerated: what ships, what it is compared with, and bugs planted on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.alert.delivery.protocol import Due, Effect, Input, Policy, Posted, Progress, Unknown, Wait, step
from services.contracts.vocab import DeliveryState
from tests.model.rows import Rules, last_write_wins, rank_alone
from tests.model.world import SHIPPED, Budget, Variant

BUDGETS = tuple(Budget(*each) for each in ((1, 0, 0), (0, 1, 0), (2, 2, 0), (0, 0, 1), (1, 1, 1)))
LARGEST = Budget(2, 2, 1)
_WINDOW = 6
"""Ticks for which a proven key is honoured; half of it must outlast a slow process and a late landing."""

Bound = Callable[[Budget], int]


def one(budget: Budget) -> int:
    """One copy, whatever happens."""
    del budget
    return 1


def one_and_zombies(budget: Budget) -> int:
    """One copy, and one more for every owner that wakes up after it was replaced."""
    return 1 + budget.zombies


def every_doubt(budget: Budget) -> int:
    """One copy, and one more for every answer lost, every kill and every zombie."""
    return 1 + sum(budget)


def forget_intent(progress: Progress) -> Progress:
    """What a notifier without an intent log remembers: nothing, until it is over."""
    return progress if progress.settled else Progress()


@dataclass(frozen=True)
class Case:
    """A variant and what the published guarantee says of it; without a bound it says nothing.

    `zombies_break` says that its invariants hold only as long as no replaced owner wakes up.
    """

    variant: Variant
    bound: Bound | None
    zombies_break: bool = False

    def holds_with(self, budget: Budget) -> bool:
        """Whether its invariants hold with that many faults."""
        return not (self.zombies_break and budget.zombies)


PARK = replace(SHIPPED, unreadable="park")
PROVEN = replace(SHIPPED, key_window=_WINDOW)
NAIVE = Case(
    Variant("post, then commit", history="unreadable", rules=Rules(persist=forget_intent, merge=last_write_wins)),
    bound=None,
    zombies_break=True,
)
LAST_WRITE = Case(
    Variant("all, the last write wins", key="window", rules=Rules(merge=last_write_wins)), None, zombies_break=True
)
READ_BACK = Case(Variant("intent + read-back + wait"), one_and_zombies)
CASES = (
    NAIVE,
    Case(Variant("intent only", history="unreadable"), every_doubt),
    Case(Variant("intent + endless key", key="endless", history="unreadable"), one),
    Case(Variant("intent + key with a window", key="window", history="unreadable"), every_doubt),
    READ_BACK,
    Case(Variant("all, key with a window", key="window"), one_and_zombies),
    Case(
        Variant("all, key proven: re-sent at once", PROVEN, key="window", key_window=_WINDOW, stall=1), one_and_zombies
    ),
    Case(Variant("all, endless key", key="endless"), one),
    LAST_WRITE,
    Case(Variant("all, history may fail: resend", key="window", history="may fail"), every_doubt),
    Case(Variant("all, history may fail: park", PARK, key="window", history="may fail"), one_and_zombies),
)


def take_lost_for_sent(progress: Progress, given: Input, policy: Policy, now: datetime) -> tuple[Progress, Effect]:
    """A protocol that believes a request without an answer to be stored."""
    return step(progress, Posted("?") if isinstance(given, Unknown) else given, policy, now)


def count_from_intent(progress: Progress, given: Input, policy: Policy, now: datetime) -> tuple[Progress, Effect]:
    """A protocol that waits for late landings from the intent on, not from when the request was given up.

    Ours did so until this enumeration showed two copies: a process that is slow between the two has no wait left.
    """
    restarted = isinstance(given, Due) and progress.doubt and progress.not_before is None
    if restarted or isinstance(given, Unknown):
        return step(replace(progress, not_before=now), Due(), policy, now)
    return step(progress, given, policy, now)


def never_read_back(progress: Progress, given: Input, policy: Policy, now: datetime) -> tuple[Progress, Effect]:
    """A protocol that, once in doubt, waits for ever."""
    if progress.doubt and isinstance(given, Due):
        return progress, Wait(now + timedelta(days=1))
    return step(progress, given, policy, now)


@dataclass(frozen=True)
class Bug:
    """A planted bug, the smallest budget that shows it, and which figures of a result must give it away."""

    variant: Variant
    budget: Budget
    shown_by: frozenset[str]


BUGS = (
    Bug(
        Variant("gone on before it is settled", skips=frozenset({DeliveryState.INTENT})),
        Budget(1, 0, 0),
        frozenset({"lost", "unsettled"}),
    ),
    Bug(Variant("no answer means sent", rules=Rules(step=take_lost_for_sent)), Budget(0, 1, 0), frozenset({"lost"})),
    Bug(Variant("that it is sent is not committed", settle_unsaved=True), Budget(0, 0, 0), frozenset({"unsettled"})),
    Bug(
        Variant("read back without waiting", replace(SHIPPED, late_landing=0, history_lag=0, looks=1)),
        Budget(0, 1, 0),
        frozenset({"copies"}),
    ),
    Bug(Variant("the wait counts from the intent", rules=Rules(step=count_from_intent)), Budget(0, 1, 0),
        frozenset({"copies"})),
    Bug(Variant("a doubt is never read back", rules=Rules(step=never_read_back)), Budget(0, 1, 0),
        frozenset({"stuck"})),
    Bug(Variant("a rank may fall", rules=Rules(merge=last_write_wins)), Budget(0, 0, 1), frozenset({"fallen"})),
    Bug(Variant("the ledger looks at the rank alone", rules=Rules(merge=rank_alone)), Budget(1, 1, 1),
        frozenset({"copies"})),
)  # fmt: skip
