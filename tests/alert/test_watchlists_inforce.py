"""What is in force, in SQL: exactly what was applied, taken up by a running service change by change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alert.lifecycle.told import load_version, watchlist_versions
from services.alert.tables import metadata, watchlist_changes
from services.alert.watchlists.changes import Plan
from services.alert.watchlists.inforce import last_change, load_changes, load_in_force, take_up
from services.alert.watchlists.keeper import DatabaseKeeper, FolderKeeper, fingerprint
from services.alert.watchlists.sets import ReadFile, WatchlistSet, content_version, file_reader, watchlist_set
from services.contracts.errors import UsageError
from services.contracts.watchlists import Watchlist
from services.runtime.clock import SteppedClock
from tests.alert.ledgers import START, new_ledger
from tests.alert.test_watchlists import TAXONOMY, read


def one(id_: str, mineral: str = "nickel") -> Watchlist:
    return read(f"id: {id_}\nname: N\nmatch: {{minerals: {mineral}}}\ndestinations: {{stdout: '-'}}")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = new_ledger(tmp_path)
    yield engine
    engine.dispose()


def apply(engine: sa.Engine, *watchlists: Watchlist, by: str = "somebody") -> Plan:
    with engine.begin() as connection:
        return take_up(connection, watchlists, by, START)


def in_force(engine: sa.Engine) -> list[Watchlist]:
    with engine.begin() as connection:
        return [each.watchlist for each in load_in_force(connection)]


def test_what_is_applied_is_in_force_and_every_change_is_numbered_with_who_made_it(engine: sa.Engine) -> None:
    apply(engine, one("b"), one("a"))
    apply(engine, one("a", "cobalt"), one("c"), by="folder")
    assert in_force(engine) == [one("a", "cobalt"), one("c")]
    with engine.begin() as connection:
        rows = connection.execute(sa.select(watchlist_changes).order_by(watchlist_changes.c.seq)).all()
        assert [(row.id, row.version, row.changed_by) for row in rows] == [
            ("a", content_version(one("a")), "somebody"),
            ("b", content_version(one("b")), "somebody"),
            ("c", content_version(one("c")), "folder"),
            ("a", content_version(one("a", "cobalt")), "folder"),
            ("b", None, "folder"),
        ]
        assert load_version(connection, "a", content_version(one("a"))) == one("a")
        assert load_version(connection, "b", content_version(one("b"))) == one("b")


def test_applying_what_is_in_force_changes_nothing(engine: sa.Engine) -> None:
    apply(engine, one("a"))
    assert apply(engine, one("a")).is_empty
    with engine.begin() as connection:
        assert last_change(connection) == 1


def test_a_transaction_that_is_given_up_leaves_no_trace(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        take_up(connection, [one("a")], "somebody", START)
        connection.rollback()
    assert in_force(engine) == []


IDS = ("a", "b", "c", "d")
STATES = st.dictionaries(st.sampled_from(IDS), st.sampled_from(["nickel", "cobalt", "gallium"]))
MADE = {(id_, mineral): one(id_, mineral) for id_ in IDS for mineral in ("nickel", "cobalt", "gallium")}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(STATES, st.booleans()), min_size=1, max_size=6))
def test_following_the_changes_at_any_pace_ends_with_what_is_in_force(steps: list[tuple[dict[str, str], bool]]) -> None:
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    watchlist_versions.create(engine)
    held: dict[str, Watchlist] = {}
    seq = 0
    for number, (state, looks) in enumerate(steps):
        apply(engine, *(MADE[each] for each in state.items()))
        if looks or number == len(steps) - 1:
            with engine.begin() as connection:
                news = load_changes(connection, seq)
            held = {id_: each for id_, each in held.items() if id_ not in news.removed}
            held |= {each.id: each for each in news.taken_up}
            seq = news.seq
    assert sorted(held.values(), key=lambda each: each.id) == in_force(engine)
    engine.dispose()


def test_many_watchlists_are_applied_and_read_in_parts(engine: sa.Engine) -> None:
    many = [one("a").model_copy(update={"id": f"w{number}"}) for number in range(450)]
    apply(engine, *many)
    with engine.begin() as connection:
        assert len(load_changes(connection, 0).taken_up) == len(load_in_force(connection)) == 450
    apply(engine)
    assert in_force(engine) == []


# ---- a service that follows the database -----------------------------------------------------------------------


def accept(_: WatchlistSet) -> None:
    """Every channel can be opened."""


def follow(engine: sa.Engine, accepted: Any = accept) -> DatabaseKeeper:
    return DatabaseKeeper(TAXONOMY, engine, SteppedClock(START), accepted)


def test_the_service_takes_up_exactly_what_was_applied_since(engine: sa.Engine) -> None:
    apply(engine, one("a"), one("b"))
    seen: list[list[str]] = []
    keeper = follow(engine, lambda fresh: seen.append([each.id for each in fresh.watchlists]))
    apply(engine, one("a"), one("b", "cobalt"), one("c"))
    apply(engine, one("b", "cobalt"), one("c"))
    assert keeper.refresh() == ()
    assert keeper.current == watchlist_set([one("b", "cobalt"), one("c")], TAXONOMY)
    assert keeper.refresh() == ()
    assert seen == [["a", "b"], ["b", "c"]]


def test_an_empty_database_is_an_empty_set_and_not_an_error(engine: sa.Engine) -> None:
    keeper = follow(engine)
    assert keeper.current.watchlists == ()
    apply(engine, one("a"))
    keeper.refresh()
    assert keeper.current.get("a") == one("a")


def test_a_change_that_cannot_be_taken_up_leaves_the_last_good_set_and_is_tried_again(engine: sa.Engine) -> None:
    apply(engine, one("a"))
    ready = [True]

    def only_when_ready(_: WatchlistSet) -> None:
        if not ready[0]:
            raise UsageError("no Slack token")

    keeper = follow(engine, only_when_ready)
    ready[0] = False
    apply(engine, one("a", "cobalt"))
    assert keeper.refresh() == keeper.refresh() == ("no Slack token",)
    assert keeper.current.get("a") == one("a")
    ready[0] = True
    assert keeper.refresh() == ()
    assert keeper.current.get("a") == one("a", "cobalt")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [('"minerals"', '"planets"', "asks for unknown planets; apply it anew"), ('"name"', '"nome"', "cannot be read")],
)
def test_what_this_release_cannot_read_is_said_and_never_guessed(
    engine: sa.Engine, old: str, new: str, said: str
) -> None:
    apply(engine, one("a"))
    keeper = follow(engine)
    apply(engine, one("a"), one("b"))
    with engine.begin() as connection:
        content = watchlist_versions.c.content
        odd = watchlist_versions.update().where(watchlist_versions.c.id == "b")
        connection.execute(odd.values(content=sa.func.replace(content, old, new)))
    (problem,) = keeper.refresh()
    assert said in problem
    assert [each.id for each in keeper.current.watchlists] == ["a"]


# ---- a service that follows its folder -------------------------------------------------------------------------


def write(folder: Path, name: str, mineral: str) -> None:
    text = f"id: {name}\nname: N\nmatch: {{minerals: {mineral}}}\ndestinations: {{stdout: '-'}}"
    (folder / f"{name}.yml").write_text(text, encoding="utf-8")


def test_the_folder_is_recorded_as_it_comes_into_force(engine: sa.Engine, tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    write(folder, "a", "nickel")
    write(folder, "b", "nickel")
    keeper = FolderKeeper(folder, TAXONOMY, engine, SteppedClock(START), accept)
    assert in_force(engine) == [one("a"), one("b")]
    write(folder, "a", "cobalt")
    (folder / "b.yml").unlink()
    assert keeper.refresh() == ()
    assert list(keeper.current.watchlists) == in_force(engine) == [one("a", "cobalt")]
    write(folder, "c", "kobalt")
    assert "did you mean `cobalt`?" in keeper.refresh()[0]
    assert keeper.refresh() != ()
    assert list(keeper.current.watchlists) == in_force(engine) == [one("a", "cobalt")]


def test_a_database_that_is_away_keeps_the_change_for_the_next_look(engine: sa.Engine, tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    write(folder, "a", "nickel")
    keeper = FolderKeeper(folder, TAXONOMY, engine, SteppedClock(START), accept)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE watchlist_changes RENAME TO away")
    write(folder, "a", "cobalt")
    with pytest.raises(sa.exc.DBAPIError):
        keeper.refresh()
    assert keeper.current.get("a") == one("a")
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO watchlist_changes")
    assert keeper.refresh() == ()
    assert list(keeper.current.watchlists) == in_force(engine) == [one("a", "cobalt")]


def test_the_fingerprint_of_a_folder_changes_with_any_file_and_only_then(tmp_path: Path) -> None:
    (tmp_path / "team").mkdir()
    write(tmp_path, "a", "nickel")
    before = fingerprint(tmp_path)
    (tmp_path / "notes.txt").write_text("not a watchlist", encoding="utf-8")
    (tmp_path / "b.yml").symlink_to(tmp_path / "nowhere.yml")
    assert fingerprint(tmp_path) == before
    write(tmp_path / "team", "c", "nickel")
    added = fingerprint(tmp_path)
    os.utime(tmp_path / "a.yml", ns=(1, 1))
    assert before != added != fingerprint(tmp_path) != before


def test_a_watchlist_that_an_older_release_recorded_is_found_by_the_version_its_alerts_name(engine: sa.Engine) -> None:
    apply(engine, one("a"))
    with engine.begin() as connection:  # an older release knew fewer keys, so it counted another version
        connection.exec_driver_sql(
            "UPDATE watchlist_versions SET version = 'older', content = replace(content, ',\"news\":[]', '')"
        )
        connection.exec_driver_sql("UPDATE watchlists SET version = 'older'")
    keeper = follow(engine)
    with engine.begin() as connection:
        assert load_version(connection, "a", keeper.current.versions["a"]) == one("a")


def test_of_a_folder_only_the_files_that_changed_are_read_again(engine: sa.Engine, tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    for name in ("a", "b", "c"):
        write(folder, name, "nickel")
    really, seen = file_reader(TAXONOMY), list[str]()

    def read_and_tell(path: Path) -> ReadFile:
        seen.append(path.stem)
        return really(path)

    keeper = FolderKeeper(folder, TAXONOMY, engine, SteppedClock(START), accept, read_and_tell)
    write(folder, "b", "cobalt")
    write(folder, "d", "nickel")
    assert keeper.refresh() == keeper.refresh() == ()
    write(folder, "c", "kobalt")
    keeper.refresh()
    write(folder, "c", "gallium")
    keeper.refresh()
    assert seen == ["a", "b", "c", "b", "d", "c", "c"]
    assert list(keeper.current.watchlists) == [one("a"), one("b", "cobalt"), one("c", "gallium"), one("d")]
