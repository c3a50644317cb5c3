"""A day of the team for a first look: what members were told and what they miss, and who does what until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group as Role

from config.roles import COMMUNITY
from config.today.groups import GROUPS
from config.today.page import things_of
from incentives.domain.expiring import tell_expiring
from incentives.domain.missing import cases
from incentives.domain.missing.finding import Asked
from incentives.models import Journal
from members.domain import work_items
from members.domain.notifications import inbox
from members.domain.notifications.writing import write_notifications
from members.domain.work_items import Thing
from members.models import Event, Member

QUESTIONS = (
    "I answered four people yesterday and only two of them counted.",
    "我上周的文章被推荐了，可是没有加分。",
    "The evening on Tuesday was cut short for me; does it count at all?",
)


def fill(members: list[Member], now: datetime) -> None:
    """Tell members what has happened, let some of them ask, and share the work out."""
    tell_expiring(now=now)
    while write_notifications(now=now):
        pass
    for member in members[::3]:
        inbox.mark_read(member=member, now=now)
    _ask(members, now)
    _share_out(now)
    while write_notifications(now=now):
        pass


def _ask(members: list[Member], now: datetime) -> None:
    """Questions that answer themselves, one that does not, and some for the team."""
    ada = members[1]
    paid = Journal.objects.filter(member_id=ada.pk, event_id__isnull=False).values("event_id")
    recent = Event.objects.filter(member=ada, type__code="content.published", occurred_at__gt=now - timedelta(days=60))
    unpaid = recent.exclude(pk__in=paid).order_by("-occurred_at").first()
    if unpaid is not None:
        _open(ada, Asked(now, unpaid.pk), "", now - timedelta(hours=20))
    _open(ada, Asked(now - timedelta(days=1), None, "session.attended", "took-part"), "", now - timedelta(hours=3))
    for number, text in enumerate(QUESTIONS):
        _open(members[50 + number], Asked(now - timedelta(days=1)), text, now - timedelta(hours=5 + 14 * number))
    brother = Asked(now - timedelta(days=2))
    answered = _open(ada, brother, "Do votes of my brother count?", now - timedelta(days=1))
    if answered is not None:
        words = "They do, up to ten a day, like everybody's. The two of Tuesday are there now."
        cases.answer(case_id=answered, words=words, by="operator", now=now - timedelta(hours=2))


def _open(member: Member, asked: Asked, text: str, now: datetime) -> int | None:
    try:
        case, _new = cases.open_case(member=member, asked=asked, text=text, now=now, actor="member")
    except cases.CannotAsk:
        return None
    if not case.due_at and text:
        case = cases.reopen(case_id=case.pk, member_id=member.pk, text="", now=now)
    return case.pk


def _share_out(now: datetime) -> None:
    """The first of each kind is somebody's, some with a note; the rest waits to be taken."""
    users: Any = get_user_model().objects
    operator = users.get(username="operator")
    ines = users.create_user("ines", "", None, is_staff=True, first_name="Ines")
    ines.groups.add(Role.objects.get(name=COMMUNITY))
    notes = {"case": "Asked the forum's people for their log.", "report": "Same link as last week."}
    for number, group in enumerate(GROUPS):
        for place, entry in enumerate(list(things_of(group, now, operator).values())[:2]):
            thing = Thing(group.kind, entry.object_id, entry.member_id)
            to = (operator, ines)[(number + place) % 2]
            if group.assign is not None:
                group.assign([entry.object_id], to)
            else:
                work_items.assign(thing=thing, to=to, now=now, by=operator)
            if place == 0 and group.kind in notes:
                due_at = now + timedelta(hours=6)
                work_items.describe(thing=thing, note=notes[group.kind], due_at=due_at, now=now, by=operator)
