"""Awards that wait, for the members of one batch: loaded at once, settled in memory, written back at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from incentives.domain.engine.cases import Waiting
from incentives.enums import PendingState
from incentives.models import PendingAward


@dataclass
class PendingBook:
    """Waiting awards by (member, type of the event they wait for)."""

    _waiting: dict[tuple[int, int], list[PendingAward]] = field(default_factory=dict)
    _new: list[PendingAward] = field(default_factory=list)
    _settled: dict[int, list[int]] = field(default_factory=dict)

    def load(self, member_ids: Iterable[int], type_ids: Iterable[int]) -> None:
        """Read what waits for events of these types; the accounts' locks keep others from settling it meanwhile."""
        type_ids = set(type_ids)
        if not type_ids:
            return
        found = PendingAward.objects.filter(
            state=PendingState.WAITING, member_id__in=set(member_ids), until_type_id__in=type_ids
        )
        for award in found.order_by("id"):
            self._keep(award)

    def add(self, award: PendingAward) -> None:
        self._new.append(award)
        if award.until_type_id is not None:
            self._keep(award)

    def ready(self, waiting: Waiting, matches: set[str]) -> Iterator[PendingAward]:
        """What this event makes sure: of its member, waiting for its type, with what it carries, in time."""
        for award in self._waiting.get((waiting.member.id, waiting.book.id), ()):
            is_waiting = award.state == PendingState.WAITING
            if is_waiting and award.match in matches and waiting.occurred_at < award.due_at:
                yield award

    def settle(self, award: PendingAward, *, by: int) -> None:
        award.state, award.settled_by_id = PendingState.MATURED, by
        if award.pk is not None:
            self._settled.setdefault(by, []).append(award.pk)

    def write(self, now: datetime) -> None:
        for award in self._new:
            if award.state != PendingState.WAITING:
                award.settled_at = now
        PendingAward.objects.bulk_create(self._new)
        for event_id, ids in self._settled.items():
            PendingAward.objects.filter(pk__in=ids).update(
                state=PendingState.MATURED, settled_at=now, settled_by_id=event_id
            )

    def _keep(self, award: PendingAward) -> None:
        assert award.until_type_id is not None
        self._waiting.setdefault((award.member_id, award.until_type_id), []).append(award)
