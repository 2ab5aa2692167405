"""The destinations of a watchlist file: channels that exist, addresses of the right form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from services.alert.watchlists.reading import Path, Reading
from services.contracts.watchlists import Destination
from services.runtime.yamlmessages import did_you_mean

_SLACK_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}")
_ALIAS = re.compile(r"[a-z0-9][a-z0-9_-]*")
ADDRESSES: Mapping[str, tuple[re.Pattern[str], str]] = MappingProxyType(
    {
        "slack": (_SLACK_CHANNEL, "write the channel's id, as C0MAGNETS; the channel's details in Slack show it"),
        "slack_webhook": (_ALIAS, "write the name that the setting `slack_webhooks` gives its secret address"),
        "webhook": (_ALIAS, "write the name that the setting `webhooks` gives its address"),
    }
)
"""The form of an address by channel, and how to mend one of another form."""


@dataclass
class DestinationReading(Reading):
    """Reads where the alerts go; `channels` are the kinds of destination that exist."""

    channels: frozenset[str]

    def destinations(self) -> tuple[Destination, ...]:
        """Where the alerts go; at least one."""
        value = self.document.value.get("destinations")
        if not value:
            self.add(("destinations",), "no destination, so nobody would hear; add one, as `[{slack: C0MAGNETS}]`")
            return ()
        listed = value if isinstance(value, list) else [value]
        found: list[Destination] = []
        for index, each in enumerate(listed):
            path: Path = ("destinations", index) if isinstance(value, list) else ("destinations",)
            found.extend(self._destination(each, path, found))
        return tuple(found)

    def _destination(self, value: object, path: Path, before: list[Destination]) -> list[Destination]:
        if not isinstance(value, dict) or len(named := [key for key in value if key != "workspace"]) != 1:
            self.add(path, "a destination names one channel and its address, as `{slack: C0MAGNETS}`")
            return []
        (channel,) = named
        address, workspace = value[channel], value.get("workspace", "default")
        if channel not in self.channels:
            near = did_you_mean(channel, self.channels)
            self.add((*path, channel), f"unknown channel `{channel}`; {near}", at_key=True)
        elif self._addressed(channel, address, workspace, path):
            destination = Destination(channel=channel, address=address, workspace=workspace)
            if destination not in before:
                return [destination]
            self.add(path, f"`{address}` a second time, so it would hear everything twice; remove one")
        return []

    def _addressed(self, channel: str, address: object, workspace: object, path: Path) -> bool:
        if not isinstance(address, str) or not address or not isinstance(workspace, str) or not workspace:
            self.add(path, "address and workspace are plain text; write them as `{slack: C0MAGNETS, workspace: acme}`")
            return False
        form, mend = ADDRESSES.get(channel, (re.compile(".*", re.DOTALL), ""))
        if not form.fullmatch(address):
            self.add((*path, channel), f"`{address}` is no {channel} address; {mend}")
            return False
        return True
