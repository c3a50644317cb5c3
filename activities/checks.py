"""What `manage.py check` says about the machine that this app runs on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks

from activities.domain.after import fonts

NO_FONT, UNUSABLE = "activities.W001", "activities.W002"


@checks.register
def papers_can_be_printed(**_: Any) -> list[checks.CheckMessage]:
    """The font of PDF_FONT must be one to write with; without it, where Chinese is spoken, one must be there that can.

    Only the font that is named is opened for this.
    """
    found: list[checks.CheckMessage] = []
    if settings.PDF_FONT:
        try:
            fonts.named(Path(settings.PDF_FONT))
        except fonts.Unusable as error:
            found = [_without(error)]
        else:
            return []
    if not any(code.startswith("zh") for code, _name in settings.LANGUAGES) or fonts.candidates():
        return found
    return [
        *found,
        checks.Warning(
            "No Chinese font is installed, so letters and certificates with Chinese words are refused.",
            hint="Install one, such as fonts-wqy-zenhei or fonts-noto-cjk on Debian and Ubuntu, or"
            " google-noto-sans-cjk-fonts on Fedora; or name a font file in PDF_FONT. Where nobody writes Chinese, put"
            " activities.W001 into SILENCED_SYSTEM_CHECKS.",
            id=NO_FONT,
        ),
    ]


def _without(error: fonts.Unusable) -> checks.CheckMessage:
    return checks.Warning(
        f"The font of PDF_FONT is not used: {error}",
        hint="Papers are printed with a font that is installed instead. Name a file that is whole, or none.",
        id=UNUSABLE,
    )
