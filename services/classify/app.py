"""Wire the classifier to its topics; no decision is taken here."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from services.classify.core import Classifier
from services.classify.plugin import load_suggester
from services.classify.rulebook import load_rulebook
from services.classify.settings import ClassifySettings
from services.contracts import codec
from services.contracts.canary import HEADER, is_canary
from services.contracts.errors import DeadLetterError, DeadReason, NoroshiError
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.topics import EVENTS, MEASURES
from services.runtime.metrics import CLASSIFIED
from services.runtime.worker import Consumed, Handler, Outgoing, run_worker
from services.taxonomy.load import load_taxonomy

EVENT_HEADER = "noroshi-event-id"
log = structlog.get_logger("noroshi.classify")


def build_handler(classifier: Classifier) -> Handler:
    """Return the handler that turns an event record into one record for each of its acts.

    Raises DeadLetterError for a record that is no event, and (crashed) for one the classifier fails on.
    """

    async def handle(record: Consumed) -> Sequence[Outgoing]:
        event = codec.decode(Event, record.value, dict(record.headers).get(codec.SCHEMA_HEADER))
        acts = _acts(classifier, event)
        if is_canary(event.source):
            return _canaries(event, acts)
        for act in acts:
            _count(act)
        return [_outgoing(act) for act in acts]

    return handle


def run(settings: ClassifySettings) -> int:
    """Classify events until told to stop; returns the exit code of the process."""
    taxonomy = load_taxonomy(settings.taxonomy_dir)
    suggester = load_suggester(settings.suggester, taxonomy)
    classifier = Classifier(taxonomy, load_rulebook(settings.rules_dir), suggester)
    return run_worker("classify", EVENTS, build_handler(classifier), settings)


def _acts(classifier: Classifier, event: Event) -> tuple[Act, ...]:
    try:
        found = classifier.classify(event)
    except NoroshiError:
        raise
    except Exception as error:
        message = f"classify failed on event {event.event_id} of {event.source}: {type(error).__name__}: {error}"
        raise DeadLetterError(message, reason=DeadReason.CRASHED) from error
    if found.suggestions.refused:
        log.warning("suggestions_refused", event_id=event.event_id, reasons=found.suggestions.refused)
    return found.acts


def _count(act: Act) -> None:
    kind = act.types[0] if act.types else "none"
    CLASSIFIED.labels(measure_type=kind, stage=act.stage.value, lang=act.event.lang.value).inc()


def _canaries(event: Event, acts: Sequence[Act]) -> Sequence[Outgoing]:
    """The acts of a test event, marked and uncounted; that there is none is said here, where it happens."""
    if not acts:
        log.error("canary_not_recognised", event_id=event.event_id, title=event.title)
    return [_outgoing(act, HEADER) for act in acts]


def _outgoing(act: Act, *marks: tuple[str, bytes]) -> Outgoing:
    headers = (codec.schema_header(act), (EVENT_HEADER, act.event.event_id.encode()), *marks)
    return Outgoing(MEASURES, act.measure_id.encode(), codec.encode(act), headers)
