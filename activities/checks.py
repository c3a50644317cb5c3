"""What `manage.py check` says about the machine that this app runs on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks

from activities.domain.after import fonts

NO_FONT, NOT_THERE = "activities.W001", "activities.W002"


@checks.register
def papers_can_be_printed(**_: Any) -> list[checks.CheckMessage]:
    """Where Chinese is among the languages, a font must be there that can write it. No font is opened for this."""
    if settings.PDF_FONT:
        if Path(settings.PDF_FONT).is_file():
            return []
        return [
            checks.Warning("The file of PDF_FONT is not there, so no letter or certificate is printed.", id=NOT_THERE)
        ]
    if not any(code.startswith("zh") for code, _name in settings.LANGUAGES) or fonts.candidates():
        return []
    return [
        checks.Warning(
            "No Chinese font is installed, so letters and certificates with Chinese words are refused.",
            hint="Install one, such as fonts-wqy-zenhei or fonts-noto-cjk on Debian and Ubuntu, or"
            " google-noto-sans-cjk-fonts on Fedora; or name a font file in PDF_FONT. Where nobody writes Chinese, put"
            " activities.W001 into SILENCED_SYSTEM_CHECKS.",
            id=NO_FONT,
        )
    ]
