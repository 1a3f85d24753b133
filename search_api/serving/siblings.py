"""The processes that answer at the same address, and the generation that each answers from."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

FOLDER = "BUREAU_WORKERS"  # environment variable: where they tell each other
EVERY = 0.05  # seconds between two looks


def folder() -> Path | None:
    """Where the processes tell each other; None for a process that is alone."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else None


def told(generation: str) -> None:
    """Let the others know what this process answers from; nothing where it is alone."""
    if shared := folder():
        place = shared / f"{os.getpid()}.part"
        place.write_text(generation, "ascii")
        place.replace(place.with_suffix(".generation"))


def wait_for_all(number: int, seconds: float) -> bool:
    """Wait until all others answer from generation ``number`` or a later one; whether they do."""
    end = time.monotonic() + seconds
    while behind(number):
        if time.monotonic() > end:
            return False
        time.sleep(EVERY)
    return True


def behind(number: int) -> list[int]:
    """The processes that answer from a generation before ``number``."""
    shared, found = folder(), []
    for place in shared.glob("*.generation") if shared else ():
        with suppress(OSError):
            if int(place.read_text("ascii").removeprefix("gen-")) < number and lives(place.stem):
                found.append(int(place.stem))
    return found


def lives(process: str) -> bool:
    """Whether there is a process of this number."""
    return Path("/proc", process).exists()
