"""The embedded broker `noida-db`: speaks Kafka's protocol, keeps its records on disk, needs no other program.

For trying out only. It never expires dead group members, so each worker needs a fixed `instance_id`; it writes
everything it retains into one file at each change, so little may be retained; and a kill (rather than a stop)
can lose its last two seconds.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from types import TracebackType

from services.contracts.errors import UsageError
from services.runtime.broker.embedded import wait_for_metadata
from services.runtime.ports import free_ports, refuse_taken

PINNED = "0.2.3"
_INSTALL = 'run: pip install "noroshi[embedded]", or set NOROSHI_BROKER to a Kafka of your own'
_NOISE = "weak version `GLIBC_"  # a loader remark about a symbol the program can do without


class NoidaBroker:
    """A `noida-db` child process that serves only Kafka, on loopback, with its records in `folder`."""

    def __init__(self, folder: Path, *, port: int = 9092, host: str = "127.0.0.1") -> None:
        self._folder = folder
        self._host = host
        self._port = port or free_ports(1, host)[0]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """host:port for clients."""
        return f"{self._host}:{self._port}"

    @property
    def topic_overrides(self) -> Mapping[str, str]:
        """About 2 MB a partition, since every change rewrites all that is retained; whole segments are dropped."""
        return {"retention.bytes": "2000000", "segment.bytes": "500000"}

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def log_path(self) -> Path:
        """Where the program's own words go."""
        return self._folder / "broker.log"

    def start(self) -> None:
        """Start the process; raises UsageError if the program is missing, of another version, or the port is taken."""
        program = find_program()
        refuse_taken(self._port, "the embedded broker", "--broker-port", self._host)
        self._folder.mkdir(parents=True, exist_ok=True)
        command = [str(program), "start", "--only", "kafka", "--host", self._host]
        command += ["--kafka-port", str(self._port), "--data-dir", str(self._folder / "noida")]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # the program of a pinned wheel, fixed arguments
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def wait_ready(self, timeout_seconds: float = 15.0) -> None:
        """Return once clients get metadata; raises StopError if that takes longer or the process ends."""
        wait_for_metadata(self.bootstrap, lambda: self.pid is not None, timeout_seconds)

    def stop(self, timeout_seconds: float = 15.0) -> None:
        """Ask the process to save and end, and wait for it; kill it only after the timeout."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def read_log(self) -> str:
        """What the program said, without the loader's remark that means nothing."""
        with suppress(FileNotFoundError):
            lines = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
            return "\n".join(line for line in lines if _NOISE not in line)
        return ""

    def __enter__(self) -> NoidaBroker:
        self.start()
        self.wait_ready()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()


def find_program(distribution: str = "noida-db") -> Path:
    """The broker's program in its wheel; raises UsageError saying what to install."""
    try:
        found = version(distribution)
        program = Path(str(files("noida_db") / "noida-db"))
    except (PackageNotFoundError, ModuleNotFoundError) as error:
        raise UsageError(f"the embedded broker is not installed; {_INSTALL}") from error
    if found != PINNED:
        raise UsageError(f"noida-db {found} is installed, this version was proved with {PINNED}; {_INSTALL}")
    if not program.is_file():
        raise UsageError(f"{program}: the embedded broker has no program for this machine; {_INSTALL}")
    if not program.stat().st_mode & 0o100:
        with suppress(PermissionError):
            program.chmod(0o755)
    return program
