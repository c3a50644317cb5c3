"""Tables that people bring and take: CSV and XLSX, read as lines of plain texts, written as texts only.

An XLSX file is a packed one from outside: what it unpacks to is bounded before anything of it is read, nothing in it is
ever evaluated, and a cell that holds a formula is refused.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.exceptions import InvalidFileException

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_MAX, COLUMNS_MAX, CELL_LENGTH_MAX = 200_000, 300, 32_767
# What a packed file may unpack to, in how many parts, and how much smaller than that it may be.
UNPACKED_BYTES_MAX, PARTS_MAX, PACKED_MAX = 200 * 1024 * 1024, 500, 200
HEAD_BYTES, SMALL_BYTES = 4_096, 8 * 1024 * 1024
_ZIP = b"PK\x03\x04"


class BadTable(Exception):
    """A file that cannot be read as a table at all; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table; `mistake` says what is wrong with it as such."""

    number: int
    cells: Sequence[str]
    mistake: str = ""


def lines_of(file: IO[bytes], *, moments: Collection[str] = ()) -> Iterator[Line]:
    """The lines of a CSV or XLSX file, told apart by its content; the first one holds the titles. Raises BadTable.

    `moments` are titles whose cells are moments: a spreadsheet knows no zones, so they are read as UTC.
    """
    head = file.read(len(_ZIP))
    file.seek(0)
    lines = _from_xlsx(file, moments) if head == _ZIP else _from_csv(file)
    for count, line in enumerate(lines):
        if count > ROWS_MAX:
            raise BadTable(_("The table has more than %(count)d lines; bring it in parts.") % {"count": ROWS_MAX})
        yield line


def first_column(file: IO[bytes], *, title: str) -> Iterator[str]:
    """The cells of the column of this title, else of the first one, which then has no title. Raises BadTable."""
    lines = lines_of(file)
    titles = next(lines, None)
    if titles is None or not titles.cells:
        raise BadTable(_("The file is empty."))
    place = list(titles.cells).index(title) if title in titles.cells else -1
    if place < 0:
        yield titles.cells[0]
    for line in lines:
        if line.mistake:
            raise BadTable(f"{line.number}: {line.mistake}")
        if line.cells:
            yield line.cells[max(place, 0)] if len(line.cells) > max(place, 0) else ""


def as_xlsx(rows: Iterable[Sequence[str]]) -> IO[bytes]:
    """An XLSX file of these rows, open at its beginning. Every cell is a text, also one that looks like a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([_text_cell(sheet, cell) for cell in row])
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def _text_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text)[:CELL_LENGTH_MAX])
    cell.data_type = "s"
    return cell


def _from_csv(file: IO[bytes]) -> Iterator[Line]:
    # Spreadsheets begin a file with a mark of its encoding.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    try:
        for cells in reader:
            yield Line(reader.line_num, cells)
    except UnicodeDecodeError as error:
        raise BadTable(_("The file is not UTF-8; save it as that first.")) from error
    except csv.Error as error:
        raise BadTable(_("The file is no CSV: %(error)s.") % {"error": error}) from error
    finally:
        text.detach()


def _from_xlsx(file: IO[bytes], moments: Collection[str]) -> Iterator[Line]:
    _check_packed(file)
    try:
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        # What a file says of its own size is not to be believed.
        sheet.reset_dimensions()
        head = next(sheet.iter_rows(max_row=1, max_col=COLUMNS_MAX), ())
        titles = _stripped([_said(cell.value, is_moment=False) for cell in head])
        yield Line(1, titles)
        # One column more: a cell too many is told, whatever lies further out is not looked at.
        rows = sheet.iter_rows(min_row=2, max_row=ROWS_MAX + 2, max_col=max(1, len(titles)) + 1)
        for number, row in enumerate(islice(rows, ROWS_MAX + 1), 2):
            line = _line(number, row, titles, moments)
            if any(line.cells) or line.mistake:
                yield line
        book.close()
    except (InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, IndexError, TypeError) as error:
        raise BadTable(_("The file is no XLSX that can be read; save it anew, or as CSV.")) from error


def _line(number: int, row: Sequence[Any], titles: Sequence[str], moments: Collection[str]) -> Line:
    if any(getattr(cell, "data_type", "") == "f" for cell in row):
        return Line(number, (), _("A cell holds a formula; paste its value instead."))
    cells = [
        _said(cell.value, is_moment=place < len(titles) and titles[place] in moments) for place, cell in enumerate(row)
    ]
    return Line(number, _stripped(cells, keep=len(titles)))


def _stripped(cells: list[str], *, keep: int = 0) -> list[str]:
    """Without the empty cells at the end, but as many as there are titles."""
    cells = cells + [""] * (keep - len(cells))
    while len(cells) > keep and not cells[-1]:
        cells.pop()
    return cells


def _said(value: Any, *, is_moment: bool) -> str:
    """A cell as whoever typed it would write it into a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        is_day = not is_moment and value.time() == time(0)
        return f"{value:%Y-%m-%d}" if is_day else f"{value.isoformat(timespec='seconds')}Z"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}T00:00:00Z" if is_moment else f"{value:%Y-%m-%d}"
    return str(value)


def _check_packed(file: IO[bytes]) -> None:
    """Refuse what would unpack to more than anybody needs, and documents that define words of their own."""
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            unpacked = sum(part.file_size for part in parts)
            packed_size = max(1, sum(part.compress_size for part in parts))
            if len(parts) > PARTS_MAX or unpacked > UNPACKED_BYTES_MAX:
                raise BadTable(_("The file unpacks to more than is accepted; bring it in parts, or as CSV."))
            if unpacked > SMALL_BYTES and unpacked > PACKED_MAX * packed_size:
                raise BadTable(_("The file unpacks to more than is accepted; bring it in parts, or as CSV."))
            for part in parts:
                with packed.open(part) as opened:
                    if b"<!DOCTYPE" in opened.read(HEAD_BYTES).upper():
                        raise BadTable(_("The file is no XLSX that can be read; save it anew, or as CSV."))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise BadTable(_("The file is no XLSX that can be read; save it anew, or as CSV.")) from error
    finally:
        file.seek(0)
