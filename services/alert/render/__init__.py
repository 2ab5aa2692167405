"""Rendering: an alert becomes a message a newcomer can read, in the watchlist's language and within Slack's limits."""

from services.alert.render.message import render_message

__all__ = ["render_message"]
