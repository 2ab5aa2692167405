"""The alert service's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr

from services.alert.delivery.protocol import Policy
from services.alert.restraint.guard import MAX_INSTANT_PER_DAY, Guard
from services.alert.restraint.planning import Limits
from services.contracts.watchlists import Destination
from services.runtime.settings import RuntimeSettings
from services.runtime.settingsjson import Secrets, read_json

DEFAULT_WATCHLISTS = Path(__file__).resolve().parents[2] / "deploy" / "watchlists"


class AlertSettings(RuntimeSettings):
    """What the alert service may be told."""

    health_port: int = Field(default=8073, description="Port of /livez, /readyz and /metrics; 0 picks a free one.")
    watchlists: Path = Field(default=DEFAULT_WATCHLISTS, description="Folder of watchlists (*.yml).")
    watchlists_from: Literal["folder", "database"] = Field(
        default="folder",
        description="Where the watchlists in force come from: the folder, taken up as it changes, or the database, "
        "changed by `noroshi watchlists apply`.",
    )
    slack_token: SecretStr | None = Field(default=None, description="Bot token (xoxb-…) of the Slack app.")
    slack_url: str = Field(
        default="https://slack.com/api/", description="Base address of the Web API; the local stand-in has its own."
    )
    slack_timeout_seconds: float = Field(default=10.0, gt=0, description="How long one request to Slack may take.")
    slack_per_second: float = Field(
        default=1.0, gt=0, description="Messages a second to one channel; Slack allows about one."
    )
    late_landing_seconds: float = Field(
        default=60.0, ge=0, description="How long after we gave up a request Slack may still store its message."
    )
    history_lag_seconds: float = Field(
        default=10.0, ge=0, description="How long a stored message may be missing from conversations.history."
    )
    key_window_seconds: float = Field(
        default=0.0, ge=0, description="How long Slack is proven to honour client_msg_id; 0 relies on read-back alone."
    )
    unreadable: Literal["resend", "park"] = Field(
        default="resend", description="What to do with a message in doubt whose history cannot be read."
    )

    storm_above: int = Field(default=10, ge=1, description="So many alerts may wait singly; more come as one digest.")
    budget_per_hour: int = Field(
        default=30,
        ge=1,
        description="Messages an hour to one destination; then one digest, then peace until the hour ends.",
    )
    guard_factor: float = Field(
        default=10.0, ge=1, description="A watchlist that makes so many times its usual alerts in a day is held."
    )
    guard_floor: int = Field(default=30, ge=1, description="Up to so many alerts in a day no watchlist is ever held.")
    broad_above: float = Field(
        default=MAX_INSTANT_PER_DAY,
        gt=0,
        description="A watchlist that usually makes more alerts a day than this speaks in daily digests only.",
    )

    slack_webhooks: Secrets = Field(
        default_factory=dict,
        description="Addresses of Slack's incoming webhooks by name, as JSON; a watchlist says `slack_webhook: NAME`.",
    )
    webhooks: Secrets = Field(
        default_factory=dict,
        description="Addresses of signed webhooks by name, as JSON; a watchlist says `webhook: NAME`.",
    )
    webhook_secrets: Secrets = Field(
        default_factory=dict, description="The signing secret (whsec_…) of each webhook by name, as JSON."
    )
    webhook_timeout_seconds: float = Field(
        default=15.0, gt=0, description="How long one request to a signed webhook may take."
    )
    webhook_allow_private: bool = Field(
        default=False, description="Let webhooks lead to this machine and its network, and over plain http."
    )
    fallback: Annotated[Destination | None, BeforeValidator(read_json)] = Field(
        default=None,
        description='Where operators hear of trouble, as JSON: {"channel": "webhook", "address": "ops"}.',
    )

    def restraint(self) -> Limits:
        """How much one destination bears."""
        return Limits(storm=self.storm_above, per_hour=self.budget_per_hour)

    def guard(self) -> Guard:
        """How far a watchlist's rate may rise."""
        return Guard(self.guard_factor, self.guard_floor, self.broad_above)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for logs to replace."""
        named = (*self.slack_webhooks.values(), *self.webhooks.values(), *self.webhook_secrets.values())
        given = (self.slack_token, *named)
        return tuple(each.get_secret_value() for each in given if each is not None)

    def delivery_policy(self) -> Policy:
        """The bounds and the patience of the delivery protocol."""
        return Policy(
            late_landing=self.late_landing_seconds,
            history_lag=self.history_lag_seconds,
            key_window=self.key_window_seconds,
            unreadable=self.unreadable,
        )
