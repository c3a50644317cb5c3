"""Puts each part of a programme in place, but for the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model
from django.utils import timezone

from incentives.bounds import AMOUNT_MAX
from incentives.domain.catalogues import check_shared_limit
from incentives.domain.currencies import CannotShorten, put_expiry
from incentives.domain.program.words import (
    BadEntry,
    Kind,
    anything,
    minor_units,
    names,
    one_of,
    only,
    text,
    whole,
    yes_or_no,
)
from incentives.domain.rules.documents import BadDocument
from incentives.domain.rules.expiry import BadExpiry, check_expiry
from incentives.domain.rules.findings import near
from incentives.domain.rules.tables import BadTable, read_table
from incentives.domain.sharing import Announced, BreaksRule, put_shared
from incentives.models import Account, Badge, Currency, LookupTable, SharedLimit
from members.domain.contents.metrics import MEASURES as CONTENT_MEASURES
from members.domain.counters.compiled import BadCounter
from members.domain.counters.making import make_counter
from members.domain.event_types import ReservedType, is_type_name, put_event_type
from members.domain.events.schemas import BadSchema
from members.domain.ladders.editing import BadLadder, put_ladder
from members.domain.ladders.measures import BadMetric, scale_of
from members.domain.segments.conditions import BadCondition, compile_condition
from members.enums import Falls, LadderWindow, Rises, SegmentKind
from members.models import Counter, EventType, Ladder, Segment, Source

# What a file can get wrong; whoever applies it adds the file and the code.
BAD = (BadSchema, BadCounter, BadDocument, BadExpiry, BadTable, ReservedType, ValidationError, BadEntry, BadCondition)

_CURRENCY: Mapping[str, Kind] = {
    "names": names, "kind": text, "scale": whole(0, 4), "expiry": anything, "debt_limit": minor_units,
    "deduct_floor": minor_units, "is_transferable": yes_or_no,
}  # fmt: skip
_SOURCE: Mapping[str, Kind] = {"description": text, "unknown_members": text, "unknown_spaces": text}
_EVENT_TYPE: Mapping[str, Kind] = {
    "meaning": text, "schema": anything, "contribution": yes_or_no, "conversation": yes_or_no, "counterpart": text,
    "gathering": text, "content": anything,
}  # fmt: skip
_COUNTER: Mapping[str, Kind] = {
    "of": text, "kind": text, "filter": text, "value": text, "by": text, "window": text, "days": whole(1, 366),
}  # fmt: skip
_BADGE: Mapping[str, Kind] = {"names": names, "is_repeatable": yes_or_no}
_LADDER: Mapping[str, Kind] = {
    "names": names, "purpose": text, "metric": text, "window": one_of(LadderWindow.values),
    "days": whole(1, 3_660), "rises": one_of(Rises.values), "falls": one_of(Falls.values),
    "validity_days": whole(1, 3_660), "grace_days": whole(0, 3_660), "tiers": anything,
}  # fmt: skip
_TIER: Mapping[str, Kind] = {
    "names": names, "threshold": whole(-AMOUNT_MAX, AMOUNT_MAX), "keep": whole(-AMOUNT_MAX, AMOUNT_MAX),
    "invitations_max": whole(0, 10_000), "demands": anything, "duties": anything, "quota_members": whole(1, 10**9),
    "quota_percent": whole(1, 100), "by_invitation": yes_or_no,
}  # fmt: skip
_SEGMENT: Mapping[str, Kind] = {
    "names": names, "kind": one_of(SegmentKind.values), "condition": text, "metric": text, "days": whole(1, 3_660),
    "share": whole(1, 100), "keep": whole(1, 100),
}  # fmt: skip
_TIER_FIELDS = {"by_invitation": "is_by_invitation"}


@dataclass
class Applied:
    """What was put in place."""

    changed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{len(self.changed)} changes: {', '.join(self.changed) or 'none'}"


def said(error: Exception) -> str:
    """What is wrong with an entry, in one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    return " ".join(
        message if name == NON_FIELD_ERRORS else f"{name}: {message}"
        for name, messages in error.message_dict.items()
        for message in messages
    )


