"""Rising at once: the award, or the counted event, that crosses a line brings the tier in the same batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from incentives.domain.ledger import Book
from members.domain.counters.book import CounterBook
from members.domain.counters.compiled import CompiledCounter
from members.domain.ladders import measures
from members.domain.ladders.plans import NO_RANK, LadderPlan, plain_rank
from members.domain.ladders.windows import Span
from members.domain.sql import Some
from members.enums import LadderWindow, Rises

if TYPE_CHECKING:
    from incentives.domain.catalogues import Known
    from incentives.domain.engine.cases import Waiting
    from incentives.domain.engine.facts import MemberFacts


@dataclass(frozen=True)
class RisingLadder:
    """A ladder as a batch uses it: measured by a currency or by a counter, and what its tiers demand."""

    plan: LadderPlan
    currency_id: int = 0
    measured_by: CompiledCounter | None = None
    demanded: Mapping[str, CompiledCounter] = field(default_factory=dict)
    is_summed: bool = False

    @property
    def rises_at_once(self) -> bool:
        return self.plan.rises == Rises.AT_ONCE

    @property
    def counters(self) -> list[CompiledCounter]:
        """Every counter that may bring a tier."""
        return [*self.demanded.values(), *([self.measured_by] if self.measured_by is not None else [])]


def rising_ladder(plan: LadderPlan, known: Known) -> RisingLadder:
    """Look up what a ladder names; its metric was found to be good."""
    kind, _, code = plan.metric.partition(":")
    demanded = {each: known.counters[each] for each in plan.counters}
    if kind == "counter":
        return RisingLadder(plan, measured_by=known.counters[code], demanded=demanded)
    if code not in known.currencies or kind not in ("balance", "earned"):
        # Nothing that an event moves at once; the next evaluation finds it.
        return RisingLadder(plan, demanded=demanded)
    is_summed = kind != "balance" or plan.window != LadderWindow.LIFETIME
    return RisingLadder(plan, known.currencies[code].pk, demanded=demanded, is_summed=is_summed)


@dataclass
class Rising:
    """What a batch knows of members' ways up; values move with the balances of the book."""

    ladders: list[RisingLadder]
    ledger: Book
    counters: CounterBook
    # By (ladder, member): the sum in the ladder's window, and the window itself.
    sums: dict[tuple[int, int], int] = field(default_factory=dict)
    spans: dict[tuple[int, int], Span] = field(default_factory=dict)

    def load(self, members: Collection[MemberFacts], now: datetime) -> None:
        """Read what members of the batch have in windows: one query for each ladder that has one."""
        joined = {member.id: member.joined_at for member in members}
        for ladder in self._summed():
            plan = ladder.plan
            ids = [i for i in joined if (i, ladder.currency_id, 1) in self.ledger.accounts]
            if not ids:
                continue
            spans = measures.spans_of(plan, now, {member_id: joined[member_id] for member_id in ids})
            found = measures.values(plan.metric, Some(ids=tuple(ids)), spans, now)
            for member_id in ids:
                self.sums[plan.id, member_id] = found.get(member_id, 0)
                self.spans[plan.id, member_id] = spans.all if spans.each is None else spans.each[member_id]

    def balances(self, member_id: int) -> list[int]:
        """What the member has before an event is judged, for `follow`; nothing where no ladder sums."""
        return [self._balance(ladder, member_id) for ladder in self._summed()]

    def follow(self, member_id: int, before: list[int], occurred_at: datetime) -> None:
        """Add what an event moved to the sums of the windows that it happened in."""
        for ladder, balance in zip(self._summed(), before, strict=True):
            key = (ladder.plan.id, member_id)
            if key in self.sums and self.spans[key].holds(occurred_at):
                self.sums[key] += self._balance(ladder, member_id) - balance

    def risen(self, waiting: Waiting) -> Iterable[tuple[LadderPlan, int, int]]:
        """Ladders on which the member stands higher now: (ladder, rank before, rank after)."""
        member = waiting.member
        for ladder in self.ladders:
            value = self._value(ladder, waiting) if ladder.rises_at_once else None
            if value is None:
                continue
            held = member.ranks.get(ladder.plan.id, NO_RANK)
            rank = plain_rank(
                ladder.plan, value=value, held=held, owes_duty=ladder.plan.id in member.owing,
                count=lambda code, ladder=ladder: self._count(ladder.demanded[code], waiting),  # type: ignore[misc]
            )  # fmt: skip
            if rank > held:
                yield ladder.plan, held, rank

    def _summed(self) -> list[RisingLadder]:
        return [ladder for ladder in self.ladders if ladder.is_summed and ladder.rises_at_once]

    def _value(self, ladder: RisingLadder, waiting: Waiting) -> int | None:
        """The metric's value; None where nothing of it was opened, since nothing of this event can move it."""
        if ladder.measured_by is not None:
            return self._count(ladder.measured_by, waiting)
        if ladder.is_summed:
            return self.sums.get((ladder.plan.id, waiting.member.id))
        account = self.ledger.accounts.get((waiting.member.id, ladder.currency_id, 1))
        return account.balance if account is not None else None

    def _balance(self, ladder: RisingLadder, member_id: int) -> int:
        account = self.ledger.accounts.get((member_id, ladder.currency_id, 1))
        return account.balance if account is not None else 0

    def _count(self, counter: CompiledCounter, waiting: Waiting) -> int:
        return self.counters.read(counter, waiting.member.id, waiting.day, "")[0]
