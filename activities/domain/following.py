"""What becomes of activities when somebody is erased, turns out to be another member, or takes their data along."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from activities.domain.calendars import secrets
from activities.domain.checking_in.guards import ERASED
from activities.domain.money import major
from activities.domain.proposals.proposing import OPEN_STATES, step
from activities.domain.seating import end, hold_activity, offer_free_seats
from activities.enums import EndedBy, ProposalState, RegistrationState
from activities.models import (
    LIVE_STATES,
    ActivityInvitation,
    ActivityPerson,
    Feedback,
    Group,
    Order,
    Paper,
    Proposal,
    Registration,
    Scan,
    Series,
)
from members.models import Member


def forget(member_id: int, *, now: datetime) -> None:
    """Free the seats of what is to come and remove what was answered; who came stays as a number."""
    _leave(Registration.objects.live().filter(member_id=member_id, checked_in_at__isnull=True), now)
    # What they proposed, or were to speak at, comes to nothing; of what was delivered the words go.
    concerned = Proposal.objects.filter(Q(proposer_id=member_id) | Q(speaker_id=member_id))
    for each in concerned.filter(state__in=OPEN_STATES).order_by("pk"):
        step(proposal_id=each.pk, to=ProposalState.WITHDRAWN, now=now, by="erasure")
    concerned.filter(speaker__isnull=False).update(title=ERASED, words=ERASED, note="", reason="")
    concerned.filter(speaker__isnull=True).update(title=ERASED, words=ERASED, guest=ERASED, note="", reason="")
    Registration.objects.filter(member_id=member_id).update(answers={}, reason="", channel="")
    Scan.objects.filter(member_id=member_id).update(reason=ERASED)
    # The stars stay as a number; the words go, and so do papers with a name on them.
    Feedback.objects.filter(registration__member_id=member_id).update(words="", shows_name=False)
    Paper.objects.filter(registration__member_id=member_id).delete()
    secrets.forget(member_id)
    Series.objects.filter(host_id=member_id).update(host=None)
    Series.objects.filter(speaker_id=member_id).update(speaker=None)
    ActivityInvitation.objects.filter(member_id=member_id).delete()


def join(survivor_id: int, merged_id: int, *, now: datetime) -> None:
    """Give the survivor the other's registrations; where both are registered, the survivor's stays."""
    own = Registration.objects.live().filter(member_id=survivor_id).values_list("activity_id", flat=True)
    twins = Registration.objects.live().filter(member_id=merged_id, activity_id__in=list(own))
    came = twins.filter(checked_in_at__isnull=False).values_list("activity_id", flat=True)
    # Whoever came keeps having come, by whichever of the two registrations.
    _leave(
        Registration.objects.live().filter(member_id=survivor_id, activity_id__in=list(came), checked_in_at=None), now
    )
    own = Registration.objects.live().filter(member_id=survivor_id).values_list("activity_id", flat=True)
    _leave(Registration.objects.live().filter(member_id=merged_id, activity_id__in=list(own)), now)
    Registration.objects.filter(member_id=merged_id).update(member_id=survivor_id)
    Order.objects.filter(member_id=merged_id).update(member_id=survivor_id)
    Group.objects.filter(leader_id=merged_id).update(leader_id=survivor_id)
    Scan.objects.filter(member_id=merged_id).update(member_id=survivor_id)
    Proposal.objects.filter(proposer_id=merged_id).update(proposer_id=survivor_id)
    Proposal.objects.filter(speaker_id=merged_id).update(speaker_id=survivor_id)
    invited = ActivityInvitation.objects.filter(member_id=survivor_id).values_list("activity_id", flat=True)
    ActivityInvitation.objects.filter(member_id=merged_id, activity_id__in=list(invited)).delete()
    ActivityInvitation.objects.filter(member_id=merged_id).update(member_id=survivor_id)
    Series.objects.filter(host_id=merged_id).update(host_id=survivor_id)
    Series.objects.filter(speaker_id=merged_id).update(speaker_id=survivor_id)
    # The survivor's own address goes on; nobody shall read on by the other's.
    secrets.forget(merged_id)
    held = ActivityPerson.objects.filter(member_id=survivor_id).values_list("activity_id", "part")
    known = set(held)
    for each in ActivityPerson.objects.filter(member_id=merged_id):
        if (each.activity_id, each.part) in known:
            each.delete()
        else:
            each.member_id = survivor_id
            each.save(update_fields=["member_id"])


def data_of(member: Member) -> dict[str, Any]:
    """A member's activities, as JSON holds them; nobody else is named."""
    found = Registration.objects.filter(member=member).select_related("activity").order_by("pk")
    parts = ActivityPerson.objects.filter(member=member).select_related("activity").order_by("pk")
    return {
        "registrations": [
            {
                "activity": each.activity.code,
                "state": each.state,
                "registered_at": each.registered_at.isoformat(),
                "guests": each.guests,
                "answers": each.answers,
                "came_at": each.checked_in_at.isoformat() if each.checked_in_at else None,
            }
            for each in found
        ],
        "feedback": [
            {
                "activity": each.registration.activity.code,
                "stars": each.stars,
                "words": each.words,
                "given_at": each.given_at.isoformat(),
            }
            for each in Feedback.objects.filter(registration__member=member)
            .select_related("registration__activity")
            .order_by("pk")
        ],
        "proposals": [
            {"title": each.title, "words": each.words, "state": each.state, "proposed_at": each.proposed_at.isoformat()}
            for each in Proposal.objects.filter(proposer=member).order_by("pk")
        ],
        "orders": [
            {
                "activity": each.activity.code,
                "state": each.state,
                "placed_at": each.placed_at.isoformat(),
                "money": each.money,
                "amount": str(major(each.amount, each.money) if each.amount else 0),
                "paid": str(major(each.paid, each.money) if each.paid else 0),
                "refunded": str(major(each.refunded, each.money) if each.refunded else 0),
            }
            for each in Order.objects.filter(member=member).select_related("activity").order_by("pk")
        ],
        "invited": list(
            ActivityInvitation.objects.filter(member=member, invited_at__isnull=False)
            .order_by("pk")
            .values_list("activity__code", flat=True)
        ),
        "hosted": [{"activity": each.activity.code, "part": each.part} for each in parts],
    }


def _leave(leaving: Any, now: datetime) -> None:
    for registration_id, activity_id in list(leaving.order_by("activity_id", "pk").values_list("pk", "activity_id")):
        activity = hold_activity(activity_id)
        found = Registration.objects.select_for_update().get(pk=registration_id)
        if found.state not in LIVE_STATES:
            continue
        if found.checked_in_at is not None:
            # Both came by one registration each; the person was there once, and one of the two is to go.
            found.checked_in_at = None
        found.activity = activity
        end(found, RegistrationState.CANCELLED, by=EndedBy.TEAM, now=now)
        offer_free_seats(activity, now=now)
