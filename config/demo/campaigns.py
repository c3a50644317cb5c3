"""Campaigns for a first look: one that multiplied, one that was stopped, one that runs, a draft, and a ring."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model

from incentives.domain import pending
from incentives.domain.campaigns.advancing import advance_campaigns
from incentives.domain.campaigns.drafting import Answers, draft
from incentives.domain.campaigns.releasing import release
from incentives.domain.campaigns.starting import start
from incentives.domain.campaigns.stopping import stop
from incentives.domain.campaigns.templates import templates
from incentives.enums import ReleasedTo
from incentives.models import Campaign, Currency
from members.domain.invitations import making
from members.domain.invitations.accepting import accept
from members.domain.invitations.rings import find_rings
from members.domain.invitations.stages import advance_referrals
from members.domain.invitations.windows import measure_windows
from members.models import Invitation, Member, Segment

Life = tuple[datetime, str, str, dict[str, Any]]
DAY = timedelta(days=1)
NAMES = ("Noor Vega", "Ilan Sorel", "Maud Kern", "Aiko Mori", "Tariq Haddad", "Lise Dahl", "陈一诺", "Bram Visser")


def fill(
    rng: random.Random, members: list[Member], now: datetime, *, report: Callable[[list[Life]], Any],
    judge: Callable[[], Any],
) -> None:  # fmt: skip
    """Let campaigns happen as they would have: started then, answered then, looked at as the days went by."""
    founders = Segment.objects.get(code="founders")
    worked = _campaign("winter-friends", "Winter friends", "冬天的朋友", "bring-friends", now - 48 * DAY, founders)
    guests = _guests(rng, worked, members[:12], 17, days=20)
    report([life for guest in guests for life in _life(rng, guest, members, now, stays=rng.random() < 0.75)])
    stopped = _campaign("partner-autumn", "Autumn with partners", "秋天的伙伴", "partner-season", now - 24 * DAY, None)
    silent = _silent(rng, stopped, members[60:66], now)
    ring = _ring(stopped, members[70], now)
    report([life for life in [*_circle(ring, members[70]), *_hellos(silent[:2])] if life[0] < now])
    for day in range(48, 20, -4):
        _look(now - day * DAY, judge)
    release(
        campaign_id=worked.pk, whom=ReleasedTo.INVITERS, reason="For the evening you made for the newcomers.",
        by="operator", now=worked.ends_at - DAY,
    )  # fmt: skip
    for day in range(20, 9, -4):
        _look(now - day * DAY, judge)
    stop(
        campaign_id=stopped.pk, reason="Partners' guests come and do not speak; we ask the partners first.", by=None,
        now=now - 9 * DAY,
    )  # fmt: skip
    _campaign("long-table", "A longer table", "加长的餐桌", "bring-friends", now - 5 * DAY, None)
    _campaign("round-table", "A round of games", "一起玩几轮", "know-each-other", now - 2 * DAY, None)
    _campaign("open-evening", "An open evening", "敞开的晚上", "friends-evening", now - DAY, None)
    for day in (8, 4, 0):
        _look(now - day * DAY, judge)
    _next_round(worked, founders, now)
    measure_windows(now=now)
    find_rings(now=now)


def _campaign(
    code: str, name: str, chinese: str, template: str, begins: datetime, audience: Segment | None
) -> Campaign:  # fmt: skip
    made = draft(
        template=template, answers=_answers(code, name, chinese, template, begins, audience),
        by=get_user_model().objects.filter(is_staff=True).first(),
    )  # fmt: skip
    return start(campaign_id=made.pk, by=None, now=begins)


def _answers(
    code: str, name: str, chinese: str, template: str, begins: datetime, audience: Segment | None,
    follows: Campaign | None = None,
) -> Answers:  # fmt: skip
    found = templates()[template]
    return Answers(
        code=code, names={"en": name, "zh-hans": chinese}, audience=audience, follows=follows,
        numbers={each.code: each.default for each in found.numbers} | {"surprise": 15},
        begins_at=begins, ends_at=begins + 28 * DAY, currency=Currency.objects.get(code="points"),
        budget=Decimal(3_000), reserve=Decimal(300), hold_out=10, titles=found.titles, texts=found.texts,
        letter=found.letter,
    )  # fmt: skip


def _guests(
    rng: random.Random, campaign: Campaign, inviters: list[Member], count: int, *, days: int
) -> list[Member]:  # fmt: skip
    """Guests by members' codes; some inviters bring several, and some codes nobody answers."""
    guests = []
    for number in range(count + 9):
        inviter = inviters[number % 5 if number % 3 else rng.randrange(len(inviters))]
        sent_at = campaign.begins_at + rng.uniform(0.2, days) * DAY
        made = making.invite(inviter=inviter, now=sent_at, channel="friend", campaign=campaign.code)
        if number < count:
            guests.append(
                _join(made, f"{campaign.code}-{number}", rng.choice(NAMES), sent_at + rng.uniform(0.1, 4) * DAY)
            )
    return guests


