"""First days for a first look: greeters, games, a newcomer of this very hour, quests under way."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from incentives.domain.quests import closing, joining
from members.domain.conduct.acceptance import accept_rules
from members.domain.games import playing
from members.domain.joining import Arrival, tell_joined
from members.domain.newcomers import advancing, greeting
from members.domain.newcomers.opening import note_opening
from members.models import Game, Greeter, Member

NEWCOMER = "jonas"
CHAIN = ("一心一意", "意气风发", "发扬光大", "大同小异", "异口同声", "声东击西")
LINES = (
    ("“Call me …” Which novel begins so?", ("Moby-Dick", "Moby Dick")),
    ("春眠不觉晓，处处闻……", ("啼鸟", "处处闻啼鸟")),
)
Life = tuple[datetime, str, str, dict[str, Any]]


def arrive(now: datetime) -> Member:
    """Somebody joins just now, so that the first day can be seen under way."""
    made = Member.objects.create(
        ref=NEWCOMER, display_name="Jonas Weber", language="en", time_zone="Europe/Berlin", age_band="adult",
        joined_at=now - timedelta(hours=3), attributes={"interest": "stories"},
    )  # fmt: skip
    tell_joined([Arrival(made.pk, made.joined_at)], now=now)
    return made


def lives(rng: random.Random, members: list[Member], now: datetime) -> Iterator[Life]:
    """What newcomers do on their first day beyond saying hello: two answers, a first gathering, somebody's answer."""
    for place, member in enumerate(members):
        if rng.random() < 0.35:
            others = [members[(place * 7 + n) % len(members)].ref for n in (1, 5)]
            for number, other in enumerate(others):
                moment = member.joined_at + timedelta(hours=rng.uniform(1, 12))
                yield moment, member.ref, "reply.written", _reply(f"f{place}-{number}", other)
                yield moment + timedelta(hours=1), other, "reply.written", _reply(f"g{place}-{number}", member.ref)
    yield now - timedelta(hours=2), NEWCOMER, "member.introduced", {}
    yield now - timedelta(minutes=50), NEWCOMER, "reply.written", _reply("jonas-1", members[1].ref)
    yield now - timedelta(minutes=40), members[1].ref, "reply.written", _reply("jonas-2", NEWCOMER)


def _reply(content: str, to: str) -> dict[str, Any]:
    return {"content_id": content, "accepted": False, "to": to}


def fill(rng: random.Random, newcomer: Member, members: list[Member], now: datetime) -> None:
    """Open pages, play, greet, choose quests; everything that the jobs do is done once."""
    _play(members, now)
    for member in members:
        if rng.random() < 0.75:
            note_opening(member, now=min(now, member.joined_at + timedelta(hours=rng.uniform(0.1, 30))))
    accept_rules(member=newcomer, number=1, now=now - timedelta(hours=2, minutes=30))
    for place in (7, 12, 20, 31):
        Greeter.objects.create(member=members[place], open_max=3)
    advancing.advance_newcomers(now=now)
    greeting.assign_greeters(now=now)
    for member in members[1:33:4]:
        joining.begin_quest(member=member, code="eight-weeks", now=now - timedelta(days=3))
    closing.close_runs(now=now)


def _play(members: list[Member], now: datetime) -> None:
    games = {game.code: game for game in Game.objects.all()}
    begins = now - timedelta(hours=5)
    chain = playing.open_round(game=games["idioms"], opening=CHAIN[0], hours=24, host=members[20], now=begins)
    for number, idiom in enumerate(CHAIN[1:], 1):
        moment = begins + timedelta(minutes=12 * number)
        playing.take_turn(public_id=str(chain.public_id), member=members[33 + number], text=idiom, now=moment)
    for days, (line, answers) in enumerate(LINES):
        opened = begins - timedelta(days=len(LINES) - days)
        played = playing.open_round(
            game=games["guess-the-line"], opening=line, answers=answers, hours=24, host=members[12], now=opened
        )
        for number, text in enumerate(("?", answers[0])):
            moment = opened + timedelta(minutes=9 * number + 5)
            playing.take_turn(public_id=str(played.public_id), member=members[50 + number], text=text, now=moment)
