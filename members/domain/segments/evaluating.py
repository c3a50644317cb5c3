"""Finds out who is in a segment now: set-based, and as often as one likes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from members.domain import sql
from members.domain.chunks import chunks
from members.domain.ladders.measures import BadMetric, Spans, measure
from members.domain.ladders.windows import Span
from members.domain.ladders.writing import tell_alike
from members.domain.outcomes import SEGMENT_ENTERED, SEGMENT_LEFT
from members.domain.segments.conditions import BadCondition, compile_condition, who_holds
from members.domain.segments.layers import Was, layers_now
from members.domain.sql import Some, among, rows_of
from members.enums import MemberStatus, SegmentKind
from members.models import Member, Segment, SegmentMember, SegmentSize
from members.models.segments import LAYERS

logger = logging.getLogger(__name__)


class NotByHand(Exception):
    """A segment that keeps itself; the message says so."""


@dataclass(frozen=True, slots=True)
class Change:
    """Who came into a segment and who left; for layers also how many came from which."""

    segment: Segment
    entered: list[int]
    left: list[int]
    came_from: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.segment.code}: {len(self.entered)} entered, {len(self.left)} left"


def evaluate_segments(*, now: datetime, are_heard: bool = True) -> list[Change]:
    """Evaluate every segment that is due: layers once a week, the others always. Twice at once changes nothing."""
    changes = []
    for segment in Segment.objects.filter(kind__in=(SegmentKind.CONDITION, SegmentKind.SHARE)).order_by("pk"):
        try:
            changes.append(evaluate_segment(segment=segment, now=now, are_heard=are_heard))
        except (BadCondition, BadMetric) as error:
            # What it names is gone; the others go on, and its members stay as they were.
            logger.error("Segment %s cannot be evaluated: %s", segment.code, error)
    layers = Segment.objects.filter(kind=SegmentKind.LAYER)
    if any(each.evaluated_at is None or _week(each.evaluated_at) < _week(now) for each in layers):
        changes += evaluate_layers(now=now, are_heard=are_heard)
    return changes


def evaluate_segment(*, segment: Segment, now: datetime, are_heard: bool = True) -> Change:
    """Find out who is in a segment by condition or share. Raises BadCondition and BadMetric."""
    with transaction.atomic():
        segment = Segment.objects.select_for_update().get(pk=segment.pk)
        before = set(segment.memberships.values_list("member_id", flat=True))
        wanted = _share(segment, before, now) if segment.kind == SegmentKind.SHARE else _condition(segment, now)
        change = Change(segment, sorted(wanted - before), sorted(before - wanted))
        write_change(change, now, are_heard=are_heard)
    return change


def evaluate_layers(*, now: datetime, are_heard: bool = True) -> list[Change]:
    """Find out which layer of the pyramid everybody is in."""
    with transaction.atomic():
        segments = {each.code: each for each in Segment.objects.select_for_update().filter(kind=SegmentKind.LAYER)}
        was = _was(segments)
        found: dict[int, tuple[str, bool]] = {}
        for some in chunks():
            found |= layers_now(some, was, now)
        changes = [_layer(segments[code], found, was) for code in LAYERS if code in segments]
        for change in changes:
            write_change(change, now, are_heard=are_heard)
        _mark_leaving(segments, found, was)
    return changes


def put_by_hand(*, segment: Segment, member: Member, now: datetime) -> bool:
    """Put a member into a list. False if they are in it already. Raises NotByHand."""
    return _by_hand(segment, member, now, is_in=True)


def take_out(*, segment: Segment, member: Member, now: datetime) -> bool:
    """Take a member out of a list. False if they are not in it. Raises NotByHand."""
    return _by_hand(segment, member, now, is_in=False)


def _by_hand(segment: Segment, member: Member, now: datetime, *, is_in: bool) -> bool:
    if segment.kind != SegmentKind.STATIC:
        raise NotByHand(f"{segment.code} is kept {segment.get_kind_display()}; only a list is filled by hand.")
    with transaction.atomic():
        segment = Segment.objects.select_for_update().get(pk=segment.pk)
        if segment.memberships.filter(member=member).exists() == is_in:
            return False
        entered, left = ([member.pk], []) if is_in else ([], [member.pk])
        write_change(Change(segment, entered, left), now, are_heard=True)
    return True


def _condition(segment: Segment, now: datetime) -> set[int]:
    condition = compile_condition(segment.condition)
    return {member_id for some in chunks() for member_id in who_holds(condition, some, now)}


def _share(segment: Segment, before: set[int], now: datetime) -> set[int]:
    """The best share of active members, house accounts left out; nobody is among the best with nothing."""
    assert segment.share is not None, "only_a_share_segment_has_a_share"
    count = Member.objects.filter(status=MemberStatus.ACTIVE, is_house=False).count()
    enter, stay = (-(-count * each // 100) for each in (segment.share, segment.keep or segment.share))
    since = now - timedelta(days=segment.days) if segment.days is not None else None
    said = measure(segment.metric, Some(), Spans(Span(since)), now)
    ranked = rows_of(
        f"SELECT v.member_id FROM ({said.sql}) v JOIN members_member m ON m.id = v.member_id"
        " WHERE m.status = %s AND NOT m.is_house AND v.value > 0 ORDER BY v.value DESC, v.member_id LIMIT %s",
        [*said.params, MemberStatus.ACTIVE.value, stay],
    )
    best = [row[0] for row in ranked]
    return set(best[:enter]) | (before & set(best))


def _was(segments: Mapping[str, Segment]) -> dict[int, Was]:
    codes = {segment.pk: code for code, segment in segments.items()}
    found = SegmentMember.objects.filter(segment__in=codes).values_list("member_id", "segment_id", "is_leaving")
    return {member_id: Was(codes[segment_id], is_leaving) for member_id, segment_id, is_leaving in found}


def _layer(segment: Segment, found: Mapping[int, tuple[str, bool]], was: Mapping[int, Was]) -> Change:
    code = segment.code
    now_in = {member_id for member_id, (layer, _) in found.items() if layer == code}
    before = {member_id for member_id, each in was.items() if each.layer == code}
    came_from: dict[str, int] = {}
    for member_id in now_in - before:
        origin = was[member_id].layer if member_id in was else ""
        came_from[origin] = came_from.get(origin, 0) + 1
    return Change(segment, sorted(now_in - before), sorted(before - now_in), came_from)


def _mark_leaving(
    segments: Mapping[str, Segment], found: Mapping[int, tuple[str, bool]], was: Mapping[int, Was]
) -> None:
    for is_leaving in (True, False):
        changed = [i for i, (_, leaving) in found.items() if leaving == is_leaving != _was_leaving(was.get(i))]
        clause, params = among("member_id", changed)
        kept, ids = among("segment_id", [segment.pk for segment in segments.values()])
        update = f"UPDATE members_segmentmember SET is_leaving = %s WHERE {clause} AND {kept}"
        sql.run(update, [is_leaving, *params, *ids])


def _was_leaving(was: Was | None) -> bool:
    return was is not None and was.is_leaving


def write_change(change: Change, now: datetime, *, are_heard: bool = True, is_told: bool = True) -> None:
    """Write down who came and went, in the caller's transaction that holds the segment."""
    segment = change.segment
    columns = {"member_id": "bigint", "segment_id": "bigint", "since": "timestamptz", "is_leaving": "boolean"}
    rows = [(member_id, segment.pk, now, False) for member_id in change.entered]
    sql.insert("members_segmentmember", columns, rows)
    _remove(segment, change.left)
    groups = {(SEGMENT_ENTERED, _data(segment)): change.entered, (SEGMENT_LEFT, _data(segment)): change.left}
    if is_told:
        tell_alike(groups, now, are_heard=are_heard)
    size = segment.size + len(change.entered) - len(change.left)
    # Changing a size changes nothing that rules were checked against, so no revision is opened.
    Segment.objects.filter(pk=segment.pk).update(size=size, evaluated_at=now)
    if change.entered or change.left or not segment.sizes.filter(at__gt=now - timedelta(days=1)).exists():
        SegmentSize.objects.update_or_create(
            segment=segment, at=now,
            defaults={
                "size": size, "entered": len(change.entered), "left": len(change.left), "came_from": change.came_from,
            },
        )  # fmt: skip


def _remove(segment: Segment, member_ids: Iterable[int]) -> None:
    clause, params = among("member_id", list(member_ids))
    sql.run(f"DELETE FROM members_segmentmember WHERE segment_id = %s AND {clause}", [segment.pk, *params])


def _data(segment: Segment) -> str:
    return f'{{"segment":"{segment.code}"}}'


def _week(moment: datetime) -> tuple[int, int]:
    return moment.isocalendar()[:2]
