"""Operators who see to some spaces only: which these are, and whom they find there."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from members.enums import MembershipState
from members.models import SpaceMember, SpaceOperator

Spaces = frozenset[int]


def spaces_seen_by(user: Any) -> Spaces | None:
    """The spaces an operator is bound to; None for whoever sees everything. Asked of the database once a request.

    A superuser is bound by nothing.
    """
    if user.pk is None or user.is_superuser:
        return None
    if not hasattr(user, "_bound_to"):
        user._bound_to = frozenset(  # noqa: SLF001  It lives as long as the request.
            SpaceOperator.objects.filter(user_id=user.pk).values_list("space_id", flat=True)
        )
    bound: Spaces = user._bound_to  # noqa: SLF001
    return bound or None


def members_in(spaces: Spaces) -> QuerySet[SpaceMember, Any]:
    """The numbers of whoever is in one of them, or waits to come in."""
    states = (MembershipState.IN, MembershipState.WAITING)
    return SpaceMember.objects.filter(space__in=spaces, state__in=states).values("member")


def through(spaces: Spaces | None, *, member: str = "", space: str = "") -> Q:
    """What a list is narrowed to: rows that lead to a member in the spaces, or to the spaces; all where unbound."""
    if spaces is None:
        return Q()
    return Q(**{f"{space}__in": spaces}) if space else Q(**{f"{member}__in": members_in(spaces)})
