"""Makes corrections: what is asked for is read and checked before anybody is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from incentives.domain.corrections.steps import record
from incentives.domain.privileges.granting import NotGrantable, check_grantable
from incentives.enums import CorrectionAct, CorrectionList, CorrectionState
from incentives.models import Badge, Correction, CorrectionLine, Currency, Privilege, Rule
from members.domain.registry import registry
from members.models import EventType, Member, Segment

REASON_LENGTH_MAX, CHUNK, NAMED_MAX = 300, 1_000, 20
AMOUNT_MAX = Decimal(10**9)


class BadCorrection(Exception):
    """What no correction can be made of; `field` is what to mend, the message says how."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for. Only what the list and the act need is looked at; ends are exclusive."""

    found_by: str
    act: str
    reason: str
    is_quiet: bool = False
    refs: tuple[str, ...] = ()
    segment: str = ""
    rule: str = ""
    version: int | None = None
    type: str = ""
    field: str = ""
    value: str = ""
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    currency: str = ""
    amount: Decimal | None = None
    privilege: str = ""
    badge: str = ""
    until: datetime | None = None
    uses_max: int | None = None
    by: AbstractBaseUser | None = None
    app: str = ""


def make(wanted: Wanted, *, now: datetime) -> Correction:
    """Write a correction down; who is on its list, and what it would do, is worked out next. Raises BadCorrection."""
    if not wanted.reason.strip() or len(wanted.reason) > REASON_LENGTH_MAX:
        raise BadCorrection("reason", _("Say in a sentence why; the members read it."))
    whom = _list_of(wanted)
    what = _act_of(wanted)
    with transaction.atomic():
        made = Correction.objects.create(
            found_by=wanted.found_by, whom=whom, act=wanted.act, what=what, reason=wanted.reason.strip(),
            is_quiet=wanted.is_quiet, created_at=now, created_by_id=wanted.by.pk if wanted.by is not None else None,
            app=wanted.app[:80],
        )  # fmt: skip
        if wanted.found_by == CorrectionList.REFS:
            ids = _known(wanted.refs)
            for first in range(0, len(ids), CHUNK):
                CorrectionLine.objects.bulk_create(
                    CorrectionLine(correction=made, member_id=pk) for pk in ids[first : first + CHUNK]
                )
        record(made, CorrectionState.GATHERING, now=now, by=wanted.by, who=wanted.app, why=wanted.reason.strip())
    return made


def _known(refs: Iterable[str]) -> list[int]:
    """The members of these refs, each once, merged ones as their survivors. Raises BadCorrection."""
    asked = list(dict.fromkeys(ref.strip() for ref in refs if ref.strip()))
    if not asked:
        raise BadCorrection("refs", _("The list is empty."))
    if len(asked) > settings.CORRECTION_MEMBERS_MAX:
        raise BadCorrection("refs", too_many())
    found: dict[str, int] = {}
    for first in range(0, len(asked), CHUNK):
        found |= Member.objects.ids_by_ref(asked[first : first + CHUNK])
    unknown = [ref for ref in asked if ref not in found]
    if unknown:
        named = ", ".join(ref[:128] for ref in unknown[:NAMED_MAX])
        said = _("There is no member with these refs, so nothing was made: %(refs)s.") % {"refs": named}
        raise BadCorrection("refs", said if len(unknown) <= NAMED_MAX else f"{said} (+{len(unknown) - NAMED_MAX})")
    return list(dict.fromkeys(found.values()))


def too_many() -> str:
    return _("At most %(count)d members; make several corrections.") % {"count": settings.CORRECTION_MEMBERS_MAX}


def _list_of(wanted: Wanted) -> dict[str, Any]:
    if wanted.found_by == CorrectionList.REFS:
        return {}
    if wanted.found_by == CorrectionList.SEGMENT:
        if not Segment.objects.filter(code=wanted.segment).exists():
            raise BadCorrection("segment", _("There is no such segment."))
        return {"segment": wanted.segment}
    if wanted.found_by == CorrectionList.PAID:
        return _paid(wanted)
    if wanted.found_by == CorrectionList.EVENT:
        return _events(wanted)
    raise BadCorrection("found_by", _("There is no such kind of list."))


