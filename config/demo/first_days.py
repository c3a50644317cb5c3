"""First days for a first look: greeters, games, a newcomer of this very hour, quests under way."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from incentives.domain.quests import joining
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


def is_eager(member: Member) -> bool:
    """Some do everything on their first day."""
    return int(member.ref.removeprefix("m")) % 5 < 2


def lives(rng: random.Random, members: list[Member], now: datetime) -> Iterator[Life]:
    """What newcomers do on their first day beyond saying hello: answers both ways, and a first gathering."""
    for place, member in enumerate(members):
        if rng.random() < 0.2 or is_eager(member):
            for number, step in enumerate((1, 5)):
                other = members[(place * 7 + step) % len(members)].ref
                moment = member.joined_at + timedelta(hours=rng.uniform(1, 12))
                yield moment, member.ref, "reply.written", _reply(f"f{place}-{number}", other)
                yield moment + timedelta(hours=1), other, "reply.written", _reply(f"g{place}-{number}", member.ref)
        if is_eager(member):
            yield member.joined_at + timedelta(hours=1), member.ref, "member.introduced", {}
            evening = member.joined_at + timedelta(hours=15)
            session = {"kind": "member", "minutes": 40, "session": f"first-evening-{evening:%m-%d}"}
            yield evening, member.ref, "session.attended", session
    yield now - timedelta(hours=2), NEWCOMER, "member.introduced", {}
    yield now - timedelta(minutes=50), NEWCOMER, "reply.written", _reply("jonas-1", members[1].ref)


def _reply(content: str, to: str) -> dict[str, Any]:
    return {"content_id": content, "accepted": False, "to": to}


def fill(rng: random.Random, newcomer: Member, members: list[Member], now: datetime, *, days: int) -> None:
    """Open pages, accept rules, play, greet, choose quests; everything that the jobs do is done as it came."""
    published = now - timedelta(days=60)
    late = [member for member in members[len(members) // 2 :] if member.joined_at < now]
    for member in late:
        seen_at = member.joined_at + timedelta(hours=rng.uniform(0.1, 20))
        if (is_eager(member) or rng.random() < 0.6) and seen_at < now:
            note_opening(member, now=seen_at)
            if seen_at > published and (is_eager(member) or rng.random() < 0.7):
                accept_rules(member=member, number=1, now=seen_at)
    accept_rules(member=newcomer, number=1, now=now - timedelta(hours=2, minutes=30))
    _play_weeks([member for member in late if is_eager(member)], members[12], now, days)
    _play_today(members, now)
    for place in (7, 12, 20, 31):
        Greeter.objects.create(member=members[place], open_max=3)
    for day in range(days, -1, -2):
        advancing.advance_newcomers(now=now - timedelta(days=day))
    greeting.assign_greeters(now=now)
    for member in members[1:33:4]:
        joining.begin_quest(member=member, code="eight-weeks", now=now - timedelta(days=3))


def _play_weeks(players: list[Member], host: Member, now: datetime, days: int) -> None:
    """A line to guess every week, at which newcomers try their luck."""
    game = Game.objects.get(code="guess-the-line")
    begins = now - timedelta(days=days)
    for week in range(days // 7 + 1):
        opens = begins + timedelta(days=7 * week)
        line, answers = LINES[week % len(LINES)]
        played = playing.open_round(game=game, opening=line, answers=answers, hours=168, host=host, now=opens)
        for member in players:
            moment = member.joined_at + timedelta(hours=2)
            if opens <= moment < min(opens + timedelta(days=7), now):
                playing.take_turn(public_id=str(played.public_id), member=member, text="?", now=moment)


def _play_today(members: list[Member], now: datetime) -> None:
    begins = now - timedelta(hours=5)
    game = Game.objects.get(code="idioms")
    chain = playing.open_round(game=game, opening=CHAIN[0], hours=24, host=members[20], now=begins)
    for number, idiom in enumerate(CHAIN[1:], 1):
        moment = begins + timedelta(minutes=12 * number)
        playing.take_turn(public_id=str(chain.public_id), member=members[33 + number], text=idiom, now=moment)
