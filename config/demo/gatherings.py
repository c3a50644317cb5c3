"""A past and a coming month of activities for a first look: all four kinds, full ones with a line, one called off."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from activities.domain import advancing, life, planning, registering
from activities.domain.after import feedback, papers, recaps
from activities.domain.checking_in import scanning
from activities.domain.checking_in.codes import code_of
from activities.domain.checking_in.scanning import Scanned
from activities.domain.series import drafting
from activities.enums import ActivityState, PaperKind, Part, RegistrationState
from activities.models import Activity, ActivityPerson
from config.demo import paid, passes, proposals
from incentives.domain.requests import Refused
from members.enums import MemberStatus
from members.models import Member, Space, Tier

CHANNELS = ("page", "poster", "friend", "")
ANNOUNCED_BEFORE = timedelta(days=16)


@dataclass(frozen=True)
class Plan:
    """An activity `days` from now at an hour of the day, for so many hours; `asked` members would like to come."""

    days: int
    hour: int
    hours: float
    kind: str
    code: str
    name: str
    zh: str
    summary: str
    place: str
    asked: int
    capacity: int | None
    tier: str = ""
    space: str = ""
    called_off: str = ""
    more: dict[str, Any] = field(default_factory=dict)


SAID = {
    3: ("Too many people for one table.", ""),
    4: ("I would come again.", "A little late to begin, and worth it.", ""),
    5: ("I went home with something that I had made.", "The best evening of the month.", ""),
}
TOLD = {
    "en": "It was full, it was warm, and nobody wanted to go home first.",
    "zh-hans": "人很多，很温暖，谁都不想先走。",
}
DIET = [{"code": "diet", "names": {"en": "What do you not eat?", "zh-hans": "有什么忌口？"}, "kind": "text"}]
PLANS = (
    Plan(-27, 14, 3, "sharing", "first-film-roll", "Your first roll of film", "第一卷胶片",
         "Load it, spoil it, learn from it.", "The workshop", 14, 12, space="workshop"),
    Plan(-20, 10, 6, "brand", "autumn-fair", "The autumn fair", "秋日市集",
         "Everybody who makes something shows it.", "Market hall", 60, None,
         more={"audience_expected": 140, "is_open_to_guests": True, "reach": 186, "money": "EUR", "cost": 240_000}),
    Plan(-12, 19, 2, "member", "readers-table", "The readers' table", "读者的餐桌",
         "One long table, one short book.", "Back room of the bookshop", 16, 10, tier="silver",
         more={"questions": DIET}),
    Plan(-5, 18, 2, "sharing", "mending-night", "Mending night", "缝补之夜",
         "Bring what is torn.", "The workshop", 18, 16, space="workshop"),
    Plan(2, 18, 2, "sharing", "sourdough-evening", "Sourdough, slowly", "慢慢做酸面包",
         "Three folds, one night, one loaf.", "The workshop", 15, 12, space="workshop",
         more={"guests_max": 1, "questions": DIET}),
    Plan(5, 19, 2, "member", "winter-table", "The winter table", "冬日餐桌",
         "Those who write, eat together.", "Back room of the bookshop", 20, 10, tier="silver",
         more={"questions": DIET}),
    Plan(9, 15, 2, "sharing", "maps-by-hand", "Maps by hand", "手绘地图",
         "Draw the way you walk.", "The workshop", 6, 20, called_off="The one who draws has broken her wrist."),
    Plan(16, 11, 5, "brand", "open-house", "Open house", "开放日",
         "Come in, look around, take a friend.", "Mill Lane 4", 40, None,
         more={"audience_expected": 120, "is_open_to_guests": True}),
    Plan(23, 19, 3, "sharing", "year-in-ten-pictures", "The year in ten pictures", "十张照片里的一年",
         "Ten members, ten pictures, ten minutes each.", "The bookshop", 11, 30),
)  # fmt: skip


def fill(rng: random.Random, members: list[Member], now: datetime) -> None:
    """Plan them, announce them, let members come, wait and change their minds."""
    present = set(Member.objects.filter(status=MemberStatus.ACTIVE).values_list("pk", flat=True))
    people = [each for each in members if each.pk in present and not each.is_house]
    for number, plan in enumerate(PLANS):
        activity = _draft(plan, people, number, now)
        announced_at = min(activity.starts_at, now) - ANNOUNCED_BEFORE / 2
        proposals.behind(activity, people, number, announced_at - timedelta(hours=2))
        life.step(activity_id=activity.pk, to=ActivityState.ANNOUNCED, now=announced_at, by="operator 1")
        _ask(rng, activity, plan, people, announced_at, min(activity.starts_at, now))
        if plan.called_off:
            life.step(
                activity_id=activity.pk, to=ActivityState.CANCELLED, now=now - timedelta(hours=5), by="operator 1",
                reason=plan.called_off,
            )  # fmt: skip
        if activity.ends_at < now:
            _come(rng, activity)
            advancing.advance_activities(now=activity.ends_at)
            _look_back(rng, activity, now)
    _draft(Plan(37, 19, 2, "sharing", "spring-seeds", "Seeds for spring", "春天的种子", "What to sow when.",
                "The workshop", 0, 20), people, len(PLANS), now)  # fmt: skip
    paid.fill(rng, people, now)
    passes.fill(random.Random(7), people, now)  # noqa: S311
    proposals.fill(people, now)
    advancing.advance_activities(now=now)
    _weekly(people, now)
    _planned(people, now)


def _weekly(people: list[Member], now: datetime) -> None:
    """The reading hour, every Wednesday but one, another one moved; the next two are announced."""
    made = drafting.make(
        values={
            "code": "reading-hour", "rule": "FREQ=WEEKLY;BYDAY=WE", "starts_on": now.date(),
            "starts_time": time(18, 30),
            "minutes": 60, "zone": "Europe/Berlin", "kind": "sharing", "place": "The bookshop", "capacity": 14,
            "names": {"en": "The reading hour", "zh-hans": "共读一小时"},
            "summaries": {"en": "One reads, the others listen.", "zh-hans": "一人读，众人听。"},
            "host": people[8], "speaker": people[31], "rest_days": 5,
        },
        now=now,
    )  # fmt: skip
    dates = drafting.dates_of(made, first=now, until=now + timedelta(days=60))
    left_out, moved = dates[3].day, dates[4].day
    drafting.change(
        series_id=made.pk, now=now,
        values={
            "excluded": [left_out.isoformat()],
            "moved": {moved.isoformat(): f"{moved + timedelta(days=1)}T19:00"},
        },
    )  # fmt: skip
    for each in made.dates.order_by("starts_at")[:2]:
        life.step(activity_id=each.pk, to=ActivityState.ANNOUNCED, now=now, by="operator 1")


def _planned(people: list[Member], now: datetime) -> None:
    """Next month's activity for members: drafted with its invitations, and announced."""
    plan = planning.plan_of(now=now)
    members = [each.member for each in plan.invited]
    made = planning.draft(
        plan=plan, starts_at=plan.starts_at, place=plan.place or "Back room of the bookshop", capacity=plan.capacity,
        members=members, now=now,
    )  # fmt: skip
    if not made.people.exists():
        ActivityPerson.objects.create(activity=made, member=people[3], part=Part.HOST)
    life.step(activity_id=made.pk, to=ActivityState.ANNOUNCED, now=now, by="operator 1")


