"""What pages and the API say of a correction, ready to show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from incentives.domain.corrections.acts import ERASED, HELD, JUDGED_SINCE, MERGED, NOT_ACTIVE, NOTHING_THERE
from incentives.domain.corrections.running import UNEXPECTED
from incentives.domain.ledger.queries import major
from incentives.domain.wording import plain
from incentives.enums import CorrectionAct, CorrectionLineState, CorrectionList
from incentives.models import Correction, CorrectionLine, Currency
from members.domain.texts import text_in
from members.models import Member

LARGEST, LISTED_MAX = 10, 50


@dataclass(frozen=True, slots=True)
class Change:
    """What is planned for one member, or was done: amounts in words, tiers they would lose, what is not there."""

    member: Member
    state: str
    amounts: str
    falls: str
    lost: str
    note: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How many members are in which state."""

    waiting: int
    done: int
    nothing: int
    failed: int
    undone: int

    @property
    def total(self) -> int:
        return self.waiting + self.done + self.nothing + self.failed + self.undone

    @property
    def over(self) -> int:
        return self.total - self.waiting

    @property
    def settled(self) -> int:
        return self.done + self.undone


@dataclass(frozen=True, slots=True)
class Look:
    """A correction as whoever decides about it looks at it."""

    whom: str
    what: str
    totals: str
    lost: str
    progress: Progress
    largest: list[Change]
    falling: list[Change]
    losing: list[Change]
    failed: list[Change]


def look_at(correction: Correction, *, language: str) -> Look:
    """The totals, the ten largest changes, who would fall, and what cannot be recovered; a fixed number of queries."""
    words = _Words(language)
    lines = correction.lines.select_related("member").exclude(note=NOT_ACTIVE)
    return Look(
        whom=whom_words(correction),
        what=what_words(correction, words),
        totals=words.majors(correction.totals),
        lost=words.majors(_lost(correction) if correction.done_at is not None else correction.lost, is_plain=True),
        progress=progress_of(correction),
        largest=[words.change(line) for line in lines.order_by("-size", "pk")[:LARGEST]],
        falling=[words.change(line) for line in lines.exclude(falls=[]).order_by("-size", "pk")[:LISTED_MAX]],
        losing=[words.change(line) for line in lines.exclude(lost={}).order_by("-size", "pk")[:LISTED_MAX]],
        failed=[
            words.change(line) for line in lines.filter(state=CorrectionLineState.FAILED).order_by("pk")[:LISTED_MAX]
        ],
    )


def progress_of(correction: Correction) -> Progress:
    found = dict(correction.lines.values_list("state").annotate(count=Count("pk")).order_by())
    return Progress(**{state.value: found.get(state.value, 0) for state in CorrectionLineState})


def lost_of(correction: Correction) -> dict[str, str]:
    """What could not be recovered, by currency in major units: foreseen before it is done, and as it came after."""
    if correction.done_at is None:
        return dict(correction.lost)
    return _lost(correction)


def _lost(correction: Correction) -> dict[str, str]:
    scales = dict(Currency.objects.values_list("code", "scale"))
    sums: dict[str, int] = {}
    for lost in correction.lines.exclude(lost={}).values_list("lost", flat=True).iterator(chunk_size=1_000):
        for code, amount in lost.items():
            sums[code] = sums.get(code, 0) + amount
    return {code: f"{major(amount, scales[code]):f}" for code, amount in sorted(sums.items())}


def whom_words(correction: Correction) -> str:
    """The list in a sentence."""
    whom = {**correction.whom, **_days(correction.whom)}
    if correction.found_by == CorrectionList.SEGMENT:
        return _("Everyone in the segment %(segment)s") % whom
    if correction.found_by == CorrectionList.PAID:
        return _("Everyone whom the rule %(rule)s paid for what happened between %(from)s and %(until)s") % whom
    if correction.found_by == CorrectionList.EVENT and "field" in whom:
        return _("Everyone with %(type)s, %(field)s being “%(value)s”, between %(from)s and %(until)s") % whom
    if correction.found_by == CorrectionList.EVENT:
        return _("Everyone with %(type)s between %(from)s and %(until)s") % whom
    return _("A list of refs")


