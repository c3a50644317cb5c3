"""A member's history in words and pictures: what happened, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from config.site.queries.words import language_now
from incentives.domain import movements
from incentives.domain.corrections.acts import ACTOR as CORRECTION
from incentives.domain.ledger.merging import MERGED
from incentives.domain.movements import Movement
from incentives.enums import JournalKind
from members.models import Member

HISTORY_PAGE = 5
SHOWN: dict[str, tuple[JournalKind, ...]] = {
    "earned": (JournalKind.AWARD, JournalKind.OPENING, JournalKind.MATURE),
    "spent": (JournalKind.SPEND, JournalKind.CAPTURE),
}
PENDING = "pending"


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A movement with its look: the kind of line, its picture, and what happened in a few words."""

    movement: Movement
    look: str
    icon: str
    title: str
    why: str


def history_of(
    member: Member, *, now: datetime, show: str = "", search: str = "", before: str = ""
) -> tuple[list[HistoryLine], str | None]:
    """A page of movements, newest first, and where the next one begins."""
    rule_code = movements.rule_named(search, language_now())
    if search and not rule_code:
        return [], None
    found, more = movements.movements_of(
        member,
        now=now,
        language=language_now(),
        count=HISTORY_PAGE,
        before=before,
        rule_code=rule_code,
        kinds=SHOWN.get(show),
    )
    return [_line(movement) for movement in found], more


def _line(movement: Movement) -> HistoryLine:
    look = _LOOKS[movement.kind]
    title, why = look.says(movement)
    return HistoryLine(movement, look.kind, look.icon, title, why)


@dataclass(frozen=True, slots=True)
class _Look:
    """How a kind of movement looks, and what it says: (what happened, why)."""

    kind: str
    icon: str
    says: Callable[[Movement], tuple[str, str]]


def _by(movement: Movement) -> str:
    """The app that asked for it; people of the team are not named."""
    return "" if movement.actor.startswith(("operator", CORRECTION)) else movement.actor


def _reversed(movement: Movement) -> tuple[str, str]:
    rule = movement.rule_name
    if movement.main.amount < 0:
        return (_("Taken back: %(rule)s") % {"rule": rule} if rule else _("Taken back")), movement.note
    return (_("Given back: %(rule)s") % {"rule": rule} if rule else _("Given back")), movement.note


def _transferred(movement: Movement) -> tuple[str, str]:
    if movement.actor.startswith(MERGED):
        return _("Brought together"), _("Two memberships are one now")
    title = _("Given to another member") if movement.main.amount < 0 else _("A gift from another member")
    return title, movement.note


def _adjusted(movement: Movement) -> tuple[str, str]:
    if movement.actor.startswith(CORRECTION):
        return _("Set right by the team"), movement.note
    title = _("Added by the team") if movement.main.amount > 0 else _("Taken by the team")
    return title, movement.note


_LOOKS: dict[JournalKind, _Look] = {
    JournalKind.AWARD: _Look("earned", "i-ribbon", lambda m: (m.rule_name or _("Earned"), m.note)),
    JournalKind.DEDUCT: _Look("reversed", "i-undo", lambda m: (m.rule_name, m.note or _("Taken by a rule"))),
    JournalKind.SPEND: _Look("spent", "i-gift", lambda m: (_("Spent"), m.note or _by(m))),
    JournalKind.HOLD: _Look("pending", "i-clock", lambda m: (_("Set aside for you"), m.note or _by(m))),
    JournalKind.CAPTURE: _Look("spent", "i-gift", lambda m: (_("Spent"), m.note or _by(m))),
    JournalKind.VOID: _Look("earned", "i-repeat", lambda m: (_("Set free again"), m.note or _by(m))),
    JournalKind.TRANSFER: _Look("spent", "i-share", _transferred),
    JournalKind.REVERSE: _Look("reversed", "i-undo", _reversed),
    JournalKind.MATURE: _Look("earned", "i-ribbon", lambda m: (m.rule_name or _("Earned"), m.note or _("Unlocked"))),
    JournalKind.LAPSE: _Look("expired", "i-hourglass", lambda m: (m.rule_name or _("Lapsed"), m.note or _("Lapsed"))),
    JournalKind.EXPIRE: _Look("expired", "i-hourglass", lambda m: (_("Expired"), m.note or _("Not used in time"))),
    JournalKind.ADJUST: _Look("adjusted", "i-edit", _adjusted),
    JournalKind.OPENING: _Look("earned", "i-plus", lambda m: (_("Brought along from before"), m.note)),
}
