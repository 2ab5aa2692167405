"""Where the parts of the engine are on this machine, which versions they have, and what to do if one is missing.

A missing part skips a test with a clear reason; in CI (environment variable CI) it fails the test.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]
KAFKA_FILES = ROOT / "deploy" / "kafka"

EXISTING_KAFKA = "NOROSHI_TEST_KAFKA"
"""host:port of a Kafka that is up already; it must hold no topic of Noroshi."""
EXISTING_POSTGRES = "NOROSHI_TEST_POSTGRES"
"""postgresql://user@host/name of a server that is up already; the user must be allowed to create databases."""
CACHE = "NOROSHI_ENGINE_CACHE"
"""The folder for Kafka's jars, outside the checkout."""

_INSTALL = "run tests/engine/install"


def missing(what: str) -> NoReturn:
    """Skip the test since a part is missing; in CI fail it."""
    message = f"{what}; {_INSTALL}"
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def find_program(name: str, what: str) -> Path:
    """A program on the path, or in the newest of Debian's folders for PostgreSQL."""
    found = shutil.which(name)
    if found:
        return Path(found)
    programs = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return programs[-1] if programs else missing(f"{what} is not installed: there is no `{name}`")


def kafka_version() -> str:
    """The version of Apache Kafka that deploy/kafka/pom.xml names."""
    found = re.search(r"<kafka\.version>(.+)</kafka\.version>", (KAFKA_FILES / "pom.xml").read_text(encoding="utf-8"))
    assert found is not None, "deploy/kafka/pom.xml names no kafka.version"
    return found[1]


def find_jars() -> Path:
    """The folder with the jars of Apache Kafka."""
    cache_folder = Path(os.environ.get(CACHE) or Path.home() / ".cache" / "noroshi")
    jars = cache_folder / f"kafka-{kafka_version()}"
    return jars if (jars / "complete").exists() else missing(f"Apache Kafka {kafka_version()} is not in {jars}")


def server_user() -> str | None:
    """Who runs PostgreSQL, which refuses root: the user of its package or nobody; None if we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@cache
def describe_version(program: Path) -> str:
    """The version that a program states, as `15.18`."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"\d+\.\d+(\.\d+)?", said.stdout + said.stderr)
    return found[0] if found else "unknown"


used: dict[str, str] = {}
"""What the tests of this run were run on, by part; printed at the end of the run."""
