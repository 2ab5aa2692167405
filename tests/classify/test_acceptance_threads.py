"""The lives of the acceptance table: one root message per watch and measure, replies after it, nothing twice.

The documents are composed; each life is told by documents as its authorities publish them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.alert.core import TellKey, decide_alerts, schedule_reminders
from services.alert.lifecycle.decision import Told
from services.alert.watchlists.sets import WatchlistSet, watchlist_set
from services.classify.core import Classifier
from services.contracts.alerts import Alert
from services.contracts.events import Event, Identifier
from services.contracts.vocab import DateRole, Reason, Stage
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.taxonomy.taxonomy import Taxonomy
from tests.classify.events import SEEN, event_of


def _told(
    source: str,
    published: str,
    title: str,
    body: str,
    *,
    case: str = "",
    document_id: str = "",
    lang: str | None = None,
) -> Event:
    """A document of one life; `case` is the number under which its source files the matter."""
    event = event_of(
        title, body, source=source, published=published, document_id=document_id or f"{source}:{published}", lang=lang
    )
    filed = (Identifier(scheme="docket", value=case),) if case else ()
    day = event.published_on or SEEN.date()
    return event.model_copy(update={"identifiers": filed, "seen_at": SEEN.combine(day, SEEN.timetz())})


RESIN = [
    _told("cn-mofcom", "2024-05-19", "关于对原产于美国、欧盟、台湾地区和日本的进口共聚聚甲醛进行反倾销立案调查的公告",
          "商务部决定自2024年5月19日起进行反倾销立案调查。", case="MOFCOM-2024-0021"),
    _told("cn-mofcom", "2025-01-16", "关于对原产于美国、欧盟、台湾地区和日本的进口共聚聚甲醛反倾销调查初步裁定的公告",
          "商务部初步认定,存在倾销。自2025年1月24日起采取保证金形式的临时反倾销措施。", case="MOFCOM-2024-0021"),
    _told("cn-mofcom", "2025-05-19", "关于对原产于美国、欧盟、台湾地区和日本的进口共聚聚甲醛反倾销调查最终裁定的公告",
          "决定自2025年5月19日起征收反倾销税,期限为5年。", case="MOFCOM-2024-0021"),
]  # fmt: skip
GALLIUM = [
    _told("cn-mofcom", "2023-07-03", "商务部 海关总署公告2023年第23号 关于对镓、锗相关物项实施出口管制的公告",
          "决定对镓、锗相关物项实施出口管制。本公告自2023年8月1日起正式实施。"),
    _told("cn-mofcom", "2023-08-01", "商务部 海关总署公告2023年第23号 镓、锗相关物项出口管制今日起施行",
          "对镓、锗相关物项实施出口管制,自2023年8月1日起正式实施。"),
    _told("cn-mofcom", "2024-12-03", "商务部公告2024年第46号 关于加强相关两用物项对美国出口管制的公告",
          "原则上不予许可镓、锗、锑、超硬材料相关两用物项对美国出口。本公告自公布之日起正式实施。"),
    _told("cn-mofcom", "2025-11-09", "商务部公告2025年第72号 暂停实施商务部公告2024年第46号第二款",
          "自即日起至2026年11月27日,暂停实施商务部公告2024年第46号第二款关于镓、锗、锑对美国出口的规定。"),
]  # fmt: skip
INVESTMENT = [
    _told("us-federal-register", "2024-10-28",
          "Provisions Pertaining to U.S. Investments in Certain National Security Technologies in Countries of Concern",
          "RIN 1505-AC82. This final rule restricts U.S. outbound investment in China in semiconductors, quantum "
          "information technologies and artificial intelligence. The rule is effective on January 2, 2025.", lang="en"),
    _told("us-federal-register", "2025-01-02",
          "U.S. Investments in Certain National Security Technologies in Countries of Concern: Rule Now in Effect",
          "RIN 1505-AC82. The rule restricting outbound investment in China in semiconductors, quantum information "
          "technologies and artificial intelligence took effect on January 2, 2025.", lang="en"),
]  # fmt: skip
CLEARANCE = [
    _told("jp-kanpo", "2024-05-17", "重要経済安保情報の保護及び活用に関する法律（令和六年法律第二十七号）",
          "重要経済安保情報の保護及び活用に関する法律（令和六年法律第二十七号）が2024年5月10日に成立した。"),
    _told("jp-cabinet", "2024-11-28", "重要経済安保情報の保護及び活用に関する法律（令和六年法律第二十七号）について",
          "セキュリティクリアランス制度を定める法律（令和六年法律第二十七号）は2024年5月10日に成立した。"),
    _told("jp-cabinet", "2025-05-16", "重要経済安保情報の保護及び活用に関する法律（令和六年法律第二十七号）の施行",
          "セキュリティクリアランス制度を定める法律（令和六年法律第二十七号）は2025年5月16日に施行された。"),
]  # fmt: skip
FAB = [
    _told("jp-meti", "2024-04-01", "半導体工場への補助金を決定",
          "JASMの第2工場への補助金を決定した。2024年12月に着工する。", case="METI-2024-0002", document_id="fab"),
    _told("jp-meti", "2025-04-01", "半導体工場への補助金を決定",
          "JASMの第2工場への補助金を決定した。2025年に着工する。", case="METI-2024-0002", document_id="fab"),
]  # fmt: skip
VEHICLES = [
    _told("eu-eurlex", "2023-10-04",
          "Notice of initiation of an anti-subsidy proceeding concerning imports of new battery electric vehicles "
          "originating in the People's Republic of China", "The Commission initiates an investigation.",
          case="AS-2023-0689", lang="en"),
    _told("eu-eurlex", "2024-07-05",
          "Commission Implementing Regulation (EU) 2024/1866 imposing a provisional countervailing duty on imports of "
          "new battery electric vehicles originating in China", "It enters into force on 5 July 2024.",
          case="AS-2023-0689", lang="en"),
    _told("eu-eurlex", "2024-10-30",
          "Commission Implementing Regulation (EU) 2024/2754 imposing a definitive countervailing duty on imports of "
          "new battery electric vehicles originating in China", "It enters into force on 30 October 2024.",
          case="AS-2023-0689", lang="en"),
]  # fmt: skip
LIVES = {"SEED-45": RESIN, "SEED-25": GALLIUM, "SEED-11": INVESTMENT, "SEED-13": CLEARANCE, "SEED-19": FAB,
         "SEED-34": VEHICLES}  # fmt: skip
WATCHES = {
    "SEED-45": ("technologies", "chemicals_resins"),
    "SEED-25": ("minerals", "gallium"),
    "SEED-11": ("target", "CN"),
    "SEED-13": ("types", "security_clearance"),
    "SEED-19": ("technologies", "semiconductors"),
    "SEED-34": ("technologies", "electric_vehicles"),
}


@dataclass
class _Channel:
    """A watch on one thing, and what it was told."""

    watchlists: WatchlistSet
    classifier: Classifier
    told: dict[TellKey, Told] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)

    def hear(self, events: Sequence[Event]) -> list[Alert]:
        """The alerts that these documents bring, committed as the service commits them."""
        fresh: list[Alert] = []
        for event in events:
            for act in self.classifier.classify(event).acts:
                decided = decide_alerts(act, self.watchlists, self.told, event.seen_at)
                self.told |= {update.key: update.told for update in decided.told}
                fresh += decided.alerts
        self.alerts += fresh
        return fresh


def _channel(measure: str, classifier: Classifier, taxonomy: Taxonomy) -> _Channel:
    predicate, term = WATCHES[measure]
    watchlist = Watchlist(
        id="life",
        name="life",
        rule=Rule(all=(Condition(predicate=predicate, terms=(term,)),)),
        destinations=(Destination(channel="slack", address="C1"),),
    )
    return _Channel(watchlist_set([watchlist], taxonomy), classifier)


@pytest.fixture(scope="module")
def expected(shared_data: Path) -> dict[str, dict[str, Any]]:
    raw = yaml.safe_load((shared_data / "seed" / "acceptance.yaml").read_text(encoding="utf-8"))
    return {case["measure"]: case["expect"] for case in raw["threads"]["cases"]}


@pytest.mark.parametrize("measure", sorted(LIVES))
def test_a_life_is_one_thread_for_each_of_its_measures(
    measure: str, expected: dict[str, dict[str, Any]], classifier: Classifier, taxonomy: Taxonomy
) -> None:
    channel = _channel(measure, classifier, taxonomy)
    alerts = channel.hear(LIVES[measure])
    roots = [alert for alert in alerts if alert.reason is Reason.FIRST]
    assert (len(roots), len(alerts) - len(roots)) == (expected[measure]["roots"], expected[measure]["replies"])
    assert len({alert.act.measure_id for alert in alerts}) == len(roots)


@pytest.mark.parametrize("measure", sorted(LIVES))
def test_a_life_heard_again_posts_nothing(measure: str, classifier: Classifier, taxonomy: Taxonomy) -> None:
    channel = _channel(measure, classifier, taxonomy)
    assert channel.hear(LIVES[measure])
    assert channel.hear(LIVES[measure]) == []


def test_every_life_of_the_table_is_told(expected: dict[str, dict[str, Any]]) -> None:
    assert set(expected) == set(LIVES)


def test_suspending_the_ban_leaves_the_licensing_regime_in_force(classifier: Classifier, taxonomy: Taxonomy) -> None:
    channel = _channel("SEED-25", classifier, taxonomy)
    last = {alert.act.measure_id: alert.act.stage for alert in channel.hear(GALLIUM)}
    assert sorted(last.values()) == [Stage.IN_FORCE, Stage.SUSPENDED]


def test_a_rule_with_a_day_of_effect_ahead_does_not_repeat_every_day(
    classifier: Classifier, taxonomy: Taxonomy
) -> None:
    channel = _channel("SEED-11", classifier, taxonomy)
    (rule, _) = INVESTMENT
    channel.hear([rule])
    daily = [rule.model_copy(update={"seen_at": rule.seen_at.replace(day=day)}) for day in (29, 30, 31)]
    assert channel.hear(daily) == []


def test_a_start_that_slips_replaces_the_planned_one(classifier: Classifier, taxonomy: Taxonomy) -> None:
    _, slipped = _channel("SEED-19", classifier, taxonomy).hear(FAB)
    assert [(change.before, change.after) for change in slipped.changes] == [("2024-12", "2025")]


def test_only_paragraph_2_of_the_ban_is_suspended_and_only_until_the_day_stated(
    classifier: Classifier, taxonomy: Taxonomy
) -> None:
    channel = _channel("SEED-25", classifier, taxonomy)
    last = channel.hear(GALLIUM)[-1]
    assert last.state is not None
    (limb,) = last.state.limbs
    assert (last.reason, last.state.stage) == (Reason.STAGE_CHANGED, Stage.IN_FORCE)
    assert (limb.name, limb.stage) == ("paragraph 2", Stage.SUSPENDED)
    assert dict(limb.dates)[DateRole.EXPIRY] == ("2026-11-27",)


def _due(channel: _Channel) -> set[tuple[str, str, int, str]]:
    """The reminders of all that was told: role, date, days ahead, and the day they come."""
    scheduled = schedule_reminders(channel.told, channel.watchlists).values()
    return {(each.role, each.value, each.days, each.due_at.date().isoformat()) for found in scheduled for each in found}


def test_the_day_of_effect_of_a_rule_is_reminded_of_thirty_and_seven_days_ahead_and_on_the_day(
    classifier: Classifier, taxonomy: Taxonomy
) -> None:
    channel = _channel("SEED-11", classifier, taxonomy)
    channel.hear(INVESTMENT[:1])
    assert _due(channel) == {
        ("effective", "2025-01-02", 30, "2024-12-03"),
        ("effective", "2025-01-02", 7, "2024-12-26"),
        ("effective", "2025-01-02", 0, "2025-01-02"),
    }


def test_a_day_of_effect_that_slips_moves_its_reminders_inside_the_same_thread(
    classifier: Classifier, taxonomy: Taxonomy
) -> None:
    channel = _channel("SEED-11", classifier, taxonomy)
    delay = _told("us-federal-register", "2024-12-20",
                  "Provisions Pertaining to U.S. Investments in Certain National Security Technologies in Countries of "
                  "Concern; Delay of Effective Date",
                  "RIN 1505-AC82. This final rule delays the effective date of the rule restricting U.S. outbound "
                  "investment in China in semiconductors until March 3, 2025.", lang="en")  # fmt: skip
    first, later = channel.hear(INVESTMENT[:1]), channel.hear([delay])
    assert {alert.act.measure_id for alert in first} == {alert.act.measure_id for alert in later}
    assert {(value, days) for _, value, days, _ in _due(channel)} == {("2025-03-03", days) for days in (30, 7, 0)}
