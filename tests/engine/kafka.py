"""Apache Kafka in KRaft mode: one process for each broker, each broker and controller in one, on loopback."""

from __future__ import annotations

import base64
import functools
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from string import Template
from types import TracebackType

from services.contracts.errors import RetryableError
from services.runtime.adminclient import open_admin
from tests.engine import parts
from tests.engine.program import Program, free_ports, listens

_OURS = "noroshi."
_HEAP = ("-Xms64m", "-Xmx384m")
_QUICK_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
"""Small processes that start soon; a production broker is given neither."""


class KafkaCluster:
    """A cluster of one broker or three, with its records in `folder`; use it as a context manager."""

    def __init__(self, folder: Path, brokers: int = 1) -> None:
        self._folder = folder
        self.replication = min(brokers, 3)
        ports = free_ports(2 * brokers)
        self._broker_ports, self._controller_ports = ports[:brokers], ports[brokers:]
        self._java = [str(parts.find_program("java", "Java 17")), *_HEAP, *_QUICK_START]
        self._java += [f"-Dlog4j2.configurationFile={parts.KAFKA_FILES / 'log4j2.properties'}"]
        self._java += ["-cp", f"{parts.find_jars()}/*"]
        self.brokers = [self._broker(number) for number in range(1, brokers + 1)]
        parts.used[f"Apache Kafka, {brokers} broker{'s' * (brokers > 1)}"] = parts.kafka_version()

    @property
    def bootstrap(self) -> str:
        """host:port of every broker, as clients are given it."""
        return ",".join(f"127.0.0.1:{port}" for port in self._broker_ports)

    def start(self) -> None:
        """Format the storage and start every process."""
        self._format()
        for broker in self.brokers:
            broker.start()

    def wait_ready(self, timeout_seconds: float = 60.0) -> None:
        """Return once every broker is in the cluster and every record has its copies."""
        for broker, port in zip(self.brokers, self._broker_ports, strict=True):
            broker.wait_until(functools.partial(listens, port), timeout_seconds)
        self.brokers[-1].wait_until(lambda: self.count_brokers() == len(self.brokers), timeout_seconds)
        self.brokers[-1].wait_until(self._has_every_copy, timeout_seconds)

    def count_brokers(self) -> int:
        """How many brokers the cluster says it has; 0 if it does not answer."""
        try:
            with open_admin(self.bootstrap, timeout_seconds=2.0) as admin:
                return len(admin.describe_cluster()["brokers"])
        except RetryableError:
            return 0

    def _has_every_copy(self) -> bool:
        try:
            with open_admin(self.bootstrap, timeout_seconds=2.0) as admin:
                described = admin.describe_topics(admin.list_topics())
        except RetryableError:
            return False
        partitions = [each for topic in described for each in topic["partitions"]]
        return all(len(each["isr_nodes"]) == len(each["replica_nodes"]) for each in partitions)

    def heal(self) -> None:
        """Start again what does not run, and wait until the cluster is whole."""
        for broker in self.brokers:
            if not broker.alive:
                broker.start()
        self.wait_ready()

    def stop(self) -> None:
        """End every process at once; nobody reads the records any more."""
        for broker in self.brokers:
            broker.kill()

    def __enter__(self) -> KafkaCluster:
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def _broker(self, node: int) -> Program:
        config = self._write_config(node)
        return Program(f"kafka {node}", [*self._java, "kafka.Kafka", str(config)], self._folder / f"kafka-{node}.log")

    def _write_config(self, node: int) -> Path:
        nodes = enumerate(self._controller_ports, start=1)
        template = Template((parts.KAFKA_FILES / "server.properties").read_text(encoding="utf-8"))
        text = template.substitute(
            node_id=node,
            voters=",".join(f"{number}@127.0.0.1:{port}" for number, port in nodes),
            broker_port=self._broker_ports[node - 1],
            controller_port=self._controller_ports[node - 1],
            folder=self._folder / f"node-{node}",
            replication=self.replication,
            min_insync=max(1, self.replication - 1),
        )
        config = self._folder / f"server-{node}.properties"
        config.write_text(text, encoding="utf-8")
        return config

    def _format(self) -> None:
        # Sixteen bytes whose first are fixed: an id that begins with "-" would be read as an option by the tool.
        cluster = base64.urlsafe_b64encode(b"noroshi-" + uuid.uuid4().bytes[:8]).decode().rstrip("=")
        tool = [*self._java, "kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config"]
        formatting = [
            Program(f"format {node}", [*tool, str(self._folder / f"server-{node}.properties")], self._folder / "format")
            for node in range(1, len(self.brokers) + 1)
        ]
        for each in formatting:
            each.start()
        for each in formatting:
            each.wait_for_end()


class ExistingKafka:
    """A Kafka that somebody else runs."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap, self.replication = bootstrap, 1
        parts.used["Apache Kafka"] = f"the one at {bootstrap}"


@contextmanager
def own_topics(bootstrap: str) -> Iterator[None]:
    """A time before which there is no topic of Noroshi; those made within are deleted, their offsets with them."""
    before = _our_topics(bootstrap)
    assert not before, f"{bootstrap} holds {', '.join(before)} already; name a broker without topics of Noroshi"
    try:
        yield
    finally:
        _delete(bootstrap)


def _our_topics(bootstrap: str) -> Sequence[str]:
    with open_admin(bootstrap) as admin:
        return sorted(name for name in admin.list_topics() if name.startswith(_OURS))


def _delete(bootstrap: str, timeout_seconds: float = 30.0) -> None:
    with open_admin(bootstrap) as admin:
        admin.delete_topics(_our_topics(bootstrap))
    deadline = time.monotonic() + timeout_seconds
    while _our_topics(bootstrap):
        assert time.monotonic() < deadline, "the topics were not deleted"
        time.sleep(0.1)
