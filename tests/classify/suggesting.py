"""What the embedding suggester finds in documents the rules are silent on: `python -m tests.classify.suggesting`.

A suggestion is right when the label's acts are of that type or of one below it. The half of the composed documents
that rules were mended with has next to nothing left to find, so it shows the noise; the other half shows the rest.
"""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass

from services.classify.core import Classifier
from services.classify.plugin import load_suggester
from services.classify.suggest import candidates_of, suggest
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy
from tests.classify.corpora import corpus_lines, was_read
from tests.classify.events import event_of_line

NAME = "use_multilingual"


@dataclass
class Tally:
    """Counts over silent documents of one half; `missed` have labelled acts, `helped` of them a right suggestion."""

    silent: int = 0
    missed: int = 0
    touched: int = 0
    suggested: int = 0
    right: int = 0
    helped: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    def add(self, tags: list[str], truth: set[str], seconds: float) -> None:
        right = sum(tag in truth for tag in tags)
        self.silent += 1
        self.missed += bool(truth)
        self.touched += bool(tags)
        self.suggested += len(tags)
        self.right += right
        self.helped += bool(right)
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)


def measure(taxonomy: Taxonomy, classifier: Classifier) -> dict[str, Tally]:
    """The tallies of both halves, printing time and memory on the way; raises UsageError without the extra."""
    pairs = [(event_of_line(line), label) for line, label in corpus_lines("own", "blind")]
    silent = [(event, label) for event, label in pairs if not classifier.classify(event).acts]
    print(f"{len(silent)} of {len(pairs)} documents have no act; resident so far {_resident():.0f} MB")
    candidates = candidates_of(taxonomy)
    started = time.process_time()
    suggester = load_suggester(NAME, taxonomy)
    assert suggester is not None
    print(f"opened in {time.process_time() - started:.1f} s of processor time; resident so far {_resident():.0f} MB")
    tallies = {"read": Tally(), "unread": Tally()}
    for event, label in silent:
        started = time.process_time()
        added = suggest(event, (), suggester, candidates, taxonomy)
        took = time.process_time() - started
        types = {type_ for act in label.get("acts", ()) for type_ in act["types"]}
        truth = {above for each in types for above in taxonomy.rollup("measures", each)}
        tallies["read" if was_read(event.document_id) else "unread"].add(
            [each.tag for each in added.found], truth, took
        )
    return tallies


def main() -> None:
    """Print the tallies, the processor time and the memory."""
    taxonomy = default_taxonomy()
    for half, tally in measure(taxonomy, Classifier(taxonomy)).items():
        print(f"{half}: {tally}; {1000 * tally.seconds / tally.silent:.0f} ms a document")
    print(f"peak resident memory {_resident():.0f} MB")


def _resident() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
