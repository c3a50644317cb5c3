"""What a member would share, as their page shows it: to propose, to withdraw, and to say whether they would speak."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from activities.domain.proposals import proposing
from activities.enums import ProposalState
from activities.models import Proposal
from activities.models.proposals import WORDS_LENGTH_MAX
from config.site.views import for_member
from members.domain.connections.queries import circle_of
from members.models import Member

TITLE_LENGTH_MAX, NAME_LENGTH_MAX, REF_LENGTH_MAX = 150, 150, 128
HIDDEN = {"not_asked", "unknown_proposal"}


@require_POST
@for_member
def propose(request: HttpRequest, member: Member) -> HttpResponse:
    """Propose to share something: oneself, with somebody one knows here, or by a guest."""
    who = request.POST.get("who", "")
    ref = _text(request, "speaker", REF_LENGTH_MAX)
    speaker = None
    if who == "member":
        # Only whom they know: nobody finds out by it who is here.
        known = {line.member for line in circle_of(member.pk).lines}
        speaker = Member.objects.filter(ref=ref).first() if ref in known else None
        if speaker is None:
            messages.error(request, _("Choose who speaks."))
            return _back()
    guest = _text(request, "guest", NAME_LENGTH_MAX) if who == "guest" else ""
    if who == "guest" and not guest:
        messages.error(request, _("Say who your guest is."))
        return _back()
    title, words = _text(request, "title", TITLE_LENGTH_MAX), _text(request, "words", WORDS_LENGTH_MAX)
    earlier = Proposal.objects.filter(proposer=member, title=title, words=words, state=ProposalState.PROPOSED)
    if earlier.exists():
        # The button was pressed twice.
        return _back()
    try:
        proposing.propose(proposer=member, title=title, words=words, now=timezone.now(), speaker=speaker, guest=guest)
    except proposing.CannotPropose as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("Thank you. You read here what becomes of it."))
    return _back()


@require_POST
@for_member
def answer(request: HttpRequest, member: Member, proposal_id: UUID) -> HttpResponse:
    """The member was asked to speak, and says yes or no."""
    found = Proposal.objects.filter(public_id=proposal_id, speaker=member).first()
    if found is None:
        raise Http404
    try:
        proposing.answer(
            proposal_id=found.pk, speaker_id=member.pk, agrees=request.POST.get("agrees") == "yes", now=timezone.now()
        )
    except proposing.CannotPropose as error:
        if error.kind in HIDDEN:
            raise Http404 from error
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("Thank you for your answer."))
    return _back()


@require_POST
@for_member
def withdraw(request: HttpRequest, member: Member, proposal_id: UUID) -> HttpResponse:
    """Take a proposal of the member's own back."""
    found = Proposal.objects.filter(public_id=proposal_id, proposer=member).first()
    if found is None:
        raise Http404
    try:
        proposing.step(proposal_id=found.pk, to=ProposalState.WITHDRAWN, now=timezone.now(), by="proposer")
    except proposing.CannotPropose as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("Withdrawn."))
    return _back()


def _text(request: HttpRequest, name: str, length_max: int) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()[:length_max]


def _back() -> HttpResponse:
    return redirect(f"{reverse('points')}#activities")
