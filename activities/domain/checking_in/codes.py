"""The code of a registration: short, in a QR code's densest letters; it cannot be guessed, altered, or read for a name.

`L1` (the version), then base 32 of the registration's public id and ten bytes of its signature.
"""

from __future__ import annotations

import base64
import binascii
import uuid

import segno
from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from activities.domain.typed import typed
from activities.models import Registration

VERSION = "L1"
SALT = "laurels.check-in.1"
ID_BYTES, SIGNATURE_BYTES = 16, 10
CODE_LENGTH_MAX = 80


def code_of(registration: Registration) -> str:
    """The code that its member shows at the door."""
    raw = registration.public_id.bytes
    return VERSION + base64.b32encode(raw + _signature(raw, settings.SECRET_KEY)).decode().rstrip("=")


def read_code(text: str) -> uuid.UUID | None:
    """The public id of the registration that a code names; None for whatever we have not signed.

    Blanks, dashes, small letters and those of full width do no harm: a code may be typed.
    """
    written = typed(text, length_max=2 * CODE_LENGTH_MAX)
    if not written.startswith(VERSION) or not written.isascii():
        return None
    body = written.removeprefix(VERSION)
    try:
        raw = base64.b32decode(body + "=" * (-len(body) % 8))
    except binascii.Error:
        return None
    if len(raw) != ID_BYTES + SIGNATURE_BYTES or base64.b32encode(raw).decode().rstrip("=") != body:
        # Some letters hold fewer than five bits of what was signed: only one way of writing is ours.
        return None
    named, signature = raw[:ID_BYTES], raw[ID_BYTES:]
    keys: list[str] = [settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS)]
    # All are compared, so that time does not tell which.
    good = [constant_time_compare(signature, _signature(named, key)) for key in keys]
    return uuid.UUID(bytes=named) if any(good) else None


def picture_of(code: str) -> str:
    """The code as a QR code in SVG, dark on light whatever is around it."""
    drawn = segno.make(code, error="m", micro=False)
    return drawn.svg_inline(scale=6, dark="#161c19", light="#ffffff", omitsize=True)


def _signature(raw: bytes, key: str) -> bytes:
    return salted_hmac(SALT, raw, secret=key, algorithm="sha256").digest()[:SIGNATURE_BYTES]
