"""Our sender as a process of its own: python -m tests.engine.sending STATE_DIR SLACK_URL delivers what waits there."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from services.alert.channels.slack import SlackChannel
from services.alert.delivery.protocol import Policy
from services.alert.delivery.sender import Sender
from services.runtime.clock import SystemClock
from services.runtime.settings import RuntimeSettings
from services.runtime.store import migrate, open_engine
from tests.alert.ledgers import PlainRenderer, planner

POLICY = Policy(late_landing=0.5, history_lag=0.2)
"""Bounds that the stand-in keeps, which stores before it answers."""


async def deliver(state_dir: Path, slack_url: str) -> None:
    """Send until nothing waits."""
    engine = open_engine(RuntimeSettings(state_dir=state_dir), "alert")
    migrate(engine, "alert")
    channel = SlackChannel("xoxb-stand-in", f"{slack_url}/api/", timeout=5.0)
    try:
        await Sender(engine, {"slack": channel}, PlainRenderer(), planner(), POLICY, SystemClock()).drain()
    finally:
        await channel.close()
        engine.dispose()


if __name__ == "__main__":
    asyncio.run(deliver(Path(sys.argv[1]), sys.argv[2]))
