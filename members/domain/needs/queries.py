"""What waits for a member about needs, theirs and others', ready to show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from members.domain.needs.people import may_take_part, open_to
from members.enums import CandidateState, NeedRole, NeedState
from members.models import Member, Need, NeedCandidate
from members.models.needs import CANDIDATES_MAX, SERVED_STATES

SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody; open to two who have found each other, and to nobody before."""

    member: str
    display_name: str
    email: str


@dataclass(frozen=True, slots=True)
class Match:
    """Two who have found each other, as one of them sees it."""

    need: Need
    role: NeedRole
    contact: Contact
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """Somebody who would serve a need of the member's own; their contact is not open yet."""

    need: Need
    member: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Own:
    """A need of the member's, and in numbers how it goes: nobody is named who said no."""

    need: Need
    asked: int
    waiting: int
    refused: int

    @property
    def is_full(self) -> bool:
        return self.asked >= CANDIDATES_MAX


@dataclass(frozen=True, slots=True)
class Market:
    """Everything about needs that concerns a member."""

    may: bool
    asked: list[Need] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    own: list[Own] = field(default_factory=list)
    # What the member offered: what waits for the asker, and what came to nothing.
    past: list[NeedCandidate] = field(default_factory=list)
    open: list[Need] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """How much waits for an answer of the member."""
        return len(self.asked) + len(self.offers) + sum(not each.is_confirmed for each in self.matches)


def market_of(member: Member, *, now: datetime) -> Market:
    """What waits for a member, what they asked for, and what they could help with: a fixed number of queries."""
    if not may_take_part(member):
        return Market(may=False)
    mine = list(
        NeedCandidate.objects.filter(member=member)
        .select_related("need__asker")
        .order_by("-pk")[: 2 * SHOWN_MAX]
    )  # fmt: skip
    needs = list(Need.objects.filter(asker=member).order_by("-pk")[:SHOWN_MAX])
    found = NeedCandidate.objects.filter(need__in=[need.pk for need in needs]).select_related("member").order_by("pk")
    by_need: dict[int, list[NeedCandidate]] = {need.pk: [] for need in needs}
    for each in found:
        by_need[each.need_id].append(each)
    return Market(
        may=True,
        asked=[each.need for each in mine if each.state == CandidateState.ASKED],
        offers=[
            Offer(need, each.member.ref, each.member.display_name)
            for need in needs
            for each in by_need[need.pk]
            if each.state == CandidateState.WILLING and need.state == NeedState.OPEN
        ],
        matches=[*_matches(needs, by_need), *(_helping(each) for each in mine if each.state == CandidateState.MATCHED)],
        own=[_own(need, by_need[need.pk]) for need in needs],
        past=[each for each in mine if each.state in _TOLD],
        open=list(open_to(member, now=now).select_related("asker")[:SHOWN_MAX]),
    )


_TOLD = (CandidateState.WILLING, CandidateState.DECLINED, CandidateState.CLOSED, CandidateState.FAILED)


def contacts_of(need: Need, candidates: Iterable[NeedCandidate]) -> dict[str, Contact] | None:
    """How the two who have found each other reach one another; None before both have agreed."""
    served = next((each for each in candidates if each.state in SERVED_STATES), None)
    if served is None or need.state not in (NeedState.MATCHED, NeedState.CONFIRMED):
        return None
    return {NeedRole.ASKER.value: _contact(need.asker), NeedRole.HELPER.value: _contact(served.member)}


def _contact(member: Member) -> Contact:
    return Contact(member.ref, member.display_name, member.email)


def _matches(needs: Iterable[Need], by_need: dict[int, list[NeedCandidate]]) -> Iterable[Match]:
    for need in needs:
        for each in by_need[need.pk]:
            if each.state == CandidateState.MATCHED:
                yield Match(need, NeedRole.ASKER, _contact(each.member), each.asker_confirmed_at is not None)


def _helping(each: NeedCandidate) -> Match:
    return Match(each.need, NeedRole.HELPER, _contact(each.need.asker), each.helper_confirmed_at is not None)


def _own(need: Need, candidates: list[NeedCandidate]) -> Own:
    states = [each.state for each in candidates]
    return Own(need, len(states), states.count(CandidateState.ASKED), states.count(CandidateState.REFUSED))
