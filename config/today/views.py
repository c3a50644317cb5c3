"""What operators do on the Today page: take, assign, note, rest, hand over. One call into the domain each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from config.today.groups import GROUPS
from config.today.page import MINE, colleagues, name_of, things_of
from config.today.registry import Group
from members.domain import work_items
from members.domain.events.schemas import YEAR_FIRST, YEAR_LAST
from members.domain.spaces.bounds import spaces_seen_by
from members.domain.work_items import Thing

# In hours: until the evening, tomorrow, after a week.
RESTS = {"4": timedelta(hours=4), "24": timedelta(days=1), "168": timedelta(days=7)}
NUMBER_LENGTH_MAX = 18


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Take one thing, give it to somebody, note something about it, or let it rest."""
    group = next((each for each in GROUPS if each.kind == request.POST.get("kind")), None)
    if group is None:
        raise Http404
    if not request.user.has_perm(group.acts):
        raise PermissionDenied
    now = timezone.now()
    entry = things_of(group, now, request.user).get(_number(request, "id"))
    if entry is None:
        messages.info(request, _("This is done already."))
        return _back(request)
    thing = Thing(group.kind, entry.object_id, entry.member_id)
    what = request.POST.get("do", "")
    if what == "take":
        _give(group, thing, _user(request), now, request)
    elif what == "assign":
        _assign(request, group, thing, now)
    elif what == "note":
        _note(request, thing, now)
    elif what == "rest":
        until = RESTS.get(request.POST.get("hours", ""))
        work_items.snooze(thing=thing, until=now + until if until else None, now=now, by=request.user)
        messages.success(request, _("It comes back by itself.") if until else _("It is awake again."))
    else:
        raise Http404
    return _back(request)


@require_POST
def hand_over(request: HttpRequest) -> HttpResponse:
    """Move everything that somebody has to a colleague; others' things by whoever may change users."""
    me = _user(request)
    people = {each.pk: each for each in colleagues()}
    to = people.get(_number(request, "to"))
    giver_id = _number(request, "from") or me.pk
    if giver_id != me.pk and (not request.user.has_perm("auth.change_user") or spaces_seen_by(me) is not None):
        raise PermissionDenied
    if to is None or to.pk == giver_id:
        messages.error(request, _("Choose a colleague."))
        return _back(request)
    if spaces_seen_by(to) is not None:
        words = _("%(name)s sees to some spaces only; give them things one by one.")
        messages.error(request, words % {"name": name_of(to)})
        return _back(request)
    note, now, count = request.POST.get("note", "").replace("\x00", ""), timezone.now(), 0
    may = [group for group in GROUPS if to.has_perm(group.acts)]
    count += work_items.hand_over(
        kinds=[group.kind for group in may if group.assign is None], giver_id=giver_id, to=to, note=note, now=now,
        by=request.user,
    )  # fmt: skip
    for group in may:
        if group.assign is not None:
            count += _hand_over_theirs(request, group, giver_id, to, note, now)
    said = ngettext("%(count)d item is now with %(name)s.", "%(count)d items are now with %(name)s.", count)
    messages.success(request, said % {"count": count, "name": name_of(to)})
    kept = [str(group.title) for group in GROUPS if group not in may]
    if kept:
        words = _("%(name)s may not see to these, so they stay: %(groups)s.")
        messages.warning(request, words % {"name": name_of(to), "groups": ", ".join(kept)})
    return _back(request)


def _hand_over_theirs(request: HttpRequest, group: Group, giver_id: int, to: Any, note: str, now: datetime) -> int:
    """Things that know their assignee themselves; the note stands in their work item."""
    assert group.assign is not None
    held = [entry for entry in group.found(now, spaces_seen_by(request.user)) if entry.assignee_id == giver_id]
    group.assign([entry.object_id for entry in held], to)
    known = work_items.items_of([group.kind])
    for entry in held if note.strip() else []:
        item = known.get((group.kind, entry.object_id))
        words = " · ".join(part for part in (note.strip(), item.note if item is not None else "") if part)
        work_items.describe(
            thing=Thing(group.kind, entry.object_id, entry.member_id), note=words,
            due_at=item.due_at if item is not None else None, now=now, by=request.user,
        )  # fmt: skip
    return len(held)


def _assign(request: HttpRequest, group: Group, thing: Thing, now: datetime) -> None:
    number = _number(request, "to")
    to = next((each for each in colleagues() if each.pk == number), None)
    if to is not None and (not to.has_perm(group.acts) or thing.object_id not in things_of(group, now, to)):
        messages.error(request, _("%(name)s may not see to this.") % {"name": name_of(to)})
        return
    _give(group, thing, to, now, request)


def _give(group: Group, thing: Thing, to: AbstractBaseUser | None, now: datetime, request: HttpRequest) -> None:
    if group.assign is not None:
        group.assign([thing.object_id], to)
    else:
        work_items.assign(thing=thing, to=to, now=now, by=request.user)
    said = _("It is with %(name)s now.") % {"name": name_of(to)} if to is not None else _("It is with nobody now.")
    messages.success(request, said)


def _note(request: HttpRequest, thing: Thing, now: datetime) -> None:
    written = request.POST.get("due", "")
    due_at = _moment(written)
    if written and due_at is None:
        messages.error(request, _("Write a day and a time."))
        return
    note = request.POST.get("note", "").replace("\x00", "")
    work_items.describe(thing=thing, note=note, due_at=due_at, now=now, by=request.user)
    messages.success(request, _("Noted."))


def _moment(written: str) -> datetime | None:
    """What a browser's field for a day and a time sends, in the programme's zone."""
    try:
        read = datetime.fromisoformat(written[:32])
    except ValueError:
        return None
    if not YEAR_FIRST < read.year < YEAR_LAST:
        return None
    return (read if read.tzinfo is not None else timezone.make_aware(read, timezone.get_default_timezone())).astimezone(
        UTC
    )


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= NUMBER_LENGTH_MAX else 0


def _user(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, AbstractBaseUser), "the admin lets nobody else in"
    return request.user


def _back(request: HttpRequest) -> HttpResponseRedirect:
    mine = "?mine=1" if request.POST.get(MINE) == "1" else ""
    kind = request.POST.get("kind", "")
    anchor = f"#today-{kind}" if any(group.kind == kind for group in GROUPS) else ""
    return HttpResponseRedirect(f"{reverse('admin:index')}{mine}{anchor}")


urlpatterns = [
    path("admin/today/item/", admin.site.admin_view(act), name="today-act"),
    path("admin/today/hand-over/", admin.site.admin_view(hand_over), name="today-hand-over"),
]
