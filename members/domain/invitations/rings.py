"""Looks at open referrals from time to time for rings. It only stops and asks; a person decides.

- closed_tree: somebody up the newcomer's line is the newcomer: merged with them, or with the same mailbox
- closed_circle: an inviter's newcomers, three or more, have had to do with nobody but the inviter and each other
- packet: most of an inviter's newcomers, three or more, took something in their first week and did nothing

Two friends who invite each other's friends make no ring: their newcomers know somebody else as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from members.domain.invitations.checks import plain_email
from members.domain.outcomes import POINTS_SPENT
from members.domain.sql import moment, rows_of
from members.enums import ReferralState
from members.models import Event, EventType, Member, Referral

CLOSED_TREE, CLOSED_CIRCLE, PACKET = "closed_tree", "closed_circle", "packet"
# Later than this a referral has told its last stage.
LOOKED_AT_FOR = timedelta(days=60)
# Nobody knows everybody on their first days.
SETTLED = timedelta(days=3)
DEPTH_MAX, CHUNK = 10, 2_000
CIRCLE_MIN = 3
PACKET_MIN, PACKET_SHARE = 3, Decimal("0.6")
TAKEN_WITHIN, DONE_WITHIN, PACKET_WINDOW = timedelta(days=7), timedelta(days=14), timedelta(days=90)


def find_rings(*, now: datetime) -> int:
    """Put referrals that look like a ring to review, with the reasons, and return how many; twice asks once."""
    reasons: dict[int, set[str]] = {}
    for reason, found in (
        (CLOSED_TREE, closed_trees(now)), (CLOSED_CIRCLE, closed_circles(now)), (PACKET, packets(now)),
    ):  # fmt: skip
        for referral_id in found:
            reasons.setdefault(referral_id, set()).add(reason)
    return _ask(reasons)


def freeloaders(*, now: datetime) -> QuerySet[Member]:
    """Who joined in the last 90 days, took something within 7 days, and has contributed nothing since.

    A mark for whom envelopes and surprises go to, until the first contribution; it is shown to nobody.
    """
    took = Event.objects.filter(
        member=OuterRef("pk"), type__code=POINTS_SPENT, occurred_at__lt=OuterRef("joined_at") + TAKEN_WITHIN
    )
    did = Event.objects.filter(member=OuterRef("pk"), type__in=EventType.objects.taking_part())
    joined = Member.objects.filter(joined_at__gt=now - PACKET_WINDOW, joined_at__lte=now - DONE_WITHIN)
    return joined.filter(Exists(took), ~Exists(did), is_house=False)


def closed_trees(now: datetime) -> set[int]:
    """Newcomers whose own inviters, up to ten above, are one person with them."""
    found: set[int] = set()
    for part in _parts(_open(now).order_by("pk").values_list("pk", flat=True)):
        found |= _closed(part)
    return found


def _parts(ids: Iterable[int]) -> Iterator[list[int]]:
    every = list(ids)
    for first in range(0, len(every), CHUNK):
        yield every[first : first + CHUNK]


def _closed(newcomers: Iterable[int]) -> set[int]:
    above = dict(Referral.objects.filter(pk__in=list(newcomers)).values_list("pk", "inviter_id"))
    people = _people(above)
    found: set[int] = set()
    line: dict[int, int] = {pk: inviter for pk, inviter in above.items() if inviter is not None}
    for _depth in range(DEPTH_MAX):
        people |= _people(set(line.values()) - people.keys())
        found |= {pk for pk, up in line.items() if _is_one(pk, up, people)}
        unknown = set(line.values()) - above.keys()
        above |= dict(Referral.objects.filter(pk__in=unknown).values_list("pk", "inviter_id"))
        line = {pk: step for pk, up in line.items() if pk not in found for step in [above.get(up)] if step is not None}
        if not line:
            break
    return found


def _is_one(member_id: int, other_id: int, people: Mapping[int, tuple[int, str]]) -> bool:
    (own, mailbox), (other, theirs) = people[member_id], people[other_id]
    return own == other or (mailbox != "" and mailbox == theirs)


def _people(member_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Who a membership is by now, and the mailbox behind its address."""
    rows = Member.objects.filter(pk__in=list(member_ids)).values_list("pk", "merged_into_id", "email")
    return {pk: (survivor or pk, plain_email(email)) for pk, survivor, email in rows}


