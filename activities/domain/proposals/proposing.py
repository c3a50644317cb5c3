"""Proposes, asks the speaker, and moves a proposal along. Each step is guarded, kept and told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from activities.domain.proposals.telling import tell
from activities.domain.seating import hold_activity
from activities.enums import ActivityKind, ActivityState, Part, ProposalState
from activities.models import COMING_STATES, Activity, ActivityPerson, Proposal, ProposalStep
from incentives.domain.requests import Refused
from members.domain.outcomes import (
    PROPOSAL_ACCEPTED,
    PROPOSAL_ASKED,
    PROPOSAL_DECLINED,
    PROPOSAL_MADE,
    PROPOSAL_SCHEDULED,
)
from members.enums import MemberStatus
from members.models import Member, Space

PROPOSED, TALKING, ACCEPTED = ProposalState.PROPOSED, ProposalState.TALKING, ProposalState.ACCEPTED
SCHEDULED, DELIVERED = ProposalState.SCHEDULED, ProposalState.DELIVERED
DECLINED, WITHDRAWN = ProposalState.DECLINED, ProposalState.WITHDRAWN

STEPS: Mapping[str, tuple[ProposalState, ...]] = {
    PROPOSED: (TALKING, ACCEPTED, DECLINED, WITHDRAWN),
    TALKING: (ACCEPTED, DECLINED, WITHDRAWN),
    ACCEPTED: (SCHEDULED, DECLINED, WITHDRAWN),
    SCHEDULED: (ACCEPTED, DELIVERED, WITHDRAWN),
    DELIVERED: (),
    DECLINED: (),
    WITHDRAWN: (),
}
OPEN_STATES = (PROPOSED, TALKING, ACCEPTED, SCHEDULED)
# Whoever reads proposals has a day of 24 hours.
OPEN_MAX = 5


class CannotPropose(Refused):
    """Something that cannot be done with a proposal; `kind` and the sentence say why."""


def propose(
    *,
    proposer: Member,
    title: str,
    words: str,
    now: datetime,
    speaker: Member | None = None,
    guest: str = "",
    space: Space | None = None,
) -> Proposal:
    """Propose to share something: oneself, unless another member or a guest is named. Raises CannotPropose.

    Another member is asked first, and nothing is accepted before they agree.
    """
    title, words, guest = title.strip(), words.strip(), guest.strip()
    if not title or not words:
        raise CannotPropose("words_missing", _("Give it a title, and say what it is about."))
    if speaker is not None and guest:
        raise CannotPropose("two_speakers", _("Name a member or a guest, not both."))
    speaker = None if guest else speaker or proposer
    with transaction.atomic():
        # Whoever holds the member counts alone.
        proposer = Member.objects.select_for_update().get(pk=proposer.pk)
        _check_people(proposer, speaker)
        if Proposal.objects.filter(proposer=proposer, state__in=OPEN_STATES).count() >= OPEN_MAX:
            raise CannotPropose("too_many_proposals", _("Five proposals of this member are open; withdraw one first."))
        is_asked = speaker is not None and speaker.pk != proposer.pk
        made = Proposal.objects.create(
            proposer=proposer, speaker=speaker, guest=guest, agreed_at=None if is_asked else now, title=title,
            words=words, space=space, proposed_at=now, moved_at=now,
        )  # fmt: skip
        tell(PROPOSAL_MADE, made, [proposer.pk], now=now)
        if speaker is not None and is_asked:
            tell(PROPOSAL_ASKED, made, [speaker.pk], now=now)
    return made


def answer(*, proposal_id: int, speaker_id: int, agrees: bool, now: datetime) -> tuple[Proposal, bool]:
    """The answer of the member who is to speak, and whether it was given now; a no declines the proposal.

    Raises CannotPropose.
    """
    with transaction.atomic():
        found = _held(proposal_id)
        if found.speaker_id != speaker_id:
            raise CannotPropose("not_asked", _("This member was not asked."))
        if found.agreed_at is not None or found.state not in (PROPOSED, TALKING):
            return found, False
        if agrees:
            found.agreed_at = now
            found.save(update_fields=["agreed_at"])
        else:
            _move(found, DECLINED, now=now, by="speaker", reason=_("The speaker said no."))
    return found, True


def step(
    *,
    proposal_id: int,
    to: ProposalState,
    now: datetime,
    by: str = "",
    reason: str = "",
    activity: Activity | None = None,
    seen: ProposalState | None = None,
) -> tuple[Proposal, bool]:
    """Take a proposal to its next stage, and say whether that happened now. Raises CannotPropose.

    A date is a sharing activity that is still to come; a no wants a reason, which the proposer reads. With `seen`, the
    stage at which whoever asks saw it, nothing happens where somebody was faster.
    """
    with transaction.atomic():
        # The activity before the proposal, as whoever calls it off holds them.
        activity = hold_activity(activity.pk) if activity is not None else None
        found = _held(proposal_id)
        if found.state == to and (activity is None or activity.pk == found.activity_id):
            return found, False
        if seen is not None and found.state != seen:
            said = {"from": seen.label, "to": found.get_state_display()}
            raise CannotPropose("moved_meanwhile", _("It is no longer %(from)s but %(to)s; look again.") % said)
        _check(found, to, reason, activity)
        if to == SCHEDULED:
            assert activity is not None, "it was checked"
            _schedule(found, activity)
        elif found.state == SCHEDULED:
            _take_off(found)
        _move(found, to, now=now, by=by, reason=reason)
    return found, True


def _check_people(proposer: Member, speaker: Member | None) -> None:
    for each in (proposer, speaker):
        if each is not None and each.status != MemberStatus.ACTIVE:
            raise CannotPropose("not_active", _("%(ref)s is no active member of the community.") % {"ref": each.ref})


def _check(found: Proposal, to: ProposalState, reason: str, activity: Activity | None) -> None:
    if to == DELIVERED:
        raise CannotPropose("no_such_step", _("It is delivered when the books of its activity are closed."))
    if to not in STEPS[found.state]:
        said = {"from": found.get_state_display(), "to": to.label}
        raise CannotPropose("no_such_step", _("What is %(from)s cannot become %(to)s.") % said)
    if to in (ACCEPTED, SCHEDULED) and found.agreed_at is None:
        raise CannotPropose("speaker_not_asked", _("The speaker has not agreed yet."))
    if to == DECLINED and not reason.strip():
        raise CannotPropose("reason_missing", _("Say why: the proposer reads it."))
    if to == SCHEDULED and (activity is None or activity.kind != ActivityKind.SHARING):
        raise CannotPropose("no_date", _("A date is a sharing activity; name one."))
    if to == SCHEDULED and activity is not None and activity.state not in (ActivityState.DRAFT, *COMING_STATES):
        raise CannotPropose("no_date", _("This activity has begun or was cancelled; name another."))


def _schedule(found: Proposal, activity: Activity) -> None:
    found.activity = activity
    if found.speaker_id is not None:
        ActivityPerson.objects.get_or_create(activity=activity, member_id=found.speaker_id, part=Part.SPEAKER)


def _take_off(found: Proposal) -> None:
    """The activity goes on without them."""
    if found.speaker_id is not None:
        ActivityPerson.objects.filter(
            activity=found.activity, member_id=found.speaker_id, part=Part.SPEAKER, spoke_at__isnull=True
        ).delete()
    found.activity = None


def _move(found: Proposal, to: ProposalState, *, now: datetime, by: str, reason: str = "") -> None:
    ProposalStep.objects.create(
        proposal=found, from_state=found.state, to_state=to, at=now, by=by[:80], reason=reason[:300]
    )
    before, found.state, found.moved_at, found.reason = found.state, to, now, reason[:300]
    found.save()
    if to == ACCEPTED and before != SCHEDULED:
        tell(PROPOSAL_ACCEPTED, found, [found.proposer_id], now=now)
    elif to == DECLINED:
        tell(PROPOSAL_DECLINED, found, [found.proposer_id], now=now)
    elif to == SCHEDULED:
        tell(PROPOSAL_SCHEDULED, found, sorted({found.proposer_id, found.speaker_id or found.proposer_id}), now=now)


def _held(proposal_id: int) -> Proposal:
    found = Proposal.objects.select_for_update(of=("self",)).filter(pk=proposal_id).first()
    if found is None:
        raise CannotPropose("unknown_proposal", _("There is no such proposal."))
    return found
