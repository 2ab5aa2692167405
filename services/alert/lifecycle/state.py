"""What the documents of a measure say together: its state, its limbs, and how two states differ. Pure.

Stage and dates follow the newest document that states them; the scope is what all documents name together. A
document about only a part of the measure (`limb_of` says when) moves that limb and leaves the rest where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.contracts.alerts import Change, Limb, MeasureState
from services.contracts.vocab import DateRole, Direction, Stage
from services.taxonomy.model import FacetName
from services.taxonomy.taxonomy import Taxonomy

SCOPE: tuple[tuple[str, FacetName | None], ...] = (
    ("types", "measures"),
    ("imposing", None),
    ("target", None),
    ("affected", None),
    ("minerals", "minerals"),
    ("technologies", "technologies"),
)
"""The fields that make a measure's scope, each with the facet whose roll-up says that a tag is no news."""

HALTED = frozenset({Stage.SUSPENDED, Stage.COURT_BLOCKED})
"""Stages of something that exists and does not apply for now."""

ENDING = HALTED | {Stage.LIFTED}
"""Stages that, said of the whole, leave no part of it at a stage of its own."""

RUNNING = frozenset({Stage.IN_FORCE, Stage.EXTENDED, Stage.AMENDED})
"""Stages of a whole that a limb in force is not apart from."""

PARTIAL = ENDING | {Stage.EXTENDED, Stage.IN_FORCE}
"""Stages that can be a part's alone; a part that is amended amends the whole."""

LIMB = "limb:"
"""How the field of a change about a limb begins: `limb:paragraph 2`, and `limb:paragraph 2:expiry` for a date."""


class Kept(BaseModel):
    """A piece of what is remembered of a measure; unknown fields are ignored, so that it is read after a roll-back."""

    model_config = ConfigDict(frozen=True)


class ToldDocument(Kept):
    """What one document said of the measure when it was last read."""

    event_id: str
    material: str
    earlier: tuple[str, ...] = ()
    """Material revisions read from the same version of the document before, by an older classifier."""
    published: date
    seen_at: AwareDatetime
    withdrawn: bool = False
    told: bool = True
    """False for a document that came after a newer one: nobody was told what it says."""
    stage: Stage
    direction: Direction
    part: str | None = None
    """What it changes of the measure: the part it names, "" for the measure as such, None if it states no change."""
    types: tuple[str, ...] = ()
    imposing: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    minerals: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    dates: tuple[tuple[DateRole, str], ...] = ()

    @property
    def order(self) -> tuple[date, AwareDatetime, str]:
        """The place among the documents of a measure, oldest first."""
        return self.published, self.seen_at, self.event_id


Dates = dict[DateRole, tuple[str, ...]]


@dataclass(frozen=True)
class _Reach:
    """Against whom and on what: what a part is measured by."""

    target: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()

    def __or__(self, other: _Reach) -> _Reach:
        return _Reach(self.target | other.target, self.items | other.items)


@dataclass(frozen=True)
class _Part:
    """A limb while the documents are read; `since` is the day of the last document that moved it."""

    name: str
    stage: Stage
    since: date
    document: ToldDocument
    dates: Dates

    halted: bool
    """Whether it does not apply for now; a halt that is extended goes on."""

    @property
    def reach(self) -> _Reach:
        return _reach(self.document)

    @property
    def key(self) -> str:
        return self.name or "+".join(
            (*self.document.target, *self.document.minerals, *self.document.technologies),
        )


