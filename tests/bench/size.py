"""How large a run is: the whole, or with QUICK=1 a small one of the same."""

from __future__ import annotations

import os

QUICK = bool(os.environ.get("QUICK"))
MEMBERS = 10_000
EVENTS = 3_000 if QUICK else 20_000
ROUNDS = 3 if QUICK else 5
LEDGERS = (10_000, 100_000) if QUICK else (10_000, 100_000, 1_000_000)
COMMUNITIES = (1_000, 10_000) if QUICK else (1_000, 10_000, 100_000)
RULE_SETS = (20, 200) if QUICK else (20, 200, 1_000)
BATCH = 1_000
