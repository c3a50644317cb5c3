"""The single movements: spend, hold, capture, void, transfer, adjust, open, reverse, restore, expire.

Each takes locks in the order of the whole house (accounts by id), decides in a book, and writes once. Called again
with the same `key` it returns what it did the first time.
"""

from incentives.domain.ledger.operations.expiring import expire_due, expire_idle
from incentives.domain.ledger.operations.holding import (
    HoldClosed,
    UnknownHold,
    capture,
    hold,
    release_expired_holds,
    void,
)
from incentives.domain.ledger.operations.moving import NotTransferable, adjust, open_balance, spend, transfer
from incentives.domain.ledger.operations.restoring import restore
from incentives.domain.ledger.operations.reversing import CannotReverse, reverse
from incentives.domain.ledger.operations.steps import Moved

__all__ = [
    "CannotReverse", "HoldClosed", "Moved", "NotTransferable", "UnknownHold", "adjust", "capture", "expire_due",
    "expire_idle", "hold", "open_balance", "release_expired_holds", "restore", "reverse", "spend", "transfer", "void",
]  # fmt: skip
