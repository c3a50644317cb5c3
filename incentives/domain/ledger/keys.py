"""What makes an effect the same effect: 32 bytes of SHA-256 (FIPS 180-4) over its permanent names."""

from __future__ import annotations

import hashlib
from datetime import datetime


def of_effect(event_id: int, rule_code: str, effect_number: int, run: int) -> bytes:
    """The key of what a rule does. Not the version: a rule published between a try and its retry must not pay twice.

    The event's own id stands for (source, id), which `EventKey` keeps unique for ever.
    """
    return hashlib.sha256(
        b"effect\x1f%d\x1f%s\x1f%d\x1f%d" % (event_id, rule_code.encode(), effect_number, run)
    ).digest()


def of_reversal(reversed_key: bytes, cause: str) -> bytes:
    return hashlib.sha256(b"reverse\x1f" + reversed_key + b"\x1f" + cause.encode()).digest()


def of_expiry(lot_id: int, due_at: datetime, nth: int) -> bytes:
    return hashlib.sha256(b"expire\x1f%d\x1f%s\x1f%d" % (lot_id, due_at.isoformat().encode(), nth)).digest()


def of_settling(journal_id: int) -> bytes:
    """An award that waits is settled once: it unlocks, or it lapses."""
    return hashlib.sha256(b"settle\x1f%d" % journal_id).digest()


def of_request(request_id: str, step: str) -> bytes:
    return hashlib.sha256(f"request\x1f{request_id}\x1f{step}".encode()).digest()
