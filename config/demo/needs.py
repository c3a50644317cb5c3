"""Needs for a first look: some wait for somebody, some were served, and one waits for the member who logs in."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from members.domain.needs import ending, posting, serving
from members.domain.needs.people import CannotServe
from members.enums import NeedRole
from members.models import Member, Need

WANTED = (
    ("translation", "Somebody who reads my guide in Chinese before I publish it."),
    ("advice", "How do you keep a reading circle going through the winter?"),
    ("tools", "A scanner for old photographs, for one weekend."),
    ("company", "Who goes to the book fair on Saturday?"),
    ("translation", "想找一位朋友帮我把短文译成德语。"),
    ("advice", "第一次办线上分享会，想听听有经验的人怎么准备。"),
    ("tools", "Does anybody have a microphone that they do not need?"),
    ("company", "A partner for the riddle of the month."),
    ("advice", "My sourdough never rises. What am I doing wrong?"),
    ("company", "周末想找人一起去看展。"),
)


def fill(rng: random.Random, members: list[Member], now: datetime) -> None:
    """Post needs over the last weeks; helpers are found for most of the older ones."""
    people = [each for each in members if not each.is_house][:60]
    for number, (kind, words) in enumerate(WANTED):
        posted_at = now - timedelta(days=20 - 2 * number, hours=rng.uniform(1, 9))
        asker = people[(7 * number + 11) % len(people)]
        try:
            need = posting.post(asker=asker, words=words, kind=kind, until=posted_at + timedelta(days=9), now=posted_at)
            _serve(rng, need, people, number, posted_at)
        except CannotServe:
            # Somebody was banned or left along the way.
            continue
    ending.expire_needs(now=now)


def _serve(rng: random.Random, need: Need, people: list[Member], number: int, moment: datetime) -> None:
    me = next(each for each in people if each.ref == "m0001")
    others = [each for each in people if each.pk not in (need.asker_id, me.pk)]
    helpers = rng.sample(others, 2)
    if number == len(WANTED) - 2:
        serving.propose(need_id=need.pk, member=me, now=moment, by="operator 1")
        return
    if number >= len(WANTED) - 3 or number == 1:
        return
    for helper in helpers:
        serving.propose(need_id=need.pk, member=helper, now=moment, by="operator 1")
    first, second = (helper.pk for helper in helpers)
    serving.answer_helper(need_id=need.pk, member_id=first, agrees=False, now=moment)
    serving.answer_helper(need_id=need.pk, member_id=second, agrees=True, now=moment)
    if number % 3 == 2:
        return
    serving.answer_asker(need_id=need.pk, member_id=second, agrees=True, now=moment)
    if number < 4:
        for role in NeedRole:
            serving.confirm(need_id=need.pk, role=role, worked=True, now=moment + timedelta(days=2))
