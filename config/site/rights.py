"""A member's privileges as their page shows them, and what the member asks for there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from incentives.domain.privileges.deciding import Answer, answers_of
from incentives.domain.privileges.definitions import remembered
from incentives.domain.privileges.using import uses_of
from incentives.enums import PrivilegeKind, PrivilegeWay
from incentives.models import WAITING_STATES, PrivilegeUse
from members.domain.texts import text_in
from members.models import Member

PIPS_MAX, USES_SHOWN_MAX = 6, 20
ICONS = {PrivilegeKind.BIRTHDAY: "i-gift", PrivilegeKind.INVITATIONS: "i-invite"}
WAYS = {PrivilegeWay.APP: "i-pin", PrivilegeWay.MEMBER: "i-ticket", PrivilegeWay.OPERATOR: "i-chat"}


@dataclass(frozen=True, slots=True)
class Perk:
    """A privilege in the list: what is left in words, pips where there are few, and a button where the way is theirs.

    `pips` says of each use of the quota whether it is left.
    """

    code: str
    name: str
    text: str
    icon: str
    answer: Answer
    left: str
    pips: tuple[bool, ...]
    can_ask: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A use that the member booked or asked for, newest first."""

    use: PrivilegeUse
    name: str
    can_cancel: bool


@dataclass(frozen=True, slots=True)
class Rights:
    perks: list[Perk]
    asked: list[Asked]

    @property
    def now(self) -> list[Perk]:
        return [perk for perk in self.perks if perk.answer.may]

    @property
    def later(self) -> list[Perk]:
        return [perk for perk in self.perks if not perk.answer.may]

    @property
    def under_way(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.can_cancel]

    @property
    def past(self) -> list[Asked]:
        return [asked for asked in self.asked if not asked.can_cancel]


def rights_of(member: Member, *, now: datetime) -> Rights:
    """The privileges a member has or could have, what they may use first; a fixed number of queries."""
    offered = [definition for definition in remembered().values() if definition.is_active]
    answers = answers_of(member, offered, now=now)
    perks = sorted((_perk(answer) for answer in answers), key=lambda perk: (not perk.answer.is_held, perk.name))
    asked = [
        Asked(use, _name(use.privilege.names, use.privilege.code), use.state in WAITING_STATES)
        for use in uses_of(member.pk, count=USES_SHOWN_MAX)
        if use.privilege.way != PrivilegeWay.APP
    ]
    return Rights(perks, asked)


def _perk(answer: Answer) -> Perk:
    definition = answer.definition
    quota, left = answer.quota or 0, answer.left or 0
    return Perk(
        code=definition.code,
        name=_name(dict(definition.names), definition.code),
        text=text_in(dict(definition.texts), get_language() or "en"),
        icon=ICONS.get(PrivilegeKind(definition.kind)) or WAYS[PrivilegeWay(definition.way)],
        answer=answer,
        left=_left(answer),
        pips=tuple(place < left for place in range(quota)) if 0 < quota <= PIPS_MAX else (),
        can_ask=answer.may and definition.way != PrivilegeWay.APP,
    )


def _left(answer: Answer) -> str:
    """What is left, in words first; empty where the reason why not says it all."""
    if answer.left is None:
        return _("As often as you like")
    if answer.quota and answer.left:
        return _("%(left)d of %(quota)d left") % {"left": answer.left, "quota": answer.quota}
    return ""


def _name(names: dict[str, str], code: str) -> str:
    return text_in(names, get_language() or "en", code)
