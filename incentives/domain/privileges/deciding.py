"""Decides whether a member may use a privilege, from what their use would be taken, and why not. Reads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from incentives.domain.ledger.queries import major
from incentives.domain.privileges import wording
from incentives.domain.privileges.definitions import Definition, Ground
from incentives.domain.privileges.facts import EVERYBODY, Facts, facts_of
from incentives.domain.privileges.wording import WhyNot
from incentives.enums import GroundKind, PrivilegeKind
from incentives.models import NEVER, PrivilegeGrant, PrivilegeTally
from members.enums import MemberStatus
from members.models import Member


@dataclass(frozen=True, slots=True)
class Taking:
    """Where a use can be taken from: the quota, a grant with uses of its own, or points.

    `most` and `left` None are without bound. What lapses at `ends_at` first is taken first, points last.
    """

    most: int | None
    left: int | None
    ends_at: datetime
    grant: PrivilegeGrant | None = None
    purchase: Ground | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What the next use costs, in major units."""

    amount: Decimal
    currency: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a member may do with a privilege now, and why not (None: they may).

    `quota` and `left` None are as often as one likes; `until` is when the last of what they hold ends, None for no
    end; `again_at` when a used-up quota opens again; `price` what the next use costs, None for nothing.
    """

    definition: Definition
    is_held: bool
    quota: int | None
    left: int | None
    until: datetime | None
    again_at: datetime | None
    price: Price | None
    why_not: WhyNot | None
    takings: tuple[Taking, ...] = ()

    @property
    def may(self) -> bool:
        return self.why_not is None


def answers_of(
    member: Member, definitions: Iterable[Definition], *, now: datetime, at: datetime | None = None
) -> list[Answer]:
    """What a member may do with each of these privileges now, or `at` a moment ahead; in a fixed number of queries."""
    definitions = list(definitions)
    facts = facts_of(member, definitions, now=now, at=at)
    return [decide(each, facts) for each in definitions]


def decide(definition: Definition, facts: Facts) -> Answer:
    """Say whether this member may use this privilege now, and why not."""
    takings = _takings(definition, facts)
    free = [taking for taking in takings if taking.purchase is None]
    open_ones = tuple(sorted(filter(_has_left, free), key=lambda each: each.ends_at))
    bought = [taking for taking in takings if taking.purchase is not None]
    buyable = tuple(taking for taking in bought if _has_left(taking) and _can_pay(taking, facts))
    why = _why_not(definition, facts, free, bought, [*open_ones, *buyable])
    cheapest = next((each.purchase for each in buyable), None) if not open_ones else None
    again = facts.period_ends_at(definition.every)
    return Answer(
        definition=definition,
        is_held=bool(takings),
        quota=_total(taking.most for taking in free) if free else 0,
        left=_least(_total(taking.left for taking in free), _places_left(definition, facts)) if free else 0,
        until=_until(definition, facts),
        again_at=again if why is not None and _opens_again(why, free) and again != NEVER else None,
        price=_price(cheapest) if cheapest is not None else None,
        why_not=why,
        takings=(*open_ones, *buyable),
    )


def _price(ground: Ground) -> Price:
    return Price(major(ground.price, ground.scale), ground.currency, ground.currency_names)


def _takings(definition: Definition, facts: Facts) -> list[Taking]:
    if definition.kind == PrivilegeKind.INVITATIONS:
        assert facts.invitations is not None, "it was asked for"
        return [Taking(facts.invitations.most, facts.invitations.left, NEVER)]
    held = [ground for ground in definition.grounds if _holds(ground, facts)]
    grants = [grant for grant in facts.grants.get(definition.id, ()) if _gives(grant, facts.now)]
    quotas = [definition.quota if ground.quota is None else ground.quota for ground in held]
    quotas += [definition.quota for grant in grants if grant.uses_max is None]
    found = []
    if quotas:
        most = None if None in quotas else max(quota for quota in quotas if quota is not None)
        found.append(Taking(most, _left(most, definition, facts), facts.period_ends_at(definition.every)))
    found += [
        Taking(grant.uses_max, grant.uses_max - grant.uses, grant.until or NEVER, grant=grant)
        for grant in grants
        if grant.uses_max is not None
    ]
    found += [_bought(ground, definition, facts) for ground in definition.grounds if ground.price]
    return [replace(taking, left=_least(taking.left, _places_left(definition, facts))) for taking in found]


def _holds(ground: Ground, facts: Facts) -> bool:
    if ground.kind == GroundKind.EVERYONE:
        return True
    if ground.kind == GroundKind.TIER:
        assert ground.ladder_id is not None
        assert ground.threshold is not None
        held = facts.thresholds.get(ground.ladder_id)
        return ground.is_beginning if held is None else held >= ground.threshold
    if ground.kind == GroundKind.SEGMENT:
        return ground.segment_id in facts.segments
    if ground.kind == GroundKind.ROLE:
        return ground.role_id in facts.roles
    return ground.kind == GroundKind.BADGE and ground.badge_id in facts.badges


def _gives(grant: PrivilegeGrant, now: datetime) -> bool:
    has_begun = grant.granted_at <= now and (grant.starts_at is None or grant.starts_at <= now)
    return grant.revoked_at is None and has_begun and (grant.until is None or now < grant.until)


def _left(most: int | None, definition: Definition, facts: Facts) -> int | None:
    if most is None:
        return None
    return max(0, most - facts.used.get((definition.id, facts.member.pk, 0, facts.period(definition.every)), 0))


def _bought(ground: Ground, definition: Definition, facts: Facts) -> Taking:
    period = facts.period(definition.every)
    bounds = (
        (ground.quota, facts.member.pk, ground.id),
        (ground.bought_max, EVERYBODY, ground.id),
        (definition.for_sale(), EVERYBODY, PrivilegeTally.BOUGHT),
    )
    lefts = [
        most - facts.used.get((definition.id, whose, which, period), 0)
        for most, whose, which in bounds
        if most is not None
    ]
    left = max(0, min(lefts)) if lefts else None
    return Taking(ground.quota, left, NEVER, purchase=ground)


def _places_left(definition: Definition, facts: Facts) -> int | None:
    """How many of the places of all members together are left in the period; None where they are not counted."""
    if definition.places is None:
        return None
    used = facts.used.get((definition.id, EVERYBODY, 0, facts.period(definition.every)), 0)
    return max(0, definition.places - used)


def _least(left: int | None, right: int | None) -> int | None:
    return min((each for each in (left, right) if each is not None), default=None)


def _has_left(taking: Taking) -> bool:
    return taking.left is None or taking.left > 0


def _can_pay(taking: Taking, facts: Facts) -> bool:
    assert taking.purchase is not None
    return facts.balances.get(taking.purchase.currency_id or 0, 0) >= taking.purchase.price


def _total(numbers: Iterable[int | None]) -> int | None:
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


def _until(definition: Definition, facts: Facts) -> datetime | None:
    """When what a member holds ends: only grants end."""
    if any(_holds(ground, facts) for ground in definition.grounds):
        return None
    ends = [grant.until for grant in facts.grants.get(definition.id, ()) if _gives(grant, facts.now)]
    return max((end for end in ends if end is not None), default=None) if None not in ends else None


def _why_not(
    definition: Definition, facts: Facts, free: list[Taking], bought: list[Taking], usable: list[Taking]
) -> WhyNot | None:
    if not definition.is_active:
        return wording.switched_off()
    if facts.member.status != MemberStatus.ACTIVE:
        return wording.not_active(facts.member)
    if facts.freeze is not None:
        return wording.frozen(facts.freeze, facts.member)
    if usable:
        return None
    if (free or bought) and _places_left(definition, facts) == 0:
        return wording.all_taken(definition.places or 0)
    if free and not any(_has_left(taking) for taking in bought):
        most = _total(taking.most for taking in free) or 0
        again = facts.period_ends_at(definition.every)
        is_dated = definition.kind != PrivilegeKind.INVITATIONS and again != NEVER and _has_quota(free)
        return wording.quota_used(most, facts.member.local(again) if is_dated else None)
    if bought:
        payable = [taking for taking in bought if _has_left(taking)]
        if not payable:
            return wording.all_bought()
        cheapest = payable[0].purchase
        assert cheapest is not None
        return wording.too_few_points(cheapest)
    return _not_held(definition, facts)


def _opens_again(why: WhyNot, free: list[Taking]) -> bool:
    return why.code in wording.OPENS_AGAIN and (why.code != wording.QUOTA_USED or _has_quota(free))


def _has_quota(free: list[Taking]) -> bool:
    """Whether some of it is a quota, which a new period renews; the uses of a grant are used once."""
    return any(taking.grant is None for taking in free)


def _not_held(definition: Definition, facts: Facts) -> WhyNot:
    tiers = [ground for ground in definition.grounds if ground.kind == GroundKind.TIER]
    if tiers:
        return wording.tier_too_low(min(tiers, key=lambda ground: ground.threshold or 0))
    badge = next((ground for ground in definition.grounds if ground.kind == GroundKind.BADGE), None)
    if badge is not None:
        return wording.badge_missing(badge)
    role = next((ground for ground in definition.grounds if ground.kind == GroundKind.ROLE), None)
    if role is not None:
        return wording.role_missing(role)
    if any(ground.kind == GroundKind.SEGMENT for ground in definition.grounds):
        return wording.not_among()
    return _by_grants(definition, facts)


def _by_grants(definition: Definition, facts: Facts) -> WhyNot:
    """What is said of grants that hold not yet, or no more."""
    grants = [grant for grant in facts.grants.get(definition.id, ()) if grant.revoked_at is None]
    later = [grant.starts_at for grant in grants if grant.starts_at is not None and facts.now < grant.starts_at]
    if later:
        return wording.grant_later(facts.member.local(min(later)))
    over = max((grant.until for grant in grants if grant.until is not None and grant.until <= facts.now), default=None)
    if over is not None and facts.asked_at < over:
        # The end is exclusive: what ends at midnight holds until the day before.
        return wording.grant_ends(facts.member.local(over - timedelta(microseconds=1)))
    if over is not None:
        return wording.grant_over(facts.member.local(over))
    return wording.not_granted(definition, facts.member)
