"""The types an expression can have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ListType(Type):
    item: Type

    def __str__(self) -> str:
        return f"list of {self.item}"


def ListOf(item: Type) -> ListType:  # noqa: N802  Reads as the type that it makes.
    """The type of lists whose items are of one type."""
    return ListType("list", item)


BOOL = Type("bool")
INT = Type("int")
DECIMAL = Type("decimal")
STRING = Type("string")
TIMESTAMP = Type("timestamp")
DURATION = Type("duration")
# What an expression has whose error was told already: it fits everywhere, so one mistake is told once.
WRONG = Type("wrong")

NUMBERS = (INT, DECIMAL)


def is_number(kind: Type) -> bool:
    return kind in NUMBERS


def fits(a: Type, b: Type) -> bool:
    """Say whether values of the two types may be compared; whole and decimal numbers may."""
    if WRONG in (a, b):
        return True
    if isinstance(a, ListType) and isinstance(b, ListType):
        return fits(a.item, b.item)
    return a == b or (is_number(a) and is_number(b))


def joined(a: Type, b: Type) -> Type:
    """The type that holds values of both; they fit."""
    if a is WRONG:
        return b
    if isinstance(a, ListType) and isinstance(b, ListType):
        return ListOf(joined(a.item, b.item))
    return DECIMAL if DECIMAL in (a, b) else a
