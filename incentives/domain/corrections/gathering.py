"""Finds out who is on a correction's list and what it would do to each, and writes nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from incentives.domain.corrections.foreseeing import Foresight
from incentives.domain.corrections.making import too_many
from incentives.domain.corrections.steps import record
from incentives.enums import (
    CorrectionAct,
    CorrectionLineState,
    CorrectionList,
    CorrectionState,
    JournalKind,
    PendingState,
)
from incentives.models import Correction, CorrectionLine, Currency, Entry, Journal, PendingAward, Reversal
from members.enums import MemberStatus
from members.models import Event, Member, SegmentMember

CHUNK = 500
NOT_ACTIVE = "not_active"
MOVED_BY_RULES = (JournalKind.AWARD, JournalKind.DEDUCT)


class TooMany(Exception):
    """More members than one correction may have."""


@dataclass
class Planned:
    """What is planned for one member: amounts in minor units by currency, and the journals or events it is about."""

    amounts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    # Of what is taken, what lies in `pending`, where all of it is.
    pending: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    journals: list[int] = field(default_factory=list)
    events: list[int] = field(default_factory=list)


def gather(correction_id: int, *, now: datetime) -> bool:
    """Work out a correction's lines and figures; False if it is not to be gathered, or somebody else is at it.

    Who was erased, or may earn nothing where something is given, is left out.
    """
    with transaction.atomic():
        found = (
            Correction.objects.select_for_update(skip_locked=True)
            .filter(pk=correction_id, state=CorrectionState.GATHERING)
            .first()
        )
        if found is None:
            return False
        try:
            with transaction.atomic():
                _gather(found, now)
        except TooMany:
            found.state, why = CorrectionState.DISCARDED, too_many()
        else:
            found.state, why = CorrectionState.DRAFT, ""
        found.save()
        record(found, CorrectionState(found.state), now=now, by=None, why=why)
    return True


def _gather(found: Correction, now: datetime) -> None:
    listed, idle = _listed(found)
    plans = _planned(found, listed)
    if found.found_by == CorrectionList.REFS:
        # Who was named stays on the list, also while there is nothing to do.
        plans |= {pk: Planned() for pk in listed - plans.keys()}
    found.lines.all().delete()
    _keep(found, idle)
    scales = dict(Currency.objects.values_list("code", "scale"))
    foresight = Foresight(now)
    totals: dict[str, int] = defaultdict(int)
    lost: dict[str, int] = defaultdict(int)
    found.members = found.falls = found.size = 0
    for part in _parts(sorted(plans)):
        foreseen = foresight.of({pk: plans[pk].amounts for pk in part}, {pk: plans[pk].pending for pk in part})
        lines = []
        for pk in part:
            each = plans[pk]
            amounts = {code: amount for code, amount in each.amounts.items() if amount}
            line = CorrectionLine(
                correction=found, member_id=pk, planned=amounts, size=_size(amounts, scales),
                plan={"journals": each.journals, "events": each.events}, lost=foreseen.lost.get(pk, {}),
                falls=foreseen.falls.get(pk, []),
            )  # fmt: skip
            lines.append(line)
            found.size += line.size
            found.falls += bool(line.falls)
            for sums, values in ((totals, amounts), (lost, line.lost)):
                for code, amount in values.items():
                    sums[code] += amount
        CorrectionLine.objects.bulk_create(lines)
        found.members += len(lines)
    found.totals = {code: _major(amount, scales[code]) for code, amount in sorted(totals.items())}
    found.lost = {code: _major(amount, scales[code]) for code, amount in sorted(lost.items())}
    found.needs_second = (
        found.size > settings.CORRECTION_POINTS_ALONE or found.members > settings.CORRECTION_MEMBERS_ALONE
    )


def _keep(found: Correction, idle: set[int]) -> None:
    for part in _parts(sorted(idle)):
        CorrectionLine.objects.bulk_create(
            CorrectionLine(correction=found, member_id=pk, state=CorrectionLineState.NOTHING, note=NOT_ACTIVE)
            for pk in part
        )


def _listed(found: Correction) -> tuple[set[int], set[int]]:
    """Everybody on the list, merged ones as their survivors; and who was named in it and is to be passed over."""
    whom = found.whom
    if found.found_by == CorrectionList.REFS:
        ids: Iterable[int] = found.lines.values_list("member_id", flat=True)
    elif found.found_by == CorrectionList.SEGMENT:
        ids = SegmentMember.objects.filter(segment__code=whom["segment"]).values_list("member_id", flat=True)
    elif found.found_by == CorrectionList.PAID:
        ids = _paid_by(whom).values_list("member_id", flat=True).distinct()
    else:
        ids = _with_event(whom)
    listed = set(ids)
    if len(listed) > settings.CORRECTION_MEMBERS_MAX:
        raise TooMany
    kept: set[int] = set()
    everybody: set[int] = set()
    gives = found.act in (CorrectionAct.ADD, CorrectionAct.PRIVILEGE, CorrectionAct.BADGE)
    for part in _parts(sorted(listed)):
        survivors = Member.objects.filter(pk__in=part).values_list(Coalesce("merged_into_id", "pk"), flat=True)
        everybody.update(survivors)
        people = Member.objects.filter(pk__in=list(survivors))
        people = people.filter(status=MemberStatus.ACTIVE) if gives else people.exclude(status=MemberStatus.ERASED)
        kept.update(people.values_list("pk", flat=True))
    return kept, everybody - kept if found.found_by == CorrectionList.REFS else set()


def _paid_by(said: Mapping[str, Any]) -> QuerySet[Journal]:
    """What a rule paid for what happened between two moments; perhaps only one of its versions."""
    found = Journal.objects.filter(
        rule_code=said["rule"], kind=JournalKind.AWARD, effective_at__gte=said["from"], effective_at__lt=said["until"]
    )
    return found.filter(rule_version=said["version"]) if "version" in said else found


def _with_event(whom: Mapping[str, Any]) -> Iterator[int]:
    events = Event.objects.filter(type__code=whom["type"], occurred_at__gte=whom["from"], occurred_at__lt=whom["until"])
    if "field" not in whom:
        yield from events.values_list("member_id", flat=True).distinct().iterator(chunk_size=CHUNK)
        return
    rows = events.filter(payload__isnull=False).values_list("member_id", "payload__data")
    for member_id, data in rows.iterator(chunk_size=CHUNK):
        if _as_text(msgspec.json.decode(data).get(whom["field"])) == whom["value"]:
            yield member_id


def _as_text(value: Any) -> str:
    """A value of an event's data as an operator writes it into a form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _planned(found: Correction, listed: set[int]) -> dict[int, Planned]:
    if found.act == CorrectionAct.ADD:
        currency = Currency.objects.get(code=found.what["currency"])
        amount = int(Decimal(found.what["amount"]).scaleb(currency.scale))
        return {pk: Planned(amounts={currency.code: amount}) for pk in listed}
    if found.act == CorrectionAct.TAKE_BACK:
        return _taken(_paid_by(found.what), listed)
    if found.act == CorrectionAct.JUDGE_AGAIN:
        return _judged(found.what, listed)
    return {pk: Planned() for pk in listed}


