"""Cuts the members into ranges that a transaction can hold."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Max, Min

from members.domain.sql import Some
from members.models import Member


def chunks() -> Iterator[Some]:
    """Ranges of member ids, each about as many members as a transaction should hold."""
    ends = Member.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return
    for low in range(ends["first"], ends["last"] + 1, settings.EVALUATION_CHUNK):
        yield Some(low, low + settings.EVALUATION_CHUNK - 1)
