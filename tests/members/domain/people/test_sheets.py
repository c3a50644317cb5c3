"""Tables from outside: read as plain texts whatever they are packed in, never evaluated, and bounded."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook, load_workbook

from members.domain.people import sheets
from members.domain.people.sheets import BadTable, as_xlsx, first_column, lines_of


def packed(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def read(file, **options):
    return [(line.number, list(line.cells), line.mistake) for line in lines_of(file, **options)]


def test_cells_are_read_as_whoever_typed_them_would_write_them():
    file = packed(
        ("ref", "joined_at", "born", "n", "yes"),
        ("ada", datetime(2026, 3, 1), date(2026, 3, 2), 7.0, True),  # noqa: DTZ001  Spreadsheets know no zones.
        (None, None, None, None, None),
        ("bo", datetime(2026, 3, 1, 9, 30), None, 1.5, None),  # noqa: DTZ001
    )

    assert read(file, moments=("joined_at",)) == [
        (1, ["ref", "joined_at", "born", "n", "yes"], ""),
        (2, ["ada", "2026-03-01T00:00:00Z", "2026-03-02", "7", "true"], ""),
        (4, ["bo", "2026-03-01T09:30:00Z", "", "1.5", ""], ""),
    ]


def test_a_formula_is_refused_with_its_line_and_a_cell_too_many_is_told():
    (_, _, _), (_, _, formula), (_, too_many, _) = read(packed(("ref",), ("=1+1",), ("ada", "more")))

    assert "formula" in formula
    assert too_many == ["ada", "more"]


def test_what_looks_like_a_formula_is_written_as_a_text_and_reads_back_the_same():
    rows = [["ref", "display_name"], ["ada", "=HYPERLINK(1)"], ["bo", "+49\x07 30"]]

    written = as_xlsx(rows)

    sheet = load_workbook(written).active
    assert [cell.data_type for row in sheet for cell in row] == ["s"] * 6
    written.seek(0)
    assert [cells for _, cells, _ in read(written)] == [rows[0], rows[1], ["bo", "+49 30"]]


def test_refs_come_from_the_column_of_that_title_or_from_the_first():
    assert list(first_column(packed(("name", "ref"), ("Ada", "ada")), title="ref")) == ["ada"]
    assert list(first_column(io.BytesIO(b"ada\r\nbo\r\n"), title="ref")) == ["ada", "bo"]


def bomb():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed_file:
        packed_file.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    file.seek(0)
    return file


def entities():
    file = packed(("ref",))
    made = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w") as new:
        for part in old.infolist():
            extra = b'<!DOCTYPE x [<!ENTITY a "b">]>' if part.filename.endswith("sheet1.xml") else b""
            new.writestr(part, extra + old.read(part))
    made.seek(0)
    return made


def far_out():
    book = Workbook()
    book.active["A1"] = "ref"
    book.active["A1048576"] = "ada"
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


BAD = {
    "a bomb": bomb,
    "entities": entities,
    "no workbook": lambda: io.BytesIO(b"PK\x03\x04 and nothing more"),
    "a CSV of another alphabet": lambda: io.BytesIO("ref\r\nJérôme".encode("latin-1")),
    "an open quote": lambda: io.BytesIO(b'ref\r\n"ada'),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_is_refused_in_a_sentence(case):
    with pytest.raises(BadTable):
        list(lines_of(BAD[case]()))


def test_more_lines_than_anybody_needs_are_refused(monkeypatch):
    monkeypatch.setattr(sheets, "ROWS_MAX", 3)

    with pytest.raises(BadTable):
        list(lines_of(io.BytesIO(b"ref\r\n" + b"a\r\n" * 4)))
    # Rows far out are never reached.
    assert len(list(lines_of(far_out()))) <= 4
