"""What a watchlist file wants less of: the kinds of news it names, and its mutes."""

from __future__ import annotations

import uuid

from services.alert.matching.predicatekinds import TermError
from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.keys import MuteFile
from services.alert.watchlists.news import read_news
from services.alert.watchlists.reading import Path, Reading
from services.contracts.watchlists import Mute, MuteScope
from services.taxonomy.model import FacetName
from services.taxonomy.taxonomy import Taxonomy

_ITEM_FACETS: tuple[FacetName, ...] = ("minerals", "technologies")


class RestraintReading(Reading):
    """Reads `news` and `mutes`."""

    def news(self) -> tuple[str, ...]:
        """The kinds of news wanted; empty for all."""
        if "news" not in self.document.value:
            return ()
        value = self.document.value["news"]
        found = []
        for index, term in enumerate(value if isinstance(value, list) else [value]):
            path: Path = ("news", index) if isinstance(value, list) else ("news",)
            try:
                found.append(read_news(_plain(term), self.taxonomy))
            except TermError as error:
                self.add(path, str(error))
        if not found and not value:
            self.add(("news",), "`news` names nothing, so nobody would hear; name a kind, or remove the line")
        return tuple(dict.fromkeys(found))

    def mutes(self) -> tuple[Mute, ...]:
        """The mutes, with what they name in its one spelling."""
        return tuple(mute for index, each in self.parts("mutes", MuteFile) for mute in self._mute(each, index))

    def _mute(self, written: MuteFile, index: int) -> list[Mute]:
        (scope,) = written.scopes
        ends = {"until": written.until, "until_next_stage": written.until_next_stage, "reason": written.reason}
        try:
            value = "" if scope is MuteScope.WATCHLIST else self._muted(scope, getattr(written, scope.value))
        except TermError as error:
            self.add(("mutes", index, scope.value), str(error))
            return []
        return [Mute(scope=scope, value=value, **ends)]

    def _muted(self, scope: MuteScope, value: str) -> str:
        if scope is MuteScope.SOURCE and value.endswith("*"):
            raise TermError(f"`{value}` stands for many sources; mute each by its key")
        if scope is MuteScope.SOURCE:
            return PREDICATES["source"].read(value, self.taxonomy)
        return _read_measure(value) if scope is MuteScope.MEASURE else _read_item(value, self.taxonomy)


def _plain(term: object) -> str:
    if not isinstance(term, str) or not term:
        raise TermError("a kind of news is plain text, as `stage_changed` or `* -> suspended`")
    return term


def _read_measure(value: str) -> str:
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise TermError(f"`{value}` is no measure id; copy it from an alert or from `noroshi try`") from None


def _read_item(value: str, taxonomy: Taxonomy) -> str:
    """The id of a mineral or a technology; raises TermError with the nearest."""
    for name in _ITEM_FACETS:
        if not PREDICATES[name].check([value], taxonomy):
            return PREDICATES[name].read(value, taxonomy)
    near = next((found for facet in _ITEM_FACETS if (found := taxonomy.suggest(facet, value))), None)
    hint = f"did you mean `{near}`?" if near else "name a mineral or a technology"
    raise TermError(f"unknown item `{value}`; {hint}")
