"""Alembic migrations of the ingest service's tables; run by `services.runtime.store.migrate`."""
