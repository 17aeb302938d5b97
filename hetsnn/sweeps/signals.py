"""Stopping a sweep by a time limit or a signal."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Stop(threading.Event):
    """Event that is due at a time limit, or once it is set."""

    def __init__(self, time_limit: float | None = None) -> None:
        super().__init__()
        self.deadline = time.monotonic() + (float("inf") if time_limit is None else time_limit)

    def due(self, seconds: float = 0.0) -> bool:
        """Return True if the event is set, or if less than `seconds` remain."""
        return self.is_set() or time.monotonic() + seconds > self.deadline


@contextmanager
def ask_by_signals(stop: Stop) -> Iterator[Stop]:
    """Set the event on Ctrl-C or SIGTERM; a second Ctrl-C interrupts at once."""
    before = {}

    def ask(*_: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
