"""Uses privileges and gives uses back. The database itself counts what is left: the last use is given once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from incentives.domain.ledger import operations
from incentives.domain.privileges.deciding import Answer, Taking, decide
from incentives.domain.privileges.definitions import Definition, read
from incentives.domain.privileges.facts import EVERYBODY, Facts, facts_of
from incentives.domain.privileges.telling import tell
from incentives.domain.requests import Refused
from incentives.domain.reversals import reverse_journal
from incentives.enums import PrivilegeKind, PrivilegeWay, UseState
from incentives.models import WAITING_STATES, Currency, PrivilegeGrant, PrivilegeTally, PrivilegeUse
from members.domain.outcomes import PRIVILEGE_GIVEN_BACK, PRIVILEGE_USED
from members.models import Member

STATES = {
    PrivilegeWay.APP: UseState.USED,
    PrivilegeWay.MEMBER: UseState.BOOKED,
    PrivilegeWay.OPERATOR: UseState.WAITING,
}


TEXT_LENGTH_MAX = 2_000


class UnknownPrivilege(Exception):
    """There is no privilege of this code."""


class WordsMissing(Exception):
    """This privilege asks what it is about."""


class CannotUse(Refused):
    """A member who may not use a privilege now; `kind` and the sentence say why."""


class CannotGiveBack(Refused):
    """A use that cannot be given back any more."""


class _Taken(Exception):
    """Somebody was faster."""


def use_privilege(
    *,
    member_id: int,
    code: str,
    key: bytes,
    now: datetime,
    actor: str,
    target: str = "",
    text: str = "",
    wanted_at: datetime | None = None,
    only_theirs: bool = False,
    at: datetime | None = None,
    held_for: str = "",
    may_buy: bool = True,
) -> PrivilegeUse:
    """Use a privilege once for this key, from whatever lapses first; a second call returns the first use.

    With `only_theirs` nobody gets at what only the app uses. It is judged now, or `at` a moment ahead: what holds then,
    and the quota of then. What is `held_for` something is used at once, whoever else fulfils such uses. Without
    `may_buy` no points are spent.

    Raises UnknownPrivilege, WordsMissing, CannotUse, and InsufficientPoints where it is bought.
    """
    definition = read(code=code).get(code)
    if definition is None or (only_theirs and definition.way == PrivilegeWay.APP):
        raise UnknownPrivilege(code)
    if definition.asks and not text.strip():
        raise WordsMissing(code)
    with transaction.atomic():
        earlier = PrivilegeUse.objects.filter(member_id=member_id, key=key).first()
        if earlier is not None:
            return earlier
        use = PrivilegeUse(
            privilege_id=definition.id, member_id=member_id, key=key, target=target, text=text.strip(), used_at=now,
            wanted_at=wanted_at, actor=actor[:80], held_for=held_for,
            state=UseState.USED if held_for else STATES[PrivilegeWay(definition.way)],
            due_at=None if held_for else _due_at(definition, now),
        )  # fmt: skip
        _take_any(use, definition, now, at=at, may_buy=may_buy)
        use.save(force_insert=True)
        tell(PRIVILEGE_USED, [(member_id, said(use, code))], now=now)
    return use


def give_back(
    *, use_id: int, member_id: int, now: datetime, actor: str, only_waiting: bool = False, held_for: str = ""
) -> tuple[PrivilegeUse, bool]:
    """Give a use back, with what it took, and say whether that happened now. Raises CannotGiveBack.

    What the team has fulfilled stays used; with `only_waiting` so does what was used at once. What is `held_for`
    something goes back with that, and not without it.
    """
    with transaction.atomic():
        use = _locked(use_id, member_id)
        if use.state == UseState.GIVEN_BACK:
            return use, False
        if use.state == UseState.FULFILLED or (only_waiting and use.state not in WAITING_STATES):
            raise CannotGiveBack("already_fulfilled", "This was done already and cannot be given back.")
        if use.held_for != held_for:
            raise CannotGiveBack("opens_a_place", _("This opens a place; cancel that, and it comes back."))
        if use.journal_id is not None:
            _refund(use, now, actor)
        if use.grant_id is not None:
            PrivilegeGrant.objects.filter(pk=use.grant_id, uses__gt=0).update(uses=F("uses") - 1)
        # In the order in which they were counted, so that using and giving back never wait for each other.
        for tally in use.tallies:
            PrivilegeTally.objects.filter(pk=tally, used__gt=0).update(used=F("used") - 1)
        use.state, use.settled_at, use.settled_by = UseState.GIVEN_BACK, now, actor[:150]
        use.save(update_fields=["state", "settled_at", "settled_by"])
        tell(PRIVILEGE_GIVEN_BACK, [(member_id, said(use, use.privilege.code))], now=now)
    return use, True


def said(use: PrivilegeUse, code: str) -> dict[str, str]:
    """What the timeline is told of a use."""
    words = {"privilege": code, "use": str(use.pk)}
    return words | ({"target": use.target} if use.target else {})


def _due_at(definition: Definition, now: datetime) -> datetime | None:
    return now + timedelta(hours=definition.promise_hours) if definition.promise_hours is not None else None


def _take_any(use: PrivilegeUse, definition: Definition, now: datetime, *, at: datetime | None, may_buy: bool) -> None:
    """Take the use from the first place that still has one. Raises CannotUse."""
    if definition.kind == PrivilegeKind.INVITATIONS:
        raise CannotUse("used_elsewhere", "Invitations are given away by POST /api/v1/invitations.")
    member = Member.objects.get(pk=use.member_id)
    answer, facts = _decided(definition, member, now, at)
    for taking in answer.takings:
        if taking.purchase is not None and not may_buy:
            continue
        try:
            with transaction.atomic():
                _take(use, taking, definition, facts)
        except _Taken:
            continue
        return
    if answer.takings:
        # Somebody took the last one between the look and the grasp: say what is so now.
        _decided(definition, member, now, at)
    raise CannotUse("quota_used", "The last one was taken just now; try again.")


def _decided(definition: Definition, member: Member, now: datetime, at: datetime | None) -> tuple[Answer, Facts]:
    facts = facts_of(member, [definition], now=now, at=at)
    answer = decide(definition, facts)
    if answer.why_not is not None:
        raise CannotUse(answer.why_not.code, answer.why_not.sentence)
    return answer, facts


def _take(use: PrivilegeUse, taking: Taking, definition: Definition, facts: Facts) -> None:
    use.grant, use.tallies, use.journal_id = None, [], None
    period = facts.period(definition.every)
    if taking.grant is not None:
        _take_from_grant(taking.grant, facts.now)
        use.grant = taking.grant
    elif taking.purchase is None:
        use.tallies = [_count(definition.id, use.member_id, 0, period, taking.most)]
    else:
        ground = taking.purchase
        # Accounts are locked before whatever else is counted, as everywhere.
        moved = operations.spend(
            member_id=use.member_id, currency=Currency.objects.get(code=ground.currency), amount=ground.price,
            key=bytes(use.key), now=facts.asked_at, actor=use.actor,
        )  # fmt: skip
        use.journal_id = moved.journal_id
        use.tallies = [_count(definition.id, use.member_id, ground.id, period, ground.quota)]
        if ground.bought_max is not None:
            use.tallies.append(_count(definition.id, EVERYBODY, ground.id, period, ground.bought_max))
        if definition.for_sale() is not None:
            use.tallies.append(_count_bought(definition, period))
    if definition.places is not None:
        use.tallies.append(_count(definition.id, EVERYBODY, 0, period, definition.places))


def _take_from_grant(grant: PrivilegeGrant, now: datetime) -> None:
    still = PrivilegeGrant.objects.holding(now).filter(pk=grant.pk, uses__lt=F("uses_max"))
    if not still.update(uses=F("uses") + 1):
        raise _Taken


def _count_bought(definition: Definition, period: int) -> int:
    """Count one that was bought, by whatever price, against the tenth that buyers may have."""
    return _count(
        definition.id, EVERYBODY, PrivilegeTally.BOUGHT, period, definition.for_sale(), places=definition.places
    )


def _count(
    privilege_id: int, member_id: int, ground: int, period: int, most: int | None, *, places: int | None = None
) -> int:
    """Count one use, unless `most` is reached, and return the tally's id. Raises _Taken.

    One statement looks and counts, so two at once wait for each other and the second sees the first.
    """
    names = {"privilege_id": privilege_id, "member_id": member_id, "ground": ground, "period": period}
    tally = PrivilegeTally.objects.filter(**names)
    room = tally.filter(used__lt=most) if most is not None else tally
    for _look in range(2):
        if room.update(used=F("used") + 1, most=most, places=places):
            return int(tally.values_list("pk", flat=True).get())
        if tally.exists():
            break
        PrivilegeTally.objects.bulk_create([PrivilegeTally(**names, most=most, places=places)], ignore_conflicts=True)
    raise _Taken


def _locked(use_id: int, member_id: int) -> PrivilegeUse:
    found = PrivilegeUse.objects.select_for_update(of=("self",)).select_related("privilege")
    use = found.filter(pk=use_id, member_id=member_id).first()
    if use is None:
        raise CannotGiveBack("unknown_use", "There is no such use of a privilege of this member.")
    return use


def _refund(use: PrivilegeUse, now: datetime, actor: str) -> None:
    assert use.journal_id is not None
    try:
        reverse_journal(journal_id=use.journal_id, cause=f"privilege use {use.pk}", now=now, actor=actor)
    except operations.CannotReverse:
        # Somebody gave the points back by hand before; the use itself is still to be given back.
        return


def uses_of(member_id: int, *, count: int) -> Iterable[PrivilegeUse]:
    """A member's newest uses."""
    found = PrivilegeUse.objects.filter(member_id=member_id).select_related("privilege").order_by("-pk")
    return list(found[:count])
