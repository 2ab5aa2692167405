"""Whose acts a source publishes, and in which manner."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from services.classify.rulebook import Manner, Rulebook

_NEWSY = ("news", "press", "media", "blog", "sample")


@dataclass(frozen=True, slots=True)
class Profile:
    """How to read documents of a source; `issuer` is None where the text says who acts."""

    manner: Manner
    issuer: str | None

    @property
    def is_told(self) -> bool:
        """Whether documents tell of acts, mostly those of others, and do not state them."""
        return self.manner in ("news", "bulletin")


def profile_of(source: str, rules: Rulebook, countries: Collection[str]) -> Profile:
    """The profile of a source key: of the longest known key it starts with, else of its country prefix."""
    known = [rule for rule in rules.sources if source.startswith(rule.key)]
    if known:
        best = max(known, key=lambda rule: len(rule.key))
        return Profile(best.manner, best.issuer)
    head, _, rest = source.partition("-")
    code = rules.prefixes.get(head, head.upper())
    own_voice = "gov" in rest or not any(word in rest for word in _NEWSY)
    if rest and code in countries and own_voice:
        return Profile("gazette" if "gazette" in rest else "agency", code)
    return Profile("news", None)
