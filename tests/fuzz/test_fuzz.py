from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.integration
@pytest.mark.skipif(sys.platform != "linux", reason="the fuzzer is built for Linux only")
def test_two_thousand_texts_of_the_fuzzer_are_read_without_a_failure(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz.classify", "-runs=2000", "-max_total_time=60", "-max_len=2000"]
    run = subprocess.run([*command, f"-artifact_prefix={tmp_path}/"], capture_output=True, text=True, timeout=110)
    assert run.returncode == 0, run.stderr[-2000:]
    assert "Done " in run.stderr
