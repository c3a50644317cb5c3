"""Makes and changes ladders, and says beforehand who would rise and fall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from members.domain.ladders.demands import BadDemand, read_demands, read_duties
from members.domain.ladders.edits import document_of, fingerprint, recording
from members.domain.ladders.evaluating import current_plan, editing_ladder, foresee
from members.domain.ladders.measures import BadMetric, scale_of
from members.domain.ladders.plans import NO_RANK
from members.domain.ladders.writing import Move
from members.models import Counter, Ladder, LadderEdit, Member, Tier

# Out of the way of every threshold, while tiers trade theirs.
AWAY = -(10**17)
SHOWN_MAX = 200


class BadLadder(Exception):
    """A ladder that cannot be decided by; the message says where and what to write."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody who would rise or fall, with what they have come to in major units."""

    member: Member
    from_tier: str
    to_tier: str
    reason: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Preview:
    """What a ladder would come to: how many rise and fall, and the ones with the highest values of each.

    `fingerprint` names the change that was looked at; whoever applies it says so.
    """

    rise_count: int
    fall_count: int
    rises: list[Shift]
    falls: list[Shift]
    fingerprint: str = ""


Words = Mapping[str, Any]


def put_ladder(
    *, code: str, values: Words, tiers: Mapping[str, Words], why: str = "", by: str = "", now: datetime | None = None
) -> list[str]:
    """Make a ladder or change what is given, and return what changed. Tiers that are not named stay as they are.

    Nobody is judged meanwhile. Raises BadLadder and ValidationError.
    """
    found = Ladder.objects.filter(code=code).first()
    with recording(ladder=found, why=why, by=by, now=now or timezone.now()):
        return _put(code, values, tiers, why=why)


def change_ladder(
    *, ladder: Ladder, values: Words, tiers: Mapping[str, Words], seen: str, why: str, by: str, now: datetime
) -> LadderEdit:
    """Change a ladder as it was previewed, and return the edit. Raises BadLadder, and EditConflict as `recording`."""
    with recording(ladder=ladder, why=why, by=by, now=now, seen=seen) as recorded:
        _put_or_refuse(ladder.code, values, tiers, why=why)
    if recorded.edit is None:
        raise BadLadder("This changes nothing; the ladder is like that already.")
    return recorded.edit


def _put(code: str, values: Words, tiers: Mapping[str, Words], *, why: str = "") -> list[str]:
    ladder = Ladder.objects.filter(code=code).first() or Ladder(code=code)
    changed = ["ladder " + code] if save(ladder, values, why=why) else []
    held = {tier.code: tier for tier in ladder.tiers.all()}
    in_use = {tier_code: tier.threshold for tier_code, tier in held.items() if tier.retired_at is None}
    _refuse_twins({**in_use, **_thresholds(tiers)})
    words = [
        (held.get(each) or Tier(ladder=ladder, code=each), {**said, "retired_at": None}) for each, said in tiers.items()
    ]
    changed += [f"tier {code}/{tier.code}" for tier in put_tiers(ladder, words, why=why)]
    check_ladder(ladder)
    return changed


def put_tiers(
    ladder: Ladder, words: Sequence[tuple[Tier, Words]], *, why: str = "", is_restored: bool = False
) -> list[Tier]:
    """Save tiers, and return those that changed. They may trade their thresholds, so each gets out of the way first."""
    moving = [tier.pk for tier, said in words if tier.pk is not None and _moves(tier, said)]
    ladder.tiers.filter(pk__in=moving).update(threshold=AWAY - F("pk"), keep=None)
    return [
        tier for tier, said in words if save(tier, said, is_moving=tier.pk in moving, why=why, is_restored=is_restored)
    ]


