"""Which measure an act belongs to, so that all documents of its life share one id."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.classify.facets.identifiers import Identified, strongest
from services.contracts import ids
from services.contracts.events import Identifier

_TAKES_UP = re.compile(
    r"(?:amend\w*|suspend\w*|rescind\w*|repeal\w*|terminat\w*|extend\w*|correct\w*|modif\w*|"
    r"暂停(?:实施)?|停止(?:执行|实施)|废止|修改|调整|中止(?:实施)?)[^.;。]{0,30}$"
)
_OWN = frozenset({"rin", "docket", "ad_cvd_case", "itc_case", "dfars_case", "celex"})
"""Schemes that name the measure wherever they stand; others in the body are mostly the legal basis."""


def choose_identifier(
    stated: Sequence[Identifier], found: Sequence[Identified], headline: Sequence[Identified], text: str
) -> Identifier | None:
    """The identifier that names the measure: what the source states, else the strongest in the text.

    A document that amends or suspends the announcement of another joins that one's measure.
    """
    given = strongest(stated)
    if given is not None:
        return given
    touched = [each.identifier for each in found if _TAKES_UP.search(text[max(0, each.start - 60) : each.start])]
    own = [each.identifier for each in found if each.identifier.scheme in _OWN]
    return strongest(own) or strongest(touched) or strongest(each.identifier for each in headline)


def measure_id(event_id: str, identifier: Identifier | None, discriminator: str, *, primary: bool) -> str:
    """The id of an act's measure; further acts of one document add a discriminator to the shared identifier."""
    if identifier is None:
        return ids.measure_id_of_event(event_id, discriminator)
    return ids.measure_id_of_identifier(identifier, "" if primary else discriminator)
