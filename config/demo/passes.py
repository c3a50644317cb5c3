"""Passes for a first look: ten visits that were sold and are used, and a dinner that is a quest's reward."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from activities.domain import life, registering
from activities.domain.orders import paying
from activities.enums import ActivityState, Part
from activities.models import Activity, ActivityPerson, Order, Ticket
from incentives.domain.pump import loop
from incentives.domain.requests import Refused
from incentives.models import Privilege, PrivilegeGrant
from members.enums import MemberStatus
from members.models import Member

PLACE = "The workshop, Mill Lane 4"
BUYERS, DINERS_MAX = 4, 6


def fill(rng: random.Random, people: list[Member], now: datetime) -> None:
    """Some buy ten visits and come with them, others pay at the door; who finished the quest comes to dinner."""
    buyers = _ten_visits(rng, people, now)
    # Rules grant the passes that were paid for.
    while loop.drain().events:
        pass
    _open_workshop(rng, people, buyers, now)
    _dinner(people, now)


def _ten_visits(rng: random.Random, people: list[Member], now: datetime) -> list[Member]:
    made = _draft("ten-visits", "paid", "Ten visits to the workshop", "工坊十次通行证", now, 60, people[11])
    _ticket(made, price=9_000)
    _announce(made, now - timedelta(days=9))
    buyers: list[Member] = []
    for member in rng.sample(people, len(people)):
        if len(buyers) == BUYERS:
            break
        moment = now - timedelta(days=6, hours=7 * len(buyers))
        if _come(made, member, moment):
            order = Order.objects.get(activity=made, member=member)
            paying.pay(
                order_id=order.pk, provider=order.provider, ref=f"SEPA {order.pk}", amount=order.amount, money="EUR",
                at=moment + timedelta(hours=3), now=moment + timedelta(hours=3), actor="operator 1",
            )  # fmt: skip
            buyers.append(member)
    return buyers


def _open_workshop(rng: random.Random, people: list[Member], buyers: list[Member], now: datetime) -> None:
    made = _draft("open-workshop", "paid", "The open workshop", "开放工坊", now, 6, people[12])
    _ticket(made, price=1_200, privilege=Privilege.objects.get(code="ten-visits"))
    _announce(made, now - timedelta(days=5))
    for number, member in enumerate(buyers[:-1]):
        _come(made, member, now - timedelta(hours=60 - 9 * number))
    others = [each for each in people if each not in buyers]
    for member in rng.sample(others, 5):
        _come(made, member, now - timedelta(hours=11))


def _dinner(people: list[Member], now: datetime) -> None:
    made = _draft("writers-dinner", "sharing", "The writers' dinner", "作者晚餐", now, 12, people[13])
    ActivityPerson.objects.create(activity=made, member=people[14], part=Part.SPEAKER)
    _ticket(made, privilege=Privilege.objects.get(code="writers-dinner"), pass_only=True)
    _announce(made, now - timedelta(days=4))
    grants = PrivilegeGrant.objects.filter(privilege__code="writers-dinner", member__status=MemberStatus.ACTIVE)
    for grant in grants.select_related("member").order_by("pk")[:DINERS_MAX]:
        _come(made, grant.member, now - timedelta(hours=30))


def _draft(code: str, kind: str, name: str, zh: str, now: datetime, days: int, host: Member) -> Activity:
    day = (now + timedelta(days=days)).replace(hour=17, minute=0, second=0, microsecond=0)
    made = Activity.objects.create(
        code=code, kind=kind, names={"en": name, "zh-hans": zh}, starts_at=day, ends_at=day + timedelta(hours=3),
        zone="Europe/Berlin", place=PLACE, capacity=40, money="EUR", cancel_until=now + timedelta(days=1),
    )  # fmt: skip
    ActivityPerson.objects.create(activity=made, member=host, part=Part.HOST)
    return made


def _ticket(activity: Activity, **values: object) -> None:
    Ticket.objects.create(activity=activity, code="single", names={"en": "A place", "zh-hans": "单人票"}, **values)


def _announce(activity: Activity, moment: datetime) -> None:
    life.step(activity_id=activity.pk, to=ActivityState.ANNOUNCED, now=moment, by="operator 1")


def _come(activity: Activity, member: Member, moment: datetime) -> bool:
    try:
        return registering.register(activity_id=activity.pk, member=member, now=moment, channel="page")[1]
    except Refused:
        # Not everybody may.
        return False
