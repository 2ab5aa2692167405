"""Wires the alert service: measures in, decisions into the outbox, deliveries out. Holds no decision."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog

from services.alert.canary import arrivals
from services.alert.canary.nullchannel import NullChannel
from services.alert.canary.planning import PlannerWithCanary, canary_planner
from services.alert.canary.telemetry import note_arrivals, show_newest
from services.alert.canary.watchlist import canary_set, explain_canary, is_worth_following
from services.alert.channel import Channel
from services.alert.core import Decided, decide_alerts
from services.alert.delivery import ledger, mutelist, outbox
from services.alert.delivery.lease import SenderLease
from services.alert.delivery.notices import Notices
from services.alert.delivery.sender import Sender
from services.alert.lifecycle import readings, reminderlist, told
from services.alert.lifecycle.reminding import Reminding
from services.alert.messages import MessageRenderer
from services.alert.restraint.cadence import Mode, Release, is_reread, release
from services.alert.settings import AlertSettings
from services.alert.watchlists.keeper import DatabaseKeeper, FolderKeeper, Keeper
from services.alert.watchlists.sets import CHANNELS_PACKAGE, WatchlistSet
from services.contracts import codec
from services.contracts.alerts import Alert
from services.contracts.canary import DESTINATION, HEADER, is_canary
from services.contracts.errors import RetryableError, StopError
from services.contracts.measures import Act
from services.contracts.topics import ALERTS, MEASURES
from services.contracts.vocab import Reason
from services.runtime import metrics
from services.runtime.clock import SystemClock
from services.runtime.failpoint import failpoint
from services.runtime.health import Health
from services.runtime.producer import EventProducer
from services.runtime.registry import load_plugin
from services.runtime.serve import Stopping, new_health
from services.runtime.store import migrate, open_engine, reading, wait_for_server
from services.runtime.worker import Consumed, Outgoing, run_worker
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy

SERVICE = "alert"
_REFRESH_SECONDS = 0.5
_REFRESH_SHARE = 20
"""Looking at a large folder may cost so small a part of the time."""
_PUBLISH_SECONDS = 1.0
_REMIND_SECONDS = 5.0
_LEASE_SECONDS = 1.0
_IN_THREAD = frozenset({Reason.CORRECTED, Reason.WITHDRAWN})
"""What is said of a document that was told of: it has a thread to stand in, also when the document is read again."""

log = structlog.get_logger("noroshi.alert")


class AlertService:
    """One process of the alert service."""

    def __init__(self, settings: AlertSettings, taxonomy: Taxonomy, health: Health) -> None:
        self._settings, self._health, self._clock = settings, health, SystemClock()
        self._taxonomy = taxonomy
        self._channels: dict[str, Channel] = {NullChannel.kind: NullChannel()}
        self._canary = canary_set(taxonomy)
        self._sender: Sender | None = None
        self.engine = open_engine(settings, SERVICE)
        try:
            wait_for_server(self.engine)
            migrate(self.engine, SERVICE)
            self._keeper = self._open_keeper()
        except Exception:
            self.engine.dispose()
            raise

    def _open_keeper(self) -> Keeper:
        if self._settings.watchlists_from == "database":
            return DatabaseKeeper(self._taxonomy, self.engine, self._clock, self._accept)
        return FolderKeeper(self._settings.watchlists, self._taxonomy, self.engine, self._clock, self._accept)

    @property
    def watchlists(self) -> WatchlistSet:
        """The watchlists in force now; read it once for what must agree."""
        return self._keeper.current

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    async def handle(self, record: Consumed) -> Sequence[Outgoing]:
        """Decide on one act and commit the alerts to the outbox, together with what will have been told."""
        act = codec.decode(Act, record.value, _header(record.headers))
        if is_canary(act.event.source):
            return await self._handle_canary(act)
        failpoint("match.before_commit")
        decided = await asyncio.to_thread(self._decide, act)
        failpoint("match.after_commit")
        reasons = Counter(outcome.reason.value for outcome in decided.outcomes)
        for reason, count in reasons.items():
            metrics.ALERTS_DECIDED.labels(reason=reason).inc(count)
        log.info("act_decided", act_id=act.act_id, measure_id=act.measure_id, reasons=dict(reasons))
        if decided.alerts and self._sender is not None:
            self._sender.wake()
        return ()

    async def _handle_canary(self, act: Act) -> Sequence[Outgoing]:
        """Decide on a test event by its own watchlist; what does not come through is said where it ends."""
        if not is_worth_following(act, self._clock.now()):
            log.info("canary_too_old", act_id=act.act_id)
            return ()
        decided = await asyncio.to_thread(self._decide, act, self._canary)
        if any(outcome.reason is Reason.NO_WATCHLIST for outcome in decided.outcomes):
            log.error("canary_not_matched", act_id=act.act_id, missing=explain_canary(act, self._taxonomy))
        elif self._sender is not None:
            self._sender.wake()
        return ()

    def _decide(self, act: Act, among: WatchlistSet | None = None) -> Decided:
        """Decide on the act by the watchlists in force, or by others that nobody sees; in one transaction."""
        now, watchlists = self._clock.now(), among or self.watchlists
        try:
            with self.engine.begin() as connection:
                told.lock_measure(connection, act.measure_id)
                known = told.load_told(connection, act.measure_id)
                decided = decide_alerts(act, watchlists, known, now)
                told.save_told(connection, decided.told, now)
                scheduled = {each.key: each.reminders for each in decided.told}
                reminderlist.replace_reminders(connection, act.measure_id, scheduled, now)
                reread = among is None and self._is_reread(connection, act, now)
                outbox.enqueue(connection, _one_by_one(_release(decided.alerts, watchlists, now, reread=reread)))
                if among is not None:
                    arrivals.forget_lost(connection, now)
        except sa.exc.OperationalError as error:
            raise RetryableError(f"the alert database did not take the decision: {error.orig}") from error
        return decided

    @staticmethod
    def _is_reread(connection: sa.Connection, act: Act, now: datetime) -> bool:
        since = readings.in_service_since(connection, act.classifier, now)
        return is_reread(act.event.seen_at, since, now)

    async def deliver(self, stopping: Stopping) -> None:
        """Deliver while this process holds the right to send; another one waits for it."""
        lease = SenderLease(self.engine, self._settings.state_dir)
        while not await asyncio.to_thread(lease.acquire):
            self._health.set_ready("sender", True, "standing by: another process delivers")
            if await stopping.wait(_LEASE_SECONDS):
                return
        self._health.set_ready("sender", True, "delivering")
        sender = self._sender = self.new_sender()
        running = asyncio.create_task(sender.run())
        watching = asyncio.create_task(self._watch(lease, sender, stopping))
        noticing = asyncio.create_task(self._notice(stopping))
        try:
            await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
            sender.stop()
            await running
            await watching
        finally:
            watching.cancel()
            noticing.cancel()
            await asyncio.gather(*(channel.close() for channel in self._channels.values()))
            lease.release()

    def new_sender(self) -> Sender:
        """A sender of all that this service decides; to be run by whoever holds the right to send."""
        limits, guard = self._settings.restraint(), self._settings.guard()
        planner = PlannerWithCanary(lambda: self.watchlists, limits, guard, canary_planner(self._canary))
        renderer = MessageRenderer(self._taxonomy, self._clock)
        policy = self._settings.delivery_policy()
        return Sender(self.engine, self._channels, renderer, planner, policy, self._clock)

    async def _watch(self, lease: SenderLease, sender: Sender, stopping: Stopping) -> None:
        """Keep the gauges fresh and the lease under watch until the process is to stop."""
        while not await stopping.wait(_LEASE_SECONDS):
            if not await asyncio.to_thread(lease.is_held):
                raise StopError("the right to send was lost with its database connection; start again to take it anew")
            await asyncio.to_thread(self._measure_queue)
        sender.stop()

    async def _notice(self, stopping: Stopping) -> None:
        """Tell operators of lasting trouble; a fallback that hangs holds nothing else up."""
        notices = Notices(self.engine, self._channels, self._settings.fallback, self._clock)
        while not await stopping.wait(_LEASE_SECONDS):
            try:
                await notices.look()
            except sa.exc.OperationalError as error:
                log.warning("troubles_not_read", error=str(error.orig))

    def _measure_queue(self) -> None:
        now = self._clock.now()
        with reading(self.engine) as connection:
            counted, dispositions = ledger.count_states(connection), outbox.count_dispositions(connection)
            oldest = [ledger.oldest_open(connection), outbox.oldest_waiting(connection, now)]
            held = len(mutelist.list_holds(connection))
        waiting = sum(count for state, count in counted.items() if state.rank <= 1)
        ages = [(now - datetime.fromisoformat(at)).total_seconds() for at in oldest if at]
        metrics.DELIVERY_QUEUE.labels(lane="normal").set(waiting + dispositions[outbox.Disposition.WAITING])
        metrics.DELIVERY_OLDEST_AGE.labels(lane="normal").set(max(ages, default=0.0))
        metrics.WATCHLISTS.labels(state="held").set(held)

    async def publish(self, stopping: Stopping) -> None:
        """Put every sent alert on the alerts topic, for other systems; at least once, with the same id."""
        await asyncio.to_thread(show_newest, self.engine)
        with EventProducer(self._settings.broker, client_id="noroshi-alert") as producer:
            while not await stopping.wait(_PUBLISH_SECONDS):
                try:
                    await asyncio.to_thread(self.publish_sent, producer)
                except RetryableError as error:
                    log.warning("alerts_not_published", error=str(error))

    def publish_sent(self, producer: EventProducer) -> None:
        """Put the next sent alerts on the alerts topic, if there are any, and then settle the canaries among them."""
        with reading(self.engine) as connection:
            entries = ledger.find_unpublished(connection)
        if not entries:
            return
        producer.send_confirmed([each for entry in entries for each in _published(entry)])
        failpoint("publish.before_mark")
        with self.engine.begin() as connection:
            ledger.mark_published(connection, (entry.delivery_id for entry in entries))
            arrived, newest = arrivals.settle(connection, entries, self._clock.now()), arrivals.load_newest(connection)
        note_arrivals(arrived, newest)

    async def remind(self, stopping: Stopping) -> None:
        """Decide on the reminders that are due, in the process that delivers."""
        reminding = Reminding(self.engine, lambda: self.watchlists)
        while not await stopping.wait(_REMIND_SECONDS):
            if self._sender is None:
                continue
            try:
                made = await asyncio.to_thread(reminding.make_due, self._clock.now())
            except sa.exc.OperationalError as error:
                log.warning("reminders_not_made", error=str(error.orig))
                continue
            for alert in made:
                metrics.ALERTS_DECIDED.labels(reason=alert.reason.value).inc()
            if made:
                self._sender.wake()

    async def watch_watchlists(self, stopping: Stopping) -> None:
        """Take up changed watchlists; a bad change never unseats the last good set."""
        said: tuple[str, ...] = ()
        pause = _REFRESH_SECONDS
        while not await stopping.wait(pause):
            began = self._clock.monotonic()
            problems = await asyncio.to_thread(self.reload_watchlists)
            pause = max(_REFRESH_SECONDS, _REFRESH_SHARE * (self._clock.monotonic() - began))
            if problems and problems != said:
                log.error("watchlists_not_taken_up", problems=problems)
            said = problems
            self._health.set_ready("watchlists", True, _said_of(problems, self.watchlists))

    def reload_watchlists(self) -> tuple[str, ...]:
        """Take up what changed; returns why nothing could be, and then everything stays as it was."""
        before = self.watchlists.version
        try:
            problems = self._keeper.refresh()
        except sa.exc.OperationalError as error:
            return (f"the database did not answer: {error.orig}",)
        if self.watchlists.version != before:
            log.info("watchlists_taken_up", watchlists=len(self.watchlists.watchlists), version=self.watchlists.version)
        metrics.WATCHLISTS.labels(state="active").set(len(self.watchlists.watchlists))
        return problems

    def _accept(self, watchlists: WatchlistSet) -> None:
        """Open the channels that a set will need."""
        self._channels |= open_channels(watchlists, self._settings, known=self._channels)


def _said_of(problems: Sequence[str], watchlists: WatchlistSet) -> str:
    if problems:
        return f"the last good set is in force; {len(problems)} problems: {problems[0]}"
    nobody = "no watchlist is in force, so nobody hears; run `noroshi watchlists apply FOLDER`"
    return "current" if watchlists.watchlists else nobody


def open_channels(
    watchlists: WatchlistSet, settings: AlertSettings, known: Mapping[str, Channel] | None = None
) -> dict[str, Channel]:
    """A channel for each kind of destination that the watchlists and the settings name and `known` lacks."""
    kinds = {destination.channel for each in watchlists.watchlists for destination in each.destinations}
    kinds |= {settings.fallback.channel} if settings.fallback else set()
    return {kind: load_plugin(CHANNELS_PACKAGE, kind, "open_channel")(settings) for kind in kinds - set(known or ())}


def _release(
    decided: Iterable[Alert], watchlists: WatchlistSet, now: datetime, *, reread: bool
) -> Iterator[tuple[Alert, Release]]:
    for alert in decided:
        watchlist = watchlists.get(alert.watchlist_id)
        late = reread and alert.reason not in _IN_THREAD
        yield alert, release(watchlist, now, reread=late) if watchlist else Release(Mode.SINGLE, now)


def _one_by_one(decided: Iterable[tuple[Alert, Release]]) -> Iterator[tuple[Alert, Release]]:
    for number, each in enumerate(decided):
        if number:
            failpoint("match.between_alerts")
        yield each


def _header(headers: Iterable[tuple[str, bytes]]) -> bytes | None:
    return next((value for name, value in headers if name == codec.SCHEMA_HEADER), None)


def _published(entry: ledger.Entry) -> Iterator[Outgoing]:
    told = {
        "message_ref": entry.progress.message_ref,
        "thread_ref": entry.progress.thread_ref,
        "delivered_at": entry.settled_at,
        "delivery_id": entry.delivery_id,
    }
    for decided in entry.alerts:
        alert = decided.model_copy(update=told)
        marks = (HEADER,) if alert.destination == DESTINATION else ()
        headers = (codec.schema_header(alert), *marks)
        yield Outgoing(ALERTS, alert.act.measure_id.encode(), codec.encode(alert), headers)


def run(settings: AlertSettings) -> int:
    """Run the service until it is told to stop; returns the exit code of the process."""
    health = new_health(SERVICE, settings)
    service = AlertService(settings, default_taxonomy(), health)
    tasks = [service.deliver, service.publish, service.remind, service.watch_watchlists]
    try:
        return run_worker(SERVICE, MEASURES, service.handle, settings, tasks=tasks, health=health)
    finally:
        service.close()
