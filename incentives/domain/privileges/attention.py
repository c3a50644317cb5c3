"""A tenth for buyers: what takes others' attention is given to those it was earned by, and sold to a tenth at most."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from incentives.enums import GroundKind
from incentives.models import Privilege, PrivilegeGround

# One place in so many may be bought; a constraint of `PrivilegeTally` holds the same.
ONE_IN = 10


class SellsAttention(Exception):
    """A privilege that would be sold beyond a tenth of its places; the message says what to change."""


def for_sale(*, takes_attention: bool | None, places: int | None) -> int | None:
    """How many places all buyers together may have in a period; None for as many as there are.

    Where nobody has said whether it takes others' attention none are sold.
    """
    if takes_attention is False:
        return None
    return (places or 0) // ONE_IN if takes_attention else 0


def check_sale(privilege: Privilege, grounds: Iterable[PrivilegeGround]) -> None:
    """Refuse grounds that sell more of others' attention than a tenth. Raises SellsAttention."""
    sold = [ground for ground in grounds if ground.kind == GroundKind.PURCHASE]
    if privilege.takes_attention and not privilege.places:
        raise SellsAttention(
            _("Say how often all members together may use it in a period (places): it takes others' attention.")
        )
    if not sold or privilege.takes_attention is False:
        return
    if privilege.takes_attention is None:
        raise SellsAttention(
            _("It is for sale: say whether it takes others' attention (takes_attention), such as a pinned post does.")
        )
    most = for_sale(takes_attention=True, places=privilege.places) or 0
    if any(ground.bought_max is None for ground in sold) or sum(ground.bought_max or 0 for ground in sold) > most:
        raise SellsAttention(
            _(
                "It takes others' attention: of its %(places)d places at most %(most)d may be bought, a tenth. Set "
                "“bought at most” of all its prices to %(most)d together, or take the price away."
            )
            % {"places": privilege.places, "most": most}
        )
