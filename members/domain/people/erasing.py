"""Removes everything that identifies a person. What is left is a row that the books can name."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import msgspec
import uuid_utils.compat as time_ordered
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from members.domain import work_items
from members.domain.connections import leaving
from members.domain.contents import leaving as contents
from members.domain.events.schemas import FieldSpec, parse_schema
from members.domain.events.writers import write_outcomes
from members.domain.needs import leaving as needs
from members.domain.newcomers import leaving as first_days
from members.domain.notifications import inbox
from members.domain.outcomes import INTERNAL_SOURCE, MEMBER_ERASED
from members.domain.registry import registry
from members.domain.spaces import leaving as spaces
from members.enums import AgeBand, MemberStatus
from members.models import (
    CounterItem,
    CounterValue,
    DeadLetter,
    EventPayload,
    EventType,
    Invitation,
    Leave,
    Member,
    MemberImportLine,
    QuotaPlace,
    Referral,
    Rejection,
    Report,
    SegmentMember,
    TierInvitation,
    TierPin,
    Violation,
)

CHUNK = 500
ERASED = "erased"


class CannotErase(Exception):
    """An erasure that was not meant; the message says why."""


def check_erasure(member: Member, ref: str) -> None:
    """Refuse unless the ref was typed out as it is. Raises CannotErase."""
    if member.status == MemberStatus.ERASED:
        raise CannotErase(_("This member was erased before."))
    if ref != member.ref:
        raise CannotErase(_("This is not the ref of this member; type it exactly, to be sure who is erased."))


def erase_person(member: Member, *, now: datetime, reason: str, by: object | None) -> None:
    """Erase one member, who is locked with their lane, in the caller's transaction."""
    assert transaction.get_connection().in_atomic_block, "all of it or nothing"
    old_ref, old_email = member.ref, member.email
    member.ref = f"{ERASED}-{uuid.uuid4().hex}"
    _forget_what_was_said(member, old_ref)
    _forget_elsewhere(member, old_ref, old_email)
    leaving.forget(member)
    inbox.forget(member)
    work_items.forget(member)
    contents.forget(member)
    needs.forget(member, now=now)
    first_days.forget(member)
    spaces.forget(member, now=now)
    _forget_login(member)
    member.public_id = time_ordered.uuid7()
    member.display_name = member.email = member.language = member.time_zone = member.birthday = ""
    member.age_band, member.attributes, member.is_verified = AgeBand.UNKNOWN, {}, False
    member.status = MemberStatus.ERASED
    Member.history.filter(id=member.pk).delete()
    member._change_reason = reason[:100]  # type: ignore[attr-defined]  # noqa: SLF001
    member._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001
    member.save()
    registry.refresh()
    kind, source = registry.types[MEMBER_ERASED].id, registry.sources[INTERNAL_SOURCE].id
    write_outcomes([(member.pk, kind, source, None, now, now, None, None)])


def _forget_what_was_said(member: Member, old_ref: str) -> None:
    """The member's own events lose their data where those describe a person; elsewhere the new ref stands."""
    naming: dict[int, dict[str, FieldSpec]] = {}
    telling: list[int] = []
    for kind in EventType.objects.all():
        fields = parse_schema(kind.code, kind.schema).fields
        if any(spec.personal for spec in fields.values()):
            telling.append(kind.pk)
        named = {
            n: s
            for n, s in fields.items()
            if (s.personal or n in (kind.counterpart, kind.content.get("by"))) and s.type.startswith("string")
        }
        if named:
            naming[kind.pk] = named
    EventPayload.objects.filter(event__member=member, event__type_id__in=telling).delete()
    DeadLetter.objects.filter(event__member=member).update(error=ERASED)
    written = msgspec.json.encode(old_ref).decode()
    found = EventPayload.objects.filter(event__type_id__in=naming, data__contains=written).order_by("pk")
    ids = list(found.values_list("pk", flat=True))
    for first in range(0, len(ids), CHUNK):
        part = found.filter(pk__in=ids[first : first + CHUNK]).values_list("pk", "event__type_id", "data")
        renamed = [
            EventPayload(pk=pk, data=_renamed(data, naming[kind], old_ref, member.ref)) for pk, kind, data in part
        ]
        EventPayload.objects.bulk_update(renamed, ["data"])


def _renamed(data: str, fields: dict[str, FieldSpec], old_ref: str, new_ref: str) -> str:
    def other(value: Any, spec: FieldSpec) -> Any:
        if isinstance(value, list):
            return [other(each, spec) for each in value]
        return new_ref[: spec.max_length] if value == old_ref and not spec.enum else value

    said: dict[str, Any] = msgspec.json.decode(data)
    return msgspec.json.encode({n: other(v, fields[n]) if n in fields else v for n, v in said.items()}).decode()


def _forget_elsewhere(member: Member, old_ref: str, old_email: str) -> None:
    CounterValue.objects.filter(member_id=member.pk).delete()
    CounterItem.objects.filter(member_id=member.pk).delete()
    CounterValue.objects.filter(key=old_ref).update(key=member.ref)
    CounterItem.objects.filter(key=old_ref).update(key=member.ref)
    CounterItem.objects.filter(item=old_ref).update(item=member.ref)
    Rejection.objects.filter(ref=old_ref).delete()
    MemberImportLine.objects.filter(member=member).update(before={}, after={})
    addressed = Q(referrals__member=member)
    if old_email:
        addressed |= Q(email__iexact=old_email)
    ids = list(Invitation.objects.filter(addressed).values_list("pk", flat=True))
    Invitation.objects.filter(pk__in=ids).update(email="")
    Referral.objects.filter(member=member).update(note="")
    # What was decided stays, as a number; the words go. A reason may not be empty where one was needed.
    Violation.objects.filter(member=member).update(evidence="", appeal="", note="")
    Violation.objects.filter(member=member).exclude(reason="").update(reason=ERASED)
    TierPin.objects.filter(member=member).update(reason=ERASED)
    TierInvitation.objects.filter(member=member).update(reason="")
    Leave.objects.filter(member=member).update(reason="")
    QuotaPlace.objects.filter(member=member).delete()
    SegmentMember.objects.filter(member=member).delete()
    Report.objects.filter(Q(reporter=member) | Q(subject=member)).update(text="")
    about = ContentType.objects.get_for_models(Member, Referral).values()
    LogEntry.objects.filter(content_type__in=about, object_id=str(member.pk)).update(
        object_repr=member.ref, change_message=""
    )


def _forget_login(member: Member) -> None:
    user, member.user = member.user, None
    if user is None:
        return
    Member.objects.filter(pk=member.pk).update(user=None)
    if not (user.is_staff or user.is_superuser):
        user.delete()
