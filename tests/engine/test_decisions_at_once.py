"""Two processes that decide on acts of one measure at once: what a rebalance can bring about."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.alert.app import AlertService
from services.alert.lifecycle import told
from services.alert.settings import AlertSettings
from services.contracts import ids
from services.contracts.vocab import Stage
from services.runtime.serve import new_health
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import an_act, an_event
from tests.engine.test_state_on_postgres import at_once

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]


def test_of_two_acts_of_one_measure_decided_at_once_neither_is_forgotten(database: str, tmp_path: Path) -> None:
    settings = AlertSettings(database_url=SecretStr(database), state_dir=tmp_path, slack_token=SecretStr("xoxb-test"))
    first, second = (AlertService(settings, default_taxonomy(), new_health("alert", settings)) for _ in range(2))
    for number in range(30):
        measure = ids.measure_id_of_event("test", str(number))
        acts = [
            an_act(an_event(f"{number}-{day}", day=day), stage=stage).model_copy(update={"measure_id": measure})
            for day, stage in enumerate((Stage.PROPOSED, Stage.ADOPTED))
        ]
        at_once(partial(first._decide, acts[0]), partial(second._decide, acts[1]))
        with first.engine.connect() as connection:
            known = told.load_told(connection, measure)
        assert known
        assert {len(each.documents) for each in known.values()} == {2}, f"measure {number}: a document was forgotten"
    first.close()
    second.close()
