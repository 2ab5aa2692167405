"""One full record of each kind, as tests and golden files use them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from services.contracts import ids
from services.contracts.alerts import Alert, Change, MatchedTerm
from services.contracts.events import Event, Identifier
from services.contracts.measures import Act, DateFact, EventRef, Evidence, Passage
from services.contracts.records import Record
from services.contracts.vocab import (
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
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist, WatchlistTest

SEEN = datetime(2023, 7, 3, 9, 30, tzinfo=UTC)
TITLE = "商务部、海关总署对镓、锗相关物项实施出口管制"
ANNOUNCEMENT = Identifier(scheme="announcement", value="商务部 海关总署公告2023年第23号")

EVENT = Event(
    event_id=ids.event_id("cn-mofcom", "mofcom:2023-23"),
    revision=ids.revision_of(TITLE, None),
    source="cn-mofcom",
    source_name="商务部",
    document_id="mofcom:2023-23",
    url="https://www.mofcom.gov.cn/",
    lang=Language.ZH_HANS,
    title=TITLE,
    published_on=date(2023, 7, 3),
    seen_at=SEEN,
    identifiers=(ANNOUNCEMENT,),
)
MEASURE_ID = ids.measure_id_of_identifier(ANNOUNCEMENT)
ACT = Act(
    act_id=ids.act_id(EVENT.event_id, EVENT.revision, MEASURE_ID),
    measure_id=MEASURE_ID,
    event=EventRef.model_validate(EVENT.model_dump(include=set(EventRef.model_fields))),
    types=("export_control",),
    direction=Direction.RESTRICTIVE,
    stage=Stage.ADOPTED,
    urgency=Urgency.NOW,
    imposing=("CN",),
    minerals=("gallium", "germanium"),
    identifiers=(ANNOUNCEMENT,),
    dates=(DateFact(role=DateRole.EFFECTIVE, value="2023-08-01", precision=DatePrecision.DAY),),
    evidence=(
        Evidence(facet=Facet.MINERAL, tag="gallium", field=Field.TITLE, start=9, end=10, text="镓", rule="name"),
    ),
    passages=(Passage(field=Field.TITLE, start=0, end=len(TITLE), text=TITLE),),
    classifier="1",
)
WATCHLIST = Watchlist(
    id="gallium",
    name="ガリウム",
    language="ja",
    rule=Rule(all=(Condition(predicate="minerals", terms=("gallium",)),)),
    destinations=(Destination(channel="slack", address="C0CRITMIN"),),
    tests=(WatchlistTest(text="China restricts gallium exports.", matches=True),),
)
ALERT = Alert(
    alert_id=ids.alert_id("default", "gallium", "slack:default:C0CRITMIN", MEASURE_ID, ids.material_revision(ACT)),
    tenant="default",
    watchlist_id="gallium",
    watchlist_name="ガリウム",
    watchlist_version="1",
    language="ja",
    destination=WATCHLIST.destinations[0],
    reason=Reason.FIRST,
    changes=(Change(field="stage", before="", after="adopted"),),
    matched=(MatchedTerm(predicate="minerals", term="gallium", tags=("gallium",)),),
    act=ACT,
    decided_at=SEEN,
)
RECORDS: tuple[Record, ...] = (EVENT, ACT, WATCHLIST, ALERT)
