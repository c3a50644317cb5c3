"""Finds a font for papers whose words are not Latin among those that are installed; looked for once, then known.

Only whoever asks for such a paper waits for it. A font is taken by what its file is called, the best first, and only if
it knows Chinese and may be put into a document in part.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTCollection, TTFont, TTLibError

logger = logging.getLogger(__name__)

FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/System/Library/Fonts",
    "/Library/Fonts", "~/Library/Fonts", "C:\\Windows\\Fonts",
)  # fmt: skip
SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
# What files of Chinese fonts are called, without their spaces and hyphens.
NAMES = (
    "wqyzenhei", "wqymicrohei", "notosanssc", "notosanscjk", "sourcehansans", "notoserifsc", "notoserifcjk",
    "sourcehanserif", "pingfang", "stheiti", "msyh", "simhei", "simsun", "uming", "ukai", "droidsansfallback",
)  # fmt: skip
HEAVY = ("bold", "light", "thin", "black", "medium", "heavy", "italic", "mono", "variable", "-vf")
FILES_MAX = 50_000
# Of the letters that our papers write in Chinese.
SAMPLE = "证书入场函年月日验码"
RESTRICTED, WHOLE_ONLY, BITMAPS_ONLY = 0x0002, 0x0100, 0x0200


@dataclass(frozen=True, slots=True)
class Font:
    """A font file, and which of those in it."""

    path: Path
    number: int = 0


def installed() -> Font | None:
    """The font to write Chinese with; None where there is none."""
    return _found(FOLDERS)


def candidates() -> list[Path]:
    """Files that are called like Chinese fonts, the best first; none of them was opened."""
    return _candidates(FOLDERS)


@cache
def _found(folders: tuple[str, ...]) -> Font | None:
    for path in _candidates(folders):
        try:
            number = _suited(path)
        except (OSError, TTLibError, ValueError, KeyError, AttributeError):
            # A file that is damaged, or not what its name says: the next one may be whole.
            logger.warning("The font %s cannot be read", path, exc_info=True)
            continue
        if number is not None:
            return Font(path, number)
    return None


def _candidates(folders: tuple[str, ...]) -> list[Path]:
    ranked = [(rank, path) for path in islice(_files(folders), FILES_MAX) if (rank := _rank(path)) is not None]
    return [path for _, path in sorted(ranked)]


def _files(folders: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        # Folders that may not be read are passed over.
        for inside, _, names in os.walk(Path(folder).expanduser()):
            yield from (Path(inside, name) for name in names if name.lower().endswith(SUFFIXES))


def _rank(path: Path) -> tuple[int, int, str] | None:
    """Its place among the names, plain ones before heavy ones; None for any other font."""
    name = path.name.lower()
    plain = name.replace("-", "").replace("_", "").replace(" ", "")
    place = next((number for number, known in enumerate(NAMES) if plain.startswith(known)), None)
    return None if place is None else (place, sum(word in name for word in HEAVY), path.name)


def _suited(path: Path) -> int | None:
    """Which font of the file can write Chinese and may be embedded; of several the one for simplified Chinese."""
    with path.open("rb") as file:
        is_collection = path.suffix.lower() in (".ttc", ".otc")
        inside = TTCollection(file, lazy=True).fonts if is_collection else [TTFont(file, lazy=True)]
        fits = [(not _is_simplified(font), number) for number, font in enumerate(inside) if _is_fit(font)]
    return min(fits)[1] if fits else None


def _is_fit(font: Any) -> bool:
    known = font.getBestCmap() or {}
    return not font["OS/2"].fsType & (RESTRICTED | WHOLE_ONLY | BITMAPS_ONLY) and all(
        ord(sign) in known for sign in SAMPLE
    )


def _is_simplified(font: Any) -> bool:
    name = str(font["name"].getDebugName(1))
    return " Mono" not in name and not name.endswith((" JP", " KR", " TC", " HK"))
