"""Makes two members who are one person one member: timeline, counters, lineage and login go to the survivor."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from members.domain import work_items
from members.domain.connections import leaving
from members.domain.contents import leaving as contents
from members.domain.counters.making import recount
from members.domain.events.telling import tell
from members.domain.needs import leaving as needs
from members.domain.newcomers import leaving as first_days
from members.domain.notifications import inbox
from members.domain.outcomes import MEMBER_MERGED
from members.domain.spaces import leaving as spaces
from members.enums import MemberStatus, SegmentKind
from members.lanes import lane_of
from members.models import (
    Event,
    Freeze,
    Invitation,
    Lane,
    Leave,
    Member,
    QuotaPlace,
    Referral,
    Report,
    RulesAcceptance,
    SegmentMember,
    Standing,
    TierInvitation,
    TierPin,
    Violation,
    Work,
)

# How far up the lineage is looked for a circle; deeper trees have none that anybody would pay for.
DEPTH_MAX = 1_000


class CannotMerge(Exception):
    """Two members who cannot be made one; the message says why and what to do."""


def hold_pair(survivor_id: int, merged_id: int) -> tuple[Member, Member]:
    """Lock both members' lanes and then both, in one order, in the caller's transaction; return survivor and merged."""
    lanes = sorted({lane_of(survivor_id), lane_of(merged_id)})
    list(Lane.objects.select_for_update().filter(number__in=lanes).order_by("number"))
    pair = Member.objects.select_for_update().filter(pk__in=(survivor_id, merged_id)).order_by("pk")
    found = {member.pk: member for member in pair}
    return found[survivor_id], found[merged_id]


def check_pair(survivor: Member, merged: Member) -> None:
    """Refuse what cannot become one member. Raises CannotMerge."""
    if survivor.pk == merged.pk:
        raise CannotMerge(_("These are the same member."))
    if MemberStatus.ERASED in (survivor.status, merged.status):
        raise CannotMerge(_("Somebody who was erased cannot be merged."))
    if survivor.merged_into_id is not None:
        raise CannotMerge(_("The survivor was merged into another member; merge into that one."))
    if merged.merged_into_id is not None:
        raise CannotMerge(_("This member was merged into another one before."))
    if survivor.status != MemberStatus.ACTIVE or merged.status not in (MemberStatus.ACTIVE, MemberStatus.LEFT):
        raise CannotMerge(_("A suspension or a ban would get lost; settle that first."))


def merge_people(survivor: Member, merged: Member, *, now: datetime, reason: str, by: object | None) -> None:
    """Give the survivor everything that the merged one was, but points; both are held and were checked."""
    assert transaction.get_connection().in_atomic_block, "the pair is held"
    _join_timelines(survivor, merged)
    _join_lineages(survivor, merged)
    first_days.join(survivor, merged)
    _join_rows(survivor, merged, reason=reason, by=by)
    _join_conduct(survivor, merged)
    _join_tiers(survivor, merged, now=now)
    _join_segments(survivor, merged)
    leaving.join(survivor, merged)
    inbox.join(survivor, merged)
    work_items.join(survivor, merged)
    contents.join(survivor, merged)
    needs.join(survivor, merged)
    spaces.join(survivor, merged, now=now)
    recount(member_ids=[survivor.pk, merged.pk])
    tell(MEMBER_MERGED, [(survivor.pk, {"ref": merged.ref})], now=now)


def _join_timelines(survivor: Member, merged: Member) -> None:
    Event.objects.filter(member=merged).update(member=survivor)
    Work.objects.filter(event__member=survivor).update(lane=lane_of(survivor.pk))


def _join_lineages(survivor: Member, merged: Member) -> None:
    """Whom the merged one brought, the survivor brought; nobody ends up as their own inviter."""
    above = merged.invited_by_id
    Referral.objects.filter(member=survivor, inviter=merged).update(inviter=above if above != survivor.pk else None)
    Referral.objects.filter(inviter=merged).exclude(member=survivor).update(inviter=survivor)
    Invitation.objects.filter(inviter=merged).update(inviter=survivor)
    is_circle = above is not None and _is_below(above, survivor, merged)
    if not is_circle and not Referral.objects.filter(member=survivor).exists():
        Referral.objects.filter(member=merged).update(member=survivor)
    if survivor.invited_by_id in (None, merged.pk):
        survivor.invited_by_id = None if is_circle else above
    Member.objects.filter(invited_by=merged).exclude(pk=survivor.pk).update(invited_by=survivor)


def _is_below(member_id: int, survivor: Member, merged: Member) -> bool:
    """Whether somebody was brought, at whatever depth, by one of the two."""
    step: int | None = member_id
    for _depth in range(DEPTH_MAX):
        if step is None:
            return False
        if step in (survivor.pk, merged.pk):
            return True
        step = Member.objects.values_list("invited_by_id", flat=True).get(pk=step)
    return True


def _join_conduct(survivor: Member, merged: Member) -> None:
    """Strikes, freezes and reports are those of the person."""
    accepted = RulesAcceptance.objects.filter(member=survivor).values_list("rules_id", flat=True)
    RulesAcceptance.objects.filter(member=merged).exclude(rules_id__in=list(accepted)).update(member=survivor)
    Violation.objects.filter(member=merged).update(member=survivor)
    Freeze.objects.filter(member=merged).update(member=survivor)
    known = set(Report.objects.filter(reporter=survivor).values_list("subject_id", "about"))
    mine = Report.objects.filter(reporter=merged).exclude(subject=survivor).values_list("pk", "subject_id", "about")
    Report.objects.filter(pk__in=[pk for pk, *what in mine if tuple(what) not in known]).update(reporter=survivor)
    of_others = set(Report.objects.filter(subject=survivor).values_list("reporter_id", "about"))
    about = Report.objects.filter(subject=merged).exclude(reporter=survivor).values_list("pk", "reporter_id", "about")
    Report.objects.filter(pk__in=[pk for pk, *what in about if tuple(what) not in of_others]).update(subject=survivor)


def _join_tiers(survivor: Member, merged: Member, *, now: datetime) -> None:
    """Loans and invitations go along; what the points are worth the next evaluation says."""
    Standing.objects.filter(member=merged).delete()
    QuotaPlace.objects.filter(member=merged).delete()
    TierPin.objects.filter(member=merged).update(member=survivor)
    invited = TierInvitation.objects.filter(member=survivor, ended_at=None).values_list("tier_id", flat=True)
    TierInvitation.objects.filter(member=merged, ended_at=None, tier_id__in=list(invited)).update(ended_at=now)
    TierInvitation.objects.filter(member=merged).update(member=survivor)
    Leave.objects.filter(member=merged).update(member=survivor)


def _join_segments(survivor: Member, merged: Member) -> None:
    """What was put together by hand goes along; the other segments are found out anew."""
    own = SegmentMember.objects.filter(member=survivor).values_list("segment_id", flat=True)
    by_hand = SegmentMember.objects.filter(member=merged, segment__kind=SegmentKind.STATIC)
    by_hand.exclude(segment_id__in=list(own)).update(member=survivor)
    SegmentMember.objects.filter(member=merged).delete()


def _join_rows(survivor: Member, merged: Member, *, reason: str, by: object | None) -> None:
    """Fill what the survivor lacks; the merged one has left, and points to who they are now."""
    Member.objects.filter(merged_into=merged).update(merged_into=survivor)
    user_id, merged.user_id = merged.user_id, None if survivor.user_id is None else merged.user_id
    merged.merged_into, merged.status = survivor, MemberStatus.LEFT
    for member in (merged, survivor):
        member._change_reason = f"merged: {reason}"[:100]  # type: ignore[attr-defined]  # noqa: SLF001
        member._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001
    merged.save(update_fields=["merged_into", "status", "user"])
    for name in ("display_name", "email", "language", "time_zone", "birthday"):
        setattr(survivor, name, getattr(survivor, name) or getattr(merged, name))
    survivor.attributes = {**merged.attributes, **survivor.attributes}
    survivor.is_verified = survivor.is_verified or merged.is_verified
    survivor.joined_at = min(survivor.joined_at, merged.joined_at)
    survivor.user_id = survivor.user_id or user_id
    survivor.save()
