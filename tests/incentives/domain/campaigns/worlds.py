"""A community with an inviter or two, and campaigns made of a template."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from incentives.domain.campaigns.drafting import Answers, draft
from incentives.domain.campaigns.starting import start
from incentives.domain.campaigns.templates import templates
from incentives.domain.ledger import queries
from incentives.models import Campaign
from members.domain.invitations import making
from members.domain.invitations.accepting import accept, tell_stage
from members.domain.outcomes import REFERRAL_ACTIVE, REFERRAL_BROKE_ICE, REFERRAL_RETAINED
from members.models import Member, Referral, Work
from tests import factories

# Long enough ago that everything of it has happened.
START = datetime(2026, 7, 1, 12, tzinfo=UTC)
STAGES = {"broke_ice_at": REFERRAL_BROKE_ICE, "active_at": REFERRAL_ACTIVE, "retained_at": REFERRAL_RETAINED}


def answers(template: str = "bring-friends", **more: Any) -> Answers:
    """The answers that the template proposes, for four weeks from noon on, with a budget of 1,000 points."""
    found = templates()[template]
    numbers = {each.code: each.default for each in found.numbers} | more.pop("numbers", {})
    given = {
        "code": "spring", "names": {"en": "Spring"}, "audience": None, "numbers": numbers, "begins_at": START,
        "ends_at": START + timedelta(days=28), "currency": factories.CurrencyFactory(), "budget": Decimal(1000),
        "titles": found.titles, "texts": found.texts, "letter": found.letter,
    }  # fmt: skip
    return Answers(**given | more)


def running(template: str = "bring-friends", *, now: datetime = START, **more: Any) -> Campaign:
    """A campaign that has been started."""
    made = draft(template=template, answers=answers(template, **more), by=None)
    return start(campaign_id=made.pk, by=None, now=now)


def guest(inviter: Member | None, ref: str, *, now: datetime, code: str = "spring", email: str = "") -> Referral:
    """Somebody who comes with a code of the campaign; a code of the operators where there is no inviter."""
    made = making.invite(inviter=inviter, now=now, campaign=code)
    return accept(code=made.code, ref=ref, now=now, email=email).referral


def reach(referral: Referral, stage: str, *, now: datetime) -> None:
    """Let a guest reach a stage, as the job that looks for stages does."""
    Referral.objects.filter(pk=referral.pk).update(**{stage: now})
    tell_stage(STAGES[stage], referral, now=now)


def judge() -> None:
    while factories.judge().events:
        pass
    assert not Work.objects.exists()


def points(member: Member) -> tuple[int, int]:
    """Available and pending."""
    lines = [line for line in queries.balances(member.pk) if line.currency == "points"]
    return (int(lines[0].available), int(lines[0].pending)) if lines else (0, 0)
