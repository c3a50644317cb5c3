"""Makes and changes ladders, and says beforehand who would rise and fall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.db.models import F, Model

from members.domain.ladders.demands import BadDemand, read_demands
from members.domain.ladders.evaluating import current_plan, editing_ladder, foresee
from members.domain.ladders.measures import BadMetric, scale_of
from members.domain.ladders.plans import NO_RANK
from members.domain.ladders.writing import Move
from members.models import Counter, Ladder, Member, Tier

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
    """What a ladder would come to: how many rise and fall, and the ones with the highest values of each."""

    rise_count: int
    fall_count: int
    rises: list[Shift]
    falls: list[Shift]


def put_ladder(*, code: str, values: Mapping[str, Any], tiers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Make a ladder or change what is given, and return what changed. Tiers that are not named stay as they are.

    Nobody is judged meanwhile. Raises BadLadder and ValidationError.
    """
    with editing_ladder():
        ladder = Ladder.objects.filter(code=code).first() or Ladder(code=code)
        changed = ["ladder " + code] if _put(ladder, values) else []
        held = {tier.code: tier for tier in ladder.tiers.all()}
        _refuse_twins({**{c: t.threshold for c, t in held.items()}, **_thresholds(tiers)})
        # Tiers may trade their thresholds, so each gets out of the others' way first.
        moving = [held[c].pk for c, words in tiers.items() if c in held and _moves(held[c], words)]
        ladder.tiers.filter(pk__in=moving).update(threshold=AWAY - F("pk"), keep=None)
        for tier_code, words in tiers.items():
            tier = held.get(tier_code) or Tier(ladder=ladder, code=tier_code)
            if _put(tier, words, is_moving=tier.pk in moving):
                changed.append(f"tier {code}/{tier_code}")
        check_ladder(ladder)
    return changed


def check_ladder(ladder: Ladder) -> None:
    """Refuse a ladder that names what is not there, or asks for what cannot be counted. Raises BadLadder."""
    try:
        scale_of(ladder.metric)
    except BadMetric as error:
        raise BadLadder(f"metric: {error}") from error
    counters = {counter.code: counter for counter in Counter.objects.all()}
    for tier in ladder.tiers.all():
        check_demands(tier.code, tier.demands, tier.duties, counters)


def check_demands(code: str, demands: Any, duties: Any, counters: Mapping[str, Counter]) -> None:
    """Refuse a tier's demands and duties if they cannot be read. Raises BadLadder."""
    for word, document in (("demands", demands), ("duties", duties)):
        try:
            read_demands(document, counters, are_duties=word == "duties")
        except BadDemand as error:
            raise BadLadder(f"tier {code}: {word}: {error}") from error


def preview(*, code: str, values: Mapping[str, Any], tiers: Mapping[str, Mapping[str, Any]], now: datetime) -> Preview:
    """Say who would rise and who would fall by a changed ladder. Nothing is kept. Raises BadLadder."""
    with transaction.atomic():
        try:
            put_ladder(code=code, values=values, tiers=tiers)
        except ValidationError as error:
            raise BadLadder(_said(error)) from error
        found = look_ahead(Ladder.objects.get(code=code), now=now)
        transaction.set_rollback(True)
    return found


def look_ahead(ladder: Ladder, *, now: datetime) -> Preview:
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

    return Preview(len(evaluation.rises), len(evaluation.falls), [shift(m) for m in rises], [shift(m) for m in falls])


def _said(error: ValidationError) -> str:
    """What a model finds wrong, in one line."""
    return " ".join(
        message if name == NON_FIELD_ERRORS else f"{name}: {message}"
        for name, messages in error.message_dict.items()
        for message in messages
    )


def _put(row: Model, values: Mapping[str, Any], *, is_moving: bool = False) -> bool:
    """Save a row if that changes anything; False if it does not. Raises ValidationError."""
    is_new = row.pk is None
    if not is_new and not is_moving and all(getattr(row, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    row.full_clean(exclude=[] if "names" in values else ["names"])
    row.save()
    return True


def _thresholds(tiers: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    return {code: words["threshold"] for code, words in tiers.items() if "threshold" in words}


def _moves(tier: Tier, words: Mapping[str, Any]) -> bool:
    return bool(words.get("threshold", tier.threshold) != tier.threshold)


def _refuse_twins(thresholds: Mapping[str, int]) -> None:
    for threshold in thresholds.values():
        twins = [each for each in thresholds if thresholds[each] == threshold]
        if len(twins) > 1:
            raise BadLadder(f"tiers {' and '.join(twins)} have the same threshold, {threshold}.")
