"""What a partner may still give away under its contract."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Invitation, Partner


class BeyondAllotment(Exception):
    """More than was agreed, or outside the contract; the message says what is left."""


def check_allotment(partner: Partner, uses_max: int | None, now: datetime) -> None:
    """Refuse a code that brings more people than the partner has left; holds the partner. Raises BeyondAllotment."""
    held = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if not held.is_in_force(timezone.localdate(now)):
        raise BeyondAllotment(_("The contract with this partner is not in force today."))
    left = people_left(held)
    if uses_max is None or uses_max > left:
        raise BeyondAllotment(
            _("This partner's codes may bring %(left)d more; say for how many this one is.") % {"left": left}
        )


def people_left(partner: Partner) -> int:
    """How many people the next code may be for. A code that was taken back gives back what nobody used."""
    codes = Invitation.objects.filter(partner=partner)
    standing = codes.filter(revoked_at__isnull=True).aggregate(total=Coalesce(Sum("uses_max"), 0))["total"]
    revoked = codes.filter(revoked_at__isnull=False).aggregate(total=Coalesce(Sum("uses"), 0))
    return max(0, partner.codes_max - int(standing) - int(revoked["total"]))
