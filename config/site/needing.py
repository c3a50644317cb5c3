"""Needs, as a member's page shows them: to ask, to offer help, to say yes or no, and whether it worked out."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from config.site.views import for_member
from incentives.domain.pump import hints
from members.domain.needs import posting, serving
from members.domain.needs.people import CannotServe
from members.enums import NeedAudience, NeedRole
from members.models import Member, Need, NeedCandidate
from members.models.needs import SERVED_STATES

# What a member may ask for on the page, in their own words beside it.
DAYS_MAX, DAYS_DEFAULT = 180, 14
# There is nothing to see here, rather than something that is not theirs.
HIDDEN = {"unknown_need", "unknown_candidate", "not_among", "not_matched"}


def _back() -> HttpResponse:
    hints.wake_on_commit()
    return redirect(f"{reverse('points')}#needs")


def _text(request: HttpRequest, name: str, length_max: int) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()[:length_max]


def _refused(request: HttpRequest, error: CannotServe) -> None:
    if error.kind in HIDDEN:
        raise Http404 from error
    messages.error(request, error.sentence)


@require_POST
@for_member
def ask(request: HttpRequest, member: Member) -> HttpResponse:
    """Post a need for everybody, or for whom the member knows."""
    now = timezone.now()
    days = _text(request, "days", 3)
    length = int(days) if days.isascii() and days.isdigit() else DAYS_DEFAULT
    audience = NeedAudience.CONNECTIONS if request.POST.get("audience") == "connections" else NeedAudience.EVERYBODY
    try:
        posting.post(
            asker=member, words=_text(request, "words", posting.WORDS_LENGTH_MAX),
            kind=_text(request, "kind", posting.KIND_LENGTH_MAX) or "help",
            until=now + timedelta(days=min(max(length, 1), DAYS_MAX)), now=now, audience=audience,
        )  # fmt: skip
    except CannotServe as error:
        _refused(request, error)
    else:
        messages.success(request, _("Posted. We tell you here when somebody would help."))
    return _back()


@require_POST
@for_member
def offer(request: HttpRequest, member: Member, need_id: int) -> HttpResponse:
    """The member would help with somebody's need."""
    try:
        serving.propose(
            need_id=min(need_id, 2**62), member=member, now=timezone.now(), by=f"member {member.pk}", is_own=True
        )
    except CannotServe as error:
        _refused(request, error)
    else:
        messages.success(request, _("Thank you. They choose; you read here what becomes of it."))
    return _back()


@require_POST
@for_member
def answer(request: HttpRequest, member: Member, need_id: int) -> HttpResponse:
    """The member was asked whether they could help."""
    agrees = request.POST.get("agrees") == "yes"
    try:
        serving.answer_helper(need_id=min(need_id, 2**62), member_id=member.pk, agrees=agrees, now=timezone.now())
    except CannotServe as error:
        _refused(request, error)
    else:
        messages.success(request, _("Thank you for your answer."))
    return _back()


@require_POST
@for_member
def choose(request: HttpRequest, member: Member, need_id: int) -> HttpResponse:
    """The asker says yes or no to somebody who would help."""
    ref = _text(request, "candidate", 128)
    candidate = Member.objects.filter(ref=ref).first()
    if candidate is None or not Need.objects.filter(pk=min(need_id, 2**62), asker=member).exists():
        raise Http404
    agrees = request.POST.get("agrees") == "yes"
    try:
        serving.answer_asker(need_id=need_id, member_id=candidate.pk, agrees=agrees, now=timezone.now())
    except CannotServe as error:
        _refused(request, error)
    else:
        done = _("You two can reach each other now.") if agrees else _("All right. They are told kindly.")
        messages.success(request, done)
    return _back()


@require_POST
@for_member
def confirm(request: HttpRequest, member: Member, need_id: int) -> HttpResponse:
    """One side says whether it worked out."""
    number = min(need_id, 2**62)
    is_asker = Need.objects.filter(pk=number, asker=member).exists()
    served = NeedCandidate.objects.filter(need_id=number, state__in=SERVED_STATES)
    if not is_asker and not served.filter(member=member).exists():
        raise Http404
    role = NeedRole.ASKER if is_asker else NeedRole.HELPER
    try:
        serving.confirm(need_id=number, role=role, worked=request.POST.get("worked") == "yes", now=timezone.now())
    except CannotServe as error:
        _refused(request, error)
    else:
        messages.success(request, _("Thank you for telling us."))
    return _back()


@require_POST
@for_member
def withdraw(request: HttpRequest, member: Member, need_id: int) -> HttpResponse:
    """Take a need of the member's own back."""
    if not Need.objects.filter(pk=min(need_id, 2**62), asker=member).exists():
        raise Http404
    posting.withdraw(need_id=need_id, now=timezone.now())
    messages.success(request, _("Withdrawn. Whoever was asked is told."))
    return _back()