@dataclass
class _Read:
    """What the documents read so far say; the dates of a halt count until the halt is over."""

    taxonomy: Taxonomy
    stage: Stage = Stage.UNKNOWN
    direction: Direction = Direction.NEUTRAL
    dates: Dates = field(default_factory=dict)
    halt_dates: Dates | None = None
    parts: dict[str, _Part] = field(default_factory=dict)
    reach: _Reach = _Reach()

    def take(self, document: ToldDocument) -> None:
        part = self._part_of(document)
        if part is None:
            self._take_whole(document)
        else:
            covered = [key for key, old in self.parts.items() if not old.name and self.covers(part.reach, old.reach)]
            for key in [] if part.name else covered:
                del self.parts[key]
            self.parts[part.key] = part
        self.reach |= _reach(document)

    def _take_whole(self, document: ToldDocument) -> None:
        if document.stage is not Stage.UNKNOWN:
            self.stage = document.stage
            if document.stage in ENDING:
                self.parts.clear()
            if document.stage in HALTED:
                self.halt_dates = self.halt_dates or {}
            elif not _extends_a_halt(document):
                self.halt_dates = None
        if document.direction is not Direction.NEUTRAL:
            self.direction = document.direction
        known = self.dates if self.halt_dates is None else self.halt_dates
        known |= _news(self.dates | known, document)

    # ---- which part a document is about ------------------------------------------------------------------------

    def _part_of(self, document: ToldDocument) -> _Part | None:
        """The limb the document is about, as it leaves it; None if it is about the measure as a whole."""
        if document.stage not in PARTIAL:
            return None
        if document.part:
            return self._moved(self.parts.get(document.part), document, document.part)
        proper = self._is_part(_reach(document))
        known = next((each for each in self.parts.values() if self._means(document, each, proper)), None)
        if known is None and (not proper or document.stage is Stage.IN_FORCE):
            return None
        return self._moved(known, document, known.name if known else "")

    def _moved(self, known: _Part | None, document: ToldDocument, name: str) -> _Part:
        halted = document.stage in HALTED
        if known is None:
            return _Part(name, document.stage, document.published, document, _news({}, document), halted)
        goes_on = known.halted and (halted or _extends_a_halt(document))
        again = goes_on and (known.stage, document.stage) == (Stage.EXTENDED, Stage.SUSPENDED)
        stays = goes_on or document.stage is known.stage
        return replace(
            known,
            stage=known.stage if again else document.stage,
            since=document.published,
            document=document if document.part and _reach(document) != _Reach() else known.document,
            dates=known.dates | _news(known.dates, document) if stays else _news({}, document),
            halted=halted or goes_on,
        )

    def _means(self, document: ToldDocument, part: _Part, proper: bool) -> bool:
        """Whether a document that names no part speaks of a limb known already.

        Saying the same again with fewer words is not said of the whole, unless the document changes the measure by
        its number. What is in force again says so by naming just the limb, or a day after the limb was halted.
        """
        own, limb = _reach(document), part.reach
        within = self.covers(limb, own) and (proper or document.part is None)
        if document.stage is not Stage.IN_FORCE:
            goes_on = part.halted and (document.stage in HALTED or _extends_a_halt(document))
            return within and (goes_on or document.stage is part.stage)
        if not (part.halted or part.stage is Stage.LIFTED) or not self.covers(own, limb):
            return False
        return (proper and within) or any(
            role is DateRole.EFFECTIVE and value > part.since.isoformat() for role, value in document.dates
        )

    def _is_part(self, own: _Reach) -> bool:
        """Whether it is within what was said before, and less of it in some respect."""
        return self.covers(self.reach, own) and any(
            said and not self._all_under(known, said)
            for known, said in ((self.reach.target, own.target), (self.reach.items, own.items))
        )

    def covers(self, wide: _Reach, narrow: _Reach) -> bool:
        """Whether each tag of `narrow` is, or falls under, one of `wide`; to name none says nothing."""
        return self._all_under(narrow.target, wide.target) and self._all_under(narrow.items, wide.items)

    def _all_under(self, tags: frozenset[str], over: frozenset[str]) -> bool:
        return all(tag in over or over & self._above(tag) for tag in tags)

    def _above(self, tag: str) -> frozenset[str]:
        facets: tuple[FacetName, ...] = ("minerals", "technologies")
        return frozenset().union(*(self.taxonomy.rollup(facet, tag) for facet in facets if self._has(facet, tag)))

    def _has(self, facet: FacetName, tag: str) -> bool:
        return tag in self.taxonomy.entries(facet)


def _reach(document: ToldDocument) -> _Reach:
    return _Reach(frozenset(document.target), frozenset((*document.minerals, *document.technologies)))


