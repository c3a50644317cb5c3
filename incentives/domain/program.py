"""Configuration as files: everything that judges, read from a folder of YAML and put in place at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from incentives.domain import publishing
from incentives.domain.rules.documents import BadDocument, read_limit
from incentives.domain.rules.expiry import BadExpiry, check_expiry
from incentives.domain.rules.tables import BadTable, read_table
from incentives.models import Badge, Currency, LookupTable, RuleVersion, SharedLimit
from members.domain.counters.compiled import BadCounter
from members.domain.counters.making import make_counter
from members.domain.event_types import ReservedType, put_event_type
from members.domain.events.schemas import BadSchema
from members.domain.registry import registry
from members.enums import UnknownMembers
from members.models import Counter, EventType, Ladder, Source, Tier


class BadProgram(Exception):
    """A file that cannot be used; the message names it, and nothing was changed."""


@dataclass
class Applied:
    """What was put in place."""

    changed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{len(self.changed)} changes: {', '.join(self.changed) or 'none'}"


def apply_program(*, folder: Path, now: datetime, in_force_from: datetime | None = None) -> Applied:
    """Put a folder's configuration in place, all of it or nothing; applying it again changes nothing.

    Files, all optional: currencies, sources, event_types, counters, badges, tables, limits, ladders (.yaml), and
    rules/*.yaml with one rule each. A rule whose document differs from its newest version is published as the next
    one, from now on, or from `in_force_from` where that is given. Raises BadProgram.
    """
    if not folder.is_dir():
        raise BadProgram(f"There is no folder {folder}.")
    applied = Applied()
    with transaction.atomic():
        for name, put in _PARTS.items():
            for code, document in _entries(folder / f"{name}.yaml").items():
                try:
                    put(code, document, applied)
                except _BAD as error:
                    raise BadProgram(f"{name}.yaml, {code}: {error}") from error
        registry.forget()
        for path in sorted((folder / "rules").glob("*.yaml")):
            _put_rule(path, applied, now=now, in_force_from=in_force_from)
    return applied


def read_yaml(path: Path) -> Any:
    """Read a YAML file. Raises BadProgram, naming the place."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadProgram(f"{path.name} cannot be read: {error}") from error


def _entries(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    found = read_yaml(path) or {}
    if not isinstance(found, dict):
        raise BadProgram(f"{path.name} must map codes to what they stand for.")
    return found


_BAD = (
    BadSchema, BadCounter, BadDocument, BadExpiry, BadTable, ReservedType,
    IntegrityError, DataError, ValidationError, KeyError, TypeError, ValueError,
)  # fmt: skip


def _put(model: Any, code: str, values: dict[str, Any], applied: Applied) -> None:
    found = model.objects.filter(code=code).first()
    if found is not None and all(getattr(found, name) == value for name, value in values.items()):
        return
    model.objects.update_or_create(code=code, defaults=values)
    applied.changed.append(f"{model.__name__.lower()} {code}")


def _currency(code: str, document: dict[str, Any], applied: Applied) -> None:
    allowed = {"names", "kind", "scale", "expiry", "debt_limit", "deduct_floor", "is_transferable"}
    values = _only(document, allowed)
    check_expiry(values.get("expiry"))
    _put(Currency, code, values, applied)


def _source(code: str, document: dict[str, Any], applied: Applied) -> None:
    values = _only(document, {"description", "unknown_members"})
    UnknownMembers(values.get("unknown_members", "refuse"))
    _put(Source, code, values, applied)


def _event_type(code: str, document: dict[str, Any], applied: Applied) -> None:
    values = _only(document, {"meaning", "schema", "contribution", "conversation"})
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
    values = _only(document, {"of", "kind", "filter", "value", "by", "window", "days"})
    of = values.pop("of", "")
    event_type = EventType.objects.filter(code=of).first()
    if event_type is None:
        raise ValueError(f"There is no event type {of!r}.")
    values["event_type"] = event_type
    found = Counter.objects.filter(code=code).first()
    if found is not None:
        if any(getattr(found, name) != value for name, value in values.items()):
            raise ValueError("What a counter counts never changes; give the new meaning a new code.")
        return
    make_counter(counter=Counter(code=code, **values))
    applied.changed.append(f"counter {code}")


def _badge(code: str, document: dict[str, Any], applied: Applied) -> None:
    _put(Badge, code, _only(document, {"names", "is_repeatable"}), applied)


def _table(code: str, document: dict[str, Any], applied: Applied) -> None:
    rows = read_table({str(key): value for key, value in document.items()} if isinstance(document, dict) else document)
    _put(LookupTable, code, {"rows": {key: str(value) for key, value in rows.items()}}, applied)


def _limit(code: str, document: dict[str, Any], applied: Applied) -> None:
    read_limit(document, code)
    _put(SharedLimit, code, {"document": document}, applied)


def _ladder(code: str, document: dict[str, Any], applied: Applied) -> None:
    values = _only(document, {"names", "metric", "tiers"})
    tiers = values.pop("tiers", {})
    if not isinstance(tiers, dict):
        raise TypeError("tiers map a code to names and threshold")
    kind, _, measured = str(values.get("metric", "")).partition(":")
    if "metric" in values and (
        kind not in settings.METRIC_PROVIDERS or not Currency.objects.filter(code=measured).exists()
    ):
        raise ValueError(f"There is no metric {values['metric']!r}; write balance: and the code of a currency.")
    _put(Ladder, code, values, applied)
    ladder = Ladder.objects.get(code=code)
    for tier_code, tier in tiers.items():
        wanted = _only(tier, {"names", "threshold"})
        found = ladder.tiers.filter(code=tier_code).first()
        if found is None or any(getattr(found, name) != value for name, value in wanted.items()):
            Tier.objects.update_or_create(ladder=ladder, code=tier_code, defaults=wanted)
            applied.changed.append(f"tier {code}/{tier_code}")


def _only(document: Any, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise TypeError("an object is expected here")
    unknown = set(document) - allowed
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} is not known here; known are {', '.join(sorted(allowed))}.")
    return dict(document)


_PARTS: dict[str, Callable[[str, dict[str, Any], Applied], None]] = {
    "currencies": _currency,
    "sources": _source,
    "event_types": _event_type,
    "counters": _counter,
    "badges": _badge,
    "tables": _table,
    "limits": _limit,
    "ladders": _ladder,
}


def _put_rule(path: Path, applied: Applied, *, now: datetime, in_force_from: datetime | None) -> None:
    document = read_yaml(path)
    try:
        draft = publishing.save_draft(document=document)
        newest = RuleVersion.objects.filter(rule_id=draft.rule_id, state__in=["live", "paused"]).first()
        if newest is not None and newest.document == draft.document:
            draft.delete()
            return
        publishing.publish_rule(version=draft, now=now, in_force_from=in_force_from)
    except (BadDocument, publishing.CannotPublish) as error:
        raise BadProgram(f"rules/{path.name}: {error}") from error
    applied.changed.append(f"rule {draft}")
