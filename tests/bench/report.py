"""What is known so far: said on standard error as it is measured, kept in build/bench.json."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench import size

results: dict[str, Any] = {"quick": size.QUICK, "members": size.MEMBERS, "events": size.EVENTS, "missing": []}
began = time.perf_counter()


def progress(part: str) -> None:
    """Say what is being measured; the table comes at the end."""
    print(f"{time.perf_counter() - began:6.0f} s  {part}", file=sys.stderr, flush=True)
    keep()


def keep() -> None:
    """Write what is known so far, so that a run that is broken off has not been for nothing."""
    Path("build").mkdir(exist_ok=True)
    Path("build/bench.json").write_text(json.dumps(results, indent=1))
