"""Collects everything that rules may name from the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from incentives.domain.rules.catalogue import Catalogue, CounterFacts, CurrencyFacts
from incentives.domain.rules.checking import unfit
from incentives.domain.rules.documents import BadDocument, Limit, read_limit
from incentives.domain.rules.drafting import check_alarm
from incentives.domain.rules.tables import read_table
from incentives.models import Badge, Currency, LookupTable, Privilege, SharedLimit
from members.domain import language
from members.domain.attributes import definitions, rule_fields
from members.domain.counters.compiled import CompiledCounter, compile_counter, fields_of
from members.domain.events.schemas import DataSchema, parse_schema
from members.domain.outcomes import NOT_FOR_RULES
from members.enums import AgeBand, CounterKind
from members.models import Counter, EventType, Ladder, Role, Segment

NO_TIER = "none"
# A rule asks for a segment by this and its code.
IN_SEGMENT = "in_"
# And whether somebody is responsible for something, anywhere, by this and the role's code.
HAS_ROLE = "role_"


@dataclass(frozen=True)
class Known:
    """A catalogue with what the engine needs beside it."""

    catalogue: Catalogue
    schemas: Mapping[str, DataSchema]
    counters: Mapping[str, CompiledCounter]
    currencies: Mapping[str, Currency]
    # The kinds of those attributes of members that rules may read.
    attributes: Mapping[str, str]
    # What may be named until each of these moments, in order: shared limits and tables as they are before a change.
    until: tuple[tuple[datetime, Catalogue], ...] = ()

    def at(self, moment: datetime) -> Catalogue:
        """What may be named at a moment."""
        return next((catalogue for until, catalogue in self.until if moment < until), self.catalogue)


def member_fields(
    tiers: tuple[str, ...], segments: Iterable[str] = (), roles: Iterable[str] = ()
) -> dict[str, language.Field]:
    """What rules may know of a member."""
    asked = [*(f"{IN_SEGMENT}{code}" for code in segments), *(f"{HAS_ROLE}{code}" for code in roles)]
    return {
        **{f"member.{name}": language.Field(type=language.BOOL, access=("member", name)) for name in asked},
        "member.joined_at": language.Field(type=language.TIMESTAMP, access=("member", "joined_at")),
        "member.verified": language.Field(type=language.BOOL, access=("member", "verified")),
        "member.house": language.Field(type=language.BOOL, access=("member", "house")),
        "member.language": language.Field(type=language.STRING, access=("member", "language")),
        "member.age_band": language.Field(
            type=language.STRING, enum=tuple(AgeBand.values), access=("member", "age_band")
        ),
        "member.connections": language.Field(type=language.INT, min=0, max=1_000_000, access=("member", "connections")),
        "member.tier": language.Field(type=language.STRING, enum=tiers, access=("member", "tier")),
        "now": language.Field(type=language.TIMESTAMP, access=("now", 0)),
    }


def load_known() -> Known:
    """Read the catalogue: event types, counters, currencies, tables, badges, privileges, shared limits and tiers."""
    schemas = {code: parse_schema(code, schema) for code, schema in EventType.objects.values_list("code", "schema")}
    counters = {
        counter.code: compile_counter(counter, schemas[counter.event_type.code])
        for counter in Counter.objects.select_related("event_type")
    }
    currencies = {currency.code: currency for currency in Currency.objects.all()}
    attributes = {code: each for code, each in definitions().items() if each.is_for_rules}
    ladder = Ladder.objects.order_by("pk").first()
    tiers = tuple(ladder.tiers.values_list("code", flat=True)) if ladder is not None else ()
    tables, limits = list(LookupTable.objects.all()), list(SharedLimit.objects.all())
    catalogue = Catalogue(
        event_types={code: fields_of(schema) for code, schema in schemas.items()},
        reserved=NOT_FOR_RULES,
        member_fields={
            **member_fields(
                (NO_TIER, *tiers),
                Segment.objects.values_list("code", flat=True),
                Role.objects.values_list("code", flat=True),
            ),
            **rule_fields(attributes),
        },
        currencies=currency_facts(currencies.values()),
        counters=_counter_facts(counters),
        tables={table.code: read_table(table.words) for table in tables},
        badges=frozenset(Badge.objects.values_list("code", flat=True)),
        privileges=frozenset(Privilege.objects.values_list("code", flat=True)),
        limits={limit.code: read_limit(limit.words, limit.code) for limit in limits},
    )
    kinds = {code: each.kind for code, each in attributes.items()}
    return Known(catalogue, schemas, counters, currencies, kinds, tuple(_until(catalogue, tables, limits)))


def _until(
    catalogue: Catalogue, tables: list[LookupTable], limits: list[SharedLimit]
) -> Iterator[tuple[datetime, Catalogue]]:
    """What may be named before each day on which a table or limit changes."""
    for moment in sorted({each.until for each in (*tables, *limits) if each.until is not None}):
        just_before = moment - timedelta.resolution
        yield (
            moment,
            replace(
                catalogue,
                tables={each.code: read_table(each.words_at(just_before)) for each in tables},
                limits={each.code: read_limit(each.words_at(just_before), each.code) for each in limits},
            ),
        )


def currency_facts(currencies: Iterable[Currency]) -> dict[str, CurrencyFacts]:
    """What rules and limits may know of currencies, by code."""
    return {each.code: CurrencyFacts(each.pk, each.code, each.scale, each.kind == "qualifying") for each in currencies}


def check_shared_limit(*, code: str, document: object) -> Limit:
    """Read a shared limit as it would be saved: one that names no currency of ours would never limit anything.

    Raises BadDocument.
    """
    limit = read_limit(document, code)
    findings = [*unfit(limit, currency_facts(Currency.objects.all()), ""), *check_alarm(limit, "")]
    if findings:
        raise BadDocument(findings)
    return limit


def _counter_facts(counters: Mapping[str, CompiledCounter]) -> dict[str, CounterFacts]:
    facts = {}
    for place, (code, counter) in enumerate(sorted(counters.items())):
        is_sum = counter.kind == CounterKind.SUM
        facts[code] = CounterFacts(
            code,
            counter.event_type,
            counter.has_key,
            language.Field(
                type=language.DECIMAL if is_sum else language.INT,
                min=None if is_sum else 0,
                max=None if is_sum else 10**12,
                cost=10,
                access=("counters", 2 * place),
                peak_access=("counters", 2 * place + 1),
            ),
        )
    return facts
