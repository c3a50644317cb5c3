"""The board of proposals as operators see it: what stands at which stage, who offers it, and how long it has waited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, F, OrderBy, QuerySet, Window
from django.db.models.functions import RowNumber

from activities.domain.proposals.proposing import (
    ACCEPTED,
    DECLINED,
    DELIVERED,
    OPEN_STATES,
    PROPOSED,
    SCHEDULED,
    STEPS,
    TALKING,
    WITHDRAWN,
)
from activities.domain.proposals.reputation import Reputation, reputations_of
from activities.enums import ProposalState
from activities.models import Activity, Proposal
from members.domain.spaces.bounds import through
from members.models import Member, Space

COLUMN_MAX = 50
# What came to an end stays in sight so long.
ENDED_FOR = timedelta(days=60)
COLUMNS = (PROPOSED, TALKING, ACCEPTED, SCHEDULED, DELIVERED, DECLINED, WITHDRAWN)
# What the team does; a delivery follows from the activity, and withdrawing is the member's own.
BY_HAND = (TALKING, ACCEPTED, SCHEDULED, DECLINED)


@dataclass(frozen=True, slots=True)
class Card:
    """A proposal on the board. `speaker` is None for a guest; `steps` are those that would be taken now."""

    id: int
    title: str
    state: str
    proposer: Member
    reputation: Reputation
    speaker: Member | None
    guest: str
    is_asked: bool
    space: Space | None
    activity: Activity | None
    assignee: AbstractBaseUser | None
    reason: str
    waits_days: int
    steps: tuple[ProposalState, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A stage with its cards, and how many more there are than the board shows."""

    state: ProposalState
    cards: tuple[Card, ...]
    more: int

    @property
    def count(self) -> int:
        return len(self.cards) + self.more


def board(*, now: datetime, spaces: frozenset[int] | None = None) -> list[Column]:
    """Every stage, what has waited longest first, what ended last first: four queries, however many there are.

    With `spaces` those of these spaces only.
    """
    seen = Proposal.objects.filter(through(spaces, space="space"))
    waiting = seen.filter(state__in=OPEN_STATES)
    ended = seen.exclude(state__in=OPEN_STATES).filter(moved_at__gt=now - ENDED_FOR)
    rows = [*_first(waiting, F("moved_at").asc()), *_first(ended, F("moved_at").desc())]
    reputations = reputations_of({each.proposer_id for each in rows})
    by_state: dict[str, list[Any]] = {}
    for each in rows:
        by_state.setdefault(each.state, []).append(each)
    return [_column(state, by_state.get(state, []), reputations, now) for state in COLUMNS]


def _first(found: QuerySet[Proposal], order: OrderBy) -> list[Any]:
    """The first of each stage, each with how many stand there."""
    numbered = found.annotate(
        place=Window(RowNumber(), partition_by=F("state"), order_by=[order, F("pk").asc()]),
        among=Window(Count("pk"), partition_by=F("state")),
    )
    shown = numbered.filter(place__lte=COLUMN_MAX)
    return list(shown.select_related("proposer", "speaker", "space", "activity", "assignee").order_by("place"))


def _column(state: ProposalState, rows: list[Any], reputations: dict[int, Reputation], now: datetime) -> Column:
    cards = tuple(_card(each, reputations[each.proposer_id], now) for each in rows)
    return Column(state, cards, rows[0].among - len(rows) if rows else 0)


def _card(proposal: Proposal, reputation: Reputation, now: datetime) -> Card:
    is_asked = proposal.agreed_at is None
    # Whoever is to speak agrees first.
    barred = (ACCEPTED,) if is_asked else ()
    return Card(
        id=proposal.pk, title=proposal.title, state=proposal.state, proposer=proposal.proposer, reputation=reputation,
        speaker=proposal.speaker, guest=proposal.guest, is_asked=is_asked, space=proposal.space,
        activity=proposal.activity, assignee=proposal.assignee, reason=proposal.reason,
        waits_days=max(0, (now - proposal.moved_at).days),
        steps=tuple(to for to in STEPS[proposal.state] if to in BY_HAND and to not in barred),
    )  # fmt: skip
