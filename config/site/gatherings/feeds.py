"""Calendar feeds over HTTP: the public one, a member's own by its secret address, and one activity as a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activities.domain.calendars import secrets, writing
from activities.enums import ActivityKind
from config.site.gatherings.views import find_public
from config.site.views import for_member
from members.models import Member

PUBLIC_SECONDS = 300
SPACE_LENGTH_MAX = 64


@require_safe
def public(request: HttpRequest) -> HttpResponseBase:
    """What is announced, of a kind and a space where they are named."""
    kind = request.GET.get("kind", "")
    space = request.GET.get("space", "").replace("\x00", "")[:SPACE_LENGTH_MAX]
    if kind and kind not in ActivityKind.values:
        raise Http404
    now, cache = timezone.now(), f"public, max-age={PUBLIC_SECONDS}"
    mark = writing.public_mark(now=now, kind=kind, space=space)
    return _answer(request, lambda: writing.public_feed(now=now, kind=kind, space=space), mark, cache)


@require_safe
def own(request: HttpRequest, secret: str) -> HttpResponseBase:
    """A member's registrations, for whoever knows the address; in the member's language."""
    try:
        member = secrets.member_with(secret)
    except secrets.NoCalendar as error:
        raise Http404 from error
    with translation.override(member.language or translation.get_language() or "en"):
        text = writing.member_feed(member, now=timezone.now())
    return _answer(request, lambda: text, _mark(text), "private, no-cache")


@require_safe
def one(request: HttpRequest, code: str) -> HttpResponseBase:
    """One activity as a file that calendars open."""
    activity = find_public(code)
    text = writing.one(activity)
    answer = _answer(request, lambda: text, _mark(text), f"public, max-age={PUBLIC_SECONDS}")
    answer["Content-Disposition"] = f'attachment; filename="{activity.code}.ics"'
    return answer


@require_POST
@for_member
def renew(request: HttpRequest, member: Member) -> HttpResponse:
    """Make the address of one's feed, or a new one; the old one is closed at once."""
    is_new = not secrets.secret_of(member)
    secrets.renew(member=member, now=timezone.now())
    said = _("Your calendar has an address now.") if is_new else _("The address is new; the old one is closed.")
    messages.success(request, said)
    return redirect(f"{reverse('points')}#activities")


def _mark(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:32]


def _answer(request: HttpRequest, write: Callable[[], bytes], mark: str, cache: str) -> HttpResponseBase:
    """The text, or nothing but that nothing is new."""
    etag = f'"{mark}"'
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = HttpResponse(write(), content_type="text/calendar; charset=utf-8")
    answer["ETag"], answer["Cache-Control"] = etag, cache
    # Names are in the reader's language.
    answer["Vary"] = "Accept-Language, Cookie"
    return answer
