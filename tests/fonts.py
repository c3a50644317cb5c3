"""Small fonts for tests of papers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont


def font_with(path: str | Path, signs: Iterable[str], *, name: str = "Boxes", rights: int = 0) -> Path:
    """A font that knows these letters, and draws each as a box."""
    names = {ord(sign): f"u{ord(sign):04X}" for sign in signs}
    order = [".notdef", *names.values()]
    pen = TTGlyphPen(None)
    for number, point in enumerate(((50, 0), (50, 700), (550, 700), (550, 0))):
        (pen.lineTo if number else pen.moveTo)(point)
    pen.closePath()
    box = pen.glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(order)
    font.setupCharacterMap(names)
    font.setupGlyf(dict.fromkeys(order, box))
    font.setupHorizontalMetrics(dict.fromkeys(order, (600, 50)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": name, "styleName": "Regular"})
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200, fsType=rights)
    font.setupPost()
    font.save(path)
    return Path(path)


def collection_of(path: Path, *paths: Path) -> Path:
    """Some fonts in one file."""
    made = TTCollection()
    made.fonts = [TTFont(each) for each in paths]
    made.save(path)
    return path