def _silent(rng: random.Random, campaign: Campaign, inviters: list[Member], now: datetime) -> list[Member]:
    """Guests by the partners' codes, and some invitations of members that were hardly answered."""
    code = Invitation.objects.filter(campaign=campaign.code, channel="partner").order_by("pk").first()
    assert code is not None, "the template gives codes to partners"
    for inviter in inviters:
        making.invite(inviter=inviter, now=campaign.begins_at + 15 * DAY, channel="friend", campaign=campaign.code)
    moments = [campaign.begins_at + rng.uniform(0.5, 9) * DAY for _ in range(6)]
    return [
        _join(code, f"{campaign.code}-p{number}", rng.choice(NAMES), min(moment, now - 10 * DAY))
        for number, moment in enumerate(moments)
    ]


def _ring(campaign: Campaign, inviter: Member, now: datetime) -> list[Member]:
    made = [
        making.invite(inviter=inviter, now=now - 10 * DAY, channel="friend", campaign=campaign.code) for _ in range(3)
    ]
    return [
        _join(each, f"{campaign.code}-r{number}", NAMES[number], now - (9.9 - 0.2 * number) * DAY)
        for number, each in enumerate(made)
    ]


def _join(invitation: Invitation, ref: str, name: str, moment: datetime) -> Member:
    language = "en" if name.isascii() else "zh-hans"
    return accept(code=invitation.code, ref=ref, now=moment, display_name=name, language=language).member


def _life(rng: random.Random, guest: Member, members: list[Member], now: datetime, *, stays: bool) -> Iterator[Life]:
    """Says hello, is answered, and comes back or not."""
    friend = members[rng.randrange(20, 200)]
    yield guest.joined_at + timedelta(hours=2), guest.ref, "member.introduced", {}
    yield guest.joined_at + timedelta(hours=5), friend.ref, "reply.written", _reply(guest.ref)
    for day in (1, 8, 9, 31, 33) if stays else (1, 3):
        moment = guest.joined_at + (day + rng.random() * 0.3) * DAY
        if moment < now:
            yield moment, guest.ref, "reply.written", _reply(friend.ref)


def _hellos(guests: list[Member]) -> Iterator[Life]:
    for guest in guests:
        yield guest.joined_at + timedelta(hours=1), guest.ref, "member.introduced", {}


def _circle(guests: list[Member], inviter: Member) -> Iterator[Life]:
    """Three who answer each other and nobody else."""
    for number, guest in enumerate(guests):
        for hours, other in ((3, guests[number - 1]), (6, inviter)):
            yield guests[-1].joined_at + timedelta(hours=hours), guest.ref, "reply.written", _reply(other.ref)


def _reply(to: str) -> dict[str, Any]:
    return {"content_id": "hello", "accepted": False, "to": to}


def _look(moment: datetime, judge: Callable[[], Any]) -> None:
    """What the jobs do every few minutes."""
    judge()
    advance_referrals(now=moment)
    advance_campaigns(now=moment)
    judge()
    pending.settle_due(now=moment)


def _next_round(worked: Campaign, founders: Segment, now: datetime) -> None:
    draft(
        template="next-round",
        answers=_answers(
            "spring-friends", "Spring friends", "春天的朋友", "next-round", now + 3 * DAY, founders, worked
        ),
        by=get_user_model().objects.filter(is_staff=True).first(),
    )  # fmt: skip
