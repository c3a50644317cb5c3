"""Who may ask, who may help, and who may see what is asked for."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from members.enums import AgeBand, MemberStatus, NeedAudience, NeedState
from members.models import Connection, Member, Need, SegmentMember, Standing


class CannotServe(Exception):
    """Something that cannot be done about a need; `kind` names the reason, the message says it."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


def check_person(member: Member) -> None:
    """Raise CannotServe unless this member may be brought together with others: adults of the community only."""
    if member.status != MemberStatus.ACTIVE or member.is_house:
        raise CannotServe("not_introducible", _("%(ref)s is no active member of the community.") % {"ref": member.ref})
    if member.age_band != AgeBand.ADULT:
        raise CannotServe(
            "not_adult",
            _("%(ref)s is not known to be of age; only adults are brought together.") % {"ref": member.ref},
        )


def may_take_part(member: Member) -> bool:
    """Whether this member may ask and help at all."""
    return member.status == MemberStatus.ACTIVE and not member.is_house and member.age_band == AgeBand.ADULT


def visible_to(member: Member) -> QuerySet[Need]:
    """Needs of others that this member may see, open or not."""
    return Need.objects.filter(_shown_to(member)).exclude(asker=member)


def check_sees(need: Need, member: Member) -> None:
    """Raise CannotServe unless this member may see the need."""
    if not visible_to(member).filter(pk=need.pk).exists():
        raise CannotServe("not_among", _("This need is not shown to %(ref)s.") % {"ref": member.ref})


def open_to(member: Member, *, now: datetime) -> QuerySet[Need]:
    """Open needs of others that this member may see and has nothing to do with yet, the most urgent first."""
    found = visible_to(member).filter(state=NeedState.OPEN, until__gt=now).exclude(candidates__member=member)
    return found.order_by("until", "pk")


def _shown_to(member: Member) -> Q:
    known = Connection.objects.of(member.pk).shown().values_list("low_id", "high_id")
    others = {high if low == member.pk else low for low, high in known}
    segments = SegmentMember.objects.filter(member=member).values("segment_id")
    held = Standing.objects.filter(member=member, tier__isnull=False)
    tiers = Q()
    for ladder_id, threshold in held.values_list("ladder_id", "tier__threshold"):
        tiers |= Q(tier__ladder_id=ladder_id, tier__threshold__lte=threshold)
    shown = Q(audience=NeedAudience.EVERYBODY)
    shown |= Q(audience=NeedAudience.CONNECTIONS, asker_id__in=others)
    shown |= Q(audience=NeedAudience.SEGMENT, segment_id__in=segments)
    return shown | (Q(audience=NeedAudience.TIER) & tiers if tiers else Q(pk__in=[]))