def _paid(wanted: Wanted) -> dict[str, Any]:
    if not Rule.objects.filter(code=wanted.rule).exists():
        raise BadCorrection("rule", _("There is no such rule."))
    said: dict[str, Any] = {"rule": wanted.rule, **_window(wanted)}
    return said | ({"version": wanted.version} if wanted.version is not None else {})


def _events(wanted: Wanted) -> dict[str, Any]:
    kind = EventType.objects.filter(code=wanted.type).first()
    if kind is None:
        raise BadCorrection("type", _("There is no such event type."))
    if not wanted.field:
        return {"type": wanted.type, **_window(wanted)}
    registry.refresh()
    if wanted.field not in registry.schemas[wanted.type].fields:
        raise BadCorrection("field", _("Events of this type have no such field."))
    return {"type": wanted.type, "field": wanted.field, "value": wanted.value, **_window(wanted)}


def _window(wanted: Wanted) -> dict[str, str]:
    begins, ends = wanted.begins_at, wanted.ends_at
    if begins is None or ends is None or begins >= ends:
        raise BadCorrection("ends_at", _("Say from when until when; the end is later than the beginning."))
    return {"from": begins.astimezone(UTC).isoformat(), "until": ends.astimezone(UTC).isoformat()}


def _act_of(wanted: Wanted) -> dict[str, Any]:
    act = _ACTS.get(wanted.act)
    if act is None:
        raise BadCorrection("act", _("There is no such act."))
    return act(wanted)


def _add(wanted: Wanted) -> dict[str, Any]:
    currency = Currency.objects.filter(code=wanted.currency).first()
    if currency is None:
        raise BadCorrection("currency", _("There is no such currency."))
    amount = wanted.amount
    if amount is None or not 0 < amount <= AMOUNT_MAX or amount.scaleb(currency.scale) % 1:
        raise BadCorrection("amount", _("An amount above 0, not finer than the currency; what is taken is taken back."))
    return {"currency": currency.code, "amount": f"{amount:f}"}


def _judge_again(wanted: Wanted) -> dict[str, Any]:
    if wanted.type:
        return {name: value for name, value in _events(wanted).items() if name in ("type", "from", "until")}
    kinds = Rule.objects.filter(code=wanted.rule, versions__published_at__isnull=False).order_by("-versions__number")
    kind = kinds.values_list("versions__event_type", flat=True).first()
    if kind is None:
        raise BadCorrection("type", _("Say which events are judged again: their type, or a rule that was published."))
    return {"type": kind, **_window(wanted)}


def _privilege(wanted: Wanted) -> dict[str, Any]:
    privilege = Privilege.objects.filter(code=wanted.privilege).first()
    if privilege is None:
        raise BadCorrection("privilege", _("There is no such privilege."))
    try:
        check_grantable(privilege)
    except NotGrantable as error:
        raise BadCorrection("privilege", str(error)) from error
    until = wanted.until.astimezone(UTC).isoformat() if wanted.until is not None else None
    return {"privilege": privilege.code, "until": until, "uses_max": wanted.uses_max}


def _badge(wanted: Wanted) -> dict[str, Any]:
    if not Badge.objects.filter(code=wanted.badge).exists():
        raise BadCorrection("badge", _("There is no such badge."))
    return {"badge": wanted.badge}


_ACTS: dict[str, Callable[[Wanted], dict[str, Any]]] = {
    CorrectionAct.ADD: _add,
    CorrectionAct.TAKE_BACK: _paid,
    CorrectionAct.JUDGE_AGAIN: _judge_again,
    CorrectionAct.PRIVILEGE: _privilege,
    CorrectionAct.BADGE: _badge,
}
