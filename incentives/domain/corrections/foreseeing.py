"""Says of a part of a correction what could not be recovered, and who would lose a tier by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from incentives.domain.engine import rulebook
from incentives.enums import Bucket
from incentives.models import Account, Currency
from members.domain.ladders import measures
from members.domain.ladders.plans import NO_RANK, LadderPlan
from members.domain.sql import Some
from members.enums import Falls
from members.models import Member, Standing, TierPin

Amounts = Mapping[int, Mapping[str, int]]
MEASURED_BY = ("balance", "earned")


@dataclass
class Foreseen:
    """By member: minor units by currency that cannot be taken back, and (ladder, tier) that would be lost."""

    lost: dict[int, dict[str, int]] = field(default_factory=dict)
    falls: dict[int, list[list[str]]] = field(default_factory=dict)


class Foresight:
    """Looks at many members at once, in a fixed number of queries for each part and ladder."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._currencies = {currency.pk: currency for currency in Currency.objects.all()}
        self._ladders = [ladder.plan for ladder in rulebook.current().ladders if ladder.plan.falls != Falls.NEVER]

    def of(self, amounts: Amounts, pending: Amounts) -> Foreseen:
        """What these signed amounts would come to; `pending` is what of a taking lies where all of it is."""
        found = Foreseen()
        taken = self._taken(amounts, pending, found)
        for plan in self._ladders:
            kind, _, code = plan.metric.partition(":")
            losing = {pk: by[code] for pk, by in taken.items() if by.get(code)} if kind in MEASURED_BY else {}
            if losing:
                self._fall(plan, losing, found)
        return found

    def _taken(self, amounts: Amounts, pending: Amounts, found: Foreseen) -> dict[int, dict[str, int]]:
        """What can really be taken of what is available; what cannot is noted."""
        there = {
            (member_id, self._currencies[currency_id].code): balance + self._currencies[currency_id].debt_limit
            for member_id, currency_id, balance in Account.objects.filter(
                member_id__in=list(amounts), bucket=Bucket.AVAILABLE
            ).values_list("member_id", "currency_id", "balance")
        }
        taken: dict[int, dict[str, int]] = {}
        for member_id, by_currency in amounts.items():
            for code, amount in by_currency.items():
                wanted = -amount - pending.get(member_id, {}).get(code, 0)
                if wanted <= 0:
                    continue
                got = min(wanted, max(0, there.get((member_id, code), 0)))
                taken.setdefault(member_id, {})[code] = got
                if got < wanted:
                    found.lost.setdefault(member_id, {})[code] = wanted - got
        return taken

    def _fall(self, plan: LadderPlan, losing: Mapping[int, int], found: Foreseen) -> None:
        held = dict(
            Standing.objects.filter(ladder_id=plan.id, member_id__in=list(losing), tier__isnull=False).values_list(
                "member_id", "tier_id"
            )
        )
        lent = TierPin.objects.in_force_at(self._now).filter(tier__ladder_id=plan.id, member_id__in=list(held))
        pinned = set(lent.values_list("member_id", flat=True))
        ids = tuple(sorted(set(held) - pinned))
        if not ids:
            return
        joined = dict(Member.objects.filter(pk__in=ids).values_list("pk", "joined_at"))
        values = measures.values(plan.metric, Some(ids=ids), measures.spans_of(plan, self._now, joined), self._now)
        for pk in ids:
            rank, value = plan.rank_of(held[pk]), values.get(pk, 0)
            if rank > NO_RANK and value - losing[pk] < plan.tiers[rank].keep <= value:
                found.falls.setdefault(pk, []).append([plan.code, plan.tiers[rank].code])
