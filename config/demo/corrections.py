"""Corrections for a first look: one that was done, one that waits for a second operator, one that was a mistake."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group as Role

from config.roles import FINANCE
from incentives.domain.corrections import running, steps
from incentives.domain.corrections.making import Wanted, make
from incentives.enums import CorrectionAct, CorrectionList
from incentives.models import Correction
from members.models import Member

# Statements are in the order of booking: what is booked here comes after everything that members did.
EVENING = timedelta(hours=7)


def fill(members: list[Member], now: datetime) -> None:
    """Thank those whose evening broke off, offer something to the founders, and undo what went to the wrong ones."""
    users: Any = get_user_model().objects
    operator = users.get(username="operator")
    jo = users.create_user("jo", "", None, is_staff=True, first_name="Jo")
    jo.groups.add(Role.objects.get(name=FINANCE))
    guests = tuple(member.ref for member in members[1:40:5])
    done = _made(
        Wanted(
            found_by=CorrectionList.REFS, act=CorrectionAct.ADD, refs=guests, currency="points", amount=Decimal(25),
            reason="The evening broke off after ten minutes. We are sorry.", by=operator,
        ),
        now - EVENING,
    )  # fmt: skip
    _run(done, operator, now - EVENING, "Counted with the host.")
    wrong = _made(
        Wanted(
            found_by=CorrectionList.REFS, act=CorrectionAct.ADD, refs=tuple(member.ref for member in members[60:72]),
            currency="points", amount=Decimal(40), reason="Thank you for helping at the fair.", by=jo,
        ),
        now - timedelta(hours=6),
    )  # fmt: skip
    _run(wrong, operator, now - timedelta(hours=6), "")
    steps.undo(
        correction_id=wrong.pk,
        now=now - timedelta(hours=5),
        by=jo,
        why="That list was of another fair; yours comes next.",
    )
    running.carry_on(now=now - timedelta(hours=5))
    large = _made(
        Wanted(
            found_by=CorrectionList.SEGMENT, act=CorrectionAct.ADD, segment="founders", currency="points",
            amount=Decimal(120), reason="A year together: thank you for beginning it with us.", by=jo,
        ),
        now - timedelta(hours=4),
    )  # fmt: skip
    steps.hand_over(
        correction_id=large.pk, now=now - timedelta(hours=4), by=jo, why="The board agreed to it on Monday."
    )


def _made(wanted: Wanted, now: datetime) -> Correction:
    made = make(wanted, now=now)
    running.carry_on(now=now)
    return made


def _run(made: Correction, by: Any, now: datetime, why: str) -> None:
    steps.approve(correction_id=made.pk, now=now, by=by, why=why)
    running.carry_on(now=now)
