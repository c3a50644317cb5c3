"""What follows from a violation: its kind's own consequence, or the ladder's step for all live strikes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from members.enums import Consequence
from members.models import ConductStep, Violation, ViolationKind

HOURS_AUTOMATIC_MAX = 24
FINE_UNREASONED_MAX = Decimal(100)
FREEZES = (Consequence.FREEZE_PRIVILEGES, Consequence.FREEZE_EARNING, Consequence.FREEZE_SPENDING)


class NotAllowed(Exception):
    """A consequence that this decision may not have; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A consequence with its measure: hours of a freeze, points of a fine in major units."""

    consequence: Consequence
    hours: int | None = None
    fine: Decimal | None = None


def live_strikes(member_id: int, now: datetime) -> int:
    """How many strikes count against a member now."""
    return Violation.objects.filter(member_id=member_id).live_at(now).aggregate(total=Sum("strikes"))["total"] or 0


def proposed(kind: ViolationKind, strikes: int) -> Sentence:
    """What follows, where nobody decides otherwise, from a violation that brings a member to so many strikes."""
    if kind.consequence:
        return Sentence(Consequence(kind.consequence), kind.hours, kind.fine)
    step = ConductStep.objects.filter(strikes__lte=strikes).order_by("-strikes").first()
    return Sentence(Consequence(step.consequence), step.hours, step.fine) if step else Sentence(Consequence.WARNING)


def automatic(kind: ViolationKind, strikes: int) -> tuple[Sentence, bool]:
    """The hardest that software may do of what is proposed, and whether a person should look at it."""
    wanted = proposed(kind, strikes)
    if may_be_automatic(wanted):
        return wanted, False
    below = ConductStep.objects.filter(strikes__lte=strikes).order_by("-strikes")
    steps = [Sentence(Consequence(step.consequence), step.hours, step.fine) for step in below]
    return next((step for step in steps if may_be_automatic(step)), Sentence(Consequence.WARNING)), True


def may_be_automatic(sentence: Sentence) -> bool:
    is_mild = sentence.consequence in (Consequence.HIDE, Consequence.WARNING)
    is_short = sentence.consequence in FREEZES and (sentence.hours or 0) <= HOURS_AUTOMATIC_MAX
    return is_mild or is_short


def check_sentence(sentence: Sentence, *, operator: str, reason: str) -> None:
    """Refuse a consequence without the person, the reason or the measure that it needs. Raises NotAllowed."""
    if sentence.consequence in FREEZES and not sentence.hours:
        raise NotAllowed(_("Say for how many hours it is frozen."))
    if sentence.consequence == Consequence.FINE and not sentence.fine:
        raise NotAllowed(_("Say how many points the fine is."))
    if not operator and not may_be_automatic(sentence):
        raise NotAllowed(_("Software may hide, warn, or freeze for 24 hours; anything more needs a person."))
    is_large = sentence.fine is not None and sentence.fine > FINE_UNREASONED_MAX
    if (sentence.consequence == Consequence.BAN or is_large) and not reason.strip():
        raise NotAllowed(_("A ban, and a fine above 100 points, needs a written reason."))
