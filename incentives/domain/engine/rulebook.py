"""The rules of a revision, compiled: which were in force when, and all that the fold needs beside them."""

from __future__ import annotations

import bisect
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection

from incentives.domain.catalogues import HAS_ROLE, Known, load_known
from incentives.domain.engine.rising import RisingLadder, rising_ladder
from incentives.domain.engine.stretches import stretches
from incentives.domain.quests.loading import quest_plans
from incentives.domain.quests.plans import QuestPlan
from incentives.domain.rules.checking import CheckedRule, check_rule
from incentives.domain.rules.compiling import CompiledType, compile_type
from incentives.domain.rules.documents import (
    IN_THE_DATA,
    INVITER,
    MEMBER,
    Award,
    BadDocument,
    Deduct,
    GrantBadge,
    GrantPrivilege,
    Limit,
    Pending,
    alarm_of,
    read_document,
)
from incentives.domain.rules.limits import Ceiling
from incentives.enums import RuleState
from incentives.models import Badge, LimitName, Privilege, RuleInterval, RuleSet, RuleVersion
from members.domain.contents.words import ContentWords, read_words
from members.domain.counters.compiled import CompiledCounter
from members.domain.events.schemas import DataSchema
from members.domain.ladders.demands import BadDemand
from members.domain.ladders.measures import BadMetric, scale_of
from members.domain.ladders.plans import plan_of
from members.domain.language import seconds_of
from members.models import Counter, EventType, Ladder, Segment


@dataclass(frozen=True, slots=True)
class PendingPlan:
    """How long an award waits, and for which event (None: for the time alone) with which field of its data."""

    length: timedelta
    until_id: int | None = None
    match_name: str = ""
    match_attribute: str = ""

    def match_of(self, event: Any) -> str:
        """What the awaited event must carry, as text."""
        return match_text(self.match_name, getattr(event, self.match_attribute)) if self.match_name else ""


def match_text(name: str, value: object) -> str:
    return f"{name}={value}"[:200]


@dataclass(frozen=True, slots=True)
class EffectPlan:
    """One effect, with everything looked up."""

    number: int
    kind: str  # award, deduct, badge or grant
    currency_id: int = 0
    currency_code: str = ""
    badge_id: int = 0
    badge_code: str = ""
    is_repeatable: bool = False
    privilege_id: int = 0
    privilege_code: str = ""
    # How long a granted privilege holds (None: for ever), and how many uses it brings (None: the privilege's quota).
    lasts: timedelta | None = None
    # So many whole days instead; or as long as what has this code, or the code that this attribute of the data holds.
    days: int | None = None
    like: str = ""
    like_attribute: str = ""
    uses_max: int | None = None
    expiry: dict[str, Any] | None = None
    # What points live by that are earned from then on.
    expiry_next: dict[str, Any] | None = None
    expiry_next_at: datetime | None = None
    floor: int = 0
    when_short: str = "cut"
    # Empty for the member whose event it is; "inviter"; else the attribute of the data that names a member.
    to: str = ""
    pending: PendingPlan | None = None


@dataclass(frozen=True, slots=True)
class RulePlan:
    """One rule version as the fold uses it."""

    code: str
    version: int
    effects: tuple[EffectPlan, ...]
    ceilings: tuple[Ceiling, ...]
    # Whether every effect pays the member whose event it is.
    pays_itself: bool = True


@dataclass(frozen=True, slots=True)
class RuleSpan:
    """A version and the time it was in force, its schedule included."""

    rule: CheckedRule
    version: int
    begins: datetime
    ends: datetime | None


@dataclass(frozen=True)
class InForce:
    """The rules of one type that were in force at some time, as one function."""

    compiled: CompiledType
    plans: tuple[RulePlan, ...]
    counters: tuple[tuple[int, CompiledCounter], ...]
    member_fields: tuple[str, ...]
    # Whether some effect goes to a member whom the event's data name.
    names_members: bool = False


@dataclass
class TypeBook:
    """Everything about one event type."""

    id: int
    code: str
    schema: DataSchema
    moving: tuple[CompiledCounter, ...]
    spans: list[RuleSpan]
    moments: list[datetime] = field(default_factory=list)
    # The attributes of the data that name whom a member speaks to, and what they were at together; empty for none.
    speaks_to: str = ""
    gathers_at: str = ""
    # What its events say of contents, if anything.
    says: ContentWords | None = None
    # Whether some award waits for an event of this type.
    is_awaited: bool = False
    # The quests that it may begin or carry on.
    quests: tuple[QuestPlan, ...] = ()
    _by_segment: dict[int, InForce] = field(default_factory=dict)

    def __post_init__(self) -> None:
        edges = {span.begins for span in self.spans} | {span.ends for span in self.spans if span.ends is not None}
        self.moments = sorted(edges)

    @property
    def is_listened_to(self) -> bool:
        """Whether an event of this type must be judged at all."""
        return bool(self.spans or self.moving or self.is_awaited or self.quests)


