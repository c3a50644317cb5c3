from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class NewEvent(NamedTuple):
    """An event that may be new, ready for the writer."""

    source_id: int
    external_id: str
    digest: bytes
    member_id: int
    type_id: int
    occurred_at: datetime
    received_at: datetime
    data: str
    # None: nobody judges it.
    lane: int | None
    space_id: int | None = None
