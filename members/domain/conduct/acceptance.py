"""The community's rules: published in versions, accepted by members one by one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from members.domain.events.telling import tell
from members.domain.outcomes import RULES_ACCEPTED
from members.models import CommunityRules, Member, RulesAcceptance


class NotTheRules(Exception):
    """A version that cannot be accepted or published; the message says why."""


def current_rules() -> CommunityRules | None:
    """The newest published version."""
    return CommunityRules.objects.filter(published_at__isnull=False).order_by("-number").first()


def publish_rules(*, rules: CommunityRules, now: datetime) -> None:
    """Put a version in force. Members accept it anew. Raises NotTheRules."""
    newest = current_rules()
    if rules.published_at is not None:
        raise NotTheRules(_("This version was published before."))
    if newest is not None and newest.number > rules.number:
        raise NotTheRules(_("Version %(number)d is in force already.") % {"number": newest.number})
    rules.published_at = now
    rules.save(update_fields=["published_at"])


def accept_rules(*, member: Member, number: int, now: datetime) -> tuple[RulesAcceptance, bool]:
    """Record that a member accepts the version in force, once; the second value says whether it was now.

    Raises NotTheRules for any other version.
    """
    rules = current_rules()
    if rules is None:
        raise NotTheRules(_("There are no rules to accept yet."))
    if rules.number != number:
        raise NotTheRules(_("Version %(number)d is in force; read and accept that one.") % {"number": rules.number})
    with transaction.atomic():
        made, is_new = RulesAcceptance.objects.get_or_create(member=member, rules=rules, defaults={"accepted_at": now})
        if is_new:
            tell(RULES_ACCEPTED, [(member.pk, {"version": number})], now=now)
    return made, is_new


def rules_to_accept(member: Member) -> CommunityRules | None:
    """The version in force, where this member has not accepted it."""
    rules = current_rules()
    if rules is None or RulesAcceptance.objects.filter(member=member, rules=rules).exists():
        return None
    return rules
