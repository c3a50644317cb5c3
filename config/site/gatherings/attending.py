"""A member's own page of an activity: the code for the door, checking in, and afterwards feedback and papers."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from activities.domain.after import feedback, papers, printing
from activities.domain.checking_in import scanning, self_service
from activities.domain.checking_in.codes import code_of, picture_of
from activities.domain.wording import name_of
from activities.enums import NameForm, PaperKind, Part, RegistrationState
from activities.models import Activity, ActivityPerson, Feedback, Recap, Registration
from config.site.views import for_member
from incentives.domain.requests import Refused
from members.domain.texts import text_in
from members.models import Member

CODE_LENGTH_MAX, TOKEN_LENGTH_MAX = 40, 64


@never_cache
@require_GET
@for_member
def page(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """What there is to show, to do and to say, before, during and after."""
    registration = _find(member, code)
    return render(request, "site/coming.html", _context(registration, member, timezone.now()))


@require_POST
@for_member
def check_in(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """Check in by the code that the room shows; one form is one scan, however often its button is pressed."""
    registration = _find(member, code)
    token = "".join(sign for sign in request.POST.get("token", "") if sign.isascii() and sign.isalnum())
    try:
        taken = self_service.check_in(
            activity_id=registration.activity_id, member=member, now=timezone.now(),
            text=request.POST.get("code", "").replace("\x00", "")[:CODE_LENGTH_MAX],
            nonce=f"room-{member.pk}-{token[:32] or secrets.token_hex(8)}",
        )  # fmt: skip
    except scanning.CannotScan as error:
        messages.error(request, error.sentence)
    else:
        is_in = taken.scan.result in ("came", "already")
        (messages.success if is_in else messages.error)(request, taken.sentence)
    return redirect("coming", code=code)


@require_POST
@for_member
def rate(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """Say how it was, or mend what was said."""
    registration = _find(member, code)
    stars = request.POST.get("stars", "")
    if stars not in ("1", "2", "3", "4", "5"):
        messages.error(request, _("Choose one to five stars."))
        return redirect("coming", code=code)
    try:
        feedback.rate(
            registration_id=registration.pk, stars=int(stars), words=request.POST.get("words", ""),
            shows_name=request.POST.get("shows_name") == "yes", now=timezone.now(),
        )  # fmt: skip
    except feedback.CannotRate as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("Thank you. The hosts read your words without your name, unless you show it."))
    return redirect("coming", code=code)


@require_POST
@for_member
def paper(request: HttpRequest, member: Member, code: str, kind: str) -> HttpResponse:
    """The admission letter or the certificate as a file, with the name as the member chooses."""
    registration = _find(member, code)
    form = request.POST.get("name_form", "")
    if kind not in PaperKind.values or form not in ("", *NameForm.values):
        raise Http404
    try:
        issued, _new = papers.issue(
            registration_id=registration.pk, kind=PaperKind(kind), now=timezone.now(),
            name_form=NameForm(form) if form else None,
        )  # fmt: skip
        file = printing.printed(issued)
    except Refused as error:
        messages.error(request, error.sentence)
        return redirect("coming", code=code)
    answer = HttpResponse(file, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{kind}-{registration.activity.code}.pdf"'
    return answer


def _find(member: Member, code: str) -> Registration:
    """The member's newest registration, also one that came to nothing: they should read that."""
    found = Registration.objects.select_related("activity__space", "activity__tier", "member")
    registration = found.filter(member=member, activity__code=code).order_by("-pk").first()
    if registration is None:
        raise Http404
    return registration


def _context(registration: Registration, member: Member, now: datetime) -> dict[str, Any]:
    activity: Activity = registration.activity
    has_place = registration.state == RegistrationState.CONFIRMED
    came = registration.checked_in_at is not None
    shown = has_place and not came
    code = code_of(registration) if shown else ""
    recap = Recap.objects.filter(activity=activity).first() if came else None
    return {
        "activity": activity, "registration": registration, "name": name_of(activity), "has_place": has_place,
        "came": came, "code": code, "picture": picture_of(code) if shown else "",
        "may_check_in": shown and not scanning.time_to_come(activity, now, now=now),
        "may_rate": came and now < feedback.until(activity),
        "rated": Feedback.objects.filter(registration=registration).first() if came else None,
        "recap": recap, "recap_words": text_in(recap.texts, get_language() or "en") if recap is not None else "",
        "forms": NameForm.choices, "token": secrets.token_hex(16),
        "is_host": ActivityPerson.objects.filter(
            activity=activity, member=member, part__in=(Part.HOST, Part.HELPER)
        ).exists(),
    }  # fmt: skip