def what_words(correction: Correction, words: _Words) -> str:
    what = {**correction.what, **_days(correction.what)}
    if correction.act == CorrectionAct.ADD:
        return _("Add %(amount)s to each") % {"amount": words.majors({what["currency"]: what["amount"]}, is_plain=True)}
    if correction.act == CorrectionAct.TAKE_BACK:
        return _("Take back what the rule %(rule)s paid for what happened between %(from)s and %(until)s") % what
    if correction.act == CorrectionAct.JUDGE_AGAIN:
        return _("Judge %(type)s between %(from)s and %(until)s again: what it brought is taken back first") % what
    if correction.act == CorrectionAct.PRIVILEGE:
        return _("Grant the privilege %(privilege)s") % what
    return _("Grant the badge %(badge)s") % what


def _days(said: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: f"{datetime.fromisoformat(said[name]):%Y-%m-%d %H:%M} UTC" for name in ("from", "until") if said.get(name)
    }


class _Words:
    """Amounts with the names of their currencies."""

    def __init__(self, language: str) -> None:
        self._known = {currency.code: currency for currency in Currency.objects.all()}
        self._language = language

    def name(self, code: str) -> str:
        return text_in(self._known[code].names, self._language, code) if code in self._known else code

    def majors(self, amounts: Mapping[str, str], *, is_plain: bool = False) -> str:
        return ", ".join(self._one(code, Decimal(amount), is_plain=is_plain) for code, amount in amounts.items())

    def minors(self, amounts: Mapping[str, int], *, is_plain: bool = False) -> str:
        scales = {code: currency.scale for code, currency in self._known.items()}
        return ", ".join(
            self._one(code, major(amount, scales.get(code, 0)), is_plain=is_plain) for code, amount in amounts.items()
        )

    def _one(self, code: str, amount: Any, *, is_plain: bool) -> str:
        sign = "+" if amount > 0 and not is_plain else ""
        return f"{sign}{plain(amount)} {self.name(code)}".replace("-", "\N{MINUS SIGN}", 1)

    def change(self, line: CorrectionLine) -> Change:
        is_over = line.state in (CorrectionLineState.DONE, CorrectionLineState.UNDONE)
        return Change(
            member=line.member,
            state=str(CorrectionLineState(line.state).label),
            amounts=self.minors(line.moved if is_over else line.planned),
            falls=", ".join(f"{ladder}: {tier}" for ladder, tier in line.falls),
            lost=self.minors(line.lost, is_plain=True),
            note=note_words(line.note),
        )


def note_words(note: str) -> str:
    """What stands beside a member, in words."""
    known = {
        ERASED: _("was erased"),
        NOT_ACTIVE: _("may earn nothing now"),
        MERGED: _("is another member now"),
        HELD: _("holds it already"),
        NOTHING_THERE: _("there was nothing to do"),
        JUDGED_SINCE: _("some of it was judged once more since, and stays"),
        UNEXPECTED: _("something unexpected; it stands in the log"),
    }
    return known.get(note, note)


def table_of(correction: Correction, *, language: str) -> Iterator[list[str]]:
    """Every line as a row of a table, the titles first."""
    words = _Words(language)
    yield ["ref", "state", "planned", "moved", "not recovered", "would lose", "note"]
    for line in correction.lines.select_related("member").order_by("pk").iterator(chunk_size=1_000):
        falls = ", ".join(f"{ladder}: {tier}" for ladder, tier in line.falls)
        amounts = (words.minors(line.planned), words.minors(line.moved), words.minors(line.lost, is_plain=True))
        yield [line.member.ref, line.state, *amounts, falls, note_words(line.note)]