def _come(rng: random.Random, activity: Activity) -> None:
    """Nine in ten of those with a place come, some twice to the scanner; at an open door strangers come, too."""
    scans = []
    confirmed = activity.registrations.filter(state=RegistrationState.CONFIRMED).select_related("member")
    for number, each in enumerate(confirmed.order_by("pk")):
        moment = activity.starts_at + timedelta(minutes=rng.randint(-20, 15))
        if rng.random() < 0.9:
            scans.append(Scanned(f"door-{number}", moment, code_of(each), device="door-1"))
        if rng.random() < 0.1:
            scans.append(Scanned(f"door-{number}-again", moment + timedelta(minutes=4), code_of(each), device="door-2"))
    if activity.is_open_to_guests:
        moment = activity.starts_at + timedelta(hours=1)
        scans += [Scanned(f"guests-{n}", moment, guests=rng.randint(2, 9), device="door-1") for n in range(14)]
    scanning.take_all(activity_id=activity.pk, scans=scans, now=activity.ends_at, actor="operator 1")


def _look_back(rng: random.Random, activity: Activity, now: datetime) -> None:
    """The day after: who is missing is known, half of those who came say how it was, and a host tells of it."""
    after = min(now, activity.ends_at + timedelta(hours=14))
    advancing.find_missing(now=after)
    came = activity.registrations.filter(checked_in_at__isnull=False).order_by("pk")
    for each in came:
        if rng.random() < 0.5:
            stars = rng.choice((3, 4, 4, 5, 5, 5))
            words = rng.choice(SAID[stars])
            feedback.rate(registration_id=each.pk, stars=stars, words=words, shows_name=rng.random() < 0.3, now=after)
        if rng.random() < 0.3:
            papers.issue(registration_id=each.pk, kind=PaperKind.CERTIFICATE, now=after)
    recaps.write(
        activity_id=activity.pk, texts=TOLD, photos=["https://photos.example.org/" + activity.code], now=after,
        by="operator 1",
    )  # fmt: skip
    if activity.starts_at < now - timedelta(days=10):
        life.step(activity_id=activity.pk, to=ActivityState.REVIEWED, now=after, by="operator 1")


