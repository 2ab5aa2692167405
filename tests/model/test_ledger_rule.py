"""The model's merge rule is the ledger's: asked the same questions, the SQL gives the same answers."""

from __future__ import annotations

from pathlib import Path

from services.alert.delivery import ledger
from tests.alert.ledgers import START, make_alert, new_ledger, plan
from tests.model.check import explore
from tests.model.rows import merge
from tests.model.variants import READ_BACK
from tests.model.world import Budget, World


def test_the_ledger_takes_and_refuses_what_the_model_says(tmp_path: Path) -> None:
    world = World(READ_BACK.variant, READ_BACK.variant.rows())
    explore(world, Budget(1, 1, 1))
    engine = new_ledger(tmp_path)
    entry = plan(engine, make_alert(1))
    answers = {True: 0, False: 0}
    with engine.connect() as connection:
        for row, after, before in world.rows.triples():
            assert ledger.save_progress(connection, entry, row, START)
            taken = ledger.save_progress(connection, entry, after, START, before)
            assert taken == merge(row, after, before), (row, after, before)
            answers[taken] += 1
            connection.rollback()
    assert min(answers.values()) > 50, answers
