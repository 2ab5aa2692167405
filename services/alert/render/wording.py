"""What an alert says in one line: the headline, and the full sentence of a push notification."""

from __future__ import annotations

from collections.abc import Sequence

from services.alert.render import blocks
from services.alert.render.current import current_act
from services.alert.render.facts import list_changes, list_terms, matched_tags, write_limbs, write_stage
from services.alert.render.reader import Reader
from services.alert.render.safetext import capitalise, clean_line, size, trim
from services.contracts.alerts import Alert
from services.contracts.measures import Act
from services.contracts.vocab import DateRole, Direction, Reason

_SIGNS = {
    Direction.RESTRICTIVE: "⛔",
    Direction.LIBERALISING: "🔓",
    Direction.SUPPORTIVE: "🌱",
    Direction.NEUTRAL: "📄",
}


# ---- the sentence ----------------------------------------------------------------------------------------------


def write_sentence(alert: Alert, reader: Reader) -> str:
    """Who does what to whom, at which stage and from when, and why it came: begun by what is new in an update."""
    phrases, act = reader.phrases, alert.act
    count = min(len(act.types), 2) > 1
    state = alert.state if alert.state and alert.state.limbs else None
    stage = phrases.predicates[state.stage if state else act.stage]
    limbs = phrases.limb_note.format(limbs=write_limbs(state, reader)) if state else ""
    effective = (current_act(alert) if state else act).date_of(DateRole.EFFECTIVE)
    sentence = phrases.sentence.format(
        **sentence_parts(alert, reader),
        stage=stage.format(be=phrases.be[count], have=phrases.have[count]) + limbs,
        when=phrases.when.format(date=reader.write_date(effective)) if effective else "",
        watchlist=watchlist_name(alert),
        why=reader.join(list_terms(alert, reader), 4) or phrases.everything,
    )
    return _with_delta(alert, reader, capitalise(sentence))


def sentence_parts(alert: Alert, reader: Reader) -> dict[str, str]:
    """The types, by whom, on what and against whom, each ready to stand in a sentence."""
    phrases, act = reader.phrases, alert.act
    return {
        "types": reader.names("measures", act.types, most=3) or phrases.measure,
        "by": _part(phrases.by, reader.countries(act.imposing)),
        "on": _part(phrases.on, _items(alert, reader)),
        "against": _whom(act, reader),
    }


def _with_delta(alert: Alert, reader: Reader, sentence: str) -> str:
    if alert.reason is Reason.FIRST:
        return sentence
    changes = [f"{each.name}{reader.phrases.colon}{each.value}" for each in list_changes(alert, reader)[:2]]
    delta = reader.phrases.list.join(changes) or write_reason(alert.reason, reader)
    return reader.phrases.update.format(delta=delta, sentence=sentence)


def _part(template: str, names: str) -> str:
    return template.format(names=names) if names else ""


def _whom(act: Act, reader: Reader) -> str:
    """Against whom, or for or with whom; that a restriction names no country is said, too."""
    phrases = reader.phrases
    for template, codes in (
        (phrases.against, act.target),
        (phrases.benefiting, act.beneficiary),
        (phrases.together, act.partner),
    ):
        if codes:
            return template.format(names=reader.countries(codes))
    return phrases.nobody if act.direction is Direction.RESTRICTIVE else ""


def _items(alert: Alert, reader: Reader) -> str:
    """The minerals and technologies, those that met the watchlist first."""
    act, first = alert.act, matched_tags(alert)
    ordered = sorted(
        [("minerals", id_) for id_ in act.minerals] + [("technologies", id_) for id_ in act.technologies],
        key=lambda item: item[1] not in first,
    )
    return reader.join([reader.name("minerals" if f == "minerals" else "technologies", id_) for f, id_ in ordered], 4)


def watchlist_name(alert: Alert) -> str:
    """The watchlist as its readers know it."""
    return trim(clean_line(alert.watchlist_name) or clean_line(alert.watchlist_id), 80)


def write_reason(reason: Reason, reader: Reader) -> str:
    """The reason in words."""
    return reader.phrases.reasons.get(reason) or reader.phrases.reasons["other"]


# ---- the headline ----------------------------------------------------------------------------------------------


def write_headline(alert: Alert, reader: Reader) -> str:
    """Item · imposing → target · type · stage; of an update the stage that was, too."""
    stage = trim(write_stage(alert, reader), 70)
    return trim(f"{sign(alert)} {write_measure(alert, reader, 110)} · {stage}", blocks.MAX_HEADER)


def sign(alert: Alert) -> str:
    """The sign of the direction; the words say it, too."""
    return _SIGNS[alert.act.direction]


def write_measure(alert: Alert, reader: Reader, most: int) -> str:
    """Item · imposing → target · type, in at most `most` units; where it is too long each part gives way alike."""
    return join_parts(list_parts(alert, reader), most)


def list_parts(alert: Alert, reader: Reader) -> list[str]:
    """Item, imposing → target, and type, as far as the act has them."""
    act, first = alert.act, matched_tags(alert)
    imposing, target = (reader.names("countries", codes, first, 2) for codes in (act.imposing, act.target))
    whom = f"{imposing} → {target}" if imposing and target else imposing or (target and f"→ {target}")
    types = reader.names("measures", act.types, most=2) or reader.phrases.measure
    return [part for part in (_items_short(alert, reader), whom, types) if part]


def join_parts(parts: Sequence[str], most: int) -> str:
    """The parts with a dot between, cut alike if the whole were longer than `most` units."""
    joined = capitalise(" · ".join(parts))
    if size(joined) <= most:
        return joined
    return capitalise(" · ".join(trim(part, most // len(parts) - 3) for part in parts))


def _items_short(alert: Alert, reader: Reader) -> str:
    act, first = alert.act, matched_tags(alert)
    minerals = reader.names("minerals", act.minerals, first, 3)
    return minerals or reader.names("technologies", act.technologies, first, 2)
