"""Ways to earn: each public rule in force, whether it is open to a member now, and if not, until when or why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from incentives.domain import notice, wording
from incentives.domain.engine import rulebook
from incentives.domain.engine.facts import MemberFacts, load_members
from incentives.domain.engine.paying import refusal
from incentives.domain.engine.rulebook import RuleBook, RulePlan, TypeBook
from incentives.domain.rules.checking import CheckedClause, CheckedEffect, CheckedGroup, CheckedRule
from incentives.domain.rules.documents import GRANTS, MEMBER, Award, GrantBadge, GrantPrivilege
from incentives.domain.rules.limits import Ceiling
from incentives.domain.usage import Usage, Uses, own_ceiling, usage_of, uses_of
from incentives.enums import NoticeOf
from incentives.models import Badge, BadgeGrant, Privilege, RuleNotice
from members.domain import language as expressions
from members.domain.counters.book import CounterBook, as_fact
from members.domain.counters.compiled import CompiledCounter
from members.domain.counters.periods import local_day
from members.domain.texts import text_in
from members.models import Member

OPEN, USED, DONE, CLOSED = "open", "used", "done", "closed"


@dataclass(frozen=True, slots=True)
class Pay:
    """What one effect gives: at most so much of a currency, a badge or a privilege.

    `is_fixed` says that it is always the same.
    """

    name: str
    most: Decimal | None
    is_fixed: bool
    badge: str = ""
    privilege: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """How far a member has come towards a count that a rule waits for; no further than to it."""

    reached: int
    wanted: int

    @property
    def share(self) -> int:
        return min(100, self.reached * 100 // self.wanted) if self.wanted else 100


@dataclass(frozen=True, slots=True)
class Change:
    """What is announced of a way to earn: that it ends, or what it pays from then on."""

    at: datetime
    ends: bool
    pays: tuple[Pay, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A rule as a way to earn. `state` is open, used (until `usage.again_on`), done (for ever) or closed (`reason`)."""

    code: str
    name: str
    state: str
    pays: tuple[Pay, ...]
    usage: Usage | None
    goal: Goal | None
    reason: str
    until: datetime | None
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    rule: CheckedRule
    plan: RulePlan
    until: datetime | None
    ceiling: Ceiling | None
    goal: tuple[str, int] | None


def ways_to_earn(member: Member, *, now: datetime, language: str) -> list[Way]:
    """Every public rule in force that pays, the open ones first, in a fixed number of queries."""
    book = rulebook.current()
    return _told(member, book, _in_force(book, now), now=now, language=language)


def ways_on(
    member: Member, *, types: Collection[str], known: Mapping[str, Any], now: datetime, language: str
) -> list[Way]:
    """Those that pay on events of these types, less what they cannot pay given what is known of the event.

    `known` says what some fields of it will be, such as `event.data.kind`.
    """
    book = rulebook.current()
    found = [
        each
        for each in _in_force(book, now)
        if each.rule.document.when in types and not _is_excluded(each.rule.condition, known, member)
    ]
    return _told(member, book, found, now=now, language=language) if found else []


def _is_excluded(group: CheckedGroup, known: Mapping[str, Any], member: Member) -> bool:
    """Whether a clause that must hold is about what is known, and does not."""
    if group.kind != "all":
        return False
    return any(
        _is_excluded(each, known, member) if isinstance(each, CheckedGroup) else _fails_for(each, known, member)
        for each in group.members
    )


def _fails_for(clause: CheckedClause, known: Mapping[str, Any], member: Member) -> bool:
    fields = clause.checked.fields
    if not fields or not set(fields) <= set(known):
        return False
    return expressions.explain(clause.checked, known.get, member.zone()).result is False


