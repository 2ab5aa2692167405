"""How far the memory of this process rises meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil


@dataclass
class Rise:
    """The highest resident memory seen above that at the beginning, in bytes."""

    peak: int = 0


@contextmanager
def memory_rise() -> Iterator[Rise]:
    process, done, rise = psutil.Process(), threading.Event(), Rise()
    before = process.memory_info().rss

    def watch() -> None:
        while not done.wait(0.002):
            rise.peak = max(rise.peak, process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield rise
    finally:
        done.set()
        watcher.join()
        rise.peak = max(rise.peak, process.memory_info().rss - before)
