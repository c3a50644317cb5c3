"""The games of the day as a member sees them: what is open, what was said, and whether it is their turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from members.domain.games.playing import TURNS_OF_ONE_MAX
from members.domain.statuses import rights_of
from members.enums import GameKind, MemberStatus
from members.models import Acquaintance, GameRound, GameTurn, Member

ROUNDS_SHOWN_MAX, SAID_SHOWN_MAX = 3, 5


@dataclass(frozen=True, slots=True)
class Said:
    """A right turn. `name` is empty where one of the two has switched off being seen."""

    name: str
    text: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class OpenRound:
    """A round that can be played: how it began, its newest right turns in their order, and how many there are.

    `guesses` counts turns of all, wrong ones too, whose words are told to nobody but who said them. `waits` says that
    the member's own turn was the last one, `is_used_up` that they have taken as many as one may.
    """

    round: GameRound
    said: list[Said]
    right: int
    guesses: int
    waits: bool
    is_used_up: bool
    host: str

    @property
    def is_chain(self) -> bool:
        return self.round.game.kind == GameKind.CHAIN

    @property
    def begins_with(self) -> str:
        """The sign with which the next idiom begins; empty in other games."""
        last = self.said[-1].text if self.said else self.round.opening
        return next((sign for sign in reversed(last) if sign.isalnum()), "") if self.is_chain else ""

    @property
    def may(self) -> bool:
        return not self.waits and not self.is_used_up


def rounds_open_to(member: Member, *, now: datetime) -> list[OpenRound]:
    """The rounds a member may play in now, the one that ends first first: three queries, one where there is none."""
    if not rights_of(member.status).earn:
        return []
    running = GameRound.objects.filter(Q(closes_at__isnull=True) | Q(closes_at__gt=now), closed_at__isnull=True)
    found = list(running.select_related("game", "host").order_by("closes_at", "pk")[:ROUNDS_SHOWN_MAX])
    if not found:
        return []
    turns = list(GameTurn.objects.filter(round__in=found).select_related("member").order_by("round_id", "number"))
    unseen = _unseen([member.pk, *(turn.member_id for turn in turns), *(each.host_id for each in found)])
    return [_open(each, [turn for turn in turns if turn.round_id == each.pk], member, unseen) for each in found]


def _unseen(ids: Iterable[int | None]) -> set[int]:
    """Who of them has switched off that others see whom they meet."""
    found = Acquaintance.objects.filter(member_id__in={pk for pk in ids if pk is not None}, is_off=True)
    return set(found.values_list("member_id", flat=True))


def _open(played: GameRound, turns: list[GameTurn], member: Member, unseen: set[int]) -> OpenRound:
    right = [turn for turn in turns if turn.is_right]
    return OpenRound(
        round=played,
        said=[
            Said(_name(turn.member, member, unseen), turn.text, turn.member_id == member.pk)
            for turn in right[-SAID_SHOWN_MAX:]
        ],
        right=len(right),
        guesses=len(turns),
        waits=bool(right) and right[-1].member_id == member.pk,
        is_used_up=sum(turn.member_id == member.pk for turn in turns) >= TURNS_OF_ONE_MAX,
        host=_name(played.host, member, unseen) if played.host is not None else "",
    )  # fmt: skip


def _name(other: Member, member: Member, unseen: set[int]) -> str:
    """Whom one met is shown to those who show theirs."""
    if other.pk != member.pk and {other.pk, member.pk} & unseen:
        return ""
    return "" if other.status == MemberStatus.ERASED else other.display_name or other.ref
