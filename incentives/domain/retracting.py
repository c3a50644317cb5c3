"""Undoes what followed from events that did not happen after all, as if nobody had ever told of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from incentives.domain.quests.stepping_back import may_tell, step_back
from incentives.domain.withdrawing import Withdrawn, hold, withdraw
from incentives.models import BadgeGrant, PrivilegeGrant
from members.domain.events.retracting import mark_retracted


def retract(*, event_ids: Iterable[int], cause: str, now: datetime, actor: str = "") -> Withdrawn:
    """Take back what the events brought: points to whomever, badges and privileges by rules, progress in quests with
    what finishing them brought, counts and evidence.

    They stay on the timeline as what was said. Doing it again changes nothing.
    """
    wanted = set(event_ids)
    with transaction.atomic():
        # Every lane that may be needed at once, in the order of the house.
        hold(wanted | may_tell(wanted))
        wanted |= step_back(wanted)
        taken = withdraw(event_ids=wanted, cause=cause, now=now, actor=actor)
        paid, assigned = hold(wanted)
        ids, members = [each.pk for each in (*paid, *assigned)], {each.member_id for each in (*paid, *assigned)}
        grants = PrivilegeGrant.objects.filter(member_id__in=members, event_id__in=ids, revoked_at__isnull=True)
        grants.update(revoked_at=now)
        BadgeGrant.objects.filter(member_id__in=members, event_id__in=ids).delete()
        mark_retracted(paid, cause=cause, now=now)
    return taken
