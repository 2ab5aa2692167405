"""Names to addresses on threads of their own: a name server that does not answer holds up its own host only."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

_THREADS = 64


class Lookups(AbstractResolver):
    """The system's resolver, off the threads that the rest of the service works on.

    A look-up cannot be called off; aiohttp's own resolver leaves it on the loop's few shared threads, where half a
    dozen of them stop every source. That an address is public is checked where the socket is opened.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="ingest-lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Every address of the name; raises OSError if it has none."""
        ask = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        found = await asyncio.get_running_loop().run_in_executor(self._pool, ask)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=of_family,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for of_family, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Take no more look-ups; those under way end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)
