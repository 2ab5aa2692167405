"""An official document with who publishes it and who reads it, and the two parts of it that count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.classify.clauses import Sentence
from services.classify.document import Document
from services.classify.profile import Profile
from services.classify.readers import Readers
from services.classify.rulebook import Where
from services.classify.scan import Hit

HEAD: tuple[Where, ...] = ("title", "lead", "text")
"""Where rules that may hold in a headline look."""
LEAD: tuple[Where, ...] = ("lead", "text")
"""Where rules that may hold in the opening of a body look."""
LEAD_SENTENCES = 4
ITEMS = ("mineral", "technology")
LINKS = re.compile(r"(?:\s*\[[一-鿿]{2,8}解[读说]\])+$")
_CITED = re.compile(r"《[^《》]*(?:条例|法|办法|规定|條例|辦法|規定)》|(?:包括但不限于|包含)[^()。;]*形态")
_FOOTER = "本站转载"


@dataclass(frozen=True)
class Page:
    """What every step of reading an official document needs."""

    document: Document
    profile: Profile
    readers: Readers

    @property
    def lang(self) -> str:
        """The language of the document."""
        return str(self.document.lang)

    @property
    def source(self) -> str:
        """The key of the source."""
        return self.document.event.source

    @property
    def title(self) -> str:
        """The folded headline, without the labels of links that a list puts after it (`[政策解读]`)."""
        return LINKS.sub("", self.document.text[: self.document.title_end])

    @property
    def lead(self) -> Sequence[Sentence]:
        """The opening sentences of the body, without what the publisher puts under every text."""
        kept = [sentence for sentence in self.document.lead if not sentence.text.startswith(_FOOTER)]
        return kept[:LEAD_SENTENCES]

    @property
    def lists_items(self) -> bool:
        """Whether documents of this kind list in the body what they are about."""
        return self.profile.manner in ("agency", "digest", "database")

    def items(self, sentences: Iterable[Sentence]) -> list[Hit]:
        """The minerals and technologies named in the sentences."""
        return [hit for each in sentences for hit in self._named(each) if hit.facet in ITEMS]

    def _named(self, sentence: Sentence) -> Iterable[Hit]:
        """The objects of a sentence; a law that a Chinese body cites is its ground, a shape (`晶片`) no other good."""
        found = self.document.scan.within(sentence).objects
        if not found or sentence.title or not self.lang.startswith("zh"):
            return found
        cited = [each.span() for each in _CITED.finditer(sentence.text)]
        return [hit for hit in found if not any(a <= hit.start - sentence.start < b for a, b in cited)]
