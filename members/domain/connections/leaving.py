"""What becomes of a member's connections when the member is erased, or turns out to be another member."""

from __future__ import annotations

from django.db.models import Q

from members.domain.connections.knowing import hold, recount
from members.models import Acquaintance, Attendance, Connection, Contact, Introduction, Member


def forget(member: Member) -> None:
    """Remove whom the member knew; the others know one fewer. Runs inside the caller's transaction."""
    hold()
    others = _others(member.pk)
    Connection.objects.of(member.pk).delete()
    Contact.objects.filter(Q(member_id=member.pk) | Q(other_id=member.pk)).delete()
    Attendance.objects.filter(member_id=member.pk).delete()
    Introduction.objects.filter(Q(first=member) | Q(second=member)).delete()
    Acquaintance.objects.filter(member=member).delete()
    recount(others)


def join(survivor: Member, merged: Member) -> None:
    """Give the survivor whom the merged one knew and where they were; what is switched off stays so for both.

    Introductions of the merged one end: they were answered, or not, by somebody who is here under another name.
    """
    hold()
    Introduction.objects.filter(Q(first=merged) | Q(second=merged)).delete()
    is_off = Acquaintance.objects.filter(member__in=(survivor, merged), is_off=True).exists()
    if is_off:
        others = _others(merged.pk) | _others(survivor.pk)
        for member in (survivor, merged):
            Connection.objects.of(member.pk).delete()
            Contact.objects.filter(Q(member_id=member.pk) | Q(other_id=member.pk)).delete()
            Attendance.objects.filter(member_id=member.pk).delete()
        recount(others - {survivor.pk, merged.pk})
        Acquaintance.objects.filter(member=merged).delete()
        Acquaintance.objects.update_or_create(member=survivor, defaults={"is_off": True, "known": 0})
        return
    _join_contacts(survivor.pk, merged.pk)
    _join_connections(survivor.pk, merged.pk)
    known = Attendance.objects.filter(member_id=survivor.pk).values("type_id", "gathering")
    known_at = {(row["type_id"], row["gathering"]) for row in known}
    mine = Attendance.objects.filter(member_id=merged.pk).values_list("pk", "type_id", "gathering")
    Attendance.objects.filter(pk__in=[pk for pk, *at in mine if tuple(at) not in known_at]).update(
        member_id=survivor.pk
    )
    Attendance.objects.filter(member_id=merged.pk).delete()
    Acquaintance.objects.filter(member=merged).delete()
    recount(_others(survivor.pk) | {survivor.pk})


def _others(member_id: int) -> set[int]:
    found = Connection.objects.of(member_id).values_list("low_id", "high_id")
    return {high if low == member_id else low for low, high in found}


def _join_contacts(survivor_id: int, merged_id: int) -> None:
    """Days on which both had to do with somebody become one; each is looked at again by the next run."""
    days = Contact.objects.filter(Q(member_id=survivor_id) | Q(other_id=survivor_id))
    kept = {(each.member_id, each.other_id, each.space, each.day): each for each in days}
    for each in Contact.objects.filter(Q(member_id=merged_id) | Q(other_id=merged_id)).order_by("pk"):
        each.member_id = survivor_id if each.member_id == merged_id else each.member_id
        each.other_id = survivor_id if each.other_id == merged_id else each.other_id
        own = kept.setdefault((each.member_id, each.other_id, each.space, each.day), each)
        if own is not each:
            own.first_at, own.last_at = min(own.first_at, each.first_at), max(own.last_at, each.last_at)
            each.delete()
        elif each.member_id == each.other_id:
            each.delete()
            continue
        own.is_fresh = True
        own.save()


def _join_connections(survivor_id: int, merged_id: int) -> None:
    """Whom both knew, the survivor has known since the first of the two; whoever hid one hid both."""
    mine = {(each.low_id, each.high_id, each.space): each for each in Connection.objects.of(survivor_id)}
    for each in Connection.objects.of(merged_id).order_by("pk"):
        other_id = each.high_id if each.low_id == merged_id else each.low_id
        was_low = each.low_id == merged_id
        hid, was_hidden = (
            (each.hidden_by_low, each.hidden_by_high) if was_low else (each.hidden_by_high, each.hidden_by_low)
        )
        if other_id == survivor_id:
            each.delete()
            continue
        is_low = survivor_id < other_id
        each.low_id, each.high_id = sorted((survivor_id, other_id))
        each.hidden_by_low, each.hidden_by_high = (hid, was_hidden) if is_low else (was_hidden, hid)
        own = mine.setdefault((each.low_id, each.high_id, each.space), each)
        if own is not each:
            own.since, own.first_at = min(own.since, each.since), min(own.first_at, each.first_at)
            own.last_at, own.days = max(own.last_at, each.last_at), max(own.days, each.days)
            own.is_mutual = own.is_mutual or each.is_mutual
            own.hidden_by_low = own.hidden_by_low or each.hidden_by_low
            own.hidden_by_high = own.hidden_by_high or each.hidden_by_high
            each.delete()
        own.save()
