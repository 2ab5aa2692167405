"""What an act says, as named facts in the reader's language."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from services.alert.matching.predicates import PREDICATES
from services.alert.render.reader import Reader
from services.alert.render.safetext import capitalise, clean_line, trim
from services.contracts.alerts import Alert, Change, Limb, MatchedTerm, MeasureState
from services.contracts.measures import Act
from services.contracts.vocab import DateRole, Direction, Reason, Stage
from services.taxonomy.model import FacetName

MAX_VALUE = 240
MAX_CODES = 12
MAX_TERMS = 8
MAX_LIMBS = 3
LIMB = "limb:"
"""How the field of a change begins that is about a part of the measure."""

_COUNTRY_FIELDS = ("imposing", "target", "affected", "beneficiary", "partner", "mentioned")
_FACETS: dict[str, FacetName] = {
    "types": "measures",
    "minerals": "minerals",
    "minerals_or_group": "minerals",
    "technologies": "technologies",
    "technologies_or_group": "technologies",
    "any_role": "countries",
    **dict.fromkeys(_COUNTRY_FIELDS, "countries"),
}
_DATES = (DateRole.EFFECTIVE, DateRole.COMMENT_DEADLINE, DateRole.EXPIRY, DateRole.REVIEW)
_FIELD_NAMES = {"types": "type", "hs_codes": "codes", "eccns": "codes", "cas_numbers": "codes"}
_SIGNS = {">=": "≥ ", "<=": "≤ ", ">": "> ", "<": "< "}


@dataclass(frozen=True)
class Fact:
    """One named fact; neither text is escaped yet. A `leading` one is shown even where room is short."""

    name: str
    value: str
    leading: bool = False


def list_facts(alert: Alert, reader: Reader) -> list[Fact]:
    """The key facts of an act in the order a reader asks for them."""
    return [Fact(each.name, trim(each.value, MAX_VALUE), each.leading) for each in _facts(alert, reader)]


def matched_tags(alert: Alert) -> frozenset[str]:
    """The act's tags that met the watchlist."""
    return frozenset(tag for term in alert.matched for tag in term.tags)


def _facts(alert: Alert, reader: Reader) -> Iterator[Fact]:
    act, names, first = alert.act, reader.phrases.fields, matched_tags(alert)
    yield Fact(names["stage"], write_stage(alert, reader), leading=True)
    if alert.state and alert.state.limbs:
        yield Fact(names["limbs"], capitalise(write_limbs(alert.state, reader)), leading=True)
    for role in _DATES:
        if act.date_of(role) or role is DateRole.EFFECTIVE:
            leading = role in (DateRole.EFFECTIVE, DateRole.COMMENT_DEADLINE)
            yield Fact(_date_name(alert, role, reader), write_dates(act, role, reader), leading)
    yield Fact(names["type"], _types(act, reader), leading=True)
    yield from _countries(act, reader, first)
    if act.minerals:
        yield Fact(names["minerals"], reader.names("minerals", act.minerals, first), leading=True)
    if act.technologies:
        yield Fact(names["technologies"], reader.names("technologies", act.technologies, first), leading=True)
    if codes := _codes(act, first):
        yield Fact(names["codes"], reader.join(codes, MAX_CODES))
    if act.identifiers:
        yield Fact(
            names["identifiers"],
            reader.join(list(dict.fromkeys(clean_line(each.value) for each in act.identifiers)), 2),
        )


def write_stage(alert: Alert, reader: Reader) -> str:
    """The stage; of an update also the one that was, and what only a part of the measure has come to."""
    change = next((each for each in alert.changes if each.field == "stage" and each.before), None)
    before, now = reader.stage(change.before) if change else "", stage_now(alert, reader)
    return f"{before} → {now}" if before not in ("", now) and alert.reason is not Reason.FIRST else now


def stage_now(alert: Alert, reader: Reader) -> str:
    """The stage the measure has after the alert: `In force`, or `In force, partly suspended`."""
    state = alert.state
    if state is None or not state.limbs:
        return reader.stage(alert.act.stage)
    parts = reader.join(list(dict.fromkeys(reader.stage_inside(limb.stage) for limb in state.limbs)), 2)
    return reader.phrases.partly.format(stage=reader.stage(state.stage), limb=parts)


