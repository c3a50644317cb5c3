"""Named places at which a test may kill the process, so that crashes are tried exhaustively, not luckily."""

from __future__ import annotations

import os
import signal

_ARMED = os.environ.get("LAURELS_FAIL_POINT", "")

NAMES = (
    "pump.marked",
    "batch.claimed",
    "batch.loaded",
    "batch.folded",
    "batch.posted",
    "batch.written",
    "batch.committed",
)


def reach(name: str) -> None:
    """Die here without a word if the environment variable LAURELS_FAIL_POINT names this point."""
    assert name in NAMES, f"{name} is not a known fail point"
    if name == _ARMED:
        os.kill(os.getpid(), signal.SIGKILL)