def check_ladder(ladder: Ladder) -> None:
    """Refuse a ladder that names what is not there, or asks for what cannot be counted. Raises BadLadder."""
    try:
        scale_of(ladder.metric)
    except BadMetric as error:
        raise BadLadder(f"metric: {error}") from error
    counters = {counter.code: counter for counter in Counter.objects.all()}
    for tier in ladder.tiers.in_use():
        check_demands(tier.code, tier.demands, tier.duties, counters)


def check_demands(code: str, demands: Any, duties: Any, counters: Mapping[str, Counter]) -> None:
    """Refuse a tier's demands and duties if they cannot be read. Raises BadLadder."""
    word = "demands"
    try:
        read_demands(demands, counters)
        word = "duties"
        read_duties(duties, counters)
    except BadDemand as error:
        raise BadLadder(f"tier {code}: {word}: {error}") from error


def preview(*, code: str, values: Words, tiers: Mapping[str, Words], now: datetime) -> Preview:
    """Say who would rise and who would fall by a changed ladder. Nothing is kept. Raises BadLadder."""
    with transaction.atomic():
        with editing_ladder():
            ladder = Ladder.objects.get(code=code)
            before = document_of(ladder)
            _put_or_refuse(code, values, tiers)
        found = look_ahead(ladder, now=now, seen=fingerprint(before, document_of(ladder)))
        transaction.set_rollback(True)
    return found


def look_ahead(ladder: Ladder, *, now: datetime, seen: str = "") -> Preview:
    """Say who will rise and fall when the ladder, as it stands in the database, is evaluated."""
    evaluation = foresee(plan=current_plan(ladder), now=now)
    scale = scale_of(ladder.metric)
    rises, falls = (
        sorted(moves, key=lambda move: (-move.value, move.member_id))[:SHOWN_MAX]
        for moves in (evaluation.rises, evaluation.falls)
    )
    members = Member.objects.in_bulk([move.member_id for move in (*rises, *falls)])

    def shift(move: Move) -> Shift:
        names = [evaluation.plan.tiers[r].code if r > NO_RANK else "" for r in (move.before, move.after)]
        worth = Decimal(move.value).scaleb(-scale)
        return Shift(members[move.member_id], names[0], names[1], move.reason.value, worth)

    return Preview(
        len(evaluation.rises), len(evaluation.falls), [shift(m) for m in rises], [shift(m) for m in falls], seen
    )


def _put_or_refuse(code: str, values: Words, tiers: Mapping[str, Words], *, why: str = "") -> None:
    try:
        _put(code, values, tiers, why=why)
    except ValidationError as error:
        raise BadLadder(said(error)) from error


def said(error: ValidationError) -> str:
    """What a model finds wrong, in one line."""
    return " ".join(
        message if name == NON_FIELD_ERRORS else f"{name}: {message}"
        for name, messages in error.message_dict.items()
        for message in messages
    )


def save(
    row: Ladder | Tier, values: Words, *, is_moving: bool = False, why: str = "", is_restored: bool = False
) -> bool:
    """Save a row, with the reason in its history, if that changes anything; False if not. Raises ValidationError."""
    is_new = row.pk is None
    if not is_new and not is_moving and all(getattr(row, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    row._change_reason = why[:100] or None  # type: ignore[union-attr]  # noqa: SLF001  The history's own word.
    # What is restored may have been made before names were asked for.
    row.full_clean(exclude=[] if "names" in values and not is_restored else ["names"])
    row.save()
    return True


def _thresholds(tiers: Mapping[str, Words]) -> dict[str, int]:
    return {code: words["threshold"] for code, words in tiers.items() if "threshold" in words}


def _moves(tier: Tier, words: Words) -> bool:
    return bool(words.get("threshold", tier.threshold) != tier.threshold)


def _refuse_twins(thresholds: Mapping[str, int]) -> None:
    for threshold in thresholds.values():
        twins = [each for each in thresholds if thresholds[each] == threshold]
        if len(twins) > 1:
            raise BadLadder(f"tiers {' and '.join(twins)} have the same threshold, {threshold}.")
