"""Takes a wrong check-in back: by a person, with a reason, and as another scan in the order of time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from activities.domain.checking_in import arriving
from activities.domain.checking_in.scanning import CannotScan, Taken, again, find_earlier, kept
from activities.domain.seating import hold_activity
from activities.enums import ScanBy, ScanResult
from activities.models import Registration, Scan


def undo(*, registration_id: int, nonce: str, reason: str, now: datetime, actor: str = "") -> Taken:
    """Say that somebody has not come after all; what came of it is taken back. Once for its nonce.

    A scan of before that arrives after is taken back, too; one of a later moment lets them in again.
    Raises CannotScan.
    """
    if not reason.strip():
        raise CannotScan("reason_missing", _("Say why; it stands beside your name."))
    activity_id = Registration.objects.values_list("activity_id", flat=True).get(pk=registration_id)
    with transaction.atomic():
        activity = hold_activity(activity_id)
        found = Registration.objects.select_for_update(of=("self",)).select_related("member").get(pk=registration_id)
        made = Scan(
            activity=activity, registration=found, member=found.member, nonce=nonce, by=ScanBy.UNDO,
            result=ScanResult.UNDONE, scanned_at=now, received_at=now, actor=actor[:80], reason=reason.strip()[:300],
        )  # fmt: skip
        earlier = find_earlier(activity, nonce)
        if earlier is not None:
            made.scanned_at = earlier.scanned_at
            return again(earlier, made, activity)
        if found.checked_in_at is None:
            raise CannotScan("not_in", _("They had not come, so there is nothing to take back."))
        # A device whose clock runs ahead must not outlive what is said here.
        made.scanned_at = max([now, *found.scans.values_list("scanned_at", flat=True)])
        found.activity = activity
        taken = kept(made, activity, "")
        arriving.settle(found, list(found.scans.all()), now=now)
    return taken
