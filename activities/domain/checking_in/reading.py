"""Reads the codes on a still of a camera, for browsers that read none themselves. Nothing of a still is kept."""

from __future__ import annotations

import io

import zxingcpp
from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image

from incentives.domain.requests import Refused

START_OF_PASS = b"\xff\xda"
# A camera's JPEG goes over its pixels once, or once for each of three colours.
PASSES_MAX = 3
CODES_MAX = 8
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


class CannotRead(Refused):
    """A still that is not looked at; `kind` and the sentence say why."""


def read_still(*, still: bytes) -> list[str]:
    """The texts of the QR codes on a JPEG picture, whoever made them; empty where none can be read.

    Raises CannotRead for what is too large, in bytes or in pixels, and for what is no such picture.
    """
    if len(still) > settings.STILL_BYTES_MAX:
        raise too_large()
    if still.count(START_OF_PASS) > PASSES_MAX:
        # Each pass over all pixels costs ten bytes to ask for, and us milliseconds.
        raise _no_picture()
    found = zxingcpp.read_barcodes(_grey(still), formats=QR_CODES)
    return [each.text for each in found if each.text][:CODES_MAX]


def too_large() -> CannotRead:
    """What is said of a still with more bytes than are looked at."""
    sentence = _("This picture is larger than %(kib)d KiB. Send a smaller one.")
    return CannotRead("too_large", sentence % {"kib": settings.STILL_BYTES_MAX // 1024})


def _grey(still: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(still), formats=["JPEG"]) as image:
            # So far only its header was read: pixels take memory, and bytes do not tell how many there are.
            if image.width * image.height > settings.STILL_PIXELS_MAX:
                raise _too_many_pixels()
            image.draft("L", None)
            return image.convert("L")
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except (OSError, SyntaxError, ValueError) as error:
        raise _no_picture() from error


def _too_many_pixels() -> CannotRead:
    sentence = _("This picture has more than %(pixels)d pixels. Send a smaller one.")
    return CannotRead("too_many_pixels", sentence % {"pixels": settings.STILL_PIXELS_MAX})


def _no_picture() -> CannotRead:
    return CannotRead("no_picture", _("This is no JPEG picture of a camera. Send one, or type the code."))