def _told(member: Member, book: RuleBook, found: list[_Found], *, now: datetime, language: str) -> list[Way]:
    today = local_day(now, member.zone())
    facts = load_members([member.pk], book)[member.pk]
    uses = uses_of(member.pk, [(each.ceiling, today) for each in found if each.ceiling is not None])
    counts = _counts(member.pk, today, {each.goal[0] for each in found if each.goal is not None}, book)
    held = set(BadgeGrant.objects.filter(member_id=member.pk).values_list("badge__code", flat=True))
    badges = {badge.code: badge for badge in Badge.objects.all()}
    privileges = dict(Privilege.objects.values_list("code", "names"))
    announced = notice.coming([each.rule.document.code for each in found], now=now)
    teller = _Teller(book, facts, today, now, uses, counts, held, badges, privileges, language, announced)
    order = {OPEN: 0, USED: 1, CLOSED: 2, DONE: 3}
    return sorted((teller.way(each) for each in found), key=lambda way: (order[way.state], way.name))


def _in_force(book: RuleBook, now: datetime) -> list[_Found]:
    found = []
    for type_book in book.by_code.values():
        in_force = book.at(type_book, now)
        for rule, plan in zip(in_force.compiled.rules, in_force.plans, strict=True):
            if rule.document.visibility != "public" or not any(map(_is_own, rule.effects)):
                continue
            currency_id = next((effect.currency_id for effect in plan.effects if effect.currency_id), None)
            ceiling = own_ceiling(plan.ceilings, currency_id)
            found.append(_Found(rule, plan, _until(type_book, rule, now), ceiling, _goal(rule.condition, book)))
    return found


def _is_own(effect: CheckedEffect) -> bool:
    """Whether an effect gives something to the member whose event it is."""
    return isinstance(effect.effect, (Award, *GRANTS)) and effect.effect.to == MEMBER


def _until(type_book: TypeBook, rule: CheckedRule, now: datetime) -> datetime | None:
    """When a rule that is in force now ends, if that is known; a change of what it shares does not end it."""
    until = now
    for span in sorted(type_book.spans, key=lambda each: each.begins):
        if span.rule.document is not rule.document or span.begins > until:
            continue
        if span.ends is None:
            return None
        until = max(until, span.ends)
    return until


def _goal(group: CheckedGroup, book: RuleBook) -> tuple[str, int] | None:
    """The counter and the number that a rule waits for, where it has the form crossed(counters.x, n)."""
    for member in group.members:
        if isinstance(member, CheckedGroup):
            continue
        tree = member.checked.tree
        if tree.kind == "call" and tree.value == "crossed":
            counter = str(tree.children[0].value).removeprefix("counters.")
            known = book.known.counters.get(counter)
            if known is not None and not known.has_key:
                return counter, int(tree.children[1].value)
    return None


