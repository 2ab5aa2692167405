"""Our matcher beside mokaccino and bare bitmaps: time, growth, change and memory. `python -m tests.bench.matching`."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from services.alert.matching.index import RuleIndex
from services.contracts.measures import Act
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy
from tests.bench.engines import Bare, Mokaccino, id_of, our_index
from tests.bench.goals import Goal
from tests.bench.ratio import Ratio, Tail, Work, measure
from tests.bench.rules import URGENCIES, Made, Population, Terms

SIDES = """\
our index: from the act to the numbers of the rules that hold, groups of the taxonomy included; `with ids` and
  `with ids and evidence` is the same with the watchlists' ids, and the terms that held with their tags and places
mokaccino: its percolator in Rust; its document is built from the terms met, which are looked up beforehand
bare bitmaps: one pyroaring bitmap a field, united and intersected; terms looked up beforehand"""
FEW, MANY, MOST = 1_000, 100_000, 1_000_000
OURS, IDS, EVIDENCE, PEER, BARE = "our index", "with ids", "with ids and evidence", "mokaccino", "bare bitmaps"
ROUNDS = 5
EXCHANGED = 1_000
Measured = Ratio | Tail | Goal


@dataclass(frozen=True)
class Bench:
    """The three engines over one population, and the acts that are matched."""

    population: Population
    acts: Sequence[Act]
    met: Sequence[tuple[Terms, int]]
    ours: RuleIndex
    peer: Mokaccino
    bare: Bare

    @property
    def name(self) -> str:
        """What is measured."""
        kind = "selective" if self.population.selective else "common"
        return f"{len(self.acts)} acts against {self.population.count:,} {kind} rules"

    def matches(self) -> int:
        """How many matches there are in all; raises AssertionError unless all three find the same."""
        total = 0
        for act, (terms, rank) in zip(self.acts, self.met, strict=True):
            ours, peer = set(self.ours.matching(act)), set(self.peer.matching(terms, rank))
            assert {self.ours.id_of(number) for number in ours} == {id_of(number) for number in peer}
            assert peer == set(self.bare.matching(terms, rank))
            total += len(ours)
        return total

    def measure(self) -> Ratio:
        """All engines on all acts, interleaved."""
        ways: dict[str, Work] = {
            OURS: lambda: [self.ours.matching(act) for act in self.acts],
            IDS: lambda: [list(map(self.ours.id_of, self.ours.matching(act))) for act in self.acts],
            EVIDENCE: lambda: [self.ours.holding(act) for act in self.acts],
            PEER: lambda: [self.peer.matching(*met) for met in self.met],
            BARE: lambda: [self.bare.matching(*met) for met in self.met],
        }
        return measure(f"{self.name}, {self.matches():,} matches", ways, ROUNDS)


def set_up(taxonomy: Taxonomy, count: int, acts: int, *, selective: bool = False) -> Bench:
    """The engines over `count` rules."""
    population = Population(taxonomy, count, selective=selective)
    asked = population.acts(acts)
    met = [(population.met(act), URGENCIES.index(act.urgency)) for act in asked]
    gc.disable()  # else the collector walks a million objects again and again while they are made
    try:
        ours = our_index(population.made(), taxonomy)
        return Bench(population, asked, met, ours, Mokaccino(population.made()), Bare(population.made()))
    finally:
        gc.enable()


def measure_matching(taxonomy: Taxonomy) -> Iterator[Measured]:
    """Everything, the largest last."""
    small = set_up(taxonomy, FEW, 100)
    yield small.measure()
    common = set_up(taxonomy, MANY, 40)
    at_many = common.measure()
    yield at_many
    yield Goal("mokaccino's time of ours", _times(at_many, PEER), at_least=8)
    yield Goal("our time of the bare bitmaps'", 1 / _times(at_many, BARE), at_most=3)
    yield from _measure_change(small, common)
    del small, common
    yield from _measure_growth(taxonomy, at_many, selective=False)
    selective = set_up(taxonomy, MANY, 40, selective=True).measure()
    yield selective
    yield from _measure_growth(taxonomy, selective, selective=True)
    for count in (MANY, MOST):
        yield from _measure_memory(count)


def _measure_growth(taxonomy: Taxonomy, before: Ratio, *, selective: bool) -> Iterator[Measured]:
    bench = set_up(taxonomy, MOST, 20, selective=selective)
    after, matches = bench.measure(), bench.matches()
    yield after
    growth = (after.medians[OURS] / 20) / (before.medians[OURS] / 40)
    yield Goal(f"growth of an act's time over {MANY:,}", growth, at_most=5 if selective else 10)
    if not selective:
        yield Goal("time of a match, all in", after.medians[OURS] / matches * 1e9, at_most=100, unit=" ns")


# ---- change --------------------------------------------------------------------------------------------------------


def _measure_change(small: Bench, large: Bench) -> Iterator[Measured]:
    """Adding and removing in an index of few rules and of many, beside adding to mokaccino's."""
    extra = list(Population(default_taxonomy(), EXCHANGED).made(seed=11))
    taken: dict[str, list[float]] = {}
    for turn in range(ROUNDS):
        for name, bench in (("few", small), ("many", large)):
            added, removed = _exchange(bench.ours, extra)
            taken.setdefault(f"add to {name}", []).append(added)
            taken.setdefault(f"remove from {name}", []).append(removed)
        offset = large.population.count + turn * EXCHANGED
        taken.setdefault("mokaccino's add to many", []).append(_added(large.peer, extra, offset))
    medians = {name: statistics.median(times) / EXCHANGED for name, times in taken.items()}
    order = ("add to many", "remove from many", "add to few", "remove from few", "mokaccino's add to many")
    yield Ratio(f"one rule, few being {FEW:,} and many {MANY:,}", {name: medians[name] for name in order})
    theirs = medians["mokaccino's add to many"]
    yield Goal("add to many, of mokaccino's add", medians["add to many"] / theirs, at_most=2)
    yield Goal("remove from many, of mokaccino's add", medians["remove from many"] / theirs, at_most=2)
    yield Goal("add to many, of add to few", medians["add to many"] / medians["add to few"], at_most=1.5)
    yield Goal("remove from many, of few", medians["remove from many"] / medians["remove from few"], at_most=1.5)


