"""Does to one member what a correction says, and takes it back again. The caller has the transaction and the line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from incentives.domain.corrections import judging
from incentives.domain.ledger import keys, operations
from incentives.domain.ledger.operations import CannotReverse, Moved
from incentives.domain.privileges.granting import grant_privilege, revoke_grant
from incentives.domain.reversals import restore_journal, reverse_journal
from incentives.enums import CorrectionAct, CorrectionLineState, CorrectionState
from incentives.models import Badge, BadgeGrant, Correction, CorrectionLine, Currency, Journal, Note, Privilege
from members.domain.events import telling
from members.domain.outcomes import BADGE_GRANTED
from members.enums import MemberStatus

# How the books name a correction as who did it; its number follows.
ACTOR = "correction "
GIVES = (CorrectionAct.ADD, CorrectionAct.PRIVILEGE, CorrectionAct.BADGE)
ERASED, NOT_ACTIVE, MERGED, HELD = "erased", "not_active", "merged", "held"
NOTHING_THERE, JUDGED_SINCE = "nothing_there", "judged_since"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done to each member, and the words and the name under which it stands in the books."""

    act: str
    what: Mapping[str, Any]
    reason: str
    actor: str
    is_undo: bool = False

    @classmethod
    def of(cls, correction: Correction) -> Order:
        """The order that a correction is at; an undo speaks with the words of whoever asked for it."""
        actor = f"{ACTOR}{correction.pk}"
        if correction.state != CorrectionState.UNDOING:
            return cls(correction.act, correction.what, correction.reason, actor)
        asked = correction.steps.filter(state=CorrectionState.UNDOING).order_by("-pk").first()
        reason = asked.why if asked is not None else correction.reason
        return cls(correction.act, correction.what, reason, f"{actor} undone", is_undo=True)


def do(order: Order, line: CorrectionLine, *, now: datetime) -> None:
    """Do it, once: every movement has the key of this correction and member. The line says what came of it."""
    line.note = _why_not(order, line)
    if line.note:
        line.state = CorrectionLineState.NOTHING
        return
    line.lost, line.moved = {}, {}
    _DO[order.act](order, line, now)
    is_idle = not (line.moved or line.did) and not line.lost
    line.state = CorrectionLineState.NOTHING if is_idle else CorrectionLineState.DONE
    if is_idle:
        line.note = line.note or NOTHING_THERE


def undo(order: Order, line: CorrectionLine, *, now: datetime) -> None:
    """Take back what was done, as far as it is still there; what was spent stands in `lost`."""
    line.lost, line.note = {}, ""
    if line.member.status == MemberStatus.ERASED:
        # What they had is gone with them, and nothing is given to nobody.
        line.note = ERASED
    else:
        _UNDO[order.act](order, line, now)
    line.state = CorrectionLineState.UNDONE


def _why_not(order: Order, line: CorrectionLine) -> str:
    if line.member.merged_into_id is not None:
        return MERGED
    if line.member.status == MemberStatus.ERASED:
        return ERASED
    return NOT_ACTIVE if order.act in GIVES and line.member.status != MemberStatus.ACTIVE else ""


# What is done


def _add(order: Order, line: CorrectionLine, now: datetime) -> None:
    for code, amount in line.planned.items():
        currency = Currency.objects.get(code=code)
        moved = operations.adjust(
            member_id=line.member_id, currency=currency, amount=amount, now=now, reason=order.reason,
            key=_key(order, line, code), actor=order.actor, is_quiet=True,
        )  # fmt: skip
        line.did = {"journal": moved.journal_id}
        line.moved = {code: moved.amount}


def _take_back(order: Order, line: CorrectionLine, now: datetime) -> None:
    line.did = {"reversals": _reverse_all(order, line, line.plan["journals"], now)}


def _judge_again(order: Order, line: CorrectionLine, now: datetime) -> None:
    line.did = judging.judge_again(line.plan["events"], actor=order.actor, now=now)
    taken = Journal.objects.filter(pk__in=line.did.get("reversals", []), member_id=line.member_id)
    _count(line, taken.values_list("pk", flat=True))
    for pk in taken.values_list("pk", flat=True):
        _say(pk, order.reason)


def _grant_privilege(order: Order, line: CorrectionLine, now: datetime) -> None:
    until = order.what["until"]
    made, _new = grant_privilege(
        member_id=line.member_id, privilege=Privilege.objects.get(code=order.what["privilege"]),
        key=order.actor, now=now, until=datetime.fromisoformat(until) if until else None,
        uses_max=order.what["uses_max"], reason=order.reason[:200], actor=order.actor, is_quiet=True,
    )  # fmt: skip
    line.did = {"grant": made.pk}


