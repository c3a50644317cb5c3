"""The reasons there can be, each in words for the member. Read from a trace and the books; decides nothing new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from incentives.domain.engine import rulebook
from incentives.domain.engine.paying import FROZEN, MAY_NOT_EARN
from incentives.domain.traces import RuleTrace, Trace
from incentives.domain.wording import LIMIT
from incentives.enums import CaseFinding, JournalKind, PendingState
from incentives.models import Journal, Note, PendingAward
from members.domain.counters.periods import local_day, midnight, next_period
from members.domain.notifications.words import day_of
from members.models import Event, Member, Rejection

RULES_SAID_MAX = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """A finding; `words` says it in the active language, `facts` are kept for the team."""

    finding: CaseFinding
    words: Callable[[], str]
    facts: dict[str, Any] = field(default_factory=dict)


def of(trace: Trace, *, event: Event, member: Member, rule_code: str, now: datetime) -> Reason:
    """The first reason in the fixed order, in the active language; NOTHING where none explains it."""
    if trace.state == "waiting":
        return Reason(CaseFinding.NOTHING, _saying(_("It is still being worked out.")), {"state": "waiting"})
    if trace.state == "failed":
        words = _("Something went wrong here. The team will mend it; nothing is lost.")
        return Reason(CaseFinding.NOTHING, _saying(words), {"state": "failed", "error": trace.error})
    rules = [rule for rule in trace.rules if not rule_code or rule.code == rule_code]
    matched = [rule for rule in rules if rule.matched]
    if not rules:
        return Reason(CaseFinding.NO_RULE, _saying(_no_rule(bool(rule_code))))
    if not matched:
        return _clause(rules)
    return (
        _limit(matched, event, member, now)
        or _pending(event, member, rule_code)
        or _taken_back(event, member, rule_code)
        or _frozen(matched)
        or _rest(trace, rules)
    )


def not_received(day: datetime, app: str, last: datetime | None, member: Member) -> Reason:
    def words() -> str:
        said = _("Nothing of this kind reached us from you on %(day)s.") % {"day": day_of(day, member.zone())}
        if last is not None:
            more = _("The last event from %(app)s arrived on %(when)s.") % {"app": app, "when": when(last, member)}
        elif app:
            more = _("We have heard nothing from %(app)s lately.") % {"app": app}
        else:
            more = ""
        return f"{said} {more}".strip()

    return Reason(CaseFinding.NOT_RECEIVED, words)


def refused(rejection: Rejection, member: Member) -> Reason:
    def words() -> str:
        said = _("%(app)s reported something of you on %(when)s, and we could not take it: %(why)s")
        app = rejection.source or _("An app")
        return said % {"app": app, "when": when(rejection.received_at, member), "why": rejection.sentence}

    return Reason(CaseFinding.REFUSED, words)


def unclear() -> Reason:
    return Reason(CaseFinding.NOTHING, lambda: _("Several things could be meant; the team will look at them."))


def when(moment: datetime, member: Member) -> str:
    """A moment where the member lives: 24 Nov 2026, 14:00."""
    return f"{day_of(moment, member.zone())}, {member.local(moment):%H:%M}"


def _saying(words: str) -> Callable[[], str]:
    return lambda: words


def _no_rule(is_named: bool) -> str:  # noqa: FBT001
    if is_named:
        return _("This way to earn was not open at that time.")
    return _("No rule rewards this. It stays on your timeline all the same.")


def _clause(rules: Sequence[RuleTrace]) -> Reason:
    """Which clauses failed. Where some rule has words of its own for it, those say it, and the others keep quiet."""
    missed = {rule.code: [clause for clause in rule.clauses if not clause.passed] for rule in rules}
    spoken = [rule for rule in rules if any(clause.why_not for clause in missed[rule.code])]
    lines = []
    for rule in (spoken or rules)[:RULES_SAID_MAX]:
        words = [each.why_not or _("Not met: %(clause)s.") % {"clause": each.words} for each in missed[rule.code]]
        why = " ".join(words) or _("this rule did not count here.")
        lines.append(_("“%(rule)s”: %(why)s") % {"rule": rule.name, "why": why})
    facts = [{"rule": code, "missed": [clause.text for clause in clauses]} for code, clauses in missed.items()]
    return Reason(CaseFinding.CLAUSE, _saying(" ".join(lines)), {"clauses": facts})


def _limit(matched: Sequence[RuleTrace], event: Event, member: Member, now: datetime) -> Reason | None:
    for rule in matched:
        cut = [each for each in rule.effects if each.reason.startswith(LIMIT) and abs(each.paid) < abs(each.wanted)]
        reason = rule.reason if rule.reason.startswith(LIMIT) else cut[0].reason if cut else ""
        if not reason:
            continue
        opens_at = _opens_at(rule, reason.removeprefix(LIMIT), event, member)
        said = [_("“%(rule)s”: %(why)s") % {"rule": rule.name, "why": rule.words or cut[0].words}]
        if opens_at is not None:
            words = _("It opens again on %(when)s.") if opens_at > now else _("It opened again on %(when)s.")
            said.append(words % {"when": when(opens_at, member)})
        facts = {"rule": rule.code, "limit": reason, "opens_at": opens_at.isoformat() if opens_at else None}
        return Reason(CaseFinding.LIMIT, _saying(" ".join(said)), facts)
    return None


def _opens_at(rule: RuleTrace, name: str, event: Event, member: Member) -> datetime | None:
    """When the period of a limit that held the event is over; None where it never is."""
    plan = rulebook.current().plan_of(rule.code, rule.version)
    ceiling = next((each for each in plan.ceilings if each.name == name), None) if plan is not None else None
    if ceiling is None:
        return None
    zone = timezone.get_default_timezone() if ceiling.is_shared_by_members else member.zone()
    day: date | None = next_period(ceiling.every, local_day(event.occurred_at, zone))
    return midnight(day, zone) if day is not None else None


def _pending(event: Event, member: Member, rule_code: str) -> Reason | None:
    awards = _awards(event, rule_code).filter(state=PendingState.WAITING)
    award = awards.order_by("due_at").first()
    if award is None:
        return None
    is_awaiting = award.until_type_id is not None
    words = (
        _("It is pending, and becomes sure by %(when)s or lapses.")
        if is_awaiting
        else _("It is pending until %(when)s.")
    )
    facts = {"rule": award.rule_code, "pending_until": award.due_at.isoformat()}
    return Reason(CaseFinding.PENDING, _saying(words % {"when": when(award.due_at, member)}), facts)


def _taken_back(event: Event, member: Member, rule_code: str) -> Reason | None:
    paid = Journal.objects.filter(event_id=event.pk)
    if rule_code:
        paid = paid.filter(rule_code=rule_code)
    back = Journal.objects.filter(kind=JournalKind.REVERSE, reverses_id__in=list(paid.values_list("pk", flat=True)))
    journal = back.order_by("-pk").first()
    if journal is not None:
        note = Note.objects.filter(pk=journal.pk).values_list("text", flat=True).first()
        said = _("It was paid, and taken back on %(when)s.") % {"when": when(journal.effective_at, member)}
        facts = {"journal": str(journal.pk), "reason": note or ""}
        return Reason(CaseFinding.TAKEN_BACK, _saying(f"{said} {note or ''}".strip()), facts)
    gone = _awards(event, rule_code).filter(state__in=(PendingState.LAPSED, PendingState.WITHDRAWN))
    award = gone.order_by("-settled_at").first()
    if award is None or award.settled_at is None:
        return None
    said = _("It was pending, and was not confirmed by %(when)s.") % {"when": when(award.settled_at, member)}
    return Reason(CaseFinding.TAKEN_BACK, _saying(said), {"rule": award.rule_code, "lapsed": True})


def _awards(event: Event, rule_code: str) -> Any:
    found = PendingAward.objects.filter(event_id=event.pk)
    return found.filter(rule_code=rule_code) if rule_code else found


def _frozen(matched: Sequence[RuleTrace]) -> Reason | None:
    rule = next((rule for rule in matched if rule.reason in (FROZEN, MAY_NOT_EARN)), None)
    return Reason(CaseFinding.FROZEN, _saying(rule.words), {"reason": rule.reason}) if rule is not None else None


def _rest(trace: Trace, rules: Sequence[RuleTrace]) -> Reason:
    """Everything that matched was paid: another rule may be meant, else somebody has to look."""
    others = [rule for rule in rules if not rule.matched]
    if others:
        return _clause(others)
    moved = {currency: str(total) for currency, total in trace.moved.items()}
    return Reason(
        CaseFinding.NOTHING, _saying(_("We found no reason why anything should be missing.")), {"paid": moved}
    )
