"""The door on a phone: scans, the code in the room, and the report; for the team, and for hosts of their own activity.

The team comes by its login, with the right to change registrations and no further than its spaces. Hosts and helpers
come by their own points page, whose session knows them; they scan codes and count guests of what they make, from the
opening of the door until a day after it closes, and never let anybody in past the seats.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from activities.api.door import SCANS_MAX, take_items
from activities.domain.after.feedback import lines_of
from activities.domain.after.recaps import CannotWrite, write
from activities.domain.after.reporting import report_of
from activities.domain.checking_in.room import room_code
from activities.domain.wording import name_of
from activities.enums import Part
from activities.models import Activity, ActivityPerson, Recap, Scan
from config.site.views import for_member
from members.domain.spaces.bounds import spaces_seen_by
from members.models import Member

TEXT_LENGTH_MAX, BODY_BYTES_MAX = 200, 512 * 1024
OF_HOSTS = ("nonce", "scanned_at", "code", "guests", "device")
HOSTS_SEND_FOR = timedelta(days=1)
LANGUAGES = ("en", "zh-hans")


@dataclass(frozen=True, slots=True)
class Door:
    """A door, who stands at it, and where its pages are."""

    activity: Activity
    actor: str
    is_team: bool

    @property
    def pages(self) -> dict[str, str]:
        prefix = "staff" if self.is_team else "host"
        names = ("scan", "scans", "still", "room", "room-now", "report", "recap")
        return {name.replace("-", "_"): reverse(f"{prefix}-{name}", args=[self.activity.code]) for name in names}

    @property
    def is_open(self) -> bool:
        """Whether whoever stands here may scan now; the team always, since scans say themselves when they were."""
        if self.is_team:
            return True
        now, activity = timezone.now(), self.activity
        opens_at = activity.starts_at - timedelta(minutes=settings.CHECK_IN_EARLY_MINUTES)
        closes_at = activity.ends_at + timedelta(hours=settings.CHECK_IN_LATE_HOURS)
        return opens_at <= now < closes_at + HOSTS_SEND_FOR


DoorView = Callable[[HttpRequest, Door], HttpResponse]


def for_team(view: DoorView) -> Callable[..., HttpResponse]:
    """Let in whoever may change registrations, at the doors of their spaces."""

    @wraps(view)
    def wrapped(request: HttpRequest, code: str) -> HttpResponse:
        user = request.user
        if not (user.is_authenticated and user.is_active and user.is_staff):
            return redirect(f"{reverse('admin:login')}?next={request.path}")
        if not user.has_perm("activities.change_registration"):
            raise PermissionDenied
        activity = _find(code)
        spaces = spaces_seen_by(user)
        if spaces is not None and activity.space_id not in spaces:
            raise Http404
        return view(request, Door(activity, f"operator {user.pk}", is_team=True))

    return wrapped


def for_hosts(view: DoorView) -> Callable[..., HttpResponse]:
    """Let in the hosts and helpers of an activity, by their own session; for everybody else it is not there."""

    @for_member
    def wrapped(request: HttpRequest, member: Member, code: str) -> HttpResponse:
        activity = _find(code)
        people = ActivityPerson.objects.filter(activity=activity, member=member, part__in=(Part.HOST, Part.HELPER))
        if not people.exists():
            raise Http404
        return view(request, Door(activity, f"host {member.pk}", is_team=False))

    return wraps(view)(wrapped)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def scan(request: HttpRequest, door: Door) -> HttpResponse:
    """The page of whoever stands at the door. Without JavaScript its form takes one code at a time."""
    if request.method == "POST":
        nonce = _token(request)
        earlier = Scan.objects.filter(activity=door.activity, nonce=nonce).first()
        # The button pressed again is the same scan, at the same moment.
        moment = earlier.scanned_at if earlier is not None else timezone.now()
        item = {"nonce": nonce, "scanned_at": moment.isoformat(), "code": _text(request, "code")}
        (said,) = _take(door, [item])
        is_in = said["status"] in ("came", "already")
        (messages.success if is_in else messages.error)(request, f"{said['name']} {said['sentence']}".strip())
        return redirect(door.pages["scan"])
    return render(request, "site/scan.html", {**_context(door), "token": secrets.token_hex(16)})


@never_cache
@require_POST
def scans(request: HttpRequest, door: Door) -> HttpResponse:
    """Scans of a phone, also those it kept while it was offline: each answered for itself."""
    if len(request.body) > BODY_BYTES_MAX:
        return JsonResponse({"detail": _("Too many scans at once.")}, status=413)
    try:
        items = json.loads(request.body)["scans"]
    except (ValueError, KeyError, TypeError, RecursionError):
        items = None
    if not isinstance(items, list) or len(items) > SCANS_MAX or not all(isinstance(each, dict) for each in items):
        return JsonResponse({"detail": _("These are no scans.")}, status=400)
    return JsonResponse({"results": _take(door, items)})


@never_cache
@require_GET
def room(request: HttpRequest, door: Door) -> HttpResponse:
    """The code for the wall of the room."""
    return render(request, "site/room.html", {**_context(door), **_shown(door, timezone.now())})


@never_cache
@require_GET
def room_now(_request: HttpRequest, door: Door) -> HttpResponse:
    """The code that the room shows now, and how long."""
    return JsonResponse(_shown(door, timezone.now()))


@never_cache
@require_GET
def report(request: HttpRequest, door: Door) -> HttpResponse:
    """What came of the activity, and what was said of it."""
    context = {
        **_context(door), "report": report_of(door.activity), "lines": lines_of(door.activity),
        "recap": Recap.objects.filter(activity=door.activity).first(),
    }  # fmt: skip
    return render(request, "site/report.html", context)


@require_POST
def recap(request: HttpRequest, door: Door) -> HttpResponse:
    """Write down what it was like."""
    texts = {language: request.POST.get(f"text-{language}", "") for language in LANGUAGES}
    photos = [line.strip() for line in request.POST.get("photos", "").splitlines() if line.strip()]
    try:
        write(activity_id=door.activity.pk, texts=texts, photos=photos, now=timezone.now(), by=door.actor)
    except CannotWrite as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("Kept. Whoever came reads it."))
    return redirect(door.pages["report"])


def _take(door: Door, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not door.is_open:
        raise PermissionDenied
    if not door.is_team:
        items = [{name: item[name] for name in OF_HOSTS if name in item} for item in items]
    return take_items(door.activity, items, now=timezone.now(), actor=door.actor)


def _shown(door: Door, now: datetime) -> dict[str, Any]:
    code, until = room_code(door.activity, now=now)
    return {"code": f"{code[:3]} {code[3:]}", "seconds": max(1, round((until - now).total_seconds()))}


def _context(door: Door) -> dict[str, Any]:
    return {"activity": door.activity, "name": name_of(door.activity), "door": door, "pages": door.pages}


def _find(code: str) -> Activity:
    found = Activity.objects.select_related("space", "tier").filter(code=code).first()
    if found is None:
        raise Http404
    return found


def _text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()[:TEXT_LENGTH_MAX]


def _token(request: HttpRequest) -> str:
    token = "".join(sign for sign in request.POST.get("token", "") if sign.isascii() and sign.isalnum())[:64]
    return token or secrets.token_hex(16)
