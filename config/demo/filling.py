"""A lively community for a first look: several hundred members, three months of events through the real pipeline."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from config.demo import campaigns, corrections, first_days, gatherings, needs, notices, rights, spaces, team
from incentives.domain import conduct
from incentives.domain.contents import advance_contents
from incentives.domain.evaluating import evaluate_ladders, evaluate_segments
from incentives.domain.ladders import undo_ladder_edit
from incentives.domain.ledger import InsufficientPoints, keys, operations
from incentives.domain.program import apply_program
from incentives.domain.pump import loop
from incentives.domain.quests.closing import close_runs
from incentives.models import Currency
from members.domain.conduct.acceptance import accept_rules, publish_rules
from members.domain.conduct.ladder import Sentence
from members.domain.conduct.reports import report
from members.domain.conduct.violations import appeal
from members.domain.connections.knowing import advance_connections
from members.domain.events.intake import record_events
from members.domain.invitations.accepting import tell_stage
from members.domain.invitations.making import new_code
from members.domain.invitations.stages import advance_referrals
from members.domain.joining import Arrival, tell_joined
from members.domain.ladders import lending
from members.domain.ladders.editing import put_ladder
from members.domain.outcomes import REFERRAL_JOINED
from members.domain.segments.evaluating import put_by_hand
from members.enums import Consequence, MemberStatus, Scope
from members.models import (
    ApiKey,
    AttributeDefinition,
    CommunityRules,
    Invitation,
    LadderEdit,
    Member,
    Referral,
    Segment,
    Source,
    Tier,
    ViolationKind,
    Work,
)

PROGRAM = settings.BASE_DIR / "docs" / "examples" / "community"
MEMBERS, DAYS, CHUNK = 420, 90, 400
# Devoted, active and passing members, and how often each does something on a day. Not yet 20, 60 and 20 per cent.
LAYERS = ((0.12, 0.75), (0.46, 0.22), (0.42, 0.03))
ZONES = ("UTC", "Europe/Berlin", "Asia/Shanghai", "America/New_York", "Asia/Tokyo", "Australia/Sydney")
GIVEN = (
    "Ada Bela Cleo Dara Emre Fenna Goran Hana Ilse Jonas Kaya Lior Mina Nuri Oda Pia Quin Rosa Sami Tova Una Vera "
    "Wim Xenia Yara Zeno 子涵 雨桐 浩然 思远 佳怡 天宇 若曦 明轩"
).split()
FAMILY = (
    "Ahlberg Brandt Castel Dorn Engel Falk Grau Holm Ivers Jansen Kessler Lund Moreau Nyberg Okafor Perez Roth Sato "
    "Tanaka Ueda Varga Weiss Young 林 陈 王 赵 周 吴"
).split()
TOPICS = ("guides", "questions", "stories", "news")
# Some of what is written is written in a space.
SPACES = {"stories": "reading-circle", "guides": "workshop"}


@dataclass(frozen=True)
class Logins:
    operator: str
    member: str
    password: str
    api_key: str


def fill(*, now: datetime, progress: Callable[[str, int], Any]) -> Logins:
    """Make the community, unless it is there already, and return the logins, which stay the same.

    `progress(label, total)` returns a bar with `update(count)` and `close()`.
    """
    path = settings.DATA_DIR / "demo.json"
    if path.exists() and Member.objects.exists():
        return Logins(**json.loads(path.read_text()))
    rng = random.Random(20261124)  # noqa: S311  The same lively community every time.
    start = now - timedelta(days=DAYS)
    apply_program(folder=PROGRAM, now=now, in_force_from=start)
    members = _members(rng, start, now)
    newcomer = first_days.arrive(now)
    happened = [*_lives(rng, members, start), *first_days.lives(random.Random(24), members, now)]  # noqa: S311
    _report(happened, now=now, progress=progress)
    _invite(rng, members, now)
    _judge(progress)
    _prove(now)
    needs.fill(rng, members, now)
    _judge(progress)
    _stand(members, now)
    _keep_order(members, now)
    advance_connections(now=now)
    first_days.fill(random.Random(24), newcomer, members, now, days=DAYS)  # noqa: S311
    _judge(progress)
    close_runs(now=now)
    _judge(progress)
    _spend(rng, now)
    rights.fill(rng, now)
    spaces.fill(random.Random(24), members, now, days=DAYS)  # noqa: S311
    gatherings.fill(random.Random(24), members, now)  # noqa: S311
    logins = _logins(members)
    _campaign(rng, members, now, progress)
    corrections.fill(members, now)
    notices.fill(now)
    _judge(progress)
    spaces.weigh(now)
    team.fill(members, now)
    path.write_text(json.dumps(logins.__dict__))
    path.chmod(0o600)
    return logins


def _members(rng: random.Random, start: datetime, now: datetime) -> list[Member]:
    AttributeDefinition.objects.create(
        code="interest", names={"en": "Came for", "zh-hans": "感兴趣的主题"}, kind="choice", choices=list(TOPICS),
        is_for_rules=True, shown_to="member",
    )  # fmt: skip
    made = []
    for number in range(MEMBERS):
        # Half were there from the beginning; the others joined along the way.
        joined = start if number < MEMBERS // 2 else start + (now - start) * rng.random()
        given, family = rng.choice(GIVEN), rng.choice(FAMILY)
        is_chinese = not given.isascii()
        name = f"{family}{given}" if is_chinese and not family.isascii() else f"{given} {family}"
        made.append(
            Member(
                ref=f"m{number:04d}",
                display_name=name,
                language="zh-hans" if is_chinese else "en",
                time_zone="Asia/Shanghai" if is_chinese else rng.choice(ZONES),
                joined_at=joined,
                is_house=number in (7, 8, 9),
                is_verified=rng.random() < 0.7,
                age_band="adult",
                birthday=f"{start + timedelta(days=(number * 17) % 366):%m-%d}",
                attributes={"interest": rng.choice(TOPICS)},
            )
        )
    with transaction.atomic():
        Member.objects.bulk_create(made)
        members = list(Member.objects.order_by("id"))
        tell_joined((Arrival(member.pk, member.joined_at) for member in members), now=now)
    return members


def _invite(rng: random.Random, members: list[Member], now: datetime) -> None:
    """Tell who brought whom: invitations that worked, many that did not, and somebody who only ever tried."""
    founders = members[: MEMBERS // 2]
    for member in members[MEMBERS // 2 :]:
        if rng.random() > 0.55:
            continue
        inviter = rng.choice(founders[: MEMBERS // 6])
        sent_at = member.joined_at - timedelta(hours=rng.uniform(2, 90))
        channel = rng.choice(("friend", "friend", "poster", "article"))
        made = Invitation.objects.create(code=new_code(), inviter=inviter, channel=channel, sent_at=sent_at, uses=1)
        Member.objects.filter(pk=member.pk).update(invited_by=inviter)
        referral = Referral.objects.create(
            member=member, inviter=inviter, invitation=made, joined_at=member.joined_at, depth=1
        )
        tell_stage(REFERRAL_JOINED, referral, now=member.joined_at)
    for inviter in [*rng.choices(founders[: MEMBERS // 4], k=120), *[founders[150]] * 8]:
        sent_at = now - timedelta(days=rng.uniform(1, DAYS))
        Invitation.objects.create(code=new_code(), inviter=inviter, channel="friend", sent_at=sent_at)
    for day in range(DAYS, -1, -2):
        advance_referrals(now=now - timedelta(days=day))


def _campaign(rng: random.Random, members: list[Member], now: datetime, progress: Callable[[str, int], Any]) -> None:
    campaigns.fill(
        rng, members, now, report=lambda lives: _report(lives, now=now, progress=progress, name="guest"),
        judge=loop.drain,
    )  # fmt: skip


def _lives(
    rng: random.Random, members: list[Member], start: datetime
) -> Iterator[tuple[datetime, str, str, dict[str, Any]]]:
    shares = [share for share, _ in LAYERS]
    for member in members:
        (_, rate) = rng.choices(LAYERS, shares)[0] if member.ref != "m0001" else LAYERS[0]
        if rng.random() < 0.8 or member.ref == "m0001":
            yield member.joined_at + timedelta(hours=rng.uniform(0.2, 20)), member.ref, "member.introduced", {}
        for day in range(DAYS):
            if member.is_house:
                # The team's own voices break the ice, and step back as the members speak up.
                rate = 0.95 if day < DAYS // 2 else 0.15
            moment = start + timedelta(days=day, hours=rng.uniform(6, 23))
            if moment > member.joined_at and rng.random() < rate:
                yield from _act(rng, member, moment, members)


def _act(
    rng: random.Random, member: Member, moment: datetime, members: list[Member]
) -> Iterator[tuple[datetime, str, str, dict[str, Any]]]:
    roll = rng.random()
    content = f"c{rng.randrange(10**9)}"
    if roll < 0.45:
        data = {"content_id": content, "words": int(rng.lognormvariate(5.4, 0.8)), "topic": rng.choice(TOPICS)}
        yield moment, member.ref, "content.published", data
        for _ in range(min(12, int(rng.expovariate(0.4)))):
            fan = rng.choice(members)
            later = moment + timedelta(hours=rng.uniform(0.1, 40))
            yield later, member.ref, "content.appreciated", {"content_id": content, "by": fan.ref}
        if rng.random() < 0.04:
            yield moment + timedelta(hours=5), member.ref, "content.featured", {"content_id": content}
        if rng.random() < 0.015:
            yield moment + timedelta(hours=3), member.ref, "content.removed", {"content_id": content}
    elif roll < 0.85:
        # Most answers go to some few whom the member talks with anyway.
        near = (int(member.ref[1:]) + rng.choice((-2, -1, 1, 2))) % len(members)
        other = members[near] if rng.random() < 0.7 else rng.choice(members)
        data = {"content_id": content, "accepted": rng.random() < 0.35, "to": other.ref}
        yield moment, member.ref, "reply.written", data
        if data["accepted"]:
            yield moment + timedelta(hours=2), member.ref, "content.accepted", {"content_id": content}
    elif roll < 0.87:
        # For the contest; the hosts have let most in, and the newest wait.
        yield moment, member.ref, "content.submitted", {"content_id": content, "topic": rng.choice(TOPICS)}
        if rng.random() < 0.7:
            yield moment + timedelta(hours=rng.uniform(2, 90)), member.ref, "content.approved", {"content_id": content}
    else:
        kind = rng.choice(("brand", "member", "sharing", "paid"))
        data = {"kind": kind, "minutes": rng.randrange(5, 120), "session": f"{kind}-{moment:%m-%d}"}
        yield moment, member.ref, "session.attended", data


def _report(
    lives: list[tuple[datetime, str, str, dict[str, Any]]], *, now: datetime, progress: Callable[[str, int], Any],
    name: str = "demo",
) -> None:  # fmt: skip
    lives = sorted((life for life in lives if life[0] < now), key=lambda life: life[0])
    bar = progress("Reporting events", len(lives))
    for first in range(0, len(lives), CHUNK):
        items = [
            json.dumps(
                {
                    "source": "forum",
                    "id": f"{name}-{lives[0][0]:%j}-{first + place}",
                    "type": kind,
                    "subject": ref,
                    "time": moment.astimezone(UTC).isoformat(),
                    "data": data,
                    **({"space": SPACES[data["topic"]]} if data.get("topic") in SPACES else {}),
                }
            ).encode()
            for place, (moment, ref, kind, data) in enumerate(lives[first : first + CHUNK])
        ]
        receipt = record_events(items=items, allowed_sources=None, now=now)
        assert all(result.verdict == "accepted" for result in receipt.results), receipt.results
        bar.update(len(items))
    bar.close()


def _judge(progress: Callable[[str, int], Any]) -> None:
    bar = progress("Judging them   ", Work.objects.count())
    while loop.drain(on_batch=bar.update).events:
        pass
    bar.close()


def _prove(now: datetime) -> None:
    """Find out week by week which contents were good, and take back what the removed ones brought."""
    for day in range(DAYS, -1, -3):
        advance_contents(now=now - timedelta(days=day))


def _stand(members: list[Member], now: datetime) -> None:
    """Give out the tiers, lend one to somebody who has a term to serve, and find out who is in which segment."""
    evaluate_ladders(now=now)
    evaluate_segments(now=now)
    _change_ladders()
    founders = Segment.objects.get(code="founders")
    for member in members[:12]:
        put_by_hand(segment=founders, member=member, now=now)
    lending.lend(
        member=members[30], tier=Tier.objects.get(code="gold"), until=now + timedelta(days=60),
        reason="Sits on the jury of the winter prize.", by="operator", now=now,
    )  # fmt: skip


def _change_ladders() -> None:
    """A change that stands, and one that was a slip and is undone; by the clock, since nobody has risen by them."""
    put_ladder(
        code="voices", values={"grace_days": 10}, tiers={}, why="A week was too short for holidays.", by="operator",
    )  # fmt: skip
    put_ladder(
        code="big_v", values={}, tiers={"known": {"threshold": 2, "keep": 1}}, why="Easier for newcomers.",
        by="operator",
    )  # fmt: skip
    edit = LadderEdit.objects.latest("pk")
    undo_ladder_edit(edit=edit, why="A nought too few: twenty, not two.", by="operator", now=timezone.now())


def _keep_order(members: list[Member], now: datetime) -> None:
    """Rules that most have accepted, a spammer who was thrown out, and somebody whose fine was a mistake."""
    rules = CommunityRules.objects.create(
        number=1,
        advocated={
            "en": "Say what you tried, and thank whoever helps. Now and then a surprise is kept from a few, to see "
            "whether it helps.",
            "zh-hans": "说说你试过什么，感谢帮助你的人。有时惊喜会不发给少数人，以便了解它是否有用。",
        },
        tells_of_hold_outs=True,
        forbidden={"en": "No advertising, no insults.", "zh-hans": "禁止广告，禁止辱骂。"},
    )
    publish_rules(rules=rules, now=now - timedelta(days=60))
    for member in members[: MEMBERS // 2 : 2]:
        accept_rules(member=member, number=1, now=now - timedelta(days=59))
    adverts = ViolationKind.objects.create(
        code="advertising", names={"en": "Advertising", "zh-hans": "广告"}, is_automatic=True
    )
    insult = ViolationKind.objects.create(
        code="insult", names={"en": "Insult", "zh-hans": "辱骂"}, consequence="fine", fine=30, strikes=2
    )
    spammer, restored, reporter = members[41], members[42], members[43]
    for day in (9, 8, 7, 6):
        when = now - timedelta(days=day)
        conduct.record_violation(
            member_id=spammer.pk, kind=adverts, now=when, evidence="The same link in six threads within an hour."
        )
    report(reporter=reporter, subject=spammer, about="post-1041", text="The same advert again.", now=now)
    conduct.record_violation(
        member_id=spammer.pk, kind=adverts, now=now - timedelta(days=5), operator="Ines of the team",
        reason="Five warnings, and advertising all the same.", sentence=Sentence(Consequence.BAN),
        evidence="Two hundred messages to newcomers.",
    )  # fmt: skip
    fined = conduct.record_violation(
        member_id=restored.pk, kind=insult, now=now - timedelta(days=4), operator="Ines of the team",
        evidence="A rude word in a thread.",
    )  # fmt: skip
    appeal(violation=fined, text="I quoted what somebody had said to me.", now=now - timedelta(days=3))
    conduct.decide(
        violation_id=fined.pk, is_upheld=False, now=now - timedelta(days=2), by="Jo of the team",
        note="It was a quotation. We are sorry.",
    )  # fmt: skip


def _spend(rng: random.Random, now: datetime) -> None:
    points = Currency.objects.get(code="points")
    for number, member in enumerate(Member.objects.filter(status=MemberStatus.ACTIVE).order_by("id")):
        if rng.random() < 0.25 or member.ref == "m0001":
            amount = rng.choice((50, 100, 150))
            try:
                operations.spend(
                    member_id=member.pk, currency=points, amount=amount,
                    key=keys.of_request(f"demo/{number}", "spend"), now=now, actor="forum shop",
                )  # fmt: skip
            except InsufficientPoints:
                continue


def _logins(members: list[Member]) -> Logins:
    users: Any = get_user_model().objects
    password = secrets.token_urlsafe(9)
    users.create_superuser("operator", "", password)
    member = next(member for member in members if member.ref == "m0001")
    member.user = users.create_user("member", "", password)
    member.save(update_fields=["user"])
    made, text = ApiKey.objects.create_key(name="Forum (demonstration)", scopes=[str(scope) for scope in Scope])
    key = ApiKey.objects.get(pk=made.pk)
    key.sources.set(Source.objects.filter(is_internal=False))
    return Logins("operator", "member", password, text)
