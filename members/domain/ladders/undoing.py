"""Undoes an edit of a ladder as a whole: it is what it was before, and nobody is left on a tier that is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from members.domain.ladders.deciding import Held, month_at
from members.domain.ladders.editing import BadLadder, Preview, check_ladder, look_ahead, put_tiers, said, save
from members.domain.ladders.edits import (
    LADDER_FIELDS,
    TIER_FIELDS,
    Document,
    document_of,
    fingerprint,
    plain,
    recording,
)
from members.domain.ladders.evaluating import current_plan, editing_ladder
from members.domain.ladders.plans import NO_RANK, LadderPlan
from members.domain.ladders.writing import Move, tell_moves, write_moves, write_standings
from members.enums import StandingReason
from members.models import Ladder, LadderEdit, Member, QuotaPlace, Standing, Tier, TierInvitation, TierPin


class CannotUndo(Exception):
    """An edit that cannot be undone any more, or not yet; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Undone:
    """The edit that undid another, and whether it was made now."""

    undo: LadderEdit
    is_new: bool


def undo_edit(*, edit: LadderEdit, why: str, by: str, now: datetime, seen: str = "") -> Undone:
    """Put a ladder back to what it was before its newest edit. Undoing again returns the first undo.

    Whoever holds a tier that goes is on the next one below, told with the reason `undone`; everything else is for the
    evaluation. Raises CannotUndo, and EditConflict where the preview that was `seen` is not of this ladder any more.
    """
    with editing_ladder():
        earlier = LadderEdit.objects.filter(undoes=edit).first()
        if earlier is not None:
            return Undone(earlier, is_new=False)
        with recording(ladder=edit.ladder, why=why, by=by, now=now, seen=seen, undoes=edit) as recorded:
            _check(edit)
            _restore(edit, why=why, now=now)
    assert recorded.edit is not None, "an edit that changed nothing is none"
    return Undone(recorded.edit, is_new=True)


def preview_undo(*, edit: LadderEdit, now: datetime) -> Preview:
    """Say who would rise and who would fall if an edit were undone. Nothing is kept. Raises CannotUndo."""
    with transaction.atomic():
        if LadderEdit.objects.filter(undoes=edit).exists():
            raise CannotUndo(_("This change has been undone already."))
        before = document_of(edit.ladder)
        undo_edit(edit=edit, why="", by="", now=now)
        ladder = Ladder.objects.get(pk=edit.ladder_id)
        found = look_ahead(ladder, now=now, seen=fingerprint(before, document_of(ladder)))
        transaction.set_rollback(True)
    return found


def _check(edit: LadderEdit) -> None:
    if edit.undoes_id is not None:
        raise CannotUndo(_("This is an undo itself; make the change anew instead."))
    standing = LadderEdit.objects.filter(ladder=edit.ladder_id, undoes=None, undone_by=None)
    newest = standing.order_by("-pk").first()
    if newest is None or newest.pk != edit.pk:
        raise CannotUndo(_("The ladder was changed again since; undo the newest change first."))
    if plain(document_of(edit.ladder)) != plain(edit.after):
        raise CannotUndo(_("The ladder is not what this change made it; change it by hand instead."))


def _restore(edit: LadderEdit, *, why: str, now: datetime) -> None:
    ladder = Ladder.objects.get(pk=edit.ladder_id)
    tiers = {tier.pk: tier for tier in ladder.tiers.all()}
    kept = {each["id"] for each in edit.before["tiers"]}
    gone = [tier for tier in tiers.values() if tier.pk not in kept and tier.retired_at is None]
    _leave(current_plan(ladder), gone, now)
    try:
        for tier in gone:
            _take_off(tier, now)
        save(ladder, {name: edit.before[name] for name in LADDER_FIELDS}, why=why, is_restored=True)
        words = [(tiers.get(each["id"]) or Tier(ladder=ladder), _words_of(each)) for each in edit.before["tiers"]]
        put_tiers(ladder, words, why=why, is_restored=True)
        check_ladder(ladder)
    except (BadLadder, ValidationError) as error:
        reason = said(error) if isinstance(error, ValidationError) else str(error)
        raise CannotUndo(_("The ladder cannot be what it was: %(why)s") % {"why": reason}) from error


def _words_of(tier: Document) -> Document:
    return {**{name: tier[name] for name in TIER_FIELDS}, "retired_at": None}


def _leave(plan: LadderPlan, gone: Sequence[Tier], now: datetime) -> None:
    """Let whoever holds a tier that goes hold the next one below that stays."""
    lost = {plan.rank_of(tier.pk) for tier in gone}
    moves: list[Move] = []
    for rank in sorted(lost):
        below = next((each for each in range(rank - 1, NO_RANK, -1) if each not in lost), NO_RANK)
        holders = Standing.objects.filter(tier=plan.tiers[rank].id).order_by("member_id")
        moves += [
            Move(member_id, rank, below, StandingReason.UNDONE, 0)
            for member_id in holders.values_list("member_id", flat=True)
        ]
    joined = dict(Member.objects.filter(pk__in=[each.member_id for each in moves]).values_list("pk", "joined_at"))
    held = []
    for move in moves:
        safe_until = plan.safe_until(now, joined[move.member_id]) if move.after > NO_RANK else None
        held.append((move.member_id, Held(move.after, now, safe_until, duties_checked=month_at(now))))
    write_standings(plan, held)
    write_moves(plan, moves, now)
    tell_moves(plan, moves, [], now, are_heard=True)


def _take_off(tier: Tier, now: datetime) -> None:
    """Delete a tier that nobody ever had to do with; keep another one as what it was."""
    QuotaPlace.objects.filter(tier=tier).delete()
    try:
        with transaction.atomic():
            tier.delete()
    except ProtectedError:
        TierPin.objects.filter(tier=tier, ended_at=None).update(ended_at=now)
        TierInvitation.objects.filter(tier=tier, ended_at=None).update(ended_at=now)
        save(tier, {"retired_at": now}, is_restored=True)
