"""Finds out which layer of intention everybody is in: set-based, as often as one likes. Nothing of it is told on
timelines, which apps and partners read."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from members.domain.chunks import chunks
from members.domain.intentions.weighing import LOOKED_BACK_DAYS, Kind, Weighed, faded, weigh
from members.domain.segments.evaluating import Change, write_change
from members.domain.sql import Some, moment, rows_of
from members.enums import IntentionLayer, MemberStatus, SegmentKind
from members.models import Intention, IntentionEvidence, Member, Segment

ROWS_MAX = 2_000

_EVIDENCE = """
SELECT {whose}, v.code, {days}, count(*) FROM members_event e
JOIN members_intentionevidence v ON v.event_type_id = e.type_id
{joins}
WHERE {whom} AND e.occurred_at > %s AND e.occurred_at <= %s AND {matches}
  AND NOT EXISTS (SELECT 1 FROM members_retraction r WHERE r.event_id = e.id)
GROUP BY 1, 2, 3
"""


def evaluate_intentions(*, now: datetime) -> dict[str, int]:
    """Weigh everybody's evidence and write down who is in which layer; return how many are in each.

    House accounts and whoever is not active are in none. Twice at once changes nothing.
    """
    kinds = {
        each.code: Kind(each.code, each.points, each.most, each.is_decisive) for each in IntentionEvidence.objects.all()
    }
    if not kinds:
        return {}
    counts = _counts(now)
    with transaction.atomic():
        # One evaluation at a time: the segments' rows are held, and there is one to hold as soon as there are layers.
        segments = {each.code: each for each in Segment.objects.select_for_update().filter(kind=SegmentKind.INTENTION)}
        was = dict(Intention.objects.values_list("member_id", "layer"))
        base = Member.objects.filter(status=MemberStatus.ACTIVE, is_house=False).values_list("pk", flat=True)
        found = {pk: weigh(counts.get(pk, {}), kinds, was.get(pk)) for pk in base}
        _write(found, was, now)
        for code, segment in segments.items():
            before = set(segment.memberships.values_list("member_id", flat=True))
            inside = {pk for pk, each in found.items() if each.layer == code}
            write_change(Change(segment, sorted(inside - before), sorted(before - inside)), now, is_told=False)
    sizes: dict[str, int] = dict.fromkeys(IntentionLayer.values, 0)
    for each in found.values():
        sizes[each.layer] += 1
    return sizes


def _counts(now: datetime) -> dict[int, dict[str, float]]:
    """How often each kind of evidence happened to each member, faded. An event counts by whole days of age."""
    counts: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    has_fields = IntentionEvidence.objects.exclude(field="").exists()
    has_inviters = IntentionEvidence.objects.filter(is_of_inviter=True).exists()
    since = now - timedelta(days=LOOKED_BACK_DAYS)
    for some in chunks():
        statement, params = _statement(some, now, has_fields=has_fields, has_inviters=has_inviters)
        for member_id, code, days, times in rows_of(statement, [*params, moment(since), moment(now)]):
            if member_id is not None:
                counts[member_id][code] += times * faded(float(days))
    return counts


def _statement(some: Some, now: datetime, *, has_fields: bool, has_inviters: bool) -> tuple[str, list[Any]]:
    is_postgresql = connection.vendor == "postgresql"
    days = "floor(extract(epoch FROM %s - e.occurred_at) / 86400)" if is_postgresql else (
        "cast(julianday(%s) - julianday(e.occurred_at) AS integer)"
    )  # fmt: skip
    whom, ids = some.clause("e.member_id")
    said = "p.data::json ->> v.field" if is_postgresql else "json_extract(p.data, '$.' || v.field)"
    joins = ["JOIN members_member m ON m.id = e.member_id"] if has_inviters else []
    joins += ["LEFT JOIN members_eventpayload p ON p.event_id = e.id"] if has_fields else []
    statement = _EVIDENCE.format(
        whose="CASE WHEN v.is_of_inviter THEN m.invited_by_id ELSE e.member_id END" if has_inviters else "e.member_id",
        days=days,
        joins="\n".join(joins),
        whom=whom,
        matches=f"(v.field = '' OR {said} = v.value)" if has_fields else "1 = 1",
    )
    return statement, [moment(now), *ids]


def _write(found: dict[int, Weighed], was: dict[int, str], now: datetime) -> None:
    """Rows for whoever has evidence, or had: everybody else is potential without one."""
    Intention.objects.exclude(pk__in=Member.objects.filter(status=MemberStatus.ACTIVE, is_house=False)).delete()
    since = dict(Intention.objects.values_list("member_id", "since"))
    rows = [
        Intention(
            member_id=pk, layer=each.layer, score=each.score, evaluated_at=now,
            reasons=[[code, str(weight)] for code, weight in each.reasons],
            since=since[pk] if was.get(pk) == each.layer and pk in since else now,
        )
        for pk, each in found.items()
        if each.reasons or pk in was
    ]  # fmt: skip
    columns = ["layer", "score", "reasons", "since", "evaluated_at"]
    Intention.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["member"], update_fields=columns, batch_size=ROWS_MAX
    )
