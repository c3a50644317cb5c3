"""Pictures of codes, as a camera sees them."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import segno
from PIL import Image

TABLE = 170


def picture(*codes: str, size: tuple[int, int] = (640, 480), scale: int = 4) -> Image.Image:
    """Codes side by side on a grey table, row after row."""
    table = Image.new("L", size, TABLE)
    across, down, row = 30, 30, 0
    for code in codes:
        file = io.BytesIO()
        segno.make(code, error="m", micro=False).save(file, kind="png", scale=scale)
        drawn = Image.open(file).convert("L")
        if across + drawn.width > size[0]:
            across, down, row = 30, down + row + 10, 0
        table.paste(drawn, (across, down))
        across, row = across + drawn.width + 10, max(row, drawn.height)
    return table


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(image: Image.Image) -> bytes:
    return saved(image, "JPEG", quality=70)


def claiming(width: int, height: int) -> bytes:
    """A small file whose header says that it is so large."""
    still = jpeg(Image.new("L", (8, 8)))
    place = still.index(b"\xff\xc0") + 5
    return still[:place] + struct.pack(">HH", height, width) + still[place + 4 :]


def with_passes(count: int) -> bytes:
    """A picture of plain colour that is gone over so many times."""
    still = saved(Image.new("RGB", (640, 640), TABLE), "JPEG", quality=50)
    place = still.index(b"\xff\xda")
    return still[:place] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * count + still[place + 14 :]


def film(path: Path, image: Image.Image) -> Path:
    """The picture as a film of one second, for a browser that is told it is its camera."""
    width, height = image.size
    y, cb, cr = image.convert("YCbCr").split()
    half = (width // 2, height // 2)
    frame = b"FRAME\n" + y.tobytes() + cb.resize(half).tobytes() + cr.resize(half).tobytes()
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 10)
    return path
