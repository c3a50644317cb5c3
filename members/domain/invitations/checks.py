"""Looks at a newcomer for signs that nobody new has come. It only stops and asks; a person decides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SAME_EMAIL, EMAIL_SHAPE, BURST = "same_email", "email_shape", "burst"
# The address of somebody who was banned; looked up where the members are.
BANNED_EMAIL = "banned_email"
ALIKE_MAX = 2
BURST_MAX, BURST_WITHIN = 4, timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Newcomer:
    email: str
    joined_at: datetime


def suspicions(newcomer: Newcomer, inviter_email: str, others: Sequence[Newcomer]) -> list[str]:
    """Why a referral should be looked at before it pays; `others` are the inviter's earlier newcomers.

    - same_email: the address is the inviter's own, however dotted or tagged
    - email_shape: with digits left out it looks like more than two others of the same inviter
    - burst: the inviter brought more than four others in the ten minutes before
    """
    found = []
    if newcomer.email and plain_email(newcomer.email) == plain_email(inviter_email):
        found.append(SAME_EMAIL)
    shape = email_shape(newcomer.email)
    if shape and sum(email_shape(other.email) == shape for other in others) > ALIKE_MAX:
        found.append(EMAIL_SHAPE)
    since = newcomer.joined_at - BURST_WITHIN
    if sum(since < other.joined_at <= newcomer.joined_at for other in others) > BURST_MAX:
        found.append(BURST)
    return found


def plain_email(email: str) -> str:
    """The mailbox behind an address: without dots, tags and capitals in its local part."""
    local, _, domain = email.lower().partition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}" if domain else ""


def email_shape(email: str) -> str:
    """What is left of an address when it is counted up: ada1@x.org and ada22@x.org look the same."""
    plain = plain_email(email)
    local, _, domain = plain.partition("@")
    without = re.sub(r"\d+", "#", local)
    return f"{without}@{domain}" if "#" in without else ""