def _extends_a_halt(document: ToldDocument) -> bool:
    return document.stage is Stage.EXTENDED and document.direction is not Direction.RESTRICTIVE


def _news(known: Dates, document: ToldDocument) -> Dates:
    """The document's dates by role where they say more than is known; a vaguer wording of a known date is no change.

    The day of an announcement belongs to the document, not to the measure, and is left out.
    """
    found: Dates = {}
    for role in {role for role, _ in document.dates} - {DateRole.ANNOUNCED}:
        values = tuple(value for each, value in document.dates if each is role)
        if not all(any(old.startswith(value) for old in known.get(role, ())) for value in values):
            found[role] = values
    return found


# ---- the state -------------------------------------------------------------------------------------------------


def state_of(documents: Iterable[ToldDocument], taxonomy: Taxonomy) -> MeasureState:
    """What the documents that still stand say together; they come oldest first."""
    standing = [each for each in documents if not each.withdrawn]
    read = _Read(taxonomy)
    for document in standing:
        read.take(document)
    scope = {
        name: _most_specific({tag for each in standing for tag in getattr(each, name)}, facet, taxonomy)
        for name, facet in SCOPE
    }
    return MeasureState(
        stage=read.stage,
        direction=read.direction,
        dates=_sorted(read.dates | (read.halt_dates or {})),
        limbs=tuple(_limb(part) for _, part in sorted(read.parts.items()) if _differs(part.stage, read.stage)),
        **scope,
    )


def limb_key(limb: Limb) -> str:
    """What a limb is known by: its name, else its targets and items."""
    return limb.name or "+".join((*limb.target, *limb.minerals, *limb.technologies))


def _limb(part: _Part) -> Limb:
    document = part.document
    return Limb(
        stage=part.stage,
        name=part.name,
        dates=_sorted(part.dates),
        target=document.target,
        minerals=document.minerals,
        technologies=document.technologies,
    )


def _differs(part: Stage, whole: Stage) -> bool:
    return part is not whole and not (part is Stage.IN_FORCE and whole in RUNNING)


def _sorted(dates: Dates) -> tuple[tuple[DateRole, tuple[str, ...]], ...]:
    return tuple(sorted(dates.items()))


def _most_specific(tags: set[str], facet: FacetName | None, taxonomy: Taxonomy) -> tuple[str, ...]:
    if facet is None:
        return tuple(sorted(tags))
    covered = {over for tag in tags for over in taxonomy.rollup(facet, tag) if over != tag}
    return tuple(sorted(tags - covered))


# ---- how two states differ -------------------------------------------------------------------------------------


def differences(before: MeasureState, after: MeasureState) -> tuple[Change, ...]:
    """Every field of the measure that went from one value to another, dates under the name of their role.

    A limb's stage stands under `limb:` and its key, its dates under that and their role.
    """
    old_dates, new_dates = dict(before.dates), dict(after.dates)
    pairs: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
        ("stage", (before.stage,), (after.stage,)),
        *((role, old_dates.get(role, ()), new_dates.get(role, ())) for role in DateRole),
        ("direction", (before.direction,), (after.direction,)),
        *((name, getattr(before, name), getattr(after, name)) for name, _ in SCOPE),
        *_limb_pairs(before, after),
    ]
    return tuple(
        Change(field=str(name), before=", ".join(old), after=", ".join(new)) for name, old, new in pairs if old != new
    )


def _limb_pairs(before: MeasureState, after: MeasureState) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """A limb that is not listed is where the whole is."""
    old, new = ({limb_key(each): each for each in state.limbs} for state in (before, after))
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        yield f"{LIMB}{key}", ((was or before).stage,), ((now or after).stage,)
        dates = dict(was.dates) if was else {}
        for role, values in now.dates if now else ():
            yield f"{LIMB}{key}:{role}", dates.get(role, ()), values


def is_limb_stage(name: str) -> bool:
    """Whether a change of that field is a limb reaching another stage."""
    return name.startswith(LIMB) and name.rpartition(":")[2] not in set(DateRole)
