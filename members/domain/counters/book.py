"""The counters of one batch: loaded at once, moved in memory event by event, written back at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from members.domain.counters import store
from members.domain.counters.compiled import SUM_SCALE, CompiledCounter, is_windowed
from members.domain.counters.periods import EVER, period_of, week_of
from members.domain.counters.store import ItemKey, ValueKey
from members.enums import CounterKind, CounterWindow

# A streak may have begun at any time; ordinals of days lie well within these.
FIRST_DAY, LAST_DAY = 0, 4_000_000
# Kinds that remember what they have seen: different values, or different days.
TELLING_APART = (CounterKind.DISTINCT, CounterKind.DAYS)


@dataclass(slots=True)
class Addition:
    """What one event adds to one counter, worked out before the counters are loaded."""

    counter: CompiledCounter
    member_id: int
    day: int
    key: str
    amount: int
    item: str

    @property
    def period(self) -> int:
        return _period(self.counter, self.day)


@dataclass(slots=True)
class _Row:
    value: int = 0
    peak: int = 0
    is_moved: bool = False


@dataclass(slots=True)
class CounterBook:
    """Running values of counters for the members of a batch.

    `want` what will be read and `add` what will move it, then `load` once; after that `apply` and `read` work in
    memory and `write` puts back what moved. The lane's lock keeps anybody else from these rows meanwhile.
    """

    _ranges: set[tuple[int, int, str, int, int]] = field(default_factory=set)
    _item_ranges: set[tuple[int, int, str, int, int]] = field(default_factory=set)
    _rows: dict[ValueKey, _Row] = field(default_factory=dict)
    _runs: dict[tuple[int, int, str], list[int]] = field(default_factory=dict)
    _items: dict[ItemKey, int] = field(default_factory=dict)
    _seen: dict[tuple[int, int, str], dict[str, int]] = field(default_factory=dict)
    _moved_items: set[ItemKey] = field(default_factory=set)
    _gone: set[ValueKey] = field(default_factory=set)

    def want(self, counter: CompiledCounter, member_id: int, day: int, key: str) -> None:
        """Say that a value will be read or moved."""
        where = (member_id, counter.id, key)
        if counter.kind == CounterKind.STREAK:
            self._ranges.add((*where, FIRST_DAY, LAST_DAY))
        elif counter.window == CounterWindow.ROLLING:
            first = day - counter.days + 1
            if counter.kind in TELLING_APART:
                self._item_ranges.add((*where, EVER, first))
                self._ranges.add((*where, EVER, EVER))
            else:
                self._ranges.add((*where, first, day))
        else:
            period = _period(counter, day)
            self._ranges.add((*where, period, period))
            if counter.kind in TELLING_APART:
                self._item_ranges.add((*where, period, FIRST_DAY))

    def load(self) -> None:
        for key, value, peak in store.read_values(self._ranges):
            self._rows[key] = _Row(value, peak)
        for item_key, last_day in store.read_items(self._item_ranges):
            self._items[item_key] = last_day
            self._seen.setdefault(item_key[:3], {})[item_key[4]] = last_day
        for key in self._rows:
            self._runs.setdefault(key[:3], []).append(key[3])

    def apply(self, addition: Addition) -> tuple[int, int]:
        """Move a counter by what an event adds; return (value, highest value before), scaled."""
        kind, counter = addition.counter.kind, addition.counter
        if kind == CounterKind.STREAK:
            return self._apply_streak(addition)
        if kind in TELLING_APART:
            return self._apply_distinct(addition)
        key = (addition.member_id, counter.id, addition.key, addition.period)
        row = self._row(key)
        if counter.window == CounterWindow.ROLLING:
            before = self._sum_of_days(addition)
            row.value += addition.amount
            row.is_moved = True
            # A rolling count has no highest point of its own: it crosses whenever it comes up from below.
            return before + addition.amount, before
        before_peak = row.peak
        row.value += addition.amount
        row.peak = max(row.peak, row.value)
        row.is_moved = True
        return row.value, before_peak

    def read(self, counter: CompiledCounter, member_id: int, day: int, key: str) -> tuple[int, int]:
        """The value for a local day without moving it; its peak equals at least the value, so nothing crosses."""
        where = (member_id, counter.id, key)
        if counter.kind == CounterKind.STREAK:
            value = self._streak_at(where, _unit_day(counter, day))
        elif counter.window == CounterWindow.ROLLING:
            if counter.kind in TELLING_APART:
                value = self._distinct_in_days(where, day, counter.days)
            else:
                value = sum(
                    row.value
                    for d in range(day - counter.days + 1, day + 1)
                    if (row := self._rows.get((*where, d))) is not None
                )
        else:
            row = self._rows.get((*where, _period(counter, day)))
            value, peak = (row.value, row.peak) if row is not None else (0, 0)
            return value, max(value, peak)
        return value, value

    def write(self) -> None:
        moved = [(key, row.value, row.peak) for key, row in self._rows.items() if row.is_moved]
        store.write_values(sorted(moved))
        store.delete_values(sorted(self._gone))
        store.write_items(sorted((key, self._items[key]) for key in self._moved_items))

    def _row(self, key: ValueKey) -> _Row:
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = _Row()
        return row

    def _sum_of_days(self, addition: Addition) -> int:
        value, _ = self.read(addition.counter, addition.member_id, addition.day, addition.key)
        return value

    def _apply_distinct(self, addition: Addition) -> tuple[int, int]:
        counter = addition.counter
        where = (addition.member_id, counter.id, addition.key)
        item = str(addition.day) if counter.kind == CounterKind.DAYS else addition.item
        item_key = (*where, addition.period, item)
        if counter.window == CounterWindow.ROLLING:
            before = self._distinct_in_days(where, addition.day, counter.days)
            last = self._items.get(item_key, FIRST_DAY)
            self._remember(item_key, max(last, addition.day))
            return self._distinct_in_days(where, addition.day, counter.days), before
        row = self._row((*where, addition.period))
        before_peak = row.peak
        if item_key not in self._items:
            row.value += 1
            row.peak = max(row.peak, row.value)
            row.is_moved = True
            self._remember(item_key, addition.day)
        return row.value, before_peak

    def _remember(self, item_key: ItemKey, day: int) -> None:
        self._items[item_key] = day
        self._seen.setdefault(item_key[:3], {})[item_key[4]] = day
        self._moved_items.add(item_key)

    def _distinct_in_days(self, where: tuple[int, int, str], day: int, days: int) -> int:
        seen = self._seen.get(where)
        return sum(day - days < last for last in seen.values()) if seen else 0

    def _apply_streak(self, addition: Addition) -> tuple[int, int]:
        """Put a day into the member's runs of days (or weeks), growing or joining its neighbours."""
        where = (addition.member_id, addition.counter.id, addition.key)
        step = _step(addition.counter)
        day = _unit_day(addition.counter, addition.day)
        starts = self._runs.setdefault(where, [])
        before = self._streak_at(where, day)
        if before:
            return before, before
        left = next((s for s in starts if s + self._rows[(*where, s)].value * step == day), None)
        right = day + step if day + step in starts else None
        start = day if left is None else left
        length = 1 + (self._rows[(*where, left)].value if left is not None else 0)
        here = length
        if right is not None:
            length += self._rows[(*where, right)].value
            starts.remove(right)
            del self._rows[(*where, right)]
            self._gone.add((*where, right))
        if left is None:
            starts.append(start)
        self._gone.discard((*where, start))
        self._rows[(*where, start)] = _Row(length, length, is_moved=True)
        return here, here - 1

    def _streak_at(self, where: tuple[int, int, str], day: int) -> int:
        """How many units in a row end at this one; 0 where it is not in a run."""
        for start in self._runs.get(where, ()):
            row = self._rows[(*where, start)]
            step = 7 if row.value and self._is_weekly(where) else 1
            if start <= day < start + row.value * step:
                return (day - start) // step + 1
        return 0

    def _is_weekly(self, where: tuple[int, int, str]) -> bool:
        return where[1] in self._weekly

    _weekly: set[int] = field(default_factory=set)

    def know(self, counters: Iterable[CompiledCounter]) -> None:
        """Tell the book which counters it will meet."""
        self._weekly.update(c.id for c in counters if c.kind == CounterKind.STREAK and c.window == CounterWindow.WEEK)


def _period(counter: CompiledCounter, day: int) -> int:
    if counter.window == CounterWindow.ROLLING:
        return EVER if counter.kind in TELLING_APART else day
    return period_of(counter.window, day) if is_windowed(counter.window) else EVER


def _step(counter: CompiledCounter) -> int:
    return 7 if counter.window == CounterWindow.WEEK else 1


def _unit_day(counter: CompiledCounter, day: int) -> int:
    return week_of(day) if counter.window == CounterWindow.WEEK else day


def as_fact(counter: CompiledCounter, scaled: int) -> int | float | object:
    """A stored number as rules see it: sums are decimals, everything else whole."""
    return Decimal(scaled) / SUM_SCALE if counter.kind == CounterKind.SUM else scaled