def put(model: type[Any], code: str, values: dict[str, Any], applied: Applied, by: str = "code", **owner: Any) -> None:
    """Make or change the one with this code (or what `by` names), if that changes anything.

    Raises BadEntry and ValidationError.
    """
    found = model.objects.filter(**{by: code}, **owner).first()
    if found is not None and all(getattr(found, name) == value for name, value in values.items()):
        return
    made: Any = found or model(**{by: code}, **owner)
    for name, value in values.items():
        setattr(made, name, value)
    _check(made, exclude=[] if "names" in values else ["names"])
    made.save()
    applied.changed.append(f"{model.__name__.lower()} {'/'.join([*(str(each) for each in owner.values()), code])}")


def _check(made: Model, *, exclude: list[str]) -> None:
    """Validate a row before the database has to. Raises BadEntry, naming the choices there are."""
    try:
        made.full_clean(exclude=exclude)
    except ValidationError as error:
        for name in error.error_dict:
            choices = getattr(type(made), name).field.choices if name != NON_FIELD_ERRORS else None
            if choices:
                known = [str(value) for value, _ in choices]
                raise BadEntry(f"{name}: {getattr(made, name)!r:.80} is none of {', '.join(known)}.") from error
        raise


def _currency(code: str, document: Any, applied: Applied) -> None:
    values = only(document, _CURRENCY)
    check_expiry(values.get("expiry"))
    _refuse_another_meaning(code, values)
    found = Currency.objects.filter(code=code).first()
    wanted = values.pop("expiry", None) if found is not None else None
    put(Currency, code, values, applied)
    if found is not None and wanted is not None:
        _put_expiry(code, wanted, applied)


def _put_expiry(code: str, wanted: dict[str, Any], applied: Applied) -> None:
    """Another expiry; a shorter one after its days of notice. Raises BadEntry."""
    held = Currency.objects.select_for_update().get(code=code)
    before = (held.expiry, held.expiry_next)
    try:
        waits = put_expiry(held, wanted, now=timezone.now())
    except CannotShorten as error:
        raise BadEntry(str(error)) from error
    if (held.expiry, held.expiry_next) == before:
        return
    held.save()
    when = f" (its points expire sooner from {held.expiry_next_at:%Y-%m-%d %H:%M} UTC on)" if waits else ""
    applied.changed.append(f"expiry of currency {code}{when}")


def _refuse_another_meaning(code: str, values: dict[str, Any]) -> None:
    """Amounts in the books are minor units of a kind: once there are any, what they mean may not move."""
    found = Currency.objects.filter(code=code).first()
    if found is None or not Account.objects.filter(currency_id=found.pk).exists():
        return
    for word in ("kind", "scale"):
        before = getattr(found, word)
        if values.get(word, before) != before:
            raise BadEntry(
                f"{word} may not change from {before} to {values[word]}: members hold points of this currency already. "
                "Make another currency."
            )


def _source(code: str, document: Any, applied: Applied) -> None:
    put(Source, code, only(document, _SOURCE), applied)


def _event_type(code: str, document: Any, applied: Applied) -> None:
    marks = {"contribution": "is_contribution", "conversation": "is_conversation"}
    values = {marks.get(word, word): value for word, value in only(document, _EVENT_TYPE).items()}
    found = EventType.objects.filter(code=code).first()
    if found is not None and all(getattr(found, name) == value for name, value in values.items()):
        return
    if found is None and not is_type_name(code):
        raise BadEntry("a type is named like content.published: lower-case words joined by dots.")
    # The schema has a check of its own, and what is there already is changed under its lock.
    EventType(code=code, **values).clean_fields(exclude=["schema"])
    put_event_type(code=code, **{"schema": found.schema if found is not None else {}, **values})
    applied.changed.append(f"event type {code}")


def _counter(code: str, document: Any, applied: Applied) -> None:
    values = only(document, _COUNTER, must=("of", "kind"))
    types = {each.code: each for each in EventType.objects.all()}
    if values["of"] not in types:
        raise BadEntry(f"there is no event type {values['of']!r}. {near(values['of'], types)}")
    values["event_type"] = types[values.pop("of")]
    found = Counter.objects.filter(code=code).first()
    if found is None:
        made = Counter(code=code, **values)
        _check(made, exclude=[])
        make_counter(counter=made)
        applied.changed.append(f"counter {code}")
    elif any(getattr(found, name) != value for name, value in values.items()):
        raise BadEntry("what a counter counts never changes; give the new meaning a new code.")


