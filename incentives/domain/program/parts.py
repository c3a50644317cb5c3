"""Puts each part of a programme in place, but for the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from incentives.domain.catalogues import check_shared_limit
from incentives.domain.program.words import only
from incentives.domain.rules.documents import BadDocument
from incentives.domain.rules.expiry import BadExpiry, check_expiry
from incentives.domain.rules.tables import BadTable, read_table
from incentives.models import Account, Badge, Currency, LookupTable, SharedLimit
from members.domain.counters.compiled import BadCounter
from members.domain.counters.making import make_counter
from members.domain.event_types import ReservedType, put_event_type
from members.domain.events.schemas import BadSchema
from members.enums import UnknownMembers
from members.models import Counter, EventType, Ladder, Source, Tier

BAD = (BadSchema, BadCounter, BadDocument, BadExpiry, BadTable, ReservedType, KeyError, TypeError, ValueError)


@dataclass
class Applied:
    """What was put in place."""

    changed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{len(self.changed)} changes: {', '.join(self.changed) or 'none'}"


def _put(model: Any, code: str, values: dict[str, Any], applied: Applied) -> None:
    found = model.objects.filter(code=code).first()
    if found is not None and all(getattr(found, name) == value for name, value in values.items()):
        return
    model.objects.update_or_create(code=code, defaults=values)
    applied.changed.append(f"{model.__name__.lower()} {code}")


def _currency(code: str, document: dict[str, Any], applied: Applied) -> None:
    check_expiry(document.get("expiry"))
    allowed = {"names", "kind", "scale", "expiry", "debt_limit", "deduct_floor", "is_transferable"}
    values = only(document, allowed)
    _refuse_another_meaning(code, values)
    _put(Currency, code, values, applied)


def _refuse_another_meaning(code: str, values: dict[str, Any]) -> None:
    """Amounts in the books are minor units of a kind: once there are any, what they mean may not move."""
    found = Currency.objects.filter(code=code).first()
    if found is None or not Account.objects.filter(currency_id=found.pk).exists():
        return
    for word in ("kind", "scale"):
        before = getattr(found, word)
        if values.get(word, before) != before:
            raise ValueError(
                f"{word} may not change from {before} to {values[word]}: members hold points of this currency already. "
                "Make another currency."
            )


def _source(code: str, document: dict[str, Any], applied: Applied) -> None:
    values = only(document, {"description", "unknown_members"})
    UnknownMembers(values.get("unknown_members", "refuse"))
    _put(Source, code, values, applied)


def _event_type(code: str, document: dict[str, Any], applied: Applied) -> None:
    values = only(document, {"meaning", "schema", "contribution", "conversation"})
    values = {
        "is_contribution" if k == "contribution" else "is_conversation" if k == "conversation" else k: v
        for k, v in values.items()
    }
    found = EventType.objects.filter(code=code).first()
    if found is not None and all(getattr(found, name) == value for name, value in values.items()):
        return
    put_event_type(code=code, **{"schema": {}, **values})
    applied.changed.append(f"event type {code}")


def _counter(code: str, document: dict[str, Any], applied: Applied) -> None:
    values = only(document, {"of", "kind", "filter", "value", "by", "window", "days"})
    values["event_type"] = EventType.objects.get(code=values.pop("of"))
    found = Counter.objects.filter(code=code).first()
    if found is not None:
        if any(getattr(found, name) != value for name, value in values.items()):
            raise ValueError("What a counter counts never changes; give the new meaning a new code.")
        return
    make_counter(counter=Counter(code=code, **values))
    applied.changed.append(f"counter {code}")


def _badge(code: str, document: dict[str, Any], applied: Applied) -> None:
    _put(Badge, code, only(document, {"names", "is_repeatable"}), applied)


def _table(code: str, document: dict[str, Any], applied: Applied) -> None:
    rows = read_table({str(key): value for key, value in document.items()} if isinstance(document, dict) else document)
    _put(LookupTable, code, {"rows": {key: str(value) for key, value in rows.items()}}, applied)


def _limit(code: str, document: dict[str, Any], applied: Applied) -> None:
    check_shared_limit(code=code, document=document)
    _put(SharedLimit, code, {"document": document}, applied)


def _ladder(code: str, document: dict[str, Any], applied: Applied) -> None:
    values = only(document, {"names", "metric", "tiers"})
    tiers = values.pop("tiers", {})
    _put(Ladder, code, values, applied)
    ladder = Ladder.objects.get(code=code)
    for tier_code, tier in tiers.items():
        wanted = only(tier, {"names", "threshold"})
        found = ladder.tiers.filter(code=tier_code).first()
        if found is None or any(getattr(found, name) != value for name, value in wanted.items()):
            Tier.objects.update_or_create(ladder=ladder, code=tier_code, defaults=wanted)
            applied.changed.append(f"tier {code}/{tier_code}")


PARTS: dict[str, Callable[[str, dict[str, Any], Applied], None]] = {
    "currencies": _currency,
    "sources": _source,
    "event_types": _event_type,
    "counters": _counter,
    "badges": _badge,
    "tables": _table,
    "limits": _limit,
    "ladders": _ladder,
}
