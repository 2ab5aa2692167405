"""Reads `noroshi.measures.v1`, decides against the watchlists, delivers to Slack; keeps what was told, the
outbox and the delivery ledger; when it fails, decided alerts wait in the outbox."""