def write_limbs(state: MeasureState, reader: Reader) -> str:
    """Which part of the measure has come to which stage, and at which stage the rest stays."""
    phrases = reader.phrases
    parts = [
        phrases.limb.format(
            stage=reader.stage_inside(each.stage), part=write_part(each, reader), until=_until(each, reader)
        )
        for each in state.limbs[:MAX_LIMBS]
    ]
    rest = phrases.rest.format(stage=reader.stage_inside(state.stage))
    return phrases.semicolon.join([*parts, rest])


def _until(limb: Limb, reader: Reader) -> str:
    """The end of a suspension, if it is stated."""
    ends = dict(limb.dates).get(DateRole.EXPIRY, ()) if limb.stage is Stage.SUSPENDED else ()
    return reader.phrases.until.format(date=reader.write_stated(ends[-1])) if ends else ""


def write_part(limb: Limb, reader: Reader) -> str:
    """A limb by its name and scope: `paragraph 2: gallium → US`."""
    items = reader.join(
        [reader.name("minerals", id_) for id_ in limb.minerals]
        + [reader.name("technologies", id_) for id_ in limb.technologies],
        3,
    )
    target = reader.names("countries", limb.target, most=3)
    scope = f"{items} → {target}" if items and target else items or (target and f"→ {target}")
    name = trim(reader.part(limb.name), 60)
    return reader.phrases.colon.join(part for part in (name, scope) if part) or reader.phrases.one_part


def write_dates(act: Act, role: DateRole, reader: Reader) -> str:
    """The dates of one role with their distance from today, or that none is stated."""
    facts = [fact for fact in act.dates if fact.role is role]
    return reader.join([reader.write_date_from_today(fact) for fact in facts], 2) or reader.phrases.not_stated


def _types(act: Act, reader: Reader) -> str:
    types = capitalise(reader.names("measures", act.types, most=3) or reader.phrases.measure)
    if act.direction is Direction.NEUTRAL:
        return types
    return f"{types} · {reader.phrases.directions[act.direction]}"


def _countries(act: Act, reader: Reader, first: Collection[str]) -> Iterator[Fact]:
    names, none = reader.phrases.fields, reader.phrases.none_named
    yield Fact(names["imposing"], reader.names("countries", act.imposing, first) or none, leading=True)
    shared = act.beneficiary or act.partner
    if act.target or not shared:
        yield Fact(names["target"], reader.names("countries", act.target, first) or none, leading=True)
    for role in ("affected", "beneficiary", "partner"):
        codes: tuple[str, ...] = getattr(act, role)
        if codes:
            yield Fact(names[role], reader.names("countries", codes, first))


def _codes(act: Act, first: Collection[str]) -> list[str]:
    systems = (("HS", act.hs_codes), ("ECCN", act.eccns), ("CAS", act.cas_numbers))
    codes = [(code, f"{system} {trim(clean_line(code), 20)}") for system, given in systems for code in given]
    return [shown for _, shown in sorted(codes, key=lambda item: item[0] not in first)]


def list_changes(alert: Alert, reader: Reader) -> list[Fact]:
    """What is new since the last alert on the measure; empty for the first one."""
    if alert.reason is Reason.FIRST:
        return []
    told = [_change(each, alert, reader) for each in alert.changes if each.before != each.after]
    return [Fact(each.name, trim(each.value, MAX_VALUE)) for each in told]


def _change(change: Change, alert: Alert, reader: Reader) -> Fact:
    field, part = split_field(change.field)
    limbs = alert.state.limbs if alert.state and part else ()
    suspended = any(limb.stage is Stage.SUSPENDED for limb in limbs) if part else alert.act.stage is Stage.SUSPENDED
    name = date_name(DateRole.EXPIRY, reader, suspended=suspended) if field == DateRole.EXPIRY else _name(field, reader)
    if part:
        name = reader.phrases.of_part.format(name=name, part=_name_part(part, reader))
    nothing = reader.phrases.nothing
    before, after = (_changed_value(field, value, reader) for value in (change.before, change.after))
    return Fact(trim(clean_line(name), MAX_VALUE), f"{before or nothing} → {after or nothing}")


