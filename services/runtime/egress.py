"""Keeps requests away from this machine and its network, at the socket: the only place no address form slips past.

A resolver cannot do it: aiohttp does not ask its resolver for addresses written as numbers.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import Any

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that IANA has given out of IPv6 (https://www.iana.org/assignments/ipv6-address-space); what lies outside is
translated IPv4, or for one link or site, or means nothing yet, and Python calls much of it global."""

_REFUSED = tuple(
    map(
        ipaddress.ip_network,
        # Within what Python 3.11 calls global although it leads inside or nowhere: 6to4, Teredo, documentation,
        # protocol assignments, the 6to4 relays.
        ("2002::/16", "2001::/32", "2001:db8::/32", "3fff::/20", "192.0.0.0/24", "192.88.99.0/24"),
    )
)


class BlockedAddressError(OSError):
    """An address that is not on the public internet."""


def is_public(address: str) -> bool:
    """Whether a numeric address is one of the public internet; anything unreadable is not."""
    try:
        parsed: _Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    parsed = mapped or parsed
    is_given_out = parsed.version == 4 or parsed in _GLOBAL_UNICAST
    is_refused = any(parsed in network for network in _REFUSED if network.version == parsed.version)
    return parsed.is_global and is_given_out and not parsed.is_multicast and not is_refused


def public_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for an address as aiohttp's connector gives it; raises BlockedAddressError if it is not public."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise BlockedAddressError(
            errno.EACCES,
            f"{address[0]} is not a public address; to try things out set NOROSHI_INGEST_ALLOW_PRIVATE, or for "
            "webhooks NOROSHI_ALERT_WEBHOOK_ALLOW_PRIVATE",
        )
    return open_socket((family, kind, protocol, "", address))


def open_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for any address."""
    family, kind, protocol, _, _ = info
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made
