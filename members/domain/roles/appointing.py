"""Appoints members to responsibilities and ends their terms. What begins or ends is told once, whoever looks first."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from members.domain.events.telling import tell
from members.domain.outcomes import ROLE_APPOINTED, ROLE_ENDED
from members.domain.statuses import rights_of, why_not
from members.models import Appointment, Greeter, Member, Role, Space
from members.models.roles import GREETER

COUNT_MAX = 1_000


class CannotAppoint(Exception):
    """An appointment that cannot be made; `kind` names the reason, the message says it."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


def appoint(
    *,
    member: Member,
    role: Role,
    now: datetime,
    space: Space | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    by: str = "",
) -> tuple[Appointment, bool]:
    """Appoint a member from a moment on (now) until another (the role's term, else for good); say whether it is new.

    Whoever is appointed there already keeps that appointment, with its end moved where another is given. Raises
    CannotAppoint.
    """
    with transaction.atomic():
        # Whoever holds the member appoints them alone. No key: whoever lets them into a space only names them.
        member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        open_one = Appointment.objects.filter(member=member, role=role, space=space, ended_at__isnull=True).first()
        if open_one is not None and open_one.ends_at is not None and open_one.ends_at <= now:
            end(appointment_id=open_one.pk, now=now)
            open_one = None
        begins = open_one.starts_at if open_one is not None else starts_at or now
        if ends_at is None and open_one is None and role.term_days is not None:
            ends_at = begins + timedelta(days=role.term_days)
        check_term(member, role, begins, ends_at, now)
        if open_one is not None:
            if ends_at is not None and ends_at != open_one.ends_at:
                open_one.ends_at = ends_at
                open_one.save(update_fields=["ends_at"])
            return open_one, False
        made = Appointment.objects.create(
            member=member, role=role, space=space, starts_at=begins, ends_at=ends_at, appointed_by=by[:150]
        )
        if begins <= now:
            _begin(made, now)
    return made, True


def end(*, appointment_id: int, now: datetime, by: str = "", reason: str = "") -> bool:
    """End a term, by hand or because its time is over. False if it was over before."""
    with transaction.atomic():
        found = Appointment.objects.select_for_update(of=("self",)).select_related("role", "space").get(
            pk=appointment_id
        )  # fmt: skip
        if found.ended_at is not None:
            return False
        is_due = found.ends_at is not None and found.ends_at <= now
        found.ended_at = found.ends_at if is_due and found.ends_at is not None else now
        found.ended_by, found.reason = by[:150], reason[:300]
        found.save(update_fields=["ended_at", "ended_by", "reason"])
        if found.begun_at is not None:
            tell(ROLE_ENDED, [(found.member_id, _said(found))], now=now)
            _follow_greeting(found, now)
    return True


def advance_appointments(*, now: datetime) -> int:
    """Begin what is due to begin, end what is over, and whatever somebody holds who is no longer here; return how many.

    May run twice, late, and on two workers: who looks second finds nothing.
    """
    count = 0
    for pk in _due(Q(begun_at__isnull=True, ended_at__isnull=True, starts_at__lte=now)):
        with transaction.atomic():
            found = Appointment.objects.select_for_update(of=("self",)).select_related("role", "space").get(pk=pk)
            if found.begun_at is None and found.ended_at is None:
                _begin(found, now)
                count += 1
    gone = Q(member__status__in=("banned", "left", "erased"))
    for pk in _due(Q(ended_at__isnull=True) & (Q(ends_at__lte=now) | gone)):
        count += end(appointment_id=pk, now=now)
    return count


def in_force_of(member: Member, now: datetime) -> QuerySet[Appointment]:
    """What a member is responsible for at a moment."""
    return Appointment.objects.in_force_at(now).filter(member=member).select_related("role", "space").order_by("pk")


def _due(which: Q) -> list[int]:
    return list(Appointment.objects.filter(which).order_by("pk").values_list("pk", flat=True)[:COUNT_MAX])


def check_term(member: Member, role: Role, begins: datetime, ends_at: datetime | None, now: datetime) -> None:
    """Raise CannotAppoint unless this member may serve in this role between these moments."""
    if not role.is_active:
        raise CannotAppoint("role_not_in_use", _("Nobody is appointed to this responsibility any more."))
    if not rights_of(member.status).earn:
        raise CannotAppoint("may_not_serve", why_not(member.status))
    if ends_at is not None and (ends_at <= begins or ends_at <= now):
        raise CannotAppoint("bad_term", _("A term ends after it begins, and not in the past."))


def _begin(found: Appointment, now: datetime) -> None:
    found.begun_at = now
    found.save(update_fields=["begun_at"])
    tell(ROLE_APPOINTED, [(found.member_id, _said(found))], now=now)
    _follow_greeting(found, now)


def _follow_greeting(found: Appointment, now: datetime) -> None:
    """Whoever is appointed greeter gets newcomers, and none any more once no such appointment is left."""
    if found.role.code != GREETER:
        return
    serves = Appointment.objects.in_force_at(now).filter(
        member_id=found.member_id, role=found.role, begun_at__isnull=False, ended_at__isnull=True
    )  # fmt: skip
    is_active = serves.exists()
    greeter = Greeter.objects.filter(member_id=found.member_id).first()
    if greeter is None and is_active:
        Greeter.objects.create(member_id=found.member_id)
    elif greeter is not None and greeter.is_active != is_active:
        greeter.is_active = is_active
        greeter.save(update_fields=["is_active"])


def _said(found: Appointment) -> dict[str, str]:
    said = {"role": found.role.code}
    return said | ({"space": found.space.ref} if found.space is not None else {})
