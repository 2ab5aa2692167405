"""Open the suggester that the settings name; the one place where the plug-ins meet the classifier."""

from __future__ import annotations

from services.classify.suggest import Suggester, candidates_of
from services.runtime.registry import load_plugin
from services.taxonomy.taxonomy import Taxonomy

SUGGESTERS = "services.classify.suggesters"


def load_suggester(name: str, taxonomy: Taxonomy) -> Suggester | None:
    """The suggester of that name, ready to be asked; None for the empty name.

    Raises UsageError for an unknown name, and for a plug-in whose library is not installed.
    """
    if not name:
        return None
    suggester: Suggester = load_plugin(SUGGESTERS, name, "open_suggester")(candidates_of(taxonomy))
    return suggester
