"""`noroshi sources release`: let a source go on whose news is held."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from services.cli.settings import load
from services.contracts.errors import UsageError
from services.ingest.memory import store
from services.ingest.memory.store import Release
from services.ingest.settings import IngestSettings
from services.runtime.store import migrate, open_engine


@click.command("release")
@click.argument("source_key", metavar="SOURCE")
@click.option("--as-news", is_flag=True, help="Its documents are news and alert; without this they are back-fill.")
@click.option("--state-dir", type=click.Path(), help="Folder of the services' state; default from the settings.")
def release(source_key: str, as_news: bool, state_dir: str | None) -> None:
    """Let SOURCE, whose page brought too much to be true, go on at its next reading.

    What the page holds is remembered and alerts nobody, unless it is released as news. A document whose title and day
    are known under another id goes on under that one, any other under its new id.
    """
    engine = open_engine(load(IngestSettings, state_dir=state_dir), "ingest")
    try:
        migrate(engine, "ingest")
        with engine.begin() as connection:
            cursor = store.load_cursor(connection, source_key)
            if cursor.held_reason:
                store.save_release(connection, Release(source_key, as_news, datetime.now(UTC)))
    finally:
        engine.dispose()
    if not cursor.held_reason:
        raise UsageError(f"{source_key}: nothing of it is held, so there is nothing to release")
    how = "as news" if as_news else "as back-fill"
    click.echo(f"{source_key}: goes on {how} at its next reading; it was held: {cursor.held_reason}")
