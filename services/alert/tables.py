"""The alert service's tables: outbox, ledger, threads, mutes, holds, reminders, watchlists in force, troubles.

`lifecycle/told.py` holds what was told. Instants are ISO 8601 text in UTC.
"""

from __future__ import annotations

import sqlalchemy as sa

from services.contracts import canary

metadata = sa.MetaData()

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("alert_id", sa.String(36), nullable=False, unique=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("watchlist_id", sa.String(80), nullable=False),
    sa.Column("destination", sa.String(300), nullable=False),
    sa.Column("measure_id", sa.String(36), nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("alert", sa.Text, nullable=False),
    sa.Column("decided_at", sa.String(40), nullable=False),
    sa.Column("mode", sa.String(10), nullable=False, default="single"),
    sa.Column("release_at", sa.String(40), nullable=False),
    sa.Column("disposition", sa.String(10), nullable=False, default="waiting"),
    sa.Column("delivery_id", sa.String(36)),
    sa.Column("mute_id", sa.String(100)),
    sa.Index("alerts_waiting", "disposition", "destination", "seq"),
    sa.Index("alerts_release", "disposition", "release_at", "destination"),
    sa.Index("alerts_delivery", "delivery_id"),
    sa.Index("alerts_watchlist", "watchlist_id", "decided_at"),
    sa.Index("alerts_measure", "measure_id", "destination"),
)
"""The outbox: every decided alert, in the order decided. `alert` is the record as `codec.encode` writes it.

`disposition` says what becomes of it: `waiting` until it is planned, `planned` into the delivery `delivery_id`,
`muted` by `mute_id`, `held` until a person decides, or `cancelled`. From `release_at` on it may be planned; `mode`
says whether it asks for a message of its own (`single`) or for its place in a digest (`digest`).
"""

alerts_of_people = alerts.c.watchlist_id != canary.KEY
"""Leaves the canary's alerts out, which are nobody's: of every list, every sum and every rate."""

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("delivery_id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("cause", sa.String(10), nullable=False, default=""),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("destination", sa.String(300), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("doubt", sa.Boolean, nullable=False, default=False),
    sa.Column("older_doubt", sa.Boolean, nullable=False, default=False),
    sa.Column("looks", sa.Integer, nullable=False, default=0),
    sa.Column("level", sa.Integer, nullable=False, default=0),
    sa.Column("first_attempt_at", sa.String(40)),
    sa.Column("last_attempt_at", sa.String(40)),
    sa.Column("not_before", sa.String(40)),
    sa.Column("thread_ref", sa.String(80)),
    sa.Column("message_ref", sa.String(80)),
    sa.Column("failure", sa.String(200), nullable=False, default=""),
    sa.Column("possible_duplicate", sa.Boolean, nullable=False, default=False),
    sa.Column("settled_at", sa.String(40)),
    sa.Column("published", sa.Boolean, nullable=False, default=False),
    sa.Index("deliveries_open", "destination", "rank", "seq"),
    sa.Index("deliveries_settled", "destination", "settled_at"),
)
"""The ledger: one row per message, its protocol state. `seq` is that of its first alert.

The delivery of one alert has the alert's id. `rank` never falls; `published` says that its alerts are on
`noroshi.alerts.v1`.
"""

deliveries_to_people = deliveries.c.destination != canary.DESTINATION.key
"""Leaves the canary's deliveries out, as `alerts_of_people` does its alerts."""

threads = sa.Table(
    "threads",
    metadata,
    sa.Column("tenant", sa.String(80), primary_key=True),
    sa.Column("destination", sa.String(300), primary_key=True),
    sa.Column("measure_id", sa.String(36), primary_key=True),
    sa.Column("root_ref", sa.String(80), nullable=False),
    sa.Column("root_alert_id", sa.String(36), nullable=False, default=""),
    sa.Column("latest_alert_id", sa.String(36), nullable=False, default=""),
    sa.Column("updates", sa.Integer, nullable=False, default=0),
    sa.Column("shown", sa.Integer, nullable=False, default=0),
    sa.Column("edit_failures", sa.Integer, nullable=False, default=0),
    sa.Column("edit_not_before", sa.String(40)),
)
"""The root message of a measure at a destination; later news of the measure are replies to it.

`updates` counts the alerts told since the root, `shown` those the root has been edited to show.
"""

mutes = sa.Table(
    "mutes",
    metadata,
    sa.Column("mute_id", sa.String(36), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("watchlist_id", sa.String(80), nullable=False),
    sa.Column("destination", sa.String(300), nullable=False),
    sa.Column("scope", sa.String(10), nullable=False),
    sa.Column("value", sa.String(200), nullable=False),
    sa.Column("until", sa.String(40)),
    sa.Column("until_next_stage", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("created_by", sa.String(80), nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
    sa.Column("ended_at", sa.String(40)),
    sa.Column("hits", sa.Integer, nullable=False, default=0),
)
"""Mutes set by a person; an empty `watchlist_id` or `destination` means any."""

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("watchlist_id", sa.String(80), primary_key=True),
    sa.Column("since", sa.String(40), primary_key=True),
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("ended_at", sa.String(40)),
    sa.Column("outcome", sa.String(10), nullable=False, default=""),
)
"""Watchlists whose match rate jumped: their alerts are held until a person releases or cancels them."""

troubles = sa.Table(
    "troubles",
    metadata,
    sa.Column("scope", sa.String(300), primary_key=True),
    sa.Column("since", sa.String(40), nullable=False),
    sa.Column("failure", sa.String(200), nullable=False),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("not_before", sa.String(40)),
    sa.Column("told", sa.Integer, nullable=False, default=0),
)
"""Destinations and workspaces that refuse; gone once a message gets through. `told` counts the notices about it."""

reminders = sa.Table(
    "reminders",
    metadata,
    sa.Column("tenant", sa.String(80), primary_key=True),
    sa.Column("watchlist_id", sa.String(80), primary_key=True),
    sa.Column("destination", sa.String(300), primary_key=True),
    sa.Column("measure_id", sa.String(36), primary_key=True),
    sa.Column("role", sa.String(20), primary_key=True),
    sa.Column("value", sa.String(10), primary_key=True),
    sa.Column("days", sa.Integer, primary_key=True),
    sa.Column("due_at", sa.String(40), nullable=False),
    sa.Column("done_at", sa.String(40)),
    sa.Index("reminders_due", "done_at", "due_at"),
)
"""Reminders to come and those that were made; one that its measure's dates no longer give is deleted."""

classifiers = sa.Table(
    "classifiers",
    metadata,
    sa.Column("version", sa.String(80), primary_key=True),
    sa.Column("first_seen_at", sa.String(40), nullable=False),
)
"""Every classifier whose acts were decided on, with when the first of them was."""

watchlists = sa.Table(
    "watchlists",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("version", sa.String(12), nullable=False),
    sa.Column("changed_at", sa.String(40), nullable=False),
)
"""The watchlists in force; their content is in `watchlist_versions`."""

watchlist_changes = sa.Table(
    "watchlist_changes",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(80), nullable=False),
    sa.Column("version", sa.String(12)),
    sa.Column("changed_at", sa.String(40), nullable=False),
    sa.Column("changed_by", sa.String(80), nullable=False),
)
"""Every change of the watchlists in force, in order; no version means that it was removed."""

canary_arrivals = sa.Table(
    "canary_arrivals",
    metadata,
    sa.Column("key", sa.String(80), primary_key=True),
    sa.Column("published_at", sa.String(40), nullable=False),
    sa.Column("arrived_at", sa.String(40), nullable=False),
)
"""One row: the newest canary that came through to the end. Of those on their way there are rows in the outbox, the
ledger, the threads and what was told, until they arrive or prove nothing any more."""
