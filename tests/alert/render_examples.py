"""Four alerts as they come from the pipeline: a first one in each language and an update."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal

from services.contracts import ids
from services.contracts.alerts import Alert, Change, DueDate, Limb, MatchedTerm, MeasureState
from services.contracts.events import Identifier
from services.contracts.measures import Act, DateFact, EventRef, Evidence, Passage
from services.contracts.vocab import (
    REMINDER_REASONS,
    DatePrecision,
    DateRole,
    Direction,
    Facet,
    Field,
    Language,
    Reason,
    Stage,
    Urgency,
)
from services.contracts.watchlists import Destination

TODAY = date(2024, 12, 3)
SLACK = Destination(channel="slack", address="C0CRITMIN")
TITLE = "商务部2024年第46号公告：收紧镓、锗、锑等两用物项对美国的出口"
BODY = (
    "二、原则上不予许可镓、锗、锑、超硬材料相关两用物项对美国出口;"
    "对石墨两用物项对美国出口,实施更严格的最终用户和最终用途审查。"
)


def show(text: str, words: str, facet: Facet, tag: str, field: Field, offset: int = 0) -> Evidence:
    """Evidence for the first occurrence of `words`."""
    start = text.index(words) + offset
    return Evidence(facet=facet, tag=tag, field=field, start=start, end=start + len(words), text=words)


BAN = Act(
    act_id="act-46",
    measure_id="measure-46",
    event=EventRef(
        event_id="event-46",
        revision="1",
        source="cn-mofcom",
        source_name="商务部",
        document_id="mofcom:2024-46",
        url="https://www.mofcom.gov.cn/zwgk/zcfb/art/2024/46.html",
        lang=Language.ZH_HANS,
        title=TITLE,
        published_on=date(2024, 12, 3),
        seen_at=datetime(2024, 12, 3, 9, 12, 30, tzinfo=UTC),
    ),
    types=("export_ban",),
    direction=Direction.RESTRICTIVE,
    stage=Stage.IN_FORCE,
    urgency=Urgency.NOW,
    imposing=("CN",),
    target=("US",),
    minerals=("antimony", "gallium", "germanium", "graphite"),
    identifiers=(Identifier(scheme="announcement", value="商务部公告2024年第46号"),),
    dates=(DateFact(role=DateRole.EFFECTIVE, value="2024-12-03", precision=DatePrecision.DAY),),
    evidence=(
        show(TITLE, "美国", Facet.TARGET, "US", Field.TITLE),
        show(BODY, "镓", Facet.MINERAL, "gallium", Field.BODY, 100),
        show(BODY, "锗", Facet.MINERAL, "germanium", Field.BODY, 100),
        show(BODY, "锑", Facet.MINERAL, "antimony", Field.BODY, 100),
        show(BODY, "不予许可", Facet.TYPE, "export_ban", Field.BODY, 100),
        show(BODY, "对美国出口", Facet.TARGET, "US", Field.BODY, 100),
    ),
    passages=(
        Passage(field=Field.TITLE, start=0, end=len(TITLE), text=TITLE),
        Passage(field=Field.BODY, start=100, end=100 + len(BODY), text=BODY),
    ),
)

RULE_TITLE = "Foreign-Produced Direct Product Rule Additions, and Refinements to Controls for Advanced Computing"
RULE_BODY = (
    "BIS proposes to revise the Export Administration Regulations to control high bandwidth memory (HBM) "
    "destined for China under ECCN 3A090.c; comments must be received by January 31, 2025."
)
RULE = Act(
    act_id="act-hbm",
    measure_id="measure-hbm",
    event=EventRef(
        event_id="event-hbm",
        revision="1",
        source="us-federal-register",
        source_name="Federal Register",
        document_id="2024-28270",
        url="https://www.federalregister.gov/d/2024-28270",
        lang=Language.EN,
        title=RULE_TITLE,
        published_on=date(2024, 12, 2),
        seen_at=datetime(2024, 12, 3, 1, 5, tzinfo=UTC),
    ),
    types=("export_control", "licence_requirement"),
    direction=Direction.RESTRICTIVE,
    stage=Stage.PROPOSED,
    urgency=Urgency.NOW,
    imposing=("US",),
    target=("CN",),
    affected=("KR",),
    technologies=("advanced_computing", "hbm"),
    eccns=("3A090.c",),
    identifiers=(Identifier(scheme="rin", value="0694-AJ74"),),
    dates=(
        DateFact(role=DateRole.EFFECTIVE, value="2025", precision=DatePrecision.YEAR),
        DateFact(role=DateRole.COMMENT_DEADLINE, value="2025-01-31", precision=DatePrecision.DAY),
    ),
    evidence=(
        show(RULE_BODY, "high bandwidth memory", Facet.TECHNOLOGY, "hbm", Field.BODY, 512),
        show(RULE_BODY, "HBM", Facet.TECHNOLOGY, "hbm", Field.BODY, 512),
        show(RULE_BODY, "proposes", Facet.STAGE, "proposed", Field.BODY, 512),
        show(RULE_BODY, "China", Facet.TARGET, "CN", Field.BODY, 512),
        show(RULE_TITLE, "Advanced Computing", Facet.TECHNOLOGY, "advanced_computing", Field.TITLE),
    ),
    passages=(Passage(field=Field.BODY, start=512, end=512 + len(RULE_BODY), text=RULE_BODY),),
)

STOP_TITLE = "商务部公告2025年第72号 公布暂停对美国出口管制措施的公告"
STOP_BODY = "《商务部公告2024年第46号》第二款自即日起至2026年11月27日暂停实施。"
SUSPENSION = BAN.model_copy(
    update={
        "act_id": "act-72",
        "event": BAN.event.model_copy(
            update={
                "event_id": "event-72",
                "title": STOP_TITLE,
                "url": "https://www.mofcom.gov.cn/zwgk/zcfb/art/2025/72.html",
                "published_on": date(2025, 11, 9),
                "seen_at": datetime(2025, 11, 9, 8, 0, tzinfo=UTC),
            }
        ),
        "direction": Direction.LIBERALISING,
        "stage": Stage.SUSPENDED,
        "dates": (
            DateFact(role=DateRole.EFFECTIVE, value="2025-11-09", precision=DatePrecision.DAY),
            DateFact(role=DateRole.EXPIRY, value="2026-11-27", precision=DatePrecision.DAY),
        ),
        "evidence": (show(STOP_BODY, "暂停实施", Facet.STAGE, "suspended", Field.BODY, 40),),
        "passages": (Passage(field=Field.BODY, start=40, end=40 + len(STOP_BODY), text=STOP_BODY),),
    }
)


def make_alert(
    act: Act,
    language: Literal["en", "ja", "zh"],
    name: str,
    *matched: MatchedTerm,
    reason: Reason = Reason.FIRST,
    changes: tuple[Change, ...] = (),
) -> Alert:
    """An alert decided five seconds after its document was seen."""
    return Alert(
        alert_id=ids.alert_id("default", ascii(name), SLACK.key, act.measure_id, ids.material_revision(act)),
        tenant="default",
        watchlist_id="example",
        watchlist_name=name,
        watchlist_version="1",
        language=language,
        destination=SLACK,
        reason=reason,
        changes=changes,
        matched=matched,
        act=act,
        decided_at=act.event.seen_at.replace(second=35),
    )


GALLIUM = MatchedTerm(predicate="minerals", term="gallium", tags=("gallium",))
FROM_CHINA = MatchedTerm(predicate="imposing", term="CN", tags=("CN",))
ENGLISH = make_alert(
    RULE,
    "en",
    "Memory chips",
    MatchedTerm(predicate="technologies", term="memory_chips", tags=("hbm",)),
    MatchedTerm(predicate="stage", term=">= proposed", tags=("proposed",)),
)
JAPANESE = make_alert(BAN, "ja", "半導体材料", GALLIUM, FROM_CHINA)
CHINESE = make_alert(BAN, "zh", "关键矿产", MatchedTerm(predicate="target", term="G7", tags=("US",)), GALLIUM)
UPDATE = make_alert(
    SUSPENSION,
    "en",
    "Chip metals",
    GALLIUM,
    reason=Reason.STAGE_CHANGED,
    changes=(
        Change(field="stage", before="in_force", after="suspended"),
        Change(field="effective", before="2024-12-03", after="2025-11-09"),
        Change(field="expiry", before="", after="2026-11-27"),
    ),
)
EXAMPLES = {"en": ENGLISH, "ja": JAPANESE, "zh": CHINESE, "update": UPDATE}

STANDING = MeasureState(
    stage=Stage.IN_FORCE,
    direction=Direction.RESTRICTIVE,
    dates=((DateRole.EFFECTIVE, ("2024-12-03",)),),
    types=("export_ban",),
    imposing=("CN",),
    target=("US",),
    minerals=("antimony", "gallium", "germanium", "graphite"),
    limbs=(
        Limb(
            stage=Stage.SUSPENDED,
            name="paragraph 2",
            dates=((DateRole.EFFECTIVE, ("2025-11-09",)), (DateRole.EXPIRY, ("2026-11-27",))),
            target=("US",),
            minerals=("gallium", "germanium"),
        ),
    ),
)
"""The ban as its own announcement and the one that suspends a paragraph of it leave it."""
FIRST_OF_THREAD = make_alert(BAN, "en", "Chip metals", GALLIUM, FROM_CHINA)
LIMB = make_alert(
    SUSPENSION,
    "en",
    "Chip metals",
    GALLIUM,
    reason=Reason.STAGE_CHANGED,
    changes=(
        Change(field="limb:paragraph 2", before="in_force", after="suspended"),
        Change(field="limb:paragraph 2:expiry", before="", after="2026-11-27"),
    ),
).model_copy(update={"state": STANDING})


def remind(
    alert: Alert, role: DateRole, value: str, days: int = 30, language: Literal["en", "ja", "zh"] = "en"
) -> Alert:
    """A reminder of a date of the alert's measure."""
    due = DueDate(role=role, value=value, days=days)
    given = {"due": due, "reason": REMINDER_REASONS[role], "changes": (), "language": language}
    return alert.model_copy(update={**given, "alert_id": ids.alert_id("x", "x", "x", "x", f"{role}:{value}:{days}")})


def watched_by(alert: Alert, watchlist: str) -> Alert:
    """The alert as the same news for another watchlist."""
    alert_id = ids.alert_id("default", watchlist, SLACK.key, alert.act.measure_id, alert.alert_id)
    return alert.model_copy(update={"watchlist_id": watchlist, "watchlist_name": watchlist, "alert_id": alert_id})
