"""A port that serves some routes, and says what to change where it cannot be had."""

from __future__ import annotations

import errno
from collections.abc import Sequence

from aiohttp import web

from services.contracts.errors import UsageError
from services.ingest.settings import IngestSettings


class Listener:
    """Serves the routes where the settings say; bodies come as they were sent, never unpacked."""

    def __init__(self, settings: IngestSettings, routes: Sequence[web.AbstractRouteDef]) -> None:
        self._settings, self._routes = settings, routes
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port in use, also where a free one was asked for."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else self._settings.push_port

    async def start(self) -> None:
        """Listen; raises UsageError saying what to change if the address cannot be had."""
        app = web.Application()
        app.add_routes(self._routes)
        patience = self._settings.stop_seconds / 2
        self._runner = web.AppRunner(
            app, access_log=None, handle_signals=False, auto_decompress=False, shutdown_timeout=patience
        )
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._settings.push_host, self._settings.push_port).start()
        except OSError as error:
            await self.stop()
            where = f"{self._settings.push_host}:{self._settings.push_port}"
            why = "the port is taken" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
            raise UsageError(f"pushed documents cannot be taken at {where}: {why}; set push_port, push_host") from error

    async def stop(self) -> None:
        """Stop listening; requests in hand are answered first, as far as there is time."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
