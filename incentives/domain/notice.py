"""Notice: a public rule pays less only after it was announced for some days, unless there is fraud or a mistake.

What was announced stands in `RuleNotice`; when it takes effect stands in the intervals, which judging reads. The job
here only moves the states after them, and tells members.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from incentives.domain.catalogues import load_known
from incentives.domain.lessening import lessened
from incentives.domain.pump import hints
from incentives.domain.revisions import revise
from incentives.domain.rules.catalogue import Catalogue
from incentives.domain.rules.checking import CheckedRule, check_rule
from incentives.domain.rules.documents import BadDocument, Document, read_document
from incentives.enums import Emergency, NoticeOf, RuleState
from incentives.models import BadgeGrant, Currency, Journal, PrivilegeGrant, Rule, RuleInterval, RuleNotice, RuleVersion
from members.domain.events.telling import tell
from members.domain.outcomes import EXPIRY_CHANGING, RULE_CHANGING
from members.models import Member

TOLD_MAX, ROUNDS_MAX = 2_000, 50


class NoReason(Exception):
    """Notice was to be skipped without a written reason; the message says what to write."""


@dataclass(frozen=True, slots=True)
class WithoutNotice:
    """Why there is no notice: fraud or a mistake, and what happened. Stands in the history of the rule for ever."""

    kind: Emergency
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise NoReason(_("Without notice only for fraud or a mistake: write what happened; it stays on record."))


def length() -> timedelta:
    return timedelta(days=settings.NOTICE_DAYS)


def lessened_by(version: RuleVersion, now: datetime) -> list[str]:
    """What members may get less of when this version takes the place of those they rely on; empty for nothing."""
    known, found = load_known(), dict[str, None]()
    # What the rules share may be announced to change: they are compared by what holds now, and by what will.
    catalogues = [*(each for until, each in known.until if now < until), known.catalogue]
    for relied in relied_on(version.rule, now):
        for catalogue in catalogues:
            before, after = checked(relied, catalogue), checked(version, catalogue)
            if before is not None and after is not None:
                found |= dict.fromkeys(lessened(before, after, policies=policies(), now=now))
    return list(found)


def policies() -> dict[str, Any]:
    """What points of each currency will live by, by its code."""
    return {each.code: each.expiry_next or each.expiry for each in Currency.objects.all()}


def relied_on(rule: Rule, now: datetime) -> list[RuleVersion]:
    """The public versions that members count on: the one in force, and back to one that is not quite new.

    A version published within the last hour that has paid nothing yet is nobody's; whoever mends it is held to the
    one before it.
    """
    found: list[RuleVersion] = []
    in_force = rule.versions.filter(state=RuleState.LIVE).first()
    version = in_force
    while version is not None:
        if _is_over(version, now):
            break
        is_new = _is_new(version, now)
        if version.document.get("visibility", "public") == "public" and not is_new:
            found.append(version)
        if not is_new:
            break
        version = _before(version)
    return found


def _is_over(version: RuleVersion, now: datetime) -> bool:
    """Whether its own schedule has ended it."""
    known = _read(version)
    return known is None or (
        known.schedule is not None and known.schedule.until is not None and known.schedule.until <= now
    )


def _before(version: RuleVersion) -> RuleVersion | None:
    """The version that this one took the place of; none where that had been retired or paused before."""
    begins = version.intervals.order_by("in_force_from").values_list("in_force_from", flat=True).first()
    joined = RuleInterval.objects.filter(version__rule_id=version.rule_id, in_force_until=begins)
    interval = joined.exclude(version=version).select_related("version").order_by("-version__number").first()
    return interval.version if interval is not None else None


def _is_new(version: RuleVersion, now: datetime) -> bool:
    grace = timedelta(minutes=settings.NOTICE_GRACE_MINUTES)
    assert version.published_at is not None, "only_a_draft_is_unpublished"
    return version.published_at > now - grace and not _has_paid(version)


def _has_paid(version: RuleVersion) -> bool:
    named = {"rule_code": version.rule.code, "rule_version": version.number}
    return (
        Journal.objects.filter(pk__gt=version.journals_before or 0, **named).exists()
        or BadgeGrant.objects.filter(granted_at__gte=version.published_at, **named).exists()
        or PrivilegeGrant.objects.filter(granted_at__gte=version.published_at, **named).exists()
    )


def newest_journal() -> int:
    return int(Journal.objects.aggregate(newest=Max("pk"))["newest"] or 0)


def _read(version: RuleVersion) -> Document | None:
    try:
        return read_document(version.document)
    except BadDocument:
        return None


def checked(version: RuleVersion, catalogue: Catalogue) -> CheckedRule | None:
    """A version as it checks against what may be named; None for one that is broken and pays nothing."""
    try:
        return check_rule(read_document(version.document), catalogue).rule
    except BadDocument:
        return None


def write_down(
    version: RuleVersion,
    *,
    of: NoticeOf,
    why: list[str],
    now: datetime,
    takes_effect_at: datetime,
    skipped: WithoutNotice | None = None,
    by: AbstractBaseUser | None = None,
    shared: str = "",
) -> RuleNotice:
    """Keep what was announced, or what was done without."""
    return RuleNotice.objects.create(
        rule_id=version.rule_id, version=version, of=of, why=why, announced_at=now, takes_effect_at=takes_effect_at,
        emergency=skipped.kind if skipped is not None else "",
        reason=skipped.reason.strip()[:300] if skipped is not None else "", by_id=by.pk if by is not None else None,
        shared=shared,
    )  # fmt: skip


def coming(codes: Collection[str], *, now: datetime) -> Mapping[str, RuleNotice]:
    """What is announced of these rules, by code, their own words first, then what comes first; one query."""
    found = RuleNotice.objects.coming(now).filter(rule__code__in=codes).select_related("rule", "version")
    nearest_last = sorted(found.order_by("-takes_effect_at", "pk"), key=lambda each: each.of != NoticeOf.SHARED)
    return {notice.rule.code: notice for notice in nearest_last}


def carry_out(*, now: datetime) -> int:
    """Move the states of versions whose announced moment has come, and return how many. Twice does nothing more."""
    count = 0
    due = RuleNotice.objects.filter(
        takes_effect_at__lte=now, withdrawn_at__isnull=True, version__state__in=[RuleState.ANNOUNCED, RuleState.LIVE]
    ).filter(of__in=[NoticeOf.NEXT, NoticeOf.END])
    for rule_id in sorted(set(due.values_list("rule_id", flat=True))):
        with transaction.atomic():
            rule = Rule.objects.select_for_update().get(pk=rule_id)
            count += _turn(rule, now)
    return count


def _turn(rule: Rule, now: datetime) -> int:
    """States follow the intervals: what is over is retired, then what has begun is live."""
    count = 0
    for version in rule.versions.filter(state=RuleState.LIVE):
        if not version.intervals.filter(in_force_until__isnull=True).exists() and not (
            version.intervals.filter(in_force_until__gt=now).exists()
        ):
            version.state = RuleState.RETIRED
            version.save(update_fields=["state"])
            count += 1
    for version in rule.versions.filter(state=RuleState.ANNOUNCED, intervals__in_force_from__lte=now):
        # A version that rests gives way as well: what was announced takes its place.
        rule.versions.filter(state__in=[RuleState.LIVE, RuleState.PAUSED]).update(state=RuleState.RETIRED)
        version.state = RuleState.LIVE
        version.save(update_fields=["state"])
        count += 1
    if count:
        revise(f"announced changes of {rule}")
    return count


def tell_members(*, now: datetime) -> int:
    """Tell every member of each announcement, some at a time, once each; returns how many were told."""
    rules = RuleNotice.objects.coming(now).filter(told_at__isnull=True).order_by("pk").values_list("pk", flat=True)
    currencies = Currency.objects.filter(expiry_next_at__gt=now, expiry_told_at__isnull=True).order_by("pk")
    count = sum(_in_rounds(_tell_of_rule, pk, now) for pk in rules)
    return count + sum(_in_rounds(_tell_of_expiry, pk, now) for pk in currencies.values_list("pk", flat=True))


def _in_rounds(tell_some: Callable[[int, datetime], int], pk: int, now: datetime) -> int:
    count = 0
    for _round in range(ROUNDS_MAX):
        with transaction.atomic():
            told = tell_some(pk, now)
        count += told
        if told < TOLD_MAX:
            break
    return count


def _tell_of_rule(notice_id: int, now: datetime) -> int:
    """Tell the next of them; the notice is held, and remembers how far it has come."""
    found = RuleNotice.objects.coming(now).filter(pk=notice_id, told_at__isnull=True)
    notice = found.select_related("rule").select_for_update(of=("self",)).first()
    if notice is None:
        return 0
    said = {"rule": notice.rule.code, "on": notice.takes_effect_at.isoformat(), "ends": notice.of == NoticeOf.END}
    ids = _tell_next(RULE_CHANGING, said, after=notice.told_up_to, now=now)
    notice.told_up_to = ids[-1] if ids else notice.told_up_to
    notice.told_at = now if len(ids) < TOLD_MAX else None
    notice.save(update_fields=["told_up_to", "told_at"])
    return len(ids)


def _tell_of_expiry(currency_id: int, now: datetime) -> int:
    """The same of a currency whose points will expire sooner. An update() opens no revision: nothing judged moves."""
    found = Currency.objects.filter(pk=currency_id, expiry_next_at__gt=now, expiry_told_at__isnull=True)
    currency = found.select_for_update().first()
    if currency is None or currency.expiry_next_at is None:
        return 0
    said = {"currency": currency.code, "on": currency.expiry_next_at.isoformat()}
    ids = _tell_next(EXPIRY_CHANGING, said, after=currency.expiry_told_up_to, now=now)
    found.update(
        expiry_told_up_to=ids[-1] if ids else currency.expiry_told_up_to,
        expiry_told_at=now if len(ids) < TOLD_MAX else None,
    )
    return len(ids)


def _tell_next(code: str, said: Mapping[str, object], *, after: int, now: datetime) -> list[int]:
    people = Member.objects.present().whole().filter(is_house=False, pk__gt=after).order_by("pk")
    ids = list(people.values_list("pk", flat=True)[:TOLD_MAX])
    if ids:
        tell(code, [(pk, said) for pk in ids], now=now)
        hints.wake_on_commit()
    return ids
