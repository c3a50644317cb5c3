"""Writes notifications for the events that were filed. A job's work, never the judging of events.

The row that was filed and the notifications go together in one transaction, and the database keeps (member, template,
event) unique: whatever dies in between, everybody is told once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction

from members.domain import language
from members.domain.events.schemas import parse_schema
from members.domain.notifications import mailing, pacing
from members.domain.notifications.templates import WAITS_FOR_MORNING, BadTemplate, Holds, compile_condition
from members.domain.notifications.words import Happened, filled, values_of
from members.domain.segments.conditions import NO_TIER, Person
from members.enums import MemberStatus, MessageKind
from members.models import (
    Event,
    Ladder,
    Member,
    MessageTemplate,
    Notification,
    NotificationChoice,
    NotificationWork,
    Standing,
)

logger = logging.getLogger(__name__)

BATCH_SIZE_MAX, BATCHES_MAX = 500, 40
TOLD = (MemberStatus.ACTIVE, MemberStatus.SUSPENDED)


@dataclass(frozen=True, slots=True)
class _Message:
    """A template that holds for an event."""

    template: MessageTemplate
    event: Happened


def write_notifications(*, now: datetime) -> int:
    """Tell members of what was filed, and return how many notifications that made. Running it twice tells once."""
    count = 0
    for _ in range(BATCHES_MAX):
        if not NotificationWork.objects.exists():
            break  # Where only one may write at a time, nobody waits for a look.
        with transaction.atomic():
            waiting = NotificationWork.objects.select_for_update(skip_locked=True).order_by("event_id")
            ids = list(waiting.values_list("event_id", flat=True)[:BATCH_SIZE_MAX])
            count += _write(ids, now)
            NotificationWork.objects.filter(event_id__in=ids).delete()
        if len(ids) < BATCH_SIZE_MAX:
            break
    return count


def _write(event_ids: Sequence[int], now: datetime) -> int:
    if not event_ids:
        return 0
    events = list(Event.objects.filter(pk__in=event_ids).select_related("type", "payload").order_by("pk"))
    members = Member.objects.filter(status__in=TOLD, is_house=False).in_bulk({event.member_id for event in events})
    events = [event for event in events if event.member_id in members]
    messages = list(_holding(events, members))
    messages = _paced(messages, members, now)
    rows = _worded(messages, members, now)
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    posted = {each.template.pk for each in messages if each.template.by_email}
    if posted:
        mailing.write_emails(posted, {each.event.id for each in messages})
    return len(rows)


def _holding(events: Sequence[Event], members: Mapping[int, Member]) -> Iterable[_Message]:
    """Each template with each event that it is for."""
    listening: dict[int, list[tuple[MessageTemplate, Holds | None]]] = {}
    decoders: dict[int, Any] = {}
    types = {event.type_id: event.type for event in events}
    found = MessageTemplate.objects.filter(event_type_id__in=types, is_active=True).order_by("pk")
    for template in found:
        schema = parse_schema(types[template.event_type_id].code, types[template.event_type_id].schema)
        decoders[template.event_type_id] = schema.decoder
        try:
            holds = compile_condition(template.condition, schema)
        except BadTemplate:
            # Such as a tier that is no more; the others are told all the same.
            logger.exception("Template %s does not hold any more", template.code)
            continue
        listening.setdefault(template.event_type_id, []).append((template, holds))
    people = _people(members)
    for event in events:
        templates = listening.get(event.type_id, [])
        data, happened = _read(event, decoders.get(event.type_id), members[event.member_id])
        for template, holds in templates:
            if happened is None:
                continue
            with language.exact():
                is_for = holds is None or holds(
                    data, people[event.member_id], (), event.occurred_at, members[event.member_id].zone()
                )
            if is_for:
                yield _Message(template, happened)


def _read(event: Event, decoder: Any, member: Member) -> tuple[Any, Happened | None]:
    """The data as conditions and as words read them; nothing where they were erased or do not fit any more."""
    payload = getattr(event, "payload", None)
    if decoder is None:
        return None, None
    try:
        data = decoder.decode(payload.data if payload is not None else "{}")
    except msgspec.ValidationError:
        return None, None
    names = {field.encode_name: field.name for field in msgspec.structs.fields(data)}
    said = {name: getattr(data, attribute) for name, attribute in names.items()}
    return data, Happened(event.pk, event.type.code, event.member_id, event.cause_id, member.zone(), said)


def _people(members: Mapping[int, Member]) -> dict[int, Person]:
    first = Ladder.objects.order_by("pk").values("pk")[:1]
    standing = Standing.objects.filter(member_id__in=members, ladder_id__in=first)
    tiers = dict(standing.values_list("member_id", "tier__code"))
    return {
        pk: Person(
            each.joined_at, each.is_verified, each.is_house, each.language, each.age_band, tiers.get(pk) or NO_TIER
        )
        for pk, each in members.items()
    }


def _paced(messages: Sequence[_Message], members: Mapping[int, Member], now: datetime) -> list[_Message]:
    """Without the promotions that are unwanted, or one too many; those are not made up for."""
    wooed = sorted({each.event.member_id for each in messages if each.template.kind == MessageKind.PROMOTION})
    if not wooed:
        return list(messages)
    # Two workers with two events of one member decide one after the other.
    list(Member.objects.select_for_update(no_key=True).filter(pk__in=wooed).order_by("pk").values_list("pk"))
    refusing = set(
        NotificationChoice.objects.filter(member_id__in=wooed, wants_promotions=False).values_list("pk", flat=True)
    )
    oldest = now.date().toordinal() - pacing.DAYS - 1
    taken: dict[int, list[int]] = {pk: [] for pk in wooed}
    shown = Notification.objects.filter(member_id__in=wooed, promotion_day__gte=oldest)
    for member_id, day in shown.values_list("member_id", "promotion_day"):
        assert day is not None, "a_promotion_has_its_day"
        taken[member_id].append(day)
    kept = []
    for each in messages:
        member_id = each.event.member_id
        if each.template.kind == MessageKind.PROMOTION:
            day = _promotion_day(members[member_id], now)
            if member_id in refusing or not pacing.has_room(day, taken[member_id]):
                continue
            taken[member_id].append(day)
        kept.append(each)
    return kept


def _promotion_day(member: Member, now: datetime) -> int:
    return pacing.shown_at(now, member.zone()).astimezone(member.zone()).date().toordinal()


def _worded(messages: Sequence[_Message], members: Mapping[int, Member], now: datetime) -> list[Notification]:
    """The notifications, each in every language that its template speaks."""
    events = list({each.event.id: each.event for each in messages}.values())
    names = {pk: member.display_name or member.ref for pk, member in members.items()}
    spoken = {code for each in messages for code in (*each.template.titles, *each.template.texts)}
    known = [code for code, _ in settings.LANGUAGES]
    values = {code: values_of(events, names, code if code in known else "en") for code in spoken} if events else {}
    rows = []
    for each in messages:
        template, event, member = each.template, each.event, members[each.event.member_id]
        is_promotion = template.kind == MessageKind.PROMOTION
        may_wait = is_promotion or event.type in WAITS_FOR_MORNING
        rows.append(
            Notification(
                member=member, template=template, event_id=event.id, kind=template.kind,
                titles={code: filled(text, values[code][event.id]) for code, text in template.titles.items()},
                texts={code: filled(text, values[code][event.id]) for code, text in template.texts.items()},
                shown_at=pacing.shown_at(now, member.zone()) if may_wait else now,
                promotion_day=_promotion_day(member, now) if is_promotion else None,
            )
        )  # fmt: skip
    return rows
