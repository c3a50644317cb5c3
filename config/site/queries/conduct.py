"""What is held against a member, and the rules they are asked to accept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from config.site.queries.words import language_now
from members.domain.conduct.acceptance import rules_to_accept
from members.domain.conduct.queries import Conduct, conduct_of, may_appeal
from members.domain.texts import text_in
from members.enums import MemberStatus
from members.models import CommunityRules, Member


@dataclass(frozen=True, slots=True)
class HeldLine:
    """Something held against the member, in words."""

    id: int
    name: str
    consequence: str
    state: str
    recorded_at: datetime
    reason: str
    note: str
    may_appeal: bool


@dataclass(frozen=True, slots=True)
class ConductPart:
    """Where the member stands: live strikes, what is frozen, what is held against them, and rules to accept."""

    status: str
    is_banned: bool
    conduct: Conduct
    held: list[HeldLine]
    rules: CommunityRules | None
    advocated: str
    forbidden: str

    @property
    def is_shown(self) -> bool:
        return bool(self.held or self.rules or self.status)


def conduct_of_member(member: Member, now: datetime) -> ConductPart:
    found, rules = conduct_of(member, now), rules_to_accept(member)
    return ConductPart(
        status="" if member.status == MemberStatus.ACTIVE else member.get_status_display(),
        is_banned=member.status == MemberStatus.BANNED,
        conduct=found,
        held=[
            HeldLine(
                id=each.pk,
                name=text_in(each.kind.names, language_now(), each.kind.code),
                consequence=each.get_consequence_display(),
                state=each.get_state_display(),
                recorded_at=each.recorded_at,
                reason=each.reason,
                note=each.note,
                may_appeal=may_appeal(each, now),
            )
            for each in found.violations
        ],
        rules=rules,
        advocated=text_in(rules.advocated, language_now()) if rules is not None else "",
        forbidden=text_in(rules.forbidden, language_now()) if rules is not None else "",
    )