@dataclass
class Awaited:
    """What awards that wait for an event of one type look at in its data, and in which currencies they wait."""

    attributes: dict[str, str] = field(default_factory=dict)
    currency_ids: set[int] = field(default_factory=set)

    def matches(self, event: Any) -> set[str]:
        """Every text that an award may wait for and this event carries."""
        carried = {match_text(name, getattr(event, attribute)) for name, attribute in self.attributes.items()}
        return {"", *carried}


class RuleBook:
    """One revision of everything that judges. Never changes; a new revision is a new book."""

    def __init__(self, revision: int, known: Known) -> None:
        self.revision = revision
        self.known = known
        self.types: dict[int, TypeBook] = {}
        self.by_code: dict[str, TypeBook] = {}
        # What judges nothing any more although operators count on it, such as `post v2`, and why.
        self.broken: dict[str, str] = {}
        # Every version that was ever in force, with the moment it was published: judgements and journals name them.
        self.versions: dict[tuple[str, int], tuple[CheckedRule, datetime]] = {}
        self._plans: dict[tuple[str, int], RulePlan] = {}
        self.counter_slots = {code: i for i, code in enumerate(sorted(known.counters))}
        # Two places for each counter, and one for the space where it happened.
        self.vector_size = 2 * len(self.counter_slots) + 1
        self._limit_ids = dict(LimitName.objects.values_list("code", "id"))
        self._badges = {badge.code: badge for badge in Badge.objects.all()}
        self._privileges = {privilege.code: privilege for privilege in Privilege.objects.all()}
        self._type_ids = dict(EventType.objects.values_list("code", "id"))
        # For each type that some award waits for: the attribute of its data that must match, and the currencies.
        self.awaited: dict[int, Awaited] = {}
        self._build()
        self._find_awaited()
        self.quests = self._quests()
        self.ladders = self._ladders()
        self.has_segments = Segment.objects.exists()
        read = {path for rule, _ in self.versions.values() for path in rule.fields()}
        said = [*read, *(str(plan.document) for plan in self.quests.values())]
        self.has_roles = any(f"member.{HAS_ROLE}" in each for each in said)
        self.counting_for_ladders = frozenset(each.id for ladder in self.ladders for each in ladder.counters)

    def at(self, book: TypeBook, moment: datetime) -> InForce:
        """The rules of a type in force at a moment."""
        segment = bisect.bisect_right(book.moments, moment)
        found = book._by_segment.get(segment)  # noqa: SLF001  The book's cache is filled here only.
        if found is None:
            found = book._by_segment[segment] = self._compile(book, moment)  # noqa: SLF001
        return found

    def _find_awaited(self) -> None:
        for rule, _ in self.versions.values():
            for effect in rule.effects:
                award = effect.effect
                if not isinstance(award, Award) or award.pending is None or award.pending.until is None:
                    continue
                until = award.pending.until
                awaited = self.awaited.setdefault(self._type_ids[until], Awaited())
                self.by_code[until].is_awaited = True
                awaited.currency_ids.add(self.known.currencies[award.currency].pk)
                if award.pending.match is not None:
                    name = award.pending.match.removeprefix(IN_THE_DATA)
                    awaited.attributes[name] = self.known.schemas[until].attribute(name)

    def plan_of(self, code: str, number: int) -> RulePlan | None:
        """A version as the fold uses it, in force or not; None if it was never in force or no longer checks."""
        found = self.versions.get((code, number))
        if found is None:
            return None
        if (code, number) not in self._plans:
            self._plans[code, number] = self._plan(found[0], number)
        return self._plans[code, number]

    def _build(self) -> None:
        spans: dict[str, list[RuleSpan]] = {}
        checked: dict[int, CheckedRule | None] = {}
        for interval in RuleInterval.objects.select_related("version__rule").order_by("version_id", "in_force_from"):
            version = interval.version
            if version.pk not in checked:
                checked[version.pk] = self._checked(version)
            rule = checked[version.pk]
            if rule is None:
                continue
            assert version.published_at is not None, "only_a_draft_is_unpublished"
            self.versions[version.rule.code, version.number] = (rule, version.published_at)
            begins, ends = interval.in_force_from, interval.in_force_until
            schedule = rule.document.schedule
            if schedule is not None:
                begins = max(begins, schedule.from_ or begins)
                ends = min((each for each in (ends, schedule.until) if each is not None), default=None)
            for each, first, last in stretches(rule, self.known, begins, ends):
                spans.setdefault(rule.document.when, []).append(RuleSpan(each, version.number, first, last))
        moving: dict[str, list[CompiledCounter]] = {}
        for counter in self.known.counters.values():
            moving.setdefault(counter.event_type, []).append(counter)
        social = {
            code: (counterpart if is_conversation else "", gathering)
            for code, is_conversation, counterpart, gathering in EventType.objects.values_list(
                "code", "is_conversation", "counterpart", "gathering"
            )
        }
        contents = EventType.objects.exclude(content={}).values_list("code", "content", "counterpart")
        says = {code: read_words(self.known.schemas[code], *words) for code, *words in contents}
        for code, type_id in self._type_ids.items():
            if code not in self.known.schemas:
                continue
            schema = self.known.schemas[code]
            speaks_to, gathers_at = (schema.attribute(name) if name else "" for name in social.get(code, ("", "")))
            book = TypeBook(
                type_id, code, schema, tuple(moving.get(code, ())), spans.get(code, []), speaks_to=speaks_to,
                gathers_at=gathers_at, says=says.get(code),
            )  # fmt: skip
            self.types[type_id] = self.by_code[code] = book

    def _checked(self, version: RuleVersion) -> CheckedRule | None:
        """Check a published version again; one that no longer holds hurts only itself, and says so while it is used."""
        try:
            report = check_rule(read_document(version.document), self.known.catalogue)
        except BadDocument as error:
            rule, why = None, str(error)
        else:
            rule, why = report.rule, " ".join(str(finding) for finding in report.errors)
        if rule is None and version.state in (RuleState.LIVE, RuleState.PAUSED, RuleState.ANNOUNCED):
            self.broken[str(version)] = why
        return rule

    def _compile(self, book: TypeBook, moment: datetime) -> InForce:
        live = [span for span in book.spans if span.begins <= moment and (span.ends is None or moment < span.ends)]
        schema = self.known.catalogue.schema_for(book.code)
        compiled = compile_type([span.rule for span in live], schema)
        versions = {span.rule.document.code: span.version for span in live}
        codes = {path.partition(".")[2] for path in compiled.reads("counters")}
        plans = tuple(self._planned(rule, versions[rule.document.code]) for rule in compiled.rules)
        return InForce(
            compiled=compiled,
            plans=plans,
            names_members=any(effect.to not in ("", INVITER) for plan in plans for effect in plan.effects),
            counters=tuple((self.counter_slots[code], self.known.counters[code]) for code in sorted(codes)),
            member_fields=tuple(path.partition(".")[2] for path in compiled.reads("member")),
        )

    def _planned(self, rule: CheckedRule, number: int) -> RulePlan:
        newest, _published_at = self.versions[rule.document.code, number]
        plan = self.plan_of(rule.document.code, number) if rule is newest else self._plan(rule, number)
        assert plan is not None, "what is in force was checked"
        return plan

    def _plan(self, rule: CheckedRule, version: int) -> RulePlan:
        effects = []
        for number, each in enumerate(rule.effects):
            effect = each.effect
            if isinstance(effect, (GrantBadge, GrantPrivilege)):
                effects.append(self._grant(number, effect, rule))
                continue
            currency = self.known.currencies[effect.currency]
            if isinstance(effect, Award):
                expiry = currency.expiry if effect.expires is None else _plain_expiry(effect)
                effects.append(
                    EffectPlan(
                        number,
                        "award",
                        currency.pk,
                        currency.code,
                        expiry=expiry or None,
                        expiry_next=currency.expiry_next if effect.expires is None else None,
                        expiry_next_at=currency.expiry_next_at if effect.expires is None else None,
                        to=self._recipient(effect.to, rule),
                        pending=self._pending(effect.pending, rule),
                    )
                )
            elif isinstance(effect, Deduct):
                effects.append(
                    EffectPlan(
                        number,
                        "deduct",
                        currency.pk,
                        currency.code,
                        floor=currency.deduct_floor,
                        when_short=effect.when_short,
                    )
                )
        return RulePlan(
            rule.document.code,
            version,
            tuple(effects),
            tuple(self._ceiling(x) for x in rule.limits),
            pays_itself=not any(effect.to for effect in effects),
        )

    def _grant(self, number: int, effect: GrantBadge | GrantPrivilege, rule: CheckedRule) -> EffectPlan:
        to = self._recipient(effect.to, rule)
        if isinstance(effect, GrantBadge):
            badge = self._badges[effect.badge]
            return EffectPlan(
                number, "badge", badge_id=badge.pk, badge_code=badge.code, is_repeatable=badge.is_repeatable, to=to
            )
        privilege = self._privileges[effect.privilege]
        days, like = privilege.grant_days, effect.like or ""
        lasts = timedelta(days=days) if days is not None else None
        if effect.for_ is not None:
            seconds = seconds_of(effect.for_)
            assert seconds, "the document was checked"
            lasts = timedelta(seconds=seconds)
        return EffectPlan(
            number, "grant", privilege_id=privilege.pk, privilege_code=privilege.code, lasts=lasts,
            days=effect.days, like="" if like.startswith(IN_THE_DATA) else like,
            like_attribute=self._attribute(like, rule) if like.startswith(IN_THE_DATA) else "",
            uses_max=effect.uses, to=to,
        )  # fmt: skip

    def _recipient(self, to: str, rule: CheckedRule) -> str:
        if to in (MEMBER, INVITER):
            return "" if to == MEMBER else INVITER
        return self._attribute(to, rule)

    def _attribute(self, path: str, rule: CheckedRule) -> str:
        return self.known.schemas[rule.document.when].attribute(path.removeprefix(IN_THE_DATA))

    def _pending(self, pending: Pending | None, rule: CheckedRule) -> PendingPlan | None:
        if pending is None:
            return None
        seconds = seconds_of(pending.for_ or pending.within or "")
        assert seconds, "the document was checked"
        length = timedelta(seconds=seconds)
        if pending.until is None:
            return PendingPlan(length)
        if pending.match is None:
            return PendingPlan(length, self._type_ids[pending.until])
        name = pending.match.removeprefix(IN_THE_DATA)
        return PendingPlan(length, self._type_ids[pending.until], name, self._attribute(pending.match, rule))

    def _ceiling(self, limit: Limit) -> Ceiling:
        if limit.code not in self._limit_ids:
            self._limit_ids[limit.code] = LimitName.objects.get_or_create(code=limit.code)[0].pk
        currency = self.known.currencies.get(limit.currency or "")
        amount = int(limit.amount.scaleb(currency.scale)) if limit.amount is not None and currency else None
        share, whole = alarm_of(limit), limit.times or amount
        return Ceiling(
            name=limit.code,
            limit_id=self._limit_ids[limit.code],
            is_shared_by_members=limit.per in ("rule", "programme"),
            is_recipients=limit.per == "member",
            every=limit.every,
            times=limit.times,
            amount=amount,
            currency_id=currency.pk if currency else None,
            is_net=limit.counts == "net",
            cuts=limit.over == "cut",
            alarm_at=-(-share * whole // 100) if share and whole else None,
        )

    def _quests(self) -> dict[int, QuestPlan]:
        """The versions of quests that somebody is on, or may begin, by version; each type learns of its own."""
        plans, broken = quest_plans(self.known, self._type_ids)
        self.broken.update(broken)
        for plan in plans:
            for type_id in {plan.begins_on, *(kind for step in plan.steps for kind in step.type_ids)}:
                if type_id in self.types:
                    self.types[type_id].quests += (plan,)
        return {plan.version_id: plan for plan in plans}

    def _ladders(self) -> list[RisingLadder]:
        found = []
        counters = {counter.code: counter for counter in Counter.objects.all()}
        for ladder in Ladder.objects.order_by("pk").prefetch_related("tiers"):
            try:
                plan = plan_of(ladder, counters)
                scale_of(plan.metric)
            except (BadMetric, BadDemand) as error:
                self.broken[f"ladder {ladder.code}"] = str(error)
            else:
                found.append(rising_ladder(plan, self.known))
        return found


def _plain_expiry(effect: Award) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(effect.expires)
    return plain


_lock = threading.Lock()
_books: dict[str, RuleBook] = {}


def current() -> RuleBook:
    """The book of the newest revision, compiled once for each process."""
    newest = RuleSet.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    name = str(connection.settings_dict["NAME"])
    book = _books.get(name)
    if book is None or book.revision != newest:
        with _lock:
            book = _books.get(name)
            if book is None or book.revision != newest:
                book = _books[name] = RuleBook(newest, load_known())
    return book


def forget() -> None:
    """Drop what this process compiled; for tests that share a database name."""
    _books.clear()
