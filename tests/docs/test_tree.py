"""What must not be in any tracked file: paths of a machine, hosts of a package index."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.conftest import ROOT

FORBIDDEN = re.compile(
    r"(?:^|[^A-Za-z0-9_.])/(?:home|root|work|Users)/[A-Za-z.]"
    r"|--(?:extra-)?index-url"
    r"|https?://[^ ]*/(?:simple|packages)/[a-z0-9]"
)


def test_no_tracked_file_names_a_path_of_a_machine_or_a_package_index() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        assert not os.environ.get("CI"), "CI runs in a git checkout"
        pytest.skip("not a git checkout, so nothing says which files are tracked")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and name != "tests/docs/test_tree.py":
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{name}: {match.group()!r}" for match in FORBIDDEN.finditer(text)]
    assert found == []