def _exchange(index: RuleIndex, extra: Sequence[Made]) -> tuple[float, float]:
    rules = [(f"extra-{number}", made.rule()) for number, made in enumerate(extra)]

    def add() -> None:
        for id_, rule in rules:
            index.add(id_, rule)

    def remove() -> None:
        for id_, _ in rules:
            index.remove(id_)

    return _seconds(add), _seconds(remove)


def _added(peer: Mokaccino, extra: Sequence[Made], offset: int) -> float:
    def add() -> None:
        for number, made in enumerate(extra):
            peer.add(offset + number, made)

    return _seconds(add)


def _seconds(work: Callable[[], None]) -> float:
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


# ---- memory --------------------------------------------------------------------------------------------------------


def _measure_memory(count: int) -> Iterator[Measured]:
    taken = {engine: _bytes_in_a_process(engine, count) for engine in (OURS, PEER, BARE)}
    bytes_each = ", ".join(f"{engine} {each:,.0f}" for engine, each in taken.items())
    yield Goal(f"bytes a rule at {count:,} ({bytes_each}), ours of mokaccino's", taken[OURS] / taken[PEER], at_most=0.6)


def _bytes_in_a_process(engine: str, count: int) -> float:
    command = [sys.executable, "-m", "tests.bench.matching", engine, str(count)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def print_bytes(engine: str, count: int) -> None:
    """Print how much the process grew for each rule held; the rules themselves are let go of."""
    taxonomy = default_taxonomy()
    population = Population(taxonomy, count)
    build: dict[str, Callable[[], object]] = {
        OURS: lambda: our_index(population.made(), taxonomy),
        PEER: lambda: Mokaccino(population.made()),
        BARE: lambda: Bare(population.made()),
    }
    our_index(Population(taxonomy, 1).made(), taxonomy)
    gc.collect()
    before = _resident()
    gc.disable()  # see set_up
    held = build[engine]()
    gc.enable()
    gc.collect()
    print((_resident() - before) / count)
    del held


def _resident() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _times(ratio: Ratio, peer: str) -> float:
    return ratio.medians[peer] / ratio.medians[OURS]


def main() -> int:
    """Print the measurements; 1 if a figure falls short of its gate."""
    print(SIDES)
    passes = True
    for each in measure_matching(default_taxonomy()):
        print("\n".join(each.lines()), flush=True)
        passes &= not isinstance(each, Goal) or each.passes
    return 0 if passes else 1


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print_bytes(sys.argv[1], int(sys.argv[2]))
    else:
        sys.exit(main())
