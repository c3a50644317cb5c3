"""Spaces for a first look: one that is full and has a line, hosts and greeters, future hosts, and a partner."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta

from django.utils import timezone

from members.domain.events.intake import record_events
from members.domain.intentions.evaluating import evaluate_intentions
from members.domain.invitations.making import invite
from members.domain.invitations.stages import advance_referrals
from members.domain.roles import appointing
from members.domain.spaces import joining
from members.enums import CultivationStage, MemberStatus
from members.models import Cultivation, Invitation, Member, Partner, Referral, Role, Source, Space

NOTES = {
    CultivationStage.FOUND: "Answers newcomers before anybody else does.",
    CultivationStage.CONTACTED: "Had a call; would like to try a reading evening.",
    CultivationStage.TRIAL: "Two evenings so far, both with ten people and more.",
    CultivationStage.APPOINTED: "",
    CultivationStage.RESTING: "A child was born; asks us to come back in spring.",
}


def fill(rng: random.Random, members: list[Member], now: datetime, *, days: int) -> None:
    """Let people into spaces along the way, appoint some, and bring a partner whose guests have come."""
    present = set(Member.objects.filter(status=MemberStatus.ACTIVE).values_list("pk", flat=True))
    people = [each for each in members if each.pk in present]
    _join(rng, people, now, days)
    _appoint(people, now, days)
    _cultivate(people, now)
    _partner(rng, people, now, days)


def weigh(now: datetime) -> None:
    """Everybody's intention, once everything has been judged."""
    evaluate_intentions(now=now)


def _join(rng: random.Random, people: list[Member], now: datetime, days: int) -> None:
    circle, workshop, new = (Space.objects.get(ref=ref) for ref in ("reading-circle", "workshop", "newcomers"))
    moments = sorted(
        (max(each.joined_at + timedelta(hours=1), now - timedelta(days=rng.uniform(0.1, days))), each.pk, each)
        for each in rng.sample(people, min(len(people), 150))
    )
    for number, (moment, _pk, member) in enumerate(moments):
        if moment >= now:
            continue
        if number % 2:
            joining.enter(space=circle, member=member, now=moment)
        else:
            joining.enter(space=workshop, member=member, now=moment)
        if number % 9 == 0:
            joining.admit_waiting(now=moment)
    for member in people:
        if now - member.joined_at < timedelta(days=28):
            joining.enter(space=new, member=member, now=max(member.joined_at, now - timedelta(days=days)))
    me = next(each for each in people if each.ref == "m0001")
    joining.enter(space=workshop, member=me, now=now - timedelta(days=min(30, days)))
    joining.enter(space=circle, member=me, now=now - timedelta(hours=20))


def _appoint(people: list[Member], now: datetime, days: int) -> None:
    circle, workshop = Space.objects.get(ref="reading-circle"), Space.objects.get(ref="workshop")
    begins = now - timedelta(days=days // 2)
    for role, place, space in (
        ("host", 11, circle), ("host", 14, workshop), ("host", 15, workshop), ("editor", 17, None),
        ("mentor", 19, None), ("greeter", 18, None),
    ):  # fmt: skip
        member = people[place]
        if space is not None:
            joining.enter(space=space, member=member, now=begins, by_hand=True)
        appointing.appoint(
            member=member, role=Role.objects.get(code=role), space=space, now=begins, by="Ines of the team"
        )
    short = appointing.appoint(
        member=people[21], role=Role.objects.get(code="editor"), now=begins, ends_at=now - timedelta(hours=3),
        by="Ines of the team",
    )  # fmt: skip
    assert short[1], "nobody was appointed before"
    appointing.advance_appointments(now=now)


def _cultivate(people: list[Member], now: datetime) -> None:
    host = Role.objects.get(code="host")
    for number, place in enumerate((23, 25, 27, 29, 31, 33, 35, 11)):
        stage = list(CultivationStage)[number % 5] if place != 11 else CultivationStage.APPOINTED
        Cultivation.objects.create(
            member=people[place], stage=stage, role=host, note=NOTES[stage], since=now - timedelta(days=3 * number + 1)
        )


def _partner(rng: random.Random, people: list[Member], now: datetime, days: int) -> None:
    """A bookshop: its codes brought some, and its till reports who came to its evenings."""
    today = timezone.localdate(now)
    partner = Partner.objects.create(
        code="bookshop", name="The bookshop at the corner", contact="The owner, by telephone in the morning.",
        contract_from=today - timedelta(days=days), contract_until=today + timedelta(days=200), codes_max=100,
        tickets_max=20, source=Source.objects.get(code="bookshop"),
    )  # fmt: skip
    circle = Space.objects.get(ref="reading-circle")
    code = invite(
        inviter=None, now=now - timedelta(days=days), channel="partner", uses_max=40, partner=partner, space=circle
    )
    alone = [
        each for each in people if each.invited_by_id is None and now - timedelta(days=days) < each.joined_at < now
    ]
    known = set(Referral.objects.values_list("pk", flat=True))
    guests = [each for each in alone if each.pk not in known][:14]
    Referral.objects.bulk_create(
        Referral(member=each, invitation=code, joined_at=each.joined_at, depth=1) for each in guests
    )
    Invitation.objects.filter(pk=code.pk).update(uses=len(guests))
    for day in range(days, -1, -4):
        advance_referrals(now=now - timedelta(days=day))
    evenings = [
        {
            "source": "bookshop", "id": f"till-{number}", "type": "session.attended", "subject": member.ref,
            "time": (now - timedelta(days=rng.uniform(0.2, days / 2))).isoformat(), "space": circle.ref,
            "data": {"kind": "brand", "minutes": 90, "session": f"bookshop-{number % 5}"},
        }
        for number, member in enumerate(rng.sample(people, 25))
    ]  # fmt: skip
    record_events(items=[json.dumps(each).encode() for each in evenings], allowed_sources=None, now=now)
