"""The code that is shown in the room: six digits, others every minute, good for one activity."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from activities.domain.typed import typed
from activities.models import Activity

SALT = "laurels.room.1"
DIGITS = 6


def room_code(activity: Activity, *, now: datetime) -> tuple[str, datetime]:
    """The code that is shown now, and until when."""
    turn = _turn(now)
    until = datetime.fromtimestamp((turn + 1) * settings.ROOM_CODE_SECONDS, tz=UTC)
    return _code(activity, turn), until


def is_room_code(activity: Activity, text: str, *, now: datetime) -> bool:
    """Whether this is what the room shows, or showed a moment ago: typing takes a while."""
    given = typed(text, length_max=40)
    turn = _turn(now)
    return any(constant_time_compare(given, _code(activity, each)) for each in (turn, turn - 1))


def _turn(now: datetime) -> int:
    seconds: int = settings.ROOM_CODE_SECONDS
    return int(now.timestamp()) // seconds


def _code(activity: Activity, turn: int) -> str:
    digest = salted_hmac(SALT, f"{activity.public_id.hex}/{turn}", algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}d}"
