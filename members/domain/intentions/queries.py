"""A member's intention, ready to show to the team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from members.domain.texts import text_in
from members.enums import IntentionLayer
from members.models import Intention, IntentionEvidence, Member


@dataclass(frozen=True, slots=True)
class Reason:
    name: str
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Shown:
    """A layer with its score, what speaks most for it, and the one thing to do next."""

    layer: str
    layer_name: str
    score: Decimal
    since: datetime
    reasons: tuple[Reason, ...]
    next_step: str


def intention_of(member: Member) -> Shown | None:
    """What is known of a member's intention; None while nothing is."""
    found = Intention.objects.filter(pk=member.pk).first()
    if found is None:
        return None
    kinds = {each.code: each for each in IntentionEvidence.objects.all()}
    language = get_language() or "en"
    reasons = tuple(Reason(_name(kinds.get(code), code, language), Decimal(weight)) for code, weight in found.reasons)
    is_decided = any(code in kinds and kinds[code].is_decisive for code, _weight in found.reasons)
    return Shown(
        found.layer, found.get_layer_display(), found.score, found.since, reasons,
        next_step(found.layer, is_decided=is_decided),
    )  # fmt: skip


def next_step(layer: str, *, is_decided: bool) -> str:
    """The one thing to do next."""
    if layer == IntentionLayer.STRONG:
        return _("Ask them to take something on: a responsibility, or a session of their own.")
    if layer == IntentionLayer.INTENDING and not is_decided:
        return _("Ask for an idea of theirs, and try it out together.")
    if layer == IntentionLayer.INTENDING:
        return _("Invite them to the next gathering, in person.")
    return _("Answer what they ask, and introduce them to somebody.")


def _name(kind: IntentionEvidence | None, code: str, language: str) -> str:
    names: dict[str, str] = kind.names if kind is not None else {}
    return text_in(names, language, code)
