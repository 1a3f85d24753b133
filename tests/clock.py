"""Timing inside a test, undisturbed by garbage collection and by other processes."""

import gc
from collections.abc import Callable
from time import process_time


def least_seconds(work: Callable[[], object], rounds: int = 3) -> float:
    """The least processor time, in seconds, of several runs of `work`."""
    times = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            started = process_time()
            work()
            times.append(process_time() - started)
    finally:
        gc.enable()
    return min(times)
