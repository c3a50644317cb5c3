"""Records violations, hears appeals and decides them. What a fine takes is posted by whoever keeps the books."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from members.domain.conduct.ladder import (
    FREEZES,
    NotAllowed,
    Sentence,
    automatic,
    check_sentence,
    live_strikes,
    proposed,
)
from members.domain.conduct.metrics import STRIKES
from members.domain.events.telling import tell
from members.domain.ladders.evaluating import evaluate_where_asked
from members.domain.outcomes import CONDUCT_APPEALED, CONDUCT_OVERTURNED, CONDUCT_UPHELD, CONDUCT_VIOLATION
from members.domain.statuses import change_status
from members.enums import Consequence, Frozen, MemberStatus, ViolationState
from members.lanes import lane_of
from members.models import Freeze, Lane, Member, Violation, ViolationKind

APPEAL_WITHIN = timedelta(days=30)
FROZEN = {
    Consequence.FREEZE_PRIVILEGES: Frozen.PRIVILEGES,
    Consequence.FREEZE_EARNING: Frozen.EARNING,
    Consequence.FREEZE_SPENDING: Frozen.SPENDING,
}


class CannotDecide(Exception):
    """A violation that this cannot be done with any more; the message says why."""


def record_violation(
    *,
    member_id: int,
    kind: ViolationKind,
    now: datetime,
    happened_at: datetime | None = None,
    evidence: str = "",
    operator: str = "",
    reason: str = "",
    sentence: Sentence | None = None,
) -> Violation:
    """Record a violation with its consequence; without `operator` it is software's, which walks up the first steps.

    The member's lane is held: of the events that wait, each is judged wholly before or wholly after. Raises NotAllowed.
    """
    with transaction.atomic():
        Lane.objects.select_for_update().get(number=lane_of(member_id))
        member = Member.objects.select_for_update().get(pk=member_id)
        if member.status == MemberStatus.ERASED:
            raise NotAllowed(_("This member was erased."))
        strikes = live_strikes(member_id, now) + kind.strikes
        needs_person = False
        if sentence is None:
            sentence, needs_person = (proposed(kind, strikes), False) if operator else automatic(kind, strikes)
        if not operator and not kind.is_automatic:
            raise NotAllowed(_("Violations of this kind are found by people; say who decided."))
        check_sentence(sentence, operator=operator, reason=reason)
        made = Violation.objects.create(
            member=member, kind=kind, evidence=evidence, reason=reason, operator=operator, needs_person=needs_person,
            happened_at=happened_at or now, recorded_at=now, strikes=kind.strikes,
            strikes_until=now + timedelta(days=kind.strike_days), consequence=sentence.consequence,
            hours=sentence.hours, fine=sentence.fine, status_before=member.status,
        )  # fmt: skip
        said = {"kind": kind.code, "consequence": str(sentence.consequence), "strikes": strikes}
        tell(CONDUCT_VIOLATION, [(member_id, said)], now=now)
        _carry_out(made, sentence, now=now)
        evaluate_where_asked(metric=STRIKES, member_ids=[member_id], now=now)
    return made


def appeal(*, violation: Violation, text: str, now: datetime) -> Violation:
    """Ask for a second look, once, within thirty days. Raises CannotDecide."""
    with transaction.atomic():
        found = Violation.objects.select_for_update().get(pk=violation.pk)
        if found.state != ViolationState.STANDS:
            raise CannotDecide(_("This violation is %(state)s already.") % {"state": found.get_state_display()})
        if now >= found.recorded_at + APPEAL_WITHIN:
            raise CannotDecide(_("An appeal is possible within thirty days."))
        found.state, found.appealed_at, found.appeal = ViolationState.APPEALED, now, text
        found.save(update_fields=["state", "appealed_at", "appeal"])
        tell(CONDUCT_APPEALED, [(found.member_id, {"kind": found.kind.code})], now=now)
    return found


def decide(*, violation_id: int, is_upheld: bool, now: datetime, by: str, note: str) -> Violation:
    """Uphold a violation, or overturn it with what it had brought in this app. Raises CannotDecide."""
    if not note.strip():
        raise CannotDecide(_("Say why; the member reads it."))
    with transaction.atomic():
        member_id = Violation.objects.values_list("member_id", flat=True).get(pk=violation_id)
        Lane.objects.select_for_update().get(number=lane_of(member_id))
        found = Violation.objects.select_for_update(of=("self",)).select_related("kind").get(pk=violation_id)
        if found.state in (ViolationState.UPHELD, ViolationState.OVERTURNED):
            raise CannotDecide(_("This violation is %(state)s already.") % {"state": found.get_state_display()})
        found.state = ViolationState.UPHELD if is_upheld else ViolationState.OVERTURNED
        found.decided_at, found.decided_by, found.note, found.needs_person = now, by, note, False
        found.save(update_fields=["state", "decided_at", "decided_by", "note", "needs_person"])
        outcome = CONDUCT_UPHELD if is_upheld else CONDUCT_OVERTURNED
        tell(outcome, [(member_id, {"kind": found.kind.code})], now=now)
        if not is_upheld:
            _take_back(found, now=now)
            evaluate_where_asked(metric=STRIKES, member_ids=[member_id], now=now)
    return found


def _carry_out(made: Violation, sentence: Sentence, *, now: datetime) -> None:
    if sentence.consequence in FREEZES:
        assert sentence.hours, "it was checked"
        ends_at = now + timedelta(hours=sentence.hours)
        Freeze.objects.create(
            member_id=made.member_id, violation=made, what=FROZEN[sentence.consequence], begins_at=now, ends_at=ends_at
        )
    elif sentence.consequence == Consequence.BAN:
        change_status(member_id=made.member_id, status=MemberStatus.BANNED, now=now, reason=made.reason)


def _take_back(found: Violation, *, now: datetime) -> None:
    Freeze.objects.filter(violation=found, lifted_at=None).update(lifted_at=now)
    if found.consequence != Consequence.BAN:
        return
    member = Member.objects.get(pk=found.member_id)
    bans = Violation.objects.filter(member=member, consequence=Consequence.BAN)
    if member.status == MemberStatus.BANNED and not bans.exclude(state=ViolationState.OVERTURNED).exists():
        change_status(member_id=member.pk, status=MemberStatus(found.status_before), now=now, reason=found.note)