def _taken(
    journals: QuerySet[Journal], listed: set[int], plans: dict[int, Planned] | None = None
) -> dict[int, Planned]:
    """What of these journals is still there, for whoever is listed."""
    plans = plans if plans is not None else {}
    codes = dict(Currency.objects.values_list("pk", "code"))
    rows = journals.order_by("pk").values_list("pk", "member_id", "currency_id")
    for part in _batches(rows.iterator(chunk_size=CHUNK)):
        ids = [pk for pk, *_ in part]
        old = Member.objects.filter(pk__in={member_id for _, member_id, _ in part}, merged_into__isnull=False)
        merged = dict(old.values_list("pk", "merged_into_id"))
        before = Reversal.objects.filter(pk__in=ids).values_list("pk", "amount", "wanted_amount")
        taken = {pk: wanted for pk, amount, wanted in before}
        gone = {pk for pk, amount, wanted in before if wanted == amount}
        states = dict(PendingAward.objects.filter(journal_id__in=ids).values_list("journal_id", "state"))
        sums = dict(
            Entry.objects.filter(journal_id__in=ids).values_list("journal_id").annotate(total=Sum("amount")).order_by()
        )
        for pk, member_id, currency_id in part:
            member_id = merged.get(member_id, member_id)  # noqa: PLW2901  Whose it is now.
            state = states.get(pk, PendingState.MATURED)
            if member_id not in listed or pk in gone or state in (PendingState.LAPSED, PendingState.WITHDRAWN):
                continue
            each = plans.setdefault(member_id, Planned())
            each.amounts[codes[currency_id]] -= sums.get(pk, 0) - taken.get(pk, 0)
            if state == PendingState.WAITING:
                each.pending[codes[currency_id]] += sums.get(pk, 0)
            each.journals.append(pk)
    return plans


def _judged(what: Mapping[str, Any], listed: set[int]) -> dict[int, Planned]:
    """The events to be judged again; what they have moved is taken back first, what they will move is not known."""
    plans: dict[int, Planned] = {}
    events = Event.objects.filter(type__code=what["type"], occurred_at__gte=what["from"], occurred_at__lt=what["until"])
    # What was erased says nothing any more, and what waits will be judged anyway.
    told = events.filter(Q(payload__isnull=False) | Q(type__is_internal=True), work__isnull=True)
    for part in _batches(told.order_by("pk").values_list("pk", "member_id").iterator(chunk_size=CHUNK)):
        mine = [(pk, member_id) for pk, member_id in part if member_id in listed]
        for pk, member_id in mine:
            plans.setdefault(member_id, Planned()).events.append(pk)
        _taken(Journal.objects.filter(event_id__in=[pk for pk, _ in mine], kind__in=MOVED_BY_RULES), listed, plans)
    return plans


def _size(amounts: Mapping[str, int], scales: Mapping[str, int]) -> int:
    whole = sum((abs(Decimal(amount)).scaleb(-scales[code]) for code, amount in amounts.items()), Decimal(0))
    return int(whole.to_integral_value(rounding=ROUND_CEILING))


def _major(amount: int, scale: int) -> str:
    return f"{Decimal(amount).scaleb(-scale):f}"


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(ids), CHUNK):
        yield ids[first : first + CHUNK]


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    part: list[Any] = []
    for row in rows:
        part.append(row)
        if len(part) == CHUNK:
            yield part
            part = []
    if part:
        yield part
