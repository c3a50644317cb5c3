"""What it was like, told by a host or the team: words by language, and where the pictures are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from activities.domain.seating import hold_activity
from activities.enums import ActivityState
from activities.models import Recap
from incentives.domain.requests import Refused

WORDS_LENGTH_MAX, PHOTOS_MAX, ADDRESS_LENGTH_MAX = 20_000, 50, 500


class CannotWrite(Refused):
    """A recap that cannot be kept; `kind` and the sentence say why."""


def write(*, activity_id: int, texts: Mapping[str, str], photos: Sequence[str], now: datetime, by: str = "") -> Recap:
    """Keep the recap of an activity that is over, in place of the one before. Raises CannotWrite."""
    words = {name: text.replace("\x00", "").strip()[:WORDS_LENGTH_MAX] for name, text in texts.items()}
    words = {name: text for name, text in words.items() if text}
    if not words:
        raise CannotWrite("words_missing", _("Say something first."))
    if len(photos) > PHOTOS_MAX:
        raise CannotWrite("too_many_photos", _("At most %(most)d addresses of pictures.") % {"most": PHOTOS_MAX})
    for each in photos:
        if len(each) > ADDRESS_LENGTH_MAX or not _is_web_address(each):
            raise CannotWrite("bad_address", _("Pictures need an address that begins with https://."))
    with transaction.atomic():
        activity = hold_activity(activity_id)
        if activity.state not in (ActivityState.FINISHED, ActivityState.REVIEWED):
            raise CannotWrite("not_over", _("It is not over; its recap comes after."))
        made, _new = Recap.objects.update_or_create(
            activity=activity,
            defaults={"texts": words, "photos": list(photos), "by": by[:80], "written_at": now},
        )
    return made


def _is_web_address(text: str) -> bool:
    try:
        read = urlsplit(text)
    except ValueError:
        return False
    return read.scheme == "https" and bool(read.hostname) and text.isprintable() and " " not in text
