"""Loopback ports: free ones, and a clear word when a wanted one is taken."""

from __future__ import annotations

import socket

from services.contracts.errors import UsageError

LOOPBACK = "127.0.0.1"


def free_ports(count: int, host: str = LOOPBACK) -> list[int]:
    """That many different ports nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((host, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def refuse_taken(port: int, who: str, mend: str, host: str = LOOPBACK) -> None:
    """Raise UsageError saying who wants the port and how to choose another if somebody listens on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"{who} cannot listen on {host}:{port}: {error.strerror}. Another program holds the port "
                f"(perhaps Noroshi runs already): stop it, or choose another port with {mend}"
            ) from error