def _grant_badge(order: Order, line: CorrectionLine, now: datetime) -> None:
    badge = Badge.objects.get(code=order.what["badge"])
    key = order.actor if badge.is_repeatable else badge.code
    try:
        with transaction.atomic():
            made = BadgeGrant.objects.create(badge=badge, member_id=line.member_id, key=key, granted_at=now)
    except IntegrityError:
        line.note = HELD
        return
    telling.tell(BADGE_GRANTED, [(line.member_id, {"badge": badge.code})], now=now, is_quiet=True)
    line.did = {"badge": made.pk}


# How it is taken back


def _undo_add(order: Order, line: CorrectionLine, now: datetime) -> None:
    _reverse_all(order, line, [line.did["journal"]], now)


def _undo_taking(order: Order, line: CorrectionLine, now: datetime) -> None:
    _restore_all(order, line, line.did["reversals"], now)


def _undo_judging(order: Order, line: CorrectionLine, now: datetime) -> None:
    """What the new run paid is taken back, and what had been paid before comes back."""
    did = judging.newest_of(line.did)
    line.note = JUDGED_SINCE if len(did["runs"]) < len(line.did["runs"]) else ""
    paid = judging.stop(did, now=now)
    _reverse_all(order, line, paid, now)
    _restore_all(order, line, did["reversals"], now)
    judging.give_rights_back(did, now=now)


def _undo_privilege(_order: Order, line: CorrectionLine, now: datetime) -> None:
    revoke_grant(grant_id=line.did["grant"], now=now, is_quiet=True)


def _undo_badge(_order: Order, line: CorrectionLine, _now: datetime) -> None:
    BadgeGrant.objects.filter(pk=line.did["badge"]).delete()


def _reverse_all(order: Order, line: CorrectionLine, journals: Iterable[int], now: datetime) -> list[int]:
    """Reverse these, as far as anything is there, and return the reversals; what is not there is noted."""
    made = []
    for pk in sorted(journals):
        try:
            moved = reverse_journal(journal_id=pk, cause=order.actor, now=now, actor=order.actor, is_quiet=True)
        except CannotReverse:
            _lose(line, pk)
            continue
        made.append(moved.journal_id)
        _book(line, moved, moved.unrecovered)
        _say(moved.journal_id, order.reason)
    return made


def _restore_all(order: Order, line: CorrectionLine, reversals: Iterable[int], now: datetime) -> None:
    for pk in sorted(reversals):
        try:
            moved = restore_journal(journal_id=pk, cause=order.actor, now=now, actor=order.actor, is_quiet=True)
        except CannotReverse:
            _lose(line, pk)
            continue
        _book(line, moved, 0)
        _say(moved.journal_id, order.reason)


def _key(order: Order, line: CorrectionLine, step: str) -> bytes:
    return keys.of_request(f"{order.actor}/{line.member_id}", step)


def _say(journal_id: int, reason: str) -> None:
    """The reason stands beside the books, where the member reads it."""
    Note.objects.get_or_create(pk=journal_id, defaults={"text": reason})


def _book(line: CorrectionLine, moved: Moved, unrecovered: int) -> None:
    code = _code_of(moved.journal_id)
    line.moved = {**line.moved, code: line.moved.get(code, 0) + moved.amount}
    if unrecovered:
        line.lost = {**line.lost, code: line.lost.get(code, 0) + unrecovered}


def _lose(line: CorrectionLine, journal_id: int) -> None:
    code, amount = _code_of(journal_id), abs(judging.amount_of(journal_id))
    line.lost = {**line.lost, code: line.lost.get(code, 0) + amount}


def _count(line: CorrectionLine, journals: Iterable[int]) -> None:
    for pk in journals:
        code = _code_of(pk)
        line.moved = {**line.moved, code: line.moved.get(code, 0) + judging.amount_of(pk)}


def _code_of(journal_id: int) -> str:
    currency_id = Journal.objects.values_list("currency_id", flat=True).get(pk=journal_id)
    return Currency.objects.values_list("code", flat=True).get(pk=currency_id)


Act = Callable[[Order, CorrectionLine, datetime], Any]
_DO: dict[str, Act] = {
    CorrectionAct.ADD: _add,
    CorrectionAct.TAKE_BACK: _take_back,
    CorrectionAct.JUDGE_AGAIN: _judge_again,
    CorrectionAct.PRIVILEGE: _grant_privilege,
    CorrectionAct.BADGE: _grant_badge,
}
_UNDO: dict[str, Act] = {
    CorrectionAct.ADD: _undo_add,
    CorrectionAct.TAKE_BACK: _undo_taking,
    CorrectionAct.JUDGE_AGAIN: _undo_judging,
    CorrectionAct.PRIVILEGE: _undo_privilege,
    CorrectionAct.BADGE: _undo_badge,
}
