"""Changes what points of a currency live by: longer at once, shorter after notice, those already earned never."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from incentives.domain.notice import WithoutNotice, length
from incentives.domain.rules.expiry import may_be_shorter
from incentives.models import Account, Currency


class CannotShorten(Exception):
    """A policy that would reach points already earned; the message says what to use instead."""


def put_expiry(
    currency: Currency, wanted: Mapping[str, Any], *, now: datetime, without_notice: WithoutNotice | None = None
) -> bool:
    """Set the policy on the row, which the caller saves, and say whether it waits for its days of notice.

    What is not shorter holds at once, and takes the place of whatever was announced. Raises CannotShorten.
    """
    policy, known = dict(wanted), currency.expiry if currency.expiry_next is None else currency.expiry_next
    if policy == known:
        return False
    in_force = currency.expiry_at(now)
    is_held = currency.pk is not None and Account.objects.filter(currency_id=currency.pk).exists()
    if is_held and policy.get("kind") == "idle" and may_be_shorter(in_force, policy):
        raise CannotShorten(
            _("Idleness expires whole balances, points already earned as well; use “after” or “on”, or more days.")
        )
    if not is_held or without_notice is not None or not may_be_shorter(in_force, policy):
        currency.expiry, currency.expiry_next, currency.expiry_next_at = policy, None, None
        return False
    currency.expiry, currency.expiry_next, currency.expiry_next_at = in_force, policy, now + length()
    currency.expiry_told_up_to, currency.expiry_told_at = 0, None
    return True
