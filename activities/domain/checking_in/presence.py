"""Works out from its scans whether somebody is there, in the order of the scans' own time. Plain Python."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime

from activities.enums import ScanResult
from activities.models import Scan


def came_at(scans: Iterable[Scan]) -> datetime | None:
    """Since when somebody is there: the earliest scan since the last one that was taken back; None if they are not."""
    found: datetime | None = None
    for each in _in_order(scans):
        if each.result == ScanResult.UNDONE:
            found = None
        elif each.result in (ScanResult.CAME, ScanResult.ALREADY) and found is None:
            found = each.scanned_at
    return found


def guests_of(scans: Iterable[Scan]) -> int | None:
    """How many guests came along, as was said last; None if nobody has counted."""
    said = [each.guests for each in _in_order(scans) if each.guests is not None and each.result != ScanResult.REFUSED]
    return said[-1] if said else None


def _in_order(scans: Iterable[Scan]) -> list[Scan]:
    """By the moment of the scan; of two at one moment the one that is not written yet is the later."""
    return sorted(scans, key=lambda scan: (scan.scanned_at, scan.pk or sys.maxsize))
