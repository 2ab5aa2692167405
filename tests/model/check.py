"""Every reachable state of a variant, and what is wrong with any of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.contracts.vocab import DeliveryState
from tests.model.world import Budget, State, Variant, World

_GIVEN_UP = {DeliveryState.DEAD, DeliveryState.PARKED}
_OPEN = {DeliveryState.PENDING, DeliveryState.INTENT}


@dataclass
class Result:
    """What the enumeration found.

    `lost` counts states that break I1 (gone on ⇒ stored, dead or parked), `most` is the figure of I2 (copies within
    the bound), `stuck` counts states without a way to the next alert (I3), `fallen` moves that lower the rank of the
    row (I4), `unsettled` states in which the destination went on although the row says pending or intent (I5).
    """

    variant: str
    budget: Budget
    states: int = 0
    edges: int = 0
    most: int = 0
    lost: int = 0
    stuck: int = 0
    fallen: int = 0
    unsettled: int = 0
    trace: tuple[str, ...] = field(default=(), repr=False)
    """The shortest way to a state with the most copies."""

    @property
    def sound(self) -> bool:
        """Whether I1, I3, I4 and I5 hold; I2 is a question of the bound."""
        return not (self.lost or self.stuck or self.fallen or self.unsettled)

    def faults(self) -> frozenset[str]:
        """Which invariants broke; `copies` if there were more than one and one for each zombie."""
        figures = {name: getattr(self, name) for name in ("lost", "stuck", "fallen", "unsettled")}
        figures["copies"] = max(0, self.most - 1 - self.budget.zombies)
        return frozenset(name for name, count in figures.items() if count)


def enumerate_states(variant: Variant, budget: Budget) -> Result:
    """Check every state of a variant and every move between them."""
    return explore(World(variant, variant.rows()), budget)


def explore(world: World, budget: Budget) -> Result:
    """Walk breadth first through every state, checking each state and each move."""
    start = world.start(budget)
    numbers, states = {start: 0}, [start]
    came: list[tuple[int, str]] = [(-1, "")]
    towards: list[list[int]] = [[]]
    result = Result(world.variant.name, budget)
    for number, state in enumerate(states):  # grows as it is walked
        _check_state(world, state, result)
        for what, after in world.moves(state):
            result.edges += 1
            result.fallen += after.row != state.row and world.rows.rank(after.row) < world.rows.rank(state.row)
            known = numbers.setdefault(after, len(states))
            if known == len(states):
                states.append(after)
                came.append((number, what))
                towards.append([])
            towards[known].append(number)
    worst = max(range(len(states)), key=lambda number: states[number].stored)
    result.states, result.most, result.trace = len(states), states[worst].stored, _trace(came, worst)
    result.stuck = len(states) - _count_reaching(states, towards)
    return result


def _check_state(world: World, state: State, result: Result) -> None:
    if state.passed:
        logged = world.rows.state(state.row)
        result.lost += not state.in_flight and state.stored == 0 and logged not in _GIVEN_UP
        result.unsettled += logged in _OPEN


def _count_reaching(states: list[State], towards: list[list[int]]) -> int:
    """How many states can come to one in which the destination has gone on: no other is ever stuck for good."""
    queue = [number for number, state in enumerate(states) if state.passed]
    reaching = set(queue)
    for number in queue:  # grows as it is walked
        fresh = [before for before in towards[number] if before not in reaching]
        reaching.update(fresh)
        queue.extend(dict.fromkeys(fresh))
    return len(reaching)


def _trace(came: list[tuple[int, str]], number: int) -> tuple[str, ...]:
    said: list[str] = []
    while number > 0:
        number, what = came[number]
        said.append(what)
    return tuple(reversed(said))
