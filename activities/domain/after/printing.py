"""Papers as PDF: one page, the name large, the check code with its QR code below.

All is written with the font of `PDF_FONT`. Without it, and where it is missing or damaged, what is not Latin is written
with one that is installed. Words that the font does not know are refused, never left out.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import segno
from django.conf import settings
from django.utils import dateformat
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import Align

from activities.domain.after import fonts
from activities.domain.after.papers import grouped, name_on
from activities.domain.checking_in.codes import code_of
from activities.domain.wording import moment_words, name_of
from activities.enums import PaperKind
from activities.models import Paper
from incentives.domain.requests import Refused
from members.domain.counters.periods import zone_named

logger = logging.getLogger(__name__)

GREEN, INK, GREY = (29, 102, 70), (22, 28, 25), (98, 107, 100)
LATIN, OWN = "helvetica", "own"


class CannotPrint(Refused):
    """A paper whose words no installed font can write."""


def printed(paper: Paper) -> bytes:
    """The paper as a PDF in the language of whoever asks. Raises CannotPrint."""
    activity = paper.registration.activity
    is_certificate = paper.kind == PaperKind.CERTIFICATE
    if is_certificate:
        title, before = _("Certificate"), _("was there when we met for")
        day = dateformat.format(activity.starts_at.astimezone(zone_named(activity.zone)), _("j M Y"))
        when = f"{day} · {activity.place}" if activity.place else day
    else:
        title, before = _("Admission letter"), _("has a place in")
        when = f"{moment_words(activity.starts_at, activity)} · {activity.place or _('online')}"
    address = f"{settings.SITE_URL}/verify/{paper.code}/"
    with closing(_Page()) as page:
        page.line(title.upper(), 15, GREEN, below=14)
        page.line(name_on(paper) or _("Somebody"), 30, INK, below=8)
        page.line(before, 13, GREY, below=6)
        page.line(name_of(activity), 22, INK, below=6)
        page.line(when, 13, INK, below=16)
        if is_certificate:
            page.picture(address, _("QR code to verify this certificate"))
        else:
            page.picture(code_of(paper.registration), _("QR code to show at the door"))
            page.line(_("Show this at the door."), 11, GREY, below=6)
        page.line(_("Check code %(code)s") % {"code": grouped(paper.code)}, 12, INK, below=2)
        page.line(_("Anybody can verify it at %(address)s") % {"address": address}, 9, GREY, below=0)
        return page.done(title, paper.issued_at)


class _Page:
    """A page that is written from top to bottom, in the middle."""

    def __init__(self) -> None:
        self._pdf = FPDF(format="A4")
        self._pdf.set_auto_page_break(auto=False)
        self._named = _named_font()
        self._pdf.add_page()
        self._pdf.set_draw_color(*GREEN)
        self._pdf.rect(12, 12, self._pdf.w - 24, self._pdf.h - 24)
        self._pdf.set_y(48)

    def line(self, text: str, size: int, colour: tuple[int, int, int], *, below: int) -> None:
        self._pdf.set_font(self._font_for(text), size=size)
        self._pdf.set_text_color(*colour)
        self._pdf.set_x(25)
        self._pdf.multi_cell(self._pdf.w - 50, size * 0.5, text, align=Align.C)
        self._pdf.ln(size * 0.5 + below)

    def picture(self, words: str, said: str) -> None:
        drawn = io.BytesIO()
        segno.make(words, error="m", micro=False).save(drawn, kind="png", scale=8)
        side = 42
        self._pdf.image(drawn, x=(self._pdf.w - side) / 2, y=self._pdf.get_y(), w=side, alt_text=said)
        self._pdf.set_y(self._pdf.get_y() + side + 6)

    def done(self, title: str, issued_at: datetime) -> bytes:
        self._pdf.set_title(title)
        # Printed again it is the same file, to the byte.
        self._pdf.set_creation_date(issued_at)
        return bytes(self._pdf.output() or b"")

    def close(self) -> None:
        """Let go of the font's file: where words are refused it is open still."""
        if OWN in self._pdf.fonts:
            self._pdf.fonts[OWN].close()  # type: ignore[union-attr]

    def _font_for(self, text: str) -> str:
        """The font of the house's own choice; without one another for Latin words than for the rest."""
        if self._named is None and all(map(_is_latin, text)):
            return LATIN
        if OWN not in self._pdf.fonts:
            font = self._named or fonts.installed()
            if font is None:
                raise _unwritable(sign for sign in text if not _is_latin(sign))
            self._pdf.add_font(OWN, fname=font.path, collection_font_number=font.number)
        known = self._pdf.fonts[OWN].cmap  # type: ignore[union-attr]
        unknown = [sign for sign in text if ord(sign) not in known and not sign.isspace()]
        if unknown:
            raise _unwritable(unknown)
        return OWN


def _named_font() -> fonts.Font | None:
    """The font of PDF_FONT; None where there is none, or none to write with: members do not wait until it is mended."""
    if not settings.PDF_FONT:
        return None
    try:
        return fonts.named(Path(settings.PDF_FONT))
    except fonts.Unusable as error:
        logger.error("A paper is printed without the font of PDF_FONT: %s", error)
        return None


def _unwritable(signs: Iterable[str]) -> CannotPrint:
    if settings.PDF_FONT:
        sentence = _("The font of PDF_FONT cannot write %(signs)s; ask an operator for another.")
    else:
        sentence = _("No font for %(signs)s is installed here; an operator can name one in PDF_FONT.")
    return CannotPrint("letters_missing", sentence % {"signs": "".join(dict.fromkeys(signs))[:20]})


def _is_latin(sign: str) -> bool:
    try:
        sign.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
