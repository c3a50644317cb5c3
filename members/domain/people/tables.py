"""Members as the rows of a table: what the columns are, how a row is read and how it is written."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from members.domain.attributes import BadAttributes, changed, from_text
from members.domain.events.schemas import YEAR_FIRST, YEAR_LAST
from members.domain.people.saving import Draft
from members.domain.people.sheets import BadTable, Line
from members.domain.statuses import FOR_APPS
from members.enums import MemberStatus
from members.models import AttributeDefinition, Member

REF = re.compile(r"[^\x00-\x1f\x7f/]{1,128}")
ATTRIBUTE = "attributes."
# A column's title in the table, and the member's column.
COLUMNS = {
    "ref": "ref", "display_name": "display_name", "email": "email", "language": "language", "time_zone": "time_zone",
    "age_band": "age_band", "status": "status", "joined_at": "joined_at", "house": "is_house",
    "verified": "is_verified",
}  # fmt: skip
# Whose cells are moments.
MOMENTS = ("joined_at",)
# A spreadsheet takes a cell that begins like this for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class BadRow(Exception):
    """A row that no member can be made of; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file with its cells by title; `mistake` says what is wrong with the line as such."""

    line: int
    cells: Mapping[str, str]
    mistake: str = ""


def read_table(lines: Iterator[Line], known: Mapping[str, AttributeDefinition]) -> Iterator[Row]:
    """The rows of a table whose first line names the columns. Raises BadTable."""
    first = next(lines, None)
    if first is None or not first.cells:
        raise BadTable(_("The file is empty; its first line names the columns."))
    titles = first.cells
    _check_titles(titles, known)
    for line in lines:
        if line.mistake:
            yield Row(line.number, {}, line.mistake)
        elif len(line.cells) != len(titles):
            said = _("There are %(count)d cells, but %(wanted)d columns.")
            yield Row(line.number, {}, said % {"count": len(line.cells), "wanted": len(titles)})
        else:
            yield Row(line.number, {t: _plain(c) for t, c in zip(titles, line.cells, strict=True) if c.strip()})


def read_row(row: Row, before: Member | None, known: Mapping[str, AttributeDefinition]) -> Draft:
    """A member as a row says; an empty cell says nothing. Raises BadRow, naming every mistake."""
    if row.mistake:
        raise BadRow(row.mistake)
    ref = row.cells.get("ref", "")
    if not REF.fullmatch(ref):
        raise BadRow(_("ref: 1 to 128 characters, no control characters and no slash."))
    if before is not None and before.merged_into_id is not None:
        raise BadRow(_("ref: this member was merged into another; write the other one's ref."))
    fields: dict[str, Any] = {}
    mistakes: list[str] = []
    for title, text in row.cells.items():
        if title == "ref" or title.startswith(ATTRIBUTE):
            continue
        try:
            fields[COLUMNS[title]] = _READ.get(title, _by_model(COLUMNS[title]))(text)
        except ValueError as error:
            mistakes.append(f"{title}: {error}")
        except ValidationError as error:
            mistakes.append(f"{title}: {' '.join(error.messages)}")
    mistakes += _status_mistakes(fields.get("status"), before)
    given = {t.removeprefix(ATTRIBUTE): c for t, c in row.cells.items() if t.startswith(ATTRIBUTE)}
    if given or before is None:
        kept = before.attributes if before is not None else {}
        try:
            fields["attributes"] = changed(given, kept, known, is_new=before is None, reads=from_text)
        except BadAttributes as error:
            mistakes += [f"{ATTRIBUTE}{code}: {sentence}" for code, sentence in error.mistakes.items()]
    if mistakes:
        raise BadRow(" ".join(mistakes))
    return Draft(ref, fields)


def titles_of(known: Iterable[str]) -> list[str]:
    return [*COLUMNS, *(f"{ATTRIBUTE}{code}" for code in sorted(known))]


def table_of(members: QuerySet[Member], known: Iterable[str], *, is_typed: bool = False) -> Iterator[list[str]]:
    """The titles and then each member's cells, as `read_table` takes them.

    Where the file itself says that a cell is a text (`is_typed`), none needs to be kept from being a formula.
    """
    codes = sorted(known)
    yield titles_of(codes)
    for member in members.order_by("pk").iterator(chunk_size=2_000):
        cells = [_text(getattr(member, column)) for column in COLUMNS.values()]
        cells += [_text(member.attributes.get(code)) for code in codes]
        yield cells if is_typed else [safe_cell(cell) for cell in cells]


def _check_titles(titles: Sequence[str], known: Iterable[str]) -> None:
    there = titles_of(known)
    for title in titles:
        if title not in there:
            near = difflib.get_close_matches(title[:80], there, 1)
            hint = _("Did you mean %(near)s?") % {"near": near[0]} if near else ", ".join(there)
            raise BadTable(_("There is no column %(title)s. %(hint)s") % {"title": title[:80], "hint": hint})
    if "ref" not in titles or len(set(titles)) < len(titles):
        raise BadTable(_("There must be a column ref, and each column once."))


def _by_model(column: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if "\x00" in text:
            raise ValueError(_("A text may not hold the character NUL."))
        field: Any = Member._meta.get_field(column)  # noqa: SLF001  Django's own, public in all but name.
        return field.clean(text, None)

    return read


def _yes_or_no(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(_("Write true or false."))
    return text.lower() == "true"


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(_("Write a moment such as 2026-11-24T09:30:00Z.")) from error
    if moment.tzinfo is None or not YEAR_FIRST < moment.year < YEAR_LAST:
        raise ValueError(_("Write a moment such as 2026-11-24T09:30:00Z."))
    return moment.astimezone(UTC)


def _status_mistakes(status: str | None, before: Member | None) -> list[str]:
    standing = before.status if before is not None else MemberStatus.ACTIVE
    if status is None or status == standing or (status in FOR_APPS and standing in FOR_APPS):
        return []
    return [_("status: nobody is banned, erased or let back in by a table.")]


def _plain(cell: str) -> str:
    """A cell as it was before it was kept from being a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def safe_cell(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


_READ: dict[str, Callable[[str], Any]] = {"house": _yes_or_no, "verified": _yes_or_no, "joined_at": _moment}
