"""Addresses that want more than a GET: a key of one's own in a header, or a question in the body of a POST."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr
from yarl import URL

from services.contracts.errors import UsageError
from services.ingest.source import Source


@dataclass(frozen=True)
class Access:
    """What one address wants: `headers` with the key, and the body of a POST; without a body it is a GET.

    `missing` says what must be set before it can be asked at all; empty if nothing is missing.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = None
    missing: str = ""


Accesses = Mapping[str, Access]
"""What is to be sent where, by `place_of` the address: nothing of it ever goes to another host or path."""


def place_of(url: URL) -> str:
    """The address without its query and fragment; what stands there is for all pages of one list."""
    return str(url.with_query(None).with_fragment(None))


def accesses_of(sources: Iterable[Source], keys: Mapping[str, SecretStr]) -> dict[str, Access]:
    """What the addresses of these sources want, with the keys that are set, by source.

    Raises UsageError if a key cannot be sent as a header, or two sources of one address want different things.
    """
    found: dict[str, Access] = {}
    for source in sources:
        if source.access is None:
            continue
        place, access = place_of(URL(source.url)), _access(source, keys.get(source.key))
        if found.setdefault(place, access) != access:
            raise UsageError(f"{source.key}: another source asks {place} with another key or body; use one of the two")
    return found


def _access(source: Source, key: SecretStr | None) -> Access:
    wanted = source.access
    if wanted is None:
        return Access()
    body = None if wanted.body is None else json.dumps(wanted.body, ensure_ascii=False).encode()
    if not wanted.header:
        return Access(body=body)
    text = key.get_secret_value().strip() if key else ""
    if not text:
        missing = f"it wants a key: put yours, by `{source.key}`, into the secret file noroshi_ingest_source_keys"
        return Access(body=body, missing=missing)
    if not (text.isascii() and text.isprintable()):
        raise UsageError(f"the key of `{source.key}` in source_keys is sent as a header: write it in printable ASCII")
    return Access({wanted.header: wanted.prefix + text}, body)
