"""Finds a font for papers: the one that an operator named, if it can be written with, else for words that are not Latin
one of those that are installed; looked for once, then known.

Only whoever asks for such a paper waits for it. A font is taken by what its file is called, the best first, and only if
it knows Chinese and may be put into a document in part.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTCollection, TTFont, TTLibError
from fpdf import FPDF

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
FILES_MAX, SIGNS_TRIED = 50_000, 200
# Of the letters that our papers write in Chinese.
SAMPLE = "证书入场函年月日验码"
RESTRICTED, WHOLE_ONLY, BITMAPS_ONLY = 0x0002, 0x0100, 0x0200


@dataclass(frozen=True, slots=True)
class Font:
    """A font file, and which of those in it."""

    path: Path
    number: int = 0


class Unusable(Exception):
    """A font file that was named and that nothing can be written with; it says why."""


def named(path: Path) -> Font:
    """The font of a file that somebody named, after a line was written with it. Raises Unusable.

    It is tried once in a process, and again when the file has changed.
    """
    try:
        now = path.stat()
    except OSError as error:
        raise Unusable(f"{path} is not there, or may not be read.") from error
    font, fault = _tried(path, now.st_mtime_ns, now.st_size)
    if font is None:
        raise Unusable(f"{path} is damaged, or no TrueType or OpenType font ({fault}).")
    return font


def installed() -> Font | None:
    """The font to write Chinese with; None where there is none."""
    return _found(FOLDERS)


def candidates() -> list[Path]:
    """Files that are called like Chinese fonts, the best first; none of them was opened."""
    return _candidates(FOLDERS)


@lru_cache(maxsize=4)
def _tried(path: Path, _changed: int, _size: int) -> tuple[Font | None, str]:
    """The font, or why nothing can be written with it; kept by when the file was changed last and how long it is."""
    try:
        font = Font(path, _suited(path) or 0)
        _write_a_line(font)
    except Exception as error:  # noqa: BLE001  Libraries fail in as many ways as files are damaged.
        return None, f"{type(error).__name__}: {error}"[:200]
    return font, ""


def _write_a_line(font: Font) -> None:
    pdf = FPDF()
    pdf.add_font("tried", fname=font.path, collection_font_number=font.number)
    tried = pdf.fonts["tried"]
    try:
        pdf.add_page()
        pdf.set_font("tried", size=12)
        pdf.cell(text="".join(chr(sign) for sign in islice(sorted(tried.cmap), SIGNS_TRIED)))  # type: ignore[union-attr]
        pdf.output()
    finally:
        tried.close()  # type: ignore[union-attr]


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
