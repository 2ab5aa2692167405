"""Alembic migrations of the alert service's tables; run by `services.runtime.store.migrate`."""
