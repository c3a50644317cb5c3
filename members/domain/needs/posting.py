"""Posts needs and takes them back."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from members.domain.needs.ending import close
from members.domain.needs.people import CannotServe, check_person
from members.domain.needs.telling import tell_asker
from members.domain.outcomes import NEED_POSTED, NEED_WITHDRAWN
from members.enums import NeedAudience, NeedState
from members.models import Member, Need, Segment, Tier
from members.models.needs import OPEN_STATES

WORDS_LENGTH_MAX, KIND_LENGTH_MAX = 500, 40
KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}")
# A protection of whoever reads them.
OPEN_MAX = 5
LASTS_MAX = timedelta(days=180)


def post(
    *,
    asker: Member,
    words: str,
    kind: str,
    until: datetime,
    now: datetime,
    audience: str = NeedAudience.EVERYBODY,
    segment: Segment | None = None,
    tier: Tier | None = None,
) -> Need:
    """Post a need for an audience until a moment. Raises CannotServe."""
    words = words.strip()
    if not words or len(words) > WORDS_LENGTH_MAX:
        raise CannotServe("bad_need", _("Say in at most 500 characters what is needed."))
    if not KIND.fullmatch(kind):
        raise CannotServe("bad_need", _("A kind is a short word of small letters, such as translation."))
    if not now < until <= now + LASTS_MAX:
        raise CannotServe("bad_need", _("A need ends within 180 days, and not in the past."))
    if (audience == NeedAudience.SEGMENT) != (segment is not None) or (audience == NeedAudience.TIER) != (
        tier is not None
    ):
        raise CannotServe("bad_need", _("Name the segment or the tier that may see it, and only then."))
    with transaction.atomic():
        # Whoever holds the member counts alone.
        asker = Member.objects.select_for_update().get(pk=asker.pk)
        check_person(asker)
        if Need.objects.filter(asker=asker, state__in=OPEN_STATES).count() >= OPEN_MAX:
            raise CannotServe("too_many_needs", _("Five needs of this member are open; close one first."))
        made = Need.objects.create(
            asker=asker, words=words, kind=kind, audience=audience, segment=segment, tier=tier, posted_at=now,
            until=until,
        )  # fmt: skip
        tell_asker(NEED_POSTED, made, now=now)
    return made


def withdraw(*, need_id: int, now: datetime) -> Need:
    """Take a need back; whoever was asked hears it. A closed one stays as it is."""
    with transaction.atomic():
        need = Need.objects.select_for_update().get(pk=need_id)
        if need.state in OPEN_STATES:
            close(need, NeedState.WITHDRAWN, NEED_WITHDRAWN, now=now)
    return need
