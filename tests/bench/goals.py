"""A figure beside what it is to be; a run fails where one falls short of seven tenths of its goal."""

from __future__ import annotations

from dataclasses import dataclass

SHARE = 0.7
"""How much of a goal must be reached for a run to pass: neighbours on the machine move ratios."""


@dataclass(frozen=True)
class Goal:
    """A measured figure that is to be at least, or at most, so much."""

    name: str
    figure: float
    at_least: float | None = None
    at_most: float | None = None
    unit: str = "×"

    @property
    def passes(self) -> bool:
        """Whether seven tenths of the goal are reached."""
        low = self.at_least is None or self.figure >= self.at_least * SHARE
        return low and (self.at_most is None or self.figure <= self.at_most / SHARE)

    def lines(self) -> list[str]:
        """The figure, the goal, and whether the gate lets it through."""
        goal = f"at least {self.at_least:g}" if self.at_least is not None else f"at most {self.at_most:g}"
        reached = self.figure >= (self.at_least or 0) and (self.at_most is None or self.figure <= self.at_most)
        verdict = "reached" if reached else "short of the goal" if self.passes else "FAILS"
        return [f"  {self.name}: {self.figure:,.2f}{self.unit}, goal {goal}{self.unit}: {verdict}"]