_CIRCLES = """
WITH guests AS (
  SELECT r.member_id, r.inviter_id FROM members_referral r
  WHERE r.inviter_id IS NOT NULL AND r.state = %s AND r.joined_at > %s AND r.joined_at <= %s
),
met AS (
  SELECT g.inviter_id, g.member_id, c.other_id AS other FROM guests g
  JOIN members_contact c ON c.member_id = g.member_id
  UNION
  SELECT g.inviter_id, g.member_id, c.member_id FROM guests g JOIN members_contact c ON c.other_id = g.member_id
),
circles AS (
  SELECT t.inviter_id FROM met t
  JOIN members_member m ON m.id = t.other
  LEFT JOIN members_referral o ON o.member_id = t.other AND o.inviter_id = t.inviter_id
  GROUP BY t.inviter_id
  HAVING count(DISTINCT t.member_id) >= %s
    AND sum(CASE WHEN t.other <> t.inviter_id AND o.member_id IS NULL AND NOT m.is_house THEN 1 ELSE 0 END) = 0
)
SELECT DISTINCT t.member_id FROM met t JOIN circles c ON c.inviter_id = t.inviter_id
"""


def closed_circles(now: datetime) -> set[int]:
    """Newcomers who, like all others of their inviter, have spoken with nobody outside; one statement.

    What a house account says to them speaks neither for nor against it.
    """
    window = [moment(now - LOOKED_AT_FOR), moment(now - SETTLED)]
    return {pk for (pk,) in rows_of(_CIRCLES, [ReferralState.OPEN.value, *window, CIRCLE_MIN])}


def packets(now: datetime) -> set[int]:
    """Open referrals of inviters most of whose newcomers of the last 90 days took something and went."""
    mature = Referral.objects.filter(
        inviter__isnull=False, joined_at__gt=now - PACKET_WINDOW, joined_at__lte=now - DONE_WITHIN
    ).exclude(state=ReferralState.REJECTED)
    brought: dict[int, int] = {}
    went: dict[int, int] = {}
    gone = set(freeloaders(now=now).filter(referral__in=mature).values_list("pk", flat=True))
    for pk, inviter_id in mature.values_list("pk", "inviter_id"):
        assert inviter_id is not None, "only who was invited by somebody"
        brought[inviter_id] = brought.get(inviter_id, 0) + 1
        went[inviter_id] = went.get(inviter_id, 0) + (pk in gone)
    suspects = [pk for pk, count in brought.items() if count >= PACKET_MIN and went[pk] >= count * PACKET_SHARE]
    return set(_open(now).filter(inviter_id__in=suspects).values_list("pk", flat=True))


def _open(now: datetime) -> QuerySet[Referral]:
    """Referrals that nobody has looked at and that may still pay."""
    found = Referral.objects.filter(state=ReferralState.OPEN, joined_at__gt=now - LOOKED_AT_FOR)
    return found.filter(inviter__isnull=False).exclude(inviter=F("member"))


def _ask(reasons: Mapping[int, set[str]]) -> int:
    """Stop each where it is still open; whoever confirmed one has seen it, and it is not asked about again."""
    count = 0
    for part in _parts(sorted(reasons)):
        with transaction.atomic():
            held = Referral.objects.select_for_update(of=("self",)).filter(pk__in=part, state=ReferralState.OPEN)
            stopped = list(held.order_by("pk"))
            for referral in stopped:
                referral.state = ReferralState.REVIEW
                referral.reasons = [*referral.reasons, *sorted(reasons[referral.pk] - set(referral.reasons))]
            Referral.objects.bulk_update(stopped, ["state", "reasons"])
        count += len(stopped)
    return count
