"""Privileges in use for a first look: pins, seats, birthday gifts, and a direct line that somebody should answer."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from incentives.domain.ledger import LedgerError, keys
from incentives.domain.privileges import birthdays, fulfilling, using
from members.models import Member

QUESTIONS = (
    "May I change the title of my story after it was featured?",
    "My trade with Goran got stuck. Could somebody reopen it?",
    "我想在周末办一次线下读书会，可以借用社区的场地吗？",
    "A reply of mine was taken down and I do not see why.",
)
WANTED = (("pin-a-post", 0.5), ("early-registration", 0.3), ("direct-line", 0.12))


def fill(rng: random.Random, now: datetime) -> None:
    """Let members use what they hold during the last days; older requests are answered, the newest wait."""
    birthdays.grant_birthday_gifts(now=now)
    for member in Member.objects.filter(is_house=False).order_by("id"):
        for code, share in WANTED:
            if rng.random() < share:
                _use(rng, member, code, now - timedelta(hours=rng.uniform(1, 70)), now)


def _use(rng: random.Random, member: Member, code: str, moment: datetime, now: datetime) -> None:
    text = rng.choice(QUESTIONS) if code == "direct-line" else ""
    key = keys.of_request(f"demo/{member.ref}", code)
    try:
        use = using.use_privilege(
            member_id=member.pk, code=code, key=key, now=moment, actor="forum", text=text, target="post-41"
        )
    except (using.CannotUse, LedgerError):
        return
    if use.due_at is not None and rng.random() < 0.7:
        hours = rng.uniform(0.5, 20)
        fulfilling.fulfil(
            use_id=use.pk, now=min(now, moment + timedelta(hours=hours)), actor="operator", answer="Done; have a look."
        )
