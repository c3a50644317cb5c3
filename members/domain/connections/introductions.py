"""Introduces two members to each other; both must say yes, and nobody learns who said no."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from members.domain.events.telling import tell
from members.domain.outcomes import INTRODUCTION_ACCEPTED
from members.enums import AgeBand, IntroductionState, MemberStatus
from members.models import Acquaintance, Connection, Introduction, Member


class CannotIntroduce(Exception):
    """Two who may not be introduced; `kind` names the reason, the message says it."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


def propose(
    *, one: Member, other: Member, now: datetime, words: str = "", by: AbstractBaseUser | None = None
) -> Introduction:
    """Ask two members whether they would like to know each other. Raises CannotIntroduce."""
    check(one, other)
    first, second = sorted((one, other), key=lambda member: member.pk)
    try:
        with transaction.atomic():
            return Introduction.objects.create(
                first=first, second=second, words=words, proposed_at=now, proposed_by_id=by.pk if by else None
            )
    except IntegrityError as error:
        raise _already_proposed() from error


def check(one: Member, other: Member) -> None:
    """Raise CannotIntroduce unless these two may be introduced now."""
    if one.pk == other.pk:
        raise CannotIntroduce("same_member", "An introduction is for two members.")
    for member in (one, other):
        _check(member)
    first, second = sorted((one, other), key=lambda member: member.pk)
    if Connection.objects.shown().filter(low=first, high=second).exists():
        raise CannotIntroduce("already_connected", "These two know each other already.")
    if Introduction.objects.filter(first=first, second=second, state=IntroductionState.PROPOSED).exists():
        raise _already_proposed()


def answer(*, introduction_id: int, member_id: int, agrees: bool, now: datetime) -> Introduction:
    """Take one side's answer; with both sides' yes it is told to both timelines. An answer to a closed one changes
    nothing. Raises CannotIntroduce."""
    with transaction.atomic():
        found = Introduction.objects.select_for_update().filter(pk=introduction_id).first()
        if found is None or member_id not in (found.first_id, found.second_id):
            raise CannotIntroduce("unknown_introduction", "There is no such introduction of this member.")
        if found.state != IntroductionState.PROPOSED:
            return found
        if not agrees:
            found.state, found.closed_at = IntroductionState.DECLINED, now
        elif member_id == found.first_id:
            found.first_agreed_at = found.first_agreed_at or now
        else:
            found.second_agreed_at = found.second_agreed_at or now
        if agrees and found.first_agreed_at and found.second_agreed_at:
            for member in Member.objects.filter(pk__in=(found.first_id, found.second_id)):
                _check(member)
            found.state, found.closed_at = IntroductionState.ACCEPTED, now
            _tell(found, now)
        found.save(update_fields=["state", "closed_at", "first_agreed_at", "second_agreed_at"])
    return found


def _already_proposed() -> CannotIntroduce:
    return CannotIntroduce("already_proposed", "These two have been asked already.")


def _check(member: Member) -> None:
    if member.status != MemberStatus.ACTIVE or member.is_house:
        raise CannotIntroduce("not_introducible", f"{member.ref} is no active member of the community.")
    if member.age_band != AgeBand.ADULT:
        raise CannotIntroduce("not_adult", f"{member.ref} is not known to be of age; only adults are introduced.")
    if Acquaintance.objects.filter(member=member, is_off=True).exists():
        raise CannotIntroduce("switched_off", f"{member.ref} has switched connections off.")


def _tell(found: Introduction, now: datetime) -> None:
    refs = dict(Member.objects.filter(pk__in=(found.first_id, found.second_id)).values_list("pk", "ref"))
    pairs = ((found.first_id, found.second_id), (found.second_id, found.first_id))
    tell(INTRODUCTION_ACCEPTED, [(mine, {"other": refs[other]}) for mine, other in pairs], now=now)