def _draft(plan: Plan, people: list[Member], number: int, now: datetime) -> Activity:
    day = (now + timedelta(days=plan.days)).replace(hour=plan.hour, minute=0, second=0, microsecond=0)
    tier = Tier.objects.filter(code=plan.tier).first() if plan.tier else None
    space = Space.objects.filter(ref=plan.space).first() if plan.space else None
    made = Activity.objects.create(
        code=plan.code, kind=plan.kind, names={"en": plan.name, "zh-hans": plan.zh}, summaries={"en": plan.summary},
        starts_at=day, ends_at=day + timedelta(hours=plan.hours), zone="Europe/Berlin", place=plan.place,
        capacity=plan.capacity, tier=tier, space=space, cancel_until=day - timedelta(days=1), **plan.more,
    )  # fmt: skip
    host, speaker = people[(5 * number + 3) % len(people)], people[(7 * number + 20) % len(people)]
    ActivityPerson.objects.create(activity=made, member=host, part=Part.HOST)
    if plan.kind == "sharing":
        ActivityPerson.objects.create(activity=made, member=speaker, part=Part.SPEAKER)
    return made


def _ask(
    rng: random.Random, activity: Activity, plan: Plan, people: list[Member], first: datetime, last: datetime
) -> None:
    """So many register along the way; one in eight changes their mind."""
    moments = sorted(first + rng.random() * (last - first) for _ in range(plan.asked))
    willing = iter(rng.sample(people, min(len(people), 8 * plan.asked)))
    for moment in moments:
        made = None
        while made is None:
            member = next(willing, None)
            if member is None:
                return
            guests = 1 if activity.guests_max and rng.random() < 0.2 else 0
            try:
                made, _new = registering.register(
                    activity_id=activity.pk, member=member, now=moment, guests=guests, channel=rng.choice(CHANNELS)
                )
            except Refused:
                # Not every tier may come.
                continue
        if rng.random() < 0.12:
            registering.cancel(registration_id=made.pk, now=moment + (last - moment) / 2)
