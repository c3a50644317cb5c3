"""Lets a member check themselves in by the code that the room shows."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from activities.domain.checking_in import arriving, wording
from activities.domain.checking_in.room import is_room_code
from activities.domain.checking_in.scanning import CannotScan, Taken, again, find_earlier, kept, time_to_come
from activities.domain.seating import hold_activity
from activities.enums import ScanBy
from activities.models import Registration, Scan
from members.models import Member

# So many wrong codes of one member in so long: six digits are not to be tried out.
TRIES_MAX, TRIES_WITHIN = 5, timedelta(minutes=10)


def check_in(*, activity_id: int, member: Member, text: str, nonce: str, now: datetime) -> Taken:
    """Check a member in who types the code of the room, once for the nonce of their form. Raises CannotScan."""
    with transaction.atomic():
        activity = hold_activity(activity_id)
        made = Scan(
            activity=activity, member=member, nonce=nonce, by=ScanBy.ROOM, scanned_at=now, received_at=now,
            actor="member",
        )  # fmt: skip
        earlier = find_earlier(activity, nonce)
        if earlier is not None:
            made.scanned_at, made.registration = earlier.scanned_at, earlier.registration
            if earlier.member_id != member.pk:
                raise CannotScan("nonce_reused", wording.why_sentence(wording.WRONG_ROOM_CODE, activity))
            return again(earlier, made, activity)
        recent = Scan.objects.filter(
            activity=activity, member=member, by=ScanBy.ROOM, why=wording.WRONG_ROOM_CODE,
            received_at__gt=now - TRIES_WITHIN,
        )  # fmt: skip
        if recent.count() >= TRIES_MAX:
            # Not kept: it is no scan, and nobody fills our books by pressing a button.
            raise CannotScan(wording.TOO_MANY_TRIES, wording.why_sentence(wording.TOO_MANY_TRIES, activity))
        why = time_to_come(activity, now, now=now)
        if not why and not is_room_code(activity, text, now=now):
            why = wording.WRONG_ROOM_CODE
        if not why:
            mine = Registration.objects.live().filter(activity=activity, member=member).first()
            made.registration = mine
            why = wording.NOT_REGISTERED if mine is None else arriving.arrive(made, activity, now=now)
        return kept(made, activity, why)
