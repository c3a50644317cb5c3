"""A member's first days, ready to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from members.models import Greeting, Member, Newcomer


@dataclass(frozen=True, slots=True)
class FirstDay:
    """When a member first did each thing; `greeter` is the ref of whom they may turn to."""

    joined_at: datetime
    rules_at: datetime | None
    page_at: datetime | None
    hello_at: datetime | None
    ice_at: datetime | None
    connected_at: datetime | None
    active_at: datetime | None
    retained_at: datetime | None
    greeter: str | None


def first_day_of(member: Member) -> FirstDay:
    """Two queries. Of somebody who is no newcomer here only the page is known."""
    found = Newcomer.objects.filter(pk=member.pk).first() or Newcomer(member=member, joined_at=member.joined_at)
    greeter = greeter_of(member)
    return FirstDay(
        joined_at=found.joined_at, rules_at=found.rules_at, page_at=member.page_opened_at, hello_at=found.hello_at,
        ice_at=found.ice_at, connected_at=found.connected_at, active_at=found.active_at,
        retained_at=found.retained_at, greeter=greeter.ref if greeter is not None else None,
    )  # fmt: skip


def greeter_of(member: Member) -> Member | None:
    """Whom a newcomer may turn to now."""
    open_one = Greeting.objects.filter(newcomer=member, closed_at__isnull=True).select_related("greeter__member")
    found = open_one.first()
    return found.greeter.member if found is not None else None
