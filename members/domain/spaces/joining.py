"""Lets members into spaces, keeps the line at their doors, and lets them out. The space's row is held meanwhile."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from members.domain.events.telling import tell
from members.domain.outcomes import SPACE_JOINED, SPACE_LEFT
from members.domain.statuses import rights_of, why_not
from members.enums import MembershipState, SpaceState
from members.models import Member, Space, SpaceMember

# So many spaces are looked at by one run of the job.
SPACES_MAX = 1_000


class CannotEnter(Exception):
    """A space that takes this member in neither now nor later; `kind` names the reason, the message says it."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


def enter(*, space: Space, member: Member, now: datetime, by_hand: bool = False) -> tuple[SpaceMember, bool]:
    """Let a member into a space, or into its line where it is full, and say whether that is new.

    Again it changes nothing. `by_hand` lets somebody in past the line, as operators may. Raises CannotEnter.
    """
    with transaction.atomic():
        # No key: rows that only name the space, such as an appointment in it, are written meanwhile.
        space = Space.objects.select_for_update(no_key=True).get(pk=space.pk)
        found = SpaceMember.objects.filter(space=space, member=member).first()
        if found is not None and (found.state == MembershipState.IN or (found.state == "waiting" and not by_hand)):
            return found, False
        check(space, member)
        if found is None:
            found = SpaceMember(space=space, member=member)
        if found.state != MembershipState.WAITING:
            found.asked_at = now
        found.left_at = None
        found.state = MembershipState.WAITING
        # The team takes no place, and nobody goes past the line but by hand.
        goes_past = by_hand or (member.is_house and space.state != SpaceState.RESTING)
        if goes_past or (_room(space, now) != 0 and not _line(space).exists()):
            _let_in([found], space, now)
        found.save()
    return found, True


def leave(*, space: Space, member: Member, now: datetime) -> bool:
    """Let a member out of a space or its line; whoever waits moves up with the next look. False if they were not in."""
    with transaction.atomic():
        Space.objects.select_for_update(no_key=True).get(pk=space.pk)
        found = SpaceMember.objects.filter(space=space, member=member).exclude(state=MembershipState.LEFT).first()
        if found is None:
            return False
        was_in = found.state == MembershipState.IN
        found.state, found.left_at = MembershipState.LEFT, now
        found.save(update_fields=["state", "left_at"])
        if was_in:
            tell(SPACE_LEFT, [(member.pk, {"space": space.ref})], now=now)
    return True


def admit_waiting(*, now: datetime) -> int:
    """Let in whoever is next where there is room again; return how many came in. May run twice, late, and on two
    workers."""
    waited_for = SpaceMember.objects.filter(state=MembershipState.WAITING).values_list("space_id", flat=True)
    return sum(_admit(space_id, now) for space_id in sorted(set(waited_for.distinct()[:SPACES_MAX])))


def place_of(membership: SpaceMember) -> int | None:
    """The place in line, from 1; None for whoever does not wait."""
    if membership.state != MembershipState.WAITING:
        return None
    line = SpaceMember.objects.filter(space_id=membership.space_id, state=MembershipState.WAITING)
    earlier = line.filter(asked_at__lt=membership.asked_at).count()
    return 1 + earlier + line.filter(asked_at=membership.asked_at, pk__lt=membership.pk).count()


def spaces_of(member: Member) -> list[tuple[SpaceMember, int | None]]:
    """Where a member is or waits, with the place in line."""
    found = SpaceMember.objects.filter(member=member).exclude(state=MembershipState.LEFT).select_related("space")
    return [(each, place_of(each)) for each in found.order_by("pk")]


def _admit(space_id: int, now: datetime) -> int:
    with transaction.atomic():
        space = Space.objects.select_for_update(no_key=True).get(pk=space_id)
        # Whoever may not take part now keeps their place and holds up nobody.
        line = _line(space).filter(member__status="active").order_by("asked_at", "pk").select_related("member")
        room = _room(space, now)
        chosen = list(line if room is None else line[:room])
        _let_in(chosen, space, now)
        SpaceMember.objects.bulk_update(chosen, ["state", "joined_at"])
    return len(chosen)


def _let_in(chosen: list[SpaceMember], space: Space, now: datetime) -> None:
    for each in chosen:
        each.state, each.joined_at = MembershipState.IN, now
    tell(SPACE_JOINED, [(each.member_id, {"space": space.ref}) for each in chosen], now=now)


def check(space: Space, member: Member) -> None:
    """Raise CannotEnter unless the space takes this member in, now or after the line."""
    if space.state == SpaceState.CLOSED:
        raise CannotEnter("space_closed", _("This space is closed; it takes nobody in any more."))
    if not rights_of(member.status).earn:
        raise CannotEnter("may_not_enter", f"{why_not(member.status)}")


def _line(space: Space) -> QuerySet[SpaceMember]:
    return SpaceMember.objects.filter(space=space, state=MembershipState.WAITING)


def _room(space: Space, now: datetime) -> int | None:
    """How many may come in now, None for as many as like. House accounts take no place."""
    if space.state not in (SpaceState.FORMING, SpaceState.OPEN):
        return 0
    inside = SpaceMember.objects.filter(space=space, state=MembershipState.IN, member__is_house=False)
    rooms = []
    if space.capacity is not None:
        rooms.append(space.capacity - inside.count())
    if space.intake_max is not None:
        # Whoever came and went has been taken in all the same.
        came = SpaceMember.objects.filter(space=space, joined_at__gte=week_begins(now), member__is_house=False)
        rooms.append(space.intake_max - came.count())
    return max(0, min(rooms)) if rooms else None


def week_begins(now: datetime) -> datetime:
    """Monday's first moment in the programme's zone."""
    zone = timezone.get_default_timezone()
    today = now.astimezone(zone).date()
    return datetime.combine(today - timedelta(days=today.weekday()), time(), zone)
