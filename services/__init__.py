"""Noroshi: event-driven alerting for economic security."""