def _name(field: str, reader: Reader) -> str:
    return reader.phrases.fields.get(_FIELD_NAMES.get(field, field), field)


def _date_name(alert: Alert, role: DateRole, reader: Reader) -> str:
    """The name of an act's date, with the part it is the date of where that is not the whole measure."""
    act, stated = alert.act, alert.act.date_of(role)
    name = date_name(role, reader, suspended=act.stage is Stage.SUSPENDED)
    limbs = alert.state.limbs if alert.state and stated else ()
    limb = next((each for each in limbs if stated and stated.value in dict(each.dates).get(role, ())), None)
    if limb is None or not limb.name:
        return name
    return reader.phrases.of_part.format(name=name, part=trim(reader.part(limb.name), 40))


def date_name(role: DateRole, reader: Reader, *, suspended: bool) -> str:
    """What comes on the date; the end of a suspension is not the end of the measure."""
    ends = role is DateRole.EXPIRY and suspended
    return reader.phrases.suspension_ends if ends else reader.phrases.fields[role]


def split_field(name: str) -> tuple[str, str]:
    """What changed and of which part: `limb:paragraph 2:expiry` is the expiry of paragraph 2, without it its stage."""
    if not name.startswith(LIMB):
        return name, ""
    part, _, role = name.removeprefix(LIMB).rpartition(":")
    return (role, part) if role in set(DateRole) else ("stage", name.removeprefix(LIMB))


def _name_part(key: str, reader: Reader) -> str:
    """A part by its name; one that is known by its scope alone (`US+gallium`) by what that is called."""
    if (part := reader.part(key)) != clean_line(key):
        return trim(part, 80)
    facets: tuple[FacetName, ...] = ("countries", "minerals", "technologies")
    names = [
        next((reader.name(facet, id_) for facet in facets if id_ in reader.taxonomy.entries(facet)), clean_line(id_))
        for id_ in key.split("+")
    ]
    return trim(reader.join(names, 3), 80)


def _changed_value(field: str, value: str, reader: Reader) -> str:
    if field == "stage":
        return reader.stage(value) if value else ""
    if field == "direction":
        return dict(reader.phrases.directions).get(Direction(value), value) if value in set(Direction) else value
    if field in _FACETS:
        return reader.names(_FACETS[field], [each.strip() for each in value.split(",") if each.strip()])
    return trim(clean_line(reader.write_value(value)), MAX_VALUE // 2)


def list_terms(alert: Alert, reader: Reader) -> list[str]:
    """The watchlist's terms that held, each with the word for what it asks about."""
    terms = [_term(each, reader) for each in alert.matched]
    return list(dict.fromkeys(terms))


def _term(matched: MatchedTerm, reader: Reader) -> str:
    predicate = PREDICATES.get(matched.predicate)
    role = predicate.labels[reader.language] if predicate else clean_line(matched.predicate)
    facet = _FACETS.get(matched.predicate)
    name = _term_name(matched, facet, reader)
    term = reader.phrases.term.format(role=trim(role, 60), name=name)
    tags = [tag for tag in matched.tags if tag != matched.term] if facet else []
    if not tags or facet is None:
        return term
    return reader.phrases.meets.format(term=term, tags=reader.names(facet, tags, most=3))


def _term_name(matched: MatchedTerm, facet: FacetName | None, reader: Reader) -> str:
    if facet == "countries" and matched.term not in reader.taxonomy.countries:
        return reader.name("groups", matched.term)
    if facet:
        return reader.name(facet, matched.term)
    sign, _, word = matched.term.partition(" ")
    if matched.predicate == "stage":
        shown = reader.stage(word) if sign in _SIGNS else reader.stage(matched.term)
        return _SIGNS.get(sign, "") + shown
    return trim(clean_line(", ".join(matched.tags) if matched.predicate == "keyword" else matched.term), 80)
