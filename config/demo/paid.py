"""What costs something, for a first look: a past day that was paid, groups that were complete or not, free tickets."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from activities.domain import advancing, life, registering
from activities.domain.orders import codes, gathering, paying, refunding
from activities.enums import ActivityState, Part
from activities.models import Activity, ActivityPerson, Order, Refund, Ticket
from incentives.domain.requests import Refused
from incentives.models import Currency
from members.models import Member, Partner

PLACE = "The workshop, Mill Lane 4"


def fill(rng: random.Random, people: list[Member], now: datetime) -> None:
    """Four activities with tickets: past and paid, bought together, not complete in time, and coming."""
    some = iter(rng.sample(people, min(len(people), 80)))
    _letterpress(people, some, now)
    _bread_for_three(people, some, now)
    _cider(people, some, now)
    _winter_school(people, some, now)
    refunding.carry_out(now=now)
    # What was given back by hand long ago was paid back; the newest waits in Today.
    for each in Refund.objects.filter(state="due", decided_at__lt=now - timedelta(days=2)):
        refunding.confirm(refund_id=each.pk, now=each.decided_at + timedelta(days=1), actor="operator 1", ref="SEPA")


def _letterpress(people: list[Member], some: Iterator[Member], now: datetime) -> None:
    """A day that is over: early birds and single tickets, all paid; one came to nothing, one was given a part back."""
    activity = _draft(people, now, -15, "letterpress-day", "A day at the press", "活字印刷日", 14, hours=6)
    starts = activity.starts_at
    early = _ticket(activity, "early", "Early bird", "早鸟票", 3_500, sells_until=starts - timedelta(days=10))
    single = _ticket(activity, "single", "A place", "单人票", 4_500)
    _announce(activity, starts - timedelta(days=20))
    for days, ticket in ((18, early), (17, early), (12, early), (9, single), (8, single), (6, single), (5, single)):
        order = _order(activity, some, ticket, starts - timedelta(days=days))
        _pay(order, order.placed_at + timedelta(hours=5))
    _order(activity, some, single, starts - timedelta(days=7))
    paying.expire_unpaid(now=starts - timedelta(days=3))
    part = Order.objects.filter(activity=activity, state="paid").order_by("pk")[1]
    refunding.refund(
        order_id=part.pk, amount=500, points=0, key="demo", now=starts + timedelta(hours=8), actor="operator 1",
        reason="The paper for the last hour had run out.",
    )  # fmt: skip
    advancing.advance_activities(now=starts)
    advancing.advance_activities(now=activity.ends_at)


def _bread_for_three(people: list[Member], some: Iterator[Member], now: datetime) -> None:
    """A group of three that was complete, beside some who came alone."""
    activity = _draft(people, now, -7, "bread-for-three", "Bread for three", "三人面包课", 9, hours=3)
    starts = activity.starts_at
    single = _ticket(activity, "single", "A place", "单人票", 3_000)
    trio = _ticket(activity, "three", "Three together", "三人团", 2_200, group_size=3, group_hours=48, alone=single)
    _announce(activity, starts - timedelta(days=12))
    moment = starts - timedelta(days=9)
    first = _order(activity, some, trio, moment)
    others = [
        _order(activity, some, trio, moment + timedelta(hours=6 * place), first.group.code if first.group else "")
        for place in (1, 2)
    ]
    for order in (first, *others):
        _pay(order, order.placed_at + timedelta(hours=2))
    for days in (6, 4):
        alone = _order(activity, some, single, starts - timedelta(days=days))
        _pay(alone, alone.placed_at + timedelta(hours=3))
    advancing.advance_activities(now=starts)
    advancing.advance_activities(now=activity.ends_at)


def _cider(people: list[Member], some: Iterator[Member], now: datetime) -> None:
    """A group that was not complete in time: two are refunded, one keeps the place and pays the difference."""
    activity = _draft(people, now, 8, "cider-pressing", "Cider from our own apples", "自酿苹果酒", 12, hours=4)
    single = _ticket(activity, "single", "A place", "单人票", 2_800)
    four = _ticket(activity, "four", "Four together", "四人团", 2_000, group_size=4, group_hours=48, alone=single)
    _announce(activity, now - timedelta(days=6))
    moment = now - timedelta(days=4)
    first = _order(activity, some, four, moment)
    code = first.group.code if first.group is not None else ""
    rest = [_order(activity, some, four, moment + timedelta(hours=3), code)]
    rest.append(_order(activity, some, four, moment + timedelta(hours=8), code, stays_alone=True))
    for order in (first, *rest):
        _pay(order, order.placed_at + timedelta(hours=1))
    gathering.close_due(now=moment + timedelta(hours=48))
    kept = Order.objects.get(pk=rest[-1].pk)
    _pay(kept, moment + timedelta(hours=60), amount=kept.left_to_pay)


def _winter_school(people: list[Member], some: Iterator[Member], now: datetime) -> None:
    """What is coming: early bird, a group that gathers, points, and free tickets of the bookshop."""
    activity = _draft(people, now, 21, "winter-school", "Winter school of small crafts", "冬季手工学校", 20, hours=8)
    early = _ticket(activity, "early", "Early bird", "早鸟票", 5_500, sells_until=now + timedelta(days=7), capacity=8)
    single = _ticket(activity, "single", "A place", "单人票", 7_000)
    trio = _ticket(activity, "three", "Three together", "三人团", 5_000, group_size=3, group_hours=72, alone=single)
    points = Currency.objects.get(code="points")
    both = _ticket(activity, "points", "With points", "积分票", 3_500, currency=points, points=100 * 10**points.scale)
    _announce(activity, now - timedelta(days=5))
    for hours in (90, 70, 50, 30):
        order = _order(activity, some, early, now - timedelta(hours=hours))
        if hours > 40:
            _pay(order, order.placed_at + timedelta(hours=9))
    half = _order(activity, some, single, now - timedelta(hours=26))
    _pay(half, now - timedelta(hours=20), amount=3_000)
    first = _order(activity, some, trio, now - timedelta(hours=20), stays_alone=True)
    _pay(first, now - timedelta(hours=19))
    _order(activity, some, trio, now - timedelta(hours=6), first.group.code if first.group is not None else "")
    _order(activity, some, both, now - timedelta(hours=12))
    partner = Partner.objects.filter(code="bookshop").first()
    code = codes.make(
        ticket=single, uses_max=6, now=now - timedelta(days=4), by="operator 1", code="BOOKSHOP-6", partner=partner
    )
    for hours in (60, 33, 10):
        _come(activity, some, None, now - timedelta(hours=hours), free_code=code.code)


def _draft(
    people: list[Member], now: datetime, days: int, code: str, name: str, zh: str, capacity: int, *, hours: int
) -> Activity:
    day = (now + timedelta(days=days)).replace(hour=11, minute=0, second=0, microsecond=0)
    made = Activity.objects.create(
        code=code, kind="paid", names={"en": name, "zh-hans": zh}, starts_at=day, ends_at=day + timedelta(hours=hours),
        zone="Europe/Berlin", place=PLACE, capacity=capacity, money="EUR", cancel_until=day - timedelta(days=3),
        late_refund_percent=50,
    )  # fmt: skip
    ActivityPerson.objects.create(activity=made, member=people[(abs(days) * 7) % len(people)], part=Part.HOST)
    return made


def _ticket(activity: Activity, code: str, name: str, zh: str, price: int, **more: Any) -> Ticket:
    return Ticket.objects.create(
        activity=activity, code=code, names={"en": name, "zh-hans": zh}, price=price, **more
    )  # fmt: skip


def _announce(activity: Activity, moment: datetime) -> None:
    life.step(activity_id=activity.pk, to=ActivityState.ANNOUNCED, now=moment, by="operator 1")


def _order(
    activity: Activity, some: Iterator[Member], ticket: Ticket, moment: datetime, group: str = "", **more: Any
) -> Order:
    _come(activity, some, ticket, moment, group=group, **more)
    return Order.objects.select_related("group").filter(activity=activity).latest("pk")


def _come(activity: Activity, some: Iterator[Member], ticket: Ticket | None, moment: datetime, **more: Any) -> None:
    """Whoever may come next does: not everybody has the points."""
    for member in some:
        try:
            _made, is_new = registering.register(
                activity_id=activity.pk, member=member, now=moment, ticket=ticket, channel="page", **more
            )
        except Refused:
            continue
        if is_new:
            return
    raise AssertionError("somebody comes")


def _pay(order: Order, moment: datetime, amount: int | None = None) -> None:
    paying.pay(
        order_id=order.pk, provider=order.provider, ref=f"SEPA {order.pk} {moment:%m-%d %H}", money="EUR",
        amount=order.amount if amount is None else amount, at=moment, now=moment, actor="operator 1",
    )  # fmt: skip
