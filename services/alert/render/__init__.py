"""Rendering: an alert becomes a message a newcomer can read, in the watchlist's language and within Slack's limits."""

from services.alert.render.delivery import render_delivery
from services.alert.render.digest import render_digest
from services.alert.render.message import render_message
from services.alert.render.root import render_root
from services.alert.render.rows import MAX_ALERTS, MAX_ROWS, fits

__all__ = ["MAX_ALERTS", "MAX_ROWS", "fits", "render_delivery", "render_digest", "render_message", "render_root"]