def _counts(member_id: int, today: int, wanted: set[str], book: RuleBook) -> dict[str, int]:
    counters: list[CompiledCounter] = [book.known.counters[code] for code in sorted(wanted)]
    if not counters:
        return {}
    values = CounterBook()
    values.know(counters)
    for counter in counters:
        values.want(counter, member_id, today, "")
    values.load()
    read = ((each, values.read(each, member_id, today, "")[0]) for each in counters)
    return {counter.code: int(str(as_fact(counter, value)).partition(".")[0]) for counter, value in read}


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells a member about rules, with what is known of the member at hand."""

    book: RuleBook
    facts: MemberFacts
    today: int
    now: datetime
    uses: Uses
    counts: dict[str, int]
    held: set[str]
    badges: dict[str, Badge]
    privileges: dict[str, dict[str, str]]
    language: str
    announced: Mapping[str, RuleNotice]

    def way(self, found: _Found) -> Way:
        document = found.rule.document
        usage = None
        if found.ceiling is not None:
            usage = usage_of(found.ceiling, self.uses, day=self.today, today=self.today, known=self.book.known)
        reason = self._closed_because(found.rule.condition)
        pays = tuple(self._pay(effect) for effect in found.rule.effects if _is_own(effect))
        change = self._change(found, pays)
        return Way(
            code=document.code,
            name=text_in(document.name, self.language, document.code),
            state=self._state(found, usage, reason),
            pays=pays,
            usage=usage,
            goal=Goal(min(self.counts.get(found.goal[0], 0), found.goal[1]), found.goal[1]) if found.goal else None,
            reason=reason,
            until=found.until if change is None else None,
            change=change,
        )

    def _change(self, found: _Found, now: tuple[Pay, ...]) -> Change | None:
        """What is announced; a change of what it shares tells what it pays then only where that is another amount."""
        told = self.announced.get(found.plan.code)
        if told is None:
            return None
        then = tuple(self._pay(each) for each in self._effects_then(told, found) if _is_own(each))
        is_same = told.of == NoticeOf.SHARED and then == now
        return Change(told.takes_effect_at, told.of == NoticeOf.END, () if is_same else then)

    def _effects_then(self, told: RuleNotice, found: _Found) -> tuple[CheckedEffect, ...]:
        """What the rule will do from the announced day on."""
        if told.of == NoticeOf.SHARED:
            rules = self.book.at(self.book.by_code[found.rule.document.when], told.takes_effect_at).compiled.rules
            return next((rule.effects for rule in rules if rule.document.code == found.plan.code), ())
        known = self.book.versions.get((found.plan.code, told.version.number)) if told.of == NoticeOf.NEXT else None
        return known[0].effects if known is not None else ()

    def _state(self, found: _Found, usage: Usage | None, reason: str) -> str:
        if self._is_done(found) or (usage is not None and usage.is_used_up and usage.again_on is None):
            return DONE
        if reason:
            return CLOSED
        return USED if usage is not None and usage.is_used_up else OPEN

    def _is_done(self, found: _Found) -> bool:
        """Whether a rule has nothing more to give: its one goal is behind, or of each of its badges one is enough."""
        if found.goal is not None and self._is_behind(*found.goal):
            return True
        granted = [e.effect.badge for e in found.rule.effects if isinstance(e.effect, GrantBadge) and _is_own(e)]
        return bool(granted) and all(
            code in self.held and code in self.badges and not self.badges[code].is_repeatable for code in granted
        )

    def _is_behind(self, counter: str, goal: int) -> bool:
        return self.book.known.counters[counter].window == "ever" and self.counts.get(counter, 0) >= goal

    def _closed_because(self, group: CheckedGroup) -> str:
        """Why this member cannot meet a condition as they are; empty where only the event will tell."""
        refused = refusal(self.facts, self.now)
        if refused:
            return wording.reason_words(refused)
        if group.kind != "all":
            return ""
        for member in group.members:
            if isinstance(member, CheckedGroup):
                reason = self._closed_because(member)
                if reason:
                    return reason
            elif self._fails(member):
                words = wording.in_words(member.checked.tree)
                return text_in(member.clause.why_not, self.language) or words
        return ""

    def _fails(self, clause: CheckedClause) -> bool:
        fields = clause.checked.fields
        if not fields or not all(path.startswith("member.") for path in fields):
            return False
        return expressions.explain(clause.checked, self._fact, self.facts.zone).result is False

    def _fact(self, path: str) -> Any:
        return self.facts.fact(path.removeprefix("member."))

    def _pay(self, effect: CheckedEffect) -> Pay:
        assert isinstance(effect.effect, (Award, GrantBadge, GrantPrivilege)), "only what gives is told"
        if isinstance(effect.effect, GrantBadge):
            code = effect.effect.badge
            name = text_in(self.badges[code].names, self.language, code) if code in self.badges else code
            return Pay(name, None, is_fixed=True, badge=code)
        if isinstance(effect.effect, GrantPrivilege):
            code = effect.effect.privilege
            return Pay(text_in(self.privileges.get(code), self.language, code), None, is_fixed=True, privilege=code)
        code = effect.effect.currency
        known = self.book.known.currencies.get(code)
        name = text_in(known.names, self.language, code) if known is not None else code
        interval = effect.amount.interval if effect.amount is not None else None
        if interval is None:
            return Pay(name, None, is_fixed=False)
        return Pay(name, interval.high, is_fixed=interval.low == interval.high)
