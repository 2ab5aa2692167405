"""The wiring of the alert service: a decision is committed whole, and a bad reload changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.alert.app import AlertService
from services.alert.delivery import outbox
from services.alert.settings import AlertSettings
from services.alert.watchlists.files import read_watchlist
from services.alert.watchlists.inforce import take_up
from services.alert.watchlists.sets import content_version
from services.contracts import codec
from services.contracts.errors import DeadLetterError, RetryableError, UsageError
from services.contracts.measures import DateFact
from services.contracts.topics import MEASURES
from services.contracts.vocab import DatePrecision, DateRole
from services.runtime.handling import Consumed
from services.runtime.health import Health
from services.runtime.store import reading
from services.runtime.yamlfile import parse_yaml
from services.taxonomy.load import default_taxonomy
from tests.alert.ledgers import count_open_reminders
from tests.contracts.examples import ACT

WATCHLIST = """\
id: {id}
name: Gallium
match:
  minerals: [gallium]
destinations:
  - {channel}: {address}
"""


def make_service(folder: Path, channel: str = "stdout", address: str = "'-'") -> AlertService:
    lists = folder / "lists"
    lists.mkdir(exist_ok=True)
    text = WATCHLIST.format(id="gallium", channel=channel, address=address)
    (lists / "gallium.yml").write_text(text, encoding="utf-8")
    settings = AlertSettings(state_dir=folder, watchlists=lists)
    return AlertService(settings, default_taxonomy(), Health("alert"))


def record(value: bytes) -> Consumed:
    return Consumed(MEASURES.name, 0, 0, b"k", value, (codec.schema_header(ACT),), 0.0)


@pytest.mark.asyncio
async def test_the_same_act_twice_is_one_alert_in_the_outbox(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    for _ in range(2):
        assert await service.handle(record(codec.encode(ACT))) == ()
    with reading(service.engine) as connection:
        assert outbox.count_alerts(connection) == 1
    service.close()


@pytest.mark.asyncio
async def test_bytes_that_are_no_act_are_a_dead_letter(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    with pytest.raises(DeadLetterError, match="act"):
        await service.handle(record(b"{}"))
    service.close()


@pytest.mark.asyncio
async def test_a_database_that_does_not_take_the_decision_is_tried_again(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    with service.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE told")
    with pytest.raises(RetryableError, match="no such table"):
        await service.handle(record(codec.encode(ACT)))
    service.close()


def test_a_new_watchlist_is_taken_up_and_one_whose_channel_cannot_be_opened_changes_nothing(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    added = tmp_path / "lists" / "second.yml"
    added.write_text(WATCHLIST.format(id="second", channel="stdout", address="'-'"), encoding="utf-8")
    assert service.reload_watchlists() == ()
    assert len(service.watchlists.watchlists) == 2
    added.write_text(WATCHLIST.format(id="second", channel="slack", address="C0X"), encoding="utf-8")
    assert "NOROSHI_ALERT_SLACK_TOKEN is not set" in service.reload_watchlists()[0]
    assert service.watchlists.get("second") is not None
    added.write_text("id: second\nname: x\n", encoding="utf-8")
    assert service.reload_watchlists()
    assert len(service.watchlists.watchlists) == 2
    service.close()


def test_a_slack_watchlist_without_a_token_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no Slack token"):
        make_service(tmp_path, channel="slack", address="C0X")


class Looking:
    """Stands in for what ends a service: lets its task look a number of times, without waiting."""

    def __init__(self, looks: int) -> None:
        self.waited: list[float] = []
        self._looks = looks

    async def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return len(self.waited) > self._looks


@pytest.mark.asyncio
async def test_what_is_applied_to_the_database_decides_the_next_act_and_is_looked_for_twice_a_second(
    tmp_path: Path,
) -> None:
    health = Health("alert")
    settings = AlertSettings(state_dir=tmp_path, watchlists_from="database")
    service = AlertService(settings, default_taxonomy(), health)
    looking = Looking(1)
    await service.watch_watchlists(looking)  # type: ignore[arg-type]  # it has the one method that is used
    assert looking.waited[0] <= 0.5
    assert "noroshi watchlists apply" in health.conditions["watchlists"].reason
    await service.handle(record(codec.encode(ACT)))
    text = WATCHLIST.format(id="gallium", channel="stdout", address="'-'")
    watchlist = read_watchlist(parse_yaml(text, "gallium.yml"), default_taxonomy(), ["stdout"])
    with service.engine.begin() as connection:
        take_up(connection, [watchlist], "somebody", ACT.event.seen_at)
    await service.watch_watchlists(Looking(1))  # type: ignore[arg-type]  # see above
    await service.handle(record(codec.encode(ACT)))
    with reading(service.engine) as connection:
        (alert,) = outbox.read_recent(connection, ACT.event.seen_at)
    assert (alert.watchlist_id, alert.watchlist_version) == ("gallium", content_version(watchlist))
    assert health.conditions["watchlists"].reason == "current"
    service.close()


@pytest.mark.asyncio
async def test_what_a_new_classifier_finds_in_documents_of_before_comes_in_a_digest(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    now = datetime.now(UTC)
    live = ACT.model_copy(update={"event": ACT.event.model_copy(update={"seen_at": now})})
    old = live.event.model_copy(update={"event_id": "e-old", "seen_at": now - timedelta(hours=20)})
    found = live.model_copy(update={"measure_id": "m-old", "event": old, "classifier": "newer"})
    for act in (live, found):
        await service.handle(record(codec.encode(act)))
    with service.engine.begin() as connection:
        modes = connection.exec_driver_sql("SELECT measure_id, mode FROM alerts ORDER BY seq").fetchall()
    assert [tuple(row) for row in modes] == [(live.measure_id, "single"), ("m-old", "reread")]
    service.close()


@pytest.mark.asyncio
async def test_the_reminders_of_a_measure_are_committed_with_what_was_told_of_it(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    far = DateFact(role=DateRole.EFFECTIVE, value="2199-08-01", precision=DatePrecision.DAY)
    for _ in range(2):
        await service.handle(record(codec.encode(ACT.model_copy(update={"dates": (far,)}))))
    with reading(service.engine) as connection:
        assert count_open_reminders(connection) == 3
    service.close()