def _badge(code: str, document: Any, applied: Applied) -> None:
    put(Badge, code, only(document, _BADGE), applied)


def _table(code: str, document: Any, applied: Applied) -> None:
    rows = read_table({str(key): value for key, value in document.items()} if isinstance(document, dict) else document)
    _put_shared(LookupTable, code, {key: str(value) for key, value in rows.items()}, applied)


def _limit(code: str, document: Any, applied: Applied) -> None:
    check_shared_limit(code=code, document=document)
    _put_shared(SharedLimit, code, document, applied)


def _put_shared(model: type[SharedLimit | LookupTable], code: str, words: Any, applied: Applied) -> None:
    """What rules share; for less after the days of notice. Raises BadEntry."""
    held = model._default_manager.filter(code=code).first()  # noqa: SLF001
    if held is None:
        put(model, code, {model.WORDS: words}, applied)
        return
    if held.words == words:
        return
    try:
        told = put_shared(thing=held, words=words, now=timezone.now())
    except BreaksRule as error:
        raise BadEntry(str(error)) from error
    applied.changed.append(f"{model.__name__.lower()} {code}{_when(told)}")


def _when(told: Announced | None) -> str:
    if told is None:
        return ""
    return f" (from {told.takes_effect_at:%Y-%m-%d %H:%M} UTC on, because members may get less: {' '.join(told.why)})"


def _ladder(code: str, document: Any, applied: Applied) -> None:
    values = only(document, _LADDER)
    tiers = values.pop("tiers", {})
    if not isinstance(tiers, dict):
        raise BadEntry("tiers are codes with words, such as gold: {threshold: 1000}.")
    found = Ladder.objects.filter(code=code).first()
    if found is None or "metric" in values:
        _check_metric(values.get("metric", ""))
    held = set() if found is None else set(found.tiers.values_list("code", flat=True))
    for tier, words in tiers.items():
        text("a tier's code", tier)
        try:
            only(words, _TIER, must=() if tier in held else ("threshold",))
        except BadEntry as error:
            raise BadEntry(f"tier {tier}: {error}") from error
    renamed = {tier: {_TIER_FIELDS.get(word, word): value for word, value in w.items()} for tier, w in tiers.items()}
    try:
        applied.changed += put_ladder(code=code, values=values, tiers=renamed, by="files")
    except BadLadder as error:
        raise BadEntry(str(error)) from error


def _check_metric(metric: str) -> None:
    """Refuse what measures nothing, naming what is near."""
    kind, _, code = metric.partition(":")
    if kind not in settings.METRIC_PROVIDERS:
        kinds = ", ".join(f"{each}:…" for each in settings.METRIC_PROVIDERS)
        raise BadEntry(f"metric is one of {kinds}, such as balance:growth, not {metric!r:.80}.")
    known: Mapping[str, tuple[str, Iterable[str]]] = {
        "balance": ("currency", Currency.objects.values_list("code", flat=True)),
        "earned": ("currency", Currency.objects.values_list("code", flat=True)),
        "counter": ("counter", Counter.objects.values_list("code", flat=True)),
        "content": ("measure of contents", CONTENT_MEASURES),
    }
    if kind in known and code not in known[kind][1]:
        raise BadEntry(f"metric: there is no {known[kind][0]} {code!r}. {near(code, known[kind][1])}")
    if kind not in known:
        try:
            scale_of(metric)
        except BadMetric as error:
            raise BadEntry(f"metric: {error}") from error


def _segment(code: str, document: Any, applied: Applied) -> None:
    values = only(document, _SEGMENT)
    if "condition" in values:
        compile_condition(values["condition"])
    if "metric" in values:
        _check_metric(values["metric"])
    put(Segment, code, values, applied)


PARTS: dict[str, Callable[[str, Any, Applied], None]] = {
    "currencies": _currency,
    "sources": _source,
    "event_types": _event_type,
    "counters": _counter,
    "badges": _badge,
    "tables": _table,
    "limits": _limit,
    "ladders": _ladder,
    "segments": _segment,
}
