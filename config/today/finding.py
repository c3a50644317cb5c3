"""What waits, kind by kind: one query each, the most urgent first, at most as many as anybody does in a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from activities.domain import money, promises
from activities.domain.wording import name_of
from activities.enums import ActivityState, RegistrationState
from activities.models import Activity, Order, Refund
from config.today.registry import FOUND_MAX, Entry
from incentives.enums import CorrectionState, RuleState, UseState
from incentives.models import WAITING_CASES, BudgetAlarm, Case, Correction, PrivilegeUse, RuleVersion
from members.domain.counters.periods import midnight, month_of, week_of
from members.domain.events.schemas import YEAR_LAST
from members.domain.invitations.windows import watch
from members.domain.texts import text_in
from members.enums import (
    DeadLetterState,
    MembershipState,
    MemberStatus,
    ReferralState,
    ReportState,
    SpaceState,
    ViolationState,
)
from members.models import Acquaintance, DeadLetter, Member, Newcomer, Referral, Report, SpaceMember, Violation

# Until when something should be done that promises no time itself.
LOOKED_AT_WITHIN = timedelta(hours=24)
DECIDED_WITHIN = timedelta(hours=72)
ENDING_WITHIN = timedelta(days=7)
# Spaces take in by the week: whoever has waited for one should hear something.
LET_IN_WITHIN = timedelta(days=7)
CLOSED_WITHIN = timedelta(days=3)
# A week has begun or ended somewhere before it has here.
ZONES_APART = timedelta(days=1)
NEAR = (3, 4)
# A newcomer's first 24 hours decide, and each of them that passes in silence.
ANSWERED_WITHIN, FIRST_DAY = timedelta(hours=2), timedelta(hours=24)


def corrections(_now: datetime, only: Q) -> list[Entry]:
    """Large corrections that wait for somebody else than whoever made them."""
    found = Correction.objects.filter(state=CorrectionState.WAITING).select_related("created_by").order_by("pk")
    return [
        Entry(
            each.pk, each.reason, _page("incentives_correction", each.pk),
            _("%(count)d members, by %(who)s") % {"count": each.members, "who": each.created_by or each.app},
            each.created_at + LOOKED_AT_WITHIN,
        )
        for each in _some(found, only)
    ]  # fmt: skip


def requests(_now: datetime, only: Q) -> list[Entry]:
    return _uses(UseState.WAITING, only)


def bookings(_now: datetime, only: Q) -> list[Entry]:
    return _uses(UseState.BOOKED, only)


def _uses(state: UseState, only: Q) -> list[Entry]:
    found = PrivilegeUse.objects.filter(state=state).select_related("privilege", "member")
    return [
        Entry(
            use.pk,
            f"{_name(use.privilege.names, use.privilege.code)}: {use.member}",
            _page("incentives_privilegeuse", use.pk),
            (use.text or use.target)[:120],
            use.due_at or use.wanted_at,
            use.member_id,
            use.assignee_id,
        )
        for use in _some(found.order_by(F("due_at").asc(nulls_last=True), "pk"), only)
    ]


def cases(_now: datetime, only: Q) -> list[Entry]:
    found = Case.objects.filter(state__in=WAITING_CASES).select_related("member")
    return [
        Entry(
            case.pk, str(case.member), _page("incentives_case", case.pk),
            (case.text or text_in(case.said, get_language() or "en"))[:120], case.due_at, case.member_id,
        )
        for case in _some(found.order_by("due_at", "pk"), only)
    ]  # fmt: skip


def appeals(_now: datetime, only: Q) -> list[Entry]:
    found = Violation.objects.filter(state=ViolationState.APPEALED).order_by("appealed_at", "pk")
    return [_violation(each, each.appeal, each.appealed_at, DECIDED_WITHIN) for each in _some(_named(found), only)]


def violations(_now: datetime, only: Q) -> list[Entry]:
    found = Violation.objects.filter(needs_person=True).exclude(state=ViolationState.APPEALED)
    lines = _some(_named(found.order_by("recorded_at", "pk")), only)
    return [_violation(each, each.evidence, each.recorded_at, LOOKED_AT_WITHIN) for each in lines]


def _named(found: QuerySet[Violation]) -> QuerySet[Violation]:
    return found.select_related("member", "kind")


def _violation(each: Violation, words: str, since: datetime | None, within: timedelta) -> Entry:
    title = f"{_name(each.kind.names, each.kind.code)}: {each.member}"
    due_at = since + within if since is not None else None
    return Entry(each.pk, title, _page("members_violation", each.pk), words[:120], due_at, each.member_id)


def reports(_now: datetime, only: Q) -> list[Entry]:
    found = Report.objects.filter(state=ReportState.WAITING).select_related("reporter", "subject")
    return [
        Entry(
            each.pk, _("%(reporter)s about %(subject)s") % {"reporter": each.reporter, "subject": each.subject},
            _page("members_report", each.pk), (each.text or each.about)[:120], each.reported_at + LOOKED_AT_WITHIN,
            each.subject_id,
        )
        for each in _some(found.order_by("reported_at", "pk"), only)
    ]  # fmt: skip


def referrals(_now: datetime, only: Q) -> list[Entry]:
    found = Referral.objects.filter(state=ReferralState.REVIEW).select_related("member", "inviter")
    return [
        Entry(
            each.pk, str(each.member), _page("members_referral", each.pk),
            _("came with %(inviter)s") % {"inviter": each.inviter} if each.inviter is not None else "",
            each.joined_at + DECIDED_WITHIN, each.member_id,
        )
        for each in _some(found.order_by("joined_at", "pk"), only)
    ]  # fmt: skip


def refunds(_now: datetime, only: Q) -> list[Entry]:
    """Money that a person has to pay back, or has to look at since its provider could not."""
    found = (
        Refund.objects.for_a_person().select_related("order__member", "order__activity").order_by("decided_at", "pk")
    )
    return [
        Entry(
            each.pk, f"{money.words(each.amount, each.order.money)}: {each.order.member}",
            _page("activities_refund", each.pk), each.error[:120] or name_of(each.order.activity),
            each.decided_at + DECIDED_WITHIN, each.order.member_id,
        )
        for each in _some(found, only)
    ]  # fmt: skip


def parts(_now: datetime, only: Q) -> list[Entry]:
    """Orders of which a part was paid: somebody may have forgotten the rest."""
    found = Order.objects.unpaid().filter(paid__gt=0).select_related("member", "activity").order_by("expires_at", "pk")
    return [
        Entry(
            each.pk, f"{name_of(each.activity)}: {each.member}", _page("activities_order", each.pk),
            _("%(left)s of %(due)s are missing") % {
                "left": money.words(each.left_to_pay, each.money), "due": money.words(each.amount, each.money),
            },
            each.expires_at, each.member_id,
        )
        for each in _some(found, only)
    ]  # fmt: skip


def newcomers(now: datetime, only: Q) -> list[Entry]:
    """Whoever said hello two hours ago or longer, within their first day, and was answered by nobody yet."""
    found = Newcomer.objects.filter(
        hello_at__lte=now - ANSWERED_WITHIN, ice_at__isnull=True, joined_at__gt=now - FIRST_DAY,
        member__status=MemberStatus.ACTIVE, member__is_house=False,
    )  # fmt: skip
    return [
        Entry(
            each.member_id, str(each.member), _page("members_member", each.member_id),
            _("said hello at %(time)s") % {"time": f"{timezone.localtime(each.hello_at):%H:%M}"},
            each.joined_at + FIRST_DAY, each.member_id,
        )
        for each in _some(found.select_related("member").order_by("joined_at", "pk"), only)
    ]  # fmt: skip


def lines(_now: datetime, only: Q) -> list[Entry]:
    """Members who wait to come into a space, in the order of their lines; its operators may let them in past it."""
    place = Window(RowNumber(), partition_by=F("space"), order_by=[F("asked_at").asc(), F("pk").asc()])
    waiting = SpaceMember.objects.filter(state=MembershipState.WAITING, member__status=MemberStatus.ACTIVE).exclude(
        space__state=SpaceState.CLOSED
    )
    found = waiting.annotate(place=place).select_related("space", "member").order_by("asked_at", "pk")
    return [
        Entry(
            each.pk, f"{_name(each.space.names, each.space.ref)}: {each.member}", _line_of(each),
            _("number %(place)d in line") % {"place": each.place}, each.asked_at + LET_IN_WITHIN, each.member_id,
        )
        for each in _some(found, only)
    ]  # fmt: skip


def _line_of(each: SpaceMember) -> str:
    """The list where somebody is let in, with them alone."""
    query = urlencode({"space__id__exact": each.space_id, "state__exact": each.state, "q": each.member.ref})
    return f"{reverse('admin:members_spacemember_changelist')}?{query}"


def unclosed_activities(now: datetime, only: Q) -> list[Entry]:
    """Activities whose books nobody has closed three days after they were over."""
    found = Activity.objects.filter(state=ActivityState.FINISHED, finished_at__lte=now - CLOSED_WITHIN)
    found = found.order_by("finished_at", "pk")
    return [
        Entry(
            each.pk, _name(each.names, each.code), _page("activities_activity", each.pk),
            _("close its books: %(came)d of %(seats)d came") % {"came": each.came, "seats": each.expected},
            each.finished_at + CLOSED_WITHIN,
        )
        for each in _some(
            found.annotate(
                came=Count("registrations", filter=Q(registrations__checked_in_at__isnull=False)),
                expected=Count("registrations", filter=Q(registrations__state=RegistrationState.CONFIRMED)),
            ),
            only,
        )
    ]  # fmt: skip


def months_without(now: datetime, _only: Q) -> list[Entry]:
    """The next month, where it has no activity for members yet."""
    lack = promises.month_without(now=now)
    if lack is None:
        return []
    number = lack.month.year * 100 + lack.month.month
    title = _("%(month)s has no activity for members") % {"month": date_format(lack.month, "YEAR_MONTH_FORMAT")}
    detail = _("Plan it in time to invite.")
    return [Entry(number, title, reverse("admin:activities_activity_plan"), detail, lack.due_at)]


def small_activities(now: datetime, only: Q) -> list[Entry]:
    """Brand activities that reach fewer than they promise, and what each of those costs."""
    return [
        Entry(
            each.activity.pk, _name(each.activity.names, each.activity.code),
            _page("activities_activity", each.activity.pk), _small(each), each.activity.starts_at,
        )
        for each in promises.too_small(now=now, only=only)[: FOUND_MAX + 1]
    ]  # fmt: skip


def _small(each: promises.Small) -> str:
    said = _("%(reached)d people of at least %(goal)d") % {"reached": each.reached, "goal": each.goal}
    if each.cost_each is None:
        return said
    cost = _("%(amount)s %(money)s for each") % {"amount": each.cost_each, "money": each.activity.money}
    return f"{said} · {cost}"


def birthdays(now: datetime, only: Q) -> list[Entry]:
    """Whoever has their birthday today where they live."""
    near = {f"{now + timedelta(days=n):%m-%d}" for n in (-1, 0, 1)}
    found = (
        Member.objects.filter(birthday__in=near, status=MemberStatus.ACTIVE, is_house=False).filter(only).order_by("pk")
    )
    today = [each for each in found[: 3 * FOUND_MAX] if _has_birthday(each, now)]
    return [
        Entry(
            each.pk, str(each), _page("members_member", each.pk), "",
            midnight(each.local(now).date() + timedelta(days=1), each.zone()), each.pk,
        )
        for each in today[: FOUND_MAX + 1]
    ]  # fmt: skip


def _has_birthday(member: Member, now: datetime) -> bool:
    return f"{member.local(now):%m-%d}" == member.birthday


def nearly_connected(_now: datetime, only: Q) -> list[Entry]:
    found = Acquaintance.objects.filter(
        known__in=NEAR, is_off=False, member__status=MemberStatus.ACTIVE, member__is_house=False
    )
    return [
        Entry(
            each.member_id, str(each.member), _page("members_member", each.member_id),
            ngettext("knows %(count)d", "knows %(count)d", each.known) % {"count": each.known}, None, each.member_id,
        )
        for each in _some(found.select_related("member").order_by("-known", "pk"), only)
    ]  # fmt: skip


def alarms(now: datetime, only: Q) -> list[Entry]:
    """Budgets that rang and whose period is not over."""
    today = timezone.localtime(now).date().toordinal()
    running = Q(period__in=(0, today, week_of(today), month_of(today)))
    found = BudgetAlarm.objects.filter(running).select_related("currency").order_by("-reached_at", "-pk")
    return [
        Entry(each.pk, each.limit, _page("incentives_budgetalarm", each.pk), _used(each)) for each in _some(found, only)
    ]


def _used(alarm: BudgetAlarm) -> str:
    share = alarm.used * 100 // alarm.of if alarm.of else 100
    return _("%(share)d %% used") % {"share": share}


def ending_rules(now: datetime, _only: Q) -> list[Entry]:
    """Live rules whose schedule is over within a week: what they promise ends, or is to be renewed."""
    live = RuleVersion.objects.filter(state=RuleState.LIVE, document__schedule__until__isnull=False)
    found = []
    for version in live.select_related("rule").order_by("pk"):
        ends = _moment(version.document["schedule"]["until"])
        if ends is not None and now < ends <= now + ENDING_WITHIN:
            title = text_in(version.document.get("name"), get_language() or "en", version.rule.code)
            found.append(Entry(version.pk, title, _page("incentives_ruleversion", version.pk), str(version), ends))
    return sorted(found, key=lambda entry: entry.due_at or now)[: FOUND_MAX + 1]


def _moment(written: Any) -> datetime | None:
    """A moment of a document, which is a day of the programme or a moment with its zone."""
    try:
        read = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    if read.year >= YEAR_LAST:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=timezone.get_default_timezone())


def growth(_now: datetime, _only: Q) -> list[Entry]:
    """The newest week of inviting, while it is a fifth below what has been usual."""
    seen = watch()
    if not seen.rings or seen.newest is None:
        return []
    said = _("K is %(k)s; %(usual)s has been usual") % {"k": seen.newest.k, "usual": seen.usual}
    return [
        Entry(seen.newest.pk, said, reverse("admin:members_growthwindow_changelist"), str(_("28 days of inviting")))
    ]


def letters(_now: datetime, only: Q) -> list[Entry]:
    found = DeadLetter.objects.filter(state=DeadLetterState.WAITING).select_related("event__member", "event__type")
    return [
        Entry(
            each.event_id, f"{each.event.type.code}: {each.event.member}", _page("members_deadletter", each.event_id),
            _last_line(each.error), each.failed_at + LOOKED_AT_WITHIN, each.event.member_id,
        )
        for each in _some(found.order_by("failed_at", "pk"), only)
    ]  # fmt: skip


def _last_line(error: str) -> str:
    lines = error.strip().splitlines()
    return lines[-1][:120] if lines else ""


def _some(found: QuerySet[Any], only: Q) -> Iterable[Any]:
    return found.filter(only)[: FOUND_MAX + 1]


def _page(model: str, pk: int) -> str:
    return reverse(f"admin:{model}_change", args=[pk])


def _name(names: Any, code: str) -> str:
    return text_in(names, get_language() or "en", code)
