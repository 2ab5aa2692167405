"""What a request to the inlet says and brings, with every way in which it may be wrong as a refusal."""

from __future__ import annotations

import asyncio

from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from services.ingest.inlets import refusals
from services.ingest.pages.bodies import Form, form_of
from services.ingest.settings import IngestSettings

_CHUNK = 65_536


def stated_form(request: web.Request, allowed: tuple[Form, ...]) -> Form:
    """The form that the headers state; raises RefusalError for another one, and for a packed body."""
    form = form_of(request.headers.get("Content-Type", ""))
    if form not in allowed or request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise refusals.unsupported(allowed)
    return form


def is_backfill(request: web.Request) -> bool:
    """Whether the address says `backfill=true`; raises RefusalError for any other value but false."""
    value = request.query.get("backfill", "false")
    if value not in ("true", "false"):
        raise refusals.wrong_parameter("backfill", value)
    return value == "true"


def refuse_parameters(request: web.Request) -> None:
    """Raise RefusalError for an address with parameters where they would change what a signed message means."""
    if request.query_string:
        raise refusals.unsigned_parameters()


async def read_content(request: web.Request, settings: IngestSettings) -> bytes:
    """The body; raises RefusalError as soon as it is too long, takes too long, or breaks off."""
    limit, seconds = settings.push_limit_bytes, settings.push_timeout_seconds
    if (request.content_length or 0) > limit:
        raise refusals.too_large(limit)
    content = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.content.iter_chunked(_CHUNK):
                content += chunk
                if len(content) > limit:
                    raise refusals.too_large(limit)
    except TimeoutError as error:
        raise refusals.too_slow(seconds) from error
    except (web.RequestPayloadError, HttpProcessingError, ClientError, OSError) as error:
        raise refusals.broken_off(error) from error
    return bytes(content)
