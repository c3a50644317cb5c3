"""Something missing? Members ask here, read what was found, and see where their questions stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.site.views import for_member
from incentives.domain import earnings, support
from incentives.domain.engine import rulebook
from incentives.domain.missing import cases
from incentives.domain.missing.finding import Asked
from incentives.enums import CaseState
from incentives.models import WAITING_CASES, Case
from members.domain.counters.periods import midnight
from members.domain.texts import text_in
from members.models import EventType, Member

EVENTS_SHOWN_MAX, CASES_SHOWN_MAX = 20, 20
NUMBER_LENGTH_MAX = 18
NOON = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A question as its member reads it."""

    case: Case
    title: str
    said: str
    waits: bool
    may_reopen: bool
    may_close: bool


@never_cache
@require_GET
@for_member
def page(request: HttpRequest, member: Member) -> HttpResponse:
    """The form, and the member's questions, newest first."""
    now, language = timezone.now(), get_language() or "en"
    names = {way.code: way for way in earnings.ways_to_earn(member, now=now, language=language)}
    found = Case.objects.filter(member=member).order_by("-pk")[:CASES_SHOWN_MAX]
    meanings = dict(EventType.objects.filter(is_internal=False).values_list("code", "meaning"))
    context = {
        "events": _events(member, language),
        "ways": sorted(names.values(), key=lambda way: way.name),
        "cases": [_line(case, names, meanings, now) for case in found],
        "today": member.local(now).date(),
        "member": member,
    }
    return render(request, "site/missing.html", context)


@require_POST
@for_member
def ask(request: HttpRequest, member: Member) -> HttpResponse:
    """Open a case about an event, or about what was done on a day."""
    now = timezone.now()
    try:
        case, is_new = cases.open_case(
            member=member, asked=_asked(request, member, now), text=_text(request), now=now, actor="member"
        )
    except cases.CannotAsk as error:
        messages.error(request, error.sentence)
        return redirect("missing")
    if not is_new:
        messages.info(request, _("You asked this before; here is where it stands."))
    return _back(case.pk)


@require_POST
@for_member
def reopen(request: HttpRequest, member: Member, case_id: int) -> HttpResponse:
    """This does not answer it: the team looks."""
    _own(member, case_id)
    try:
        cases.reopen(case_id=case_id, member_id=member.pk, text=_text(request), now=timezone.now())
    except cases.CannotAsk as error:
        messages.error(request, error.sentence)
    return _back(case_id)


@require_POST
@for_member
def close(request: HttpRequest, member: Member, case_id: int) -> HttpResponse:
    """That answers it."""
    _own(member, case_id)
    cases.close(case_id=case_id, member_id=member.pk, now=timezone.now())
    messages.success(request, _("Thank you."))
    return _back(case_id)


def _events(member: Member, language: str) -> list[support.EventLine]:
    """The member's newest events that an app reported."""
    return support.timeline_of(member.pk, language=language, count=EVENTS_SHOWN_MAX, only_reported=True)


def _asked(request: HttpRequest, member: Member, now: datetime) -> Asked:
    """What the form says. Raises CannotAsk."""
    event = request.POST.get("event", "")
    if event.isascii() and event.isdigit() and len(event) <= NUMBER_LENGTH_MAX:
        return Asked(now, int(event))
    try:
        day = date.fromisoformat(request.POST.get("day", "")[:10])
    except ValueError as error:
        raise cases.CannotAsk("no_such_day", _("Say a day of the last six months.")) from error
    code = request.POST.get("rule", "")[:64]
    known = next((rule for (name, _n), (rule, _at) in rulebook.current().versions.items() if name == code), None)
    if known is not None and known.document.visibility != "public":
        known = None
    moment = midnight(day, member.zone()) + NOON
    return Asked(moment, None, known.document.when if known is not None else "", code if known is not None else "")


def _text(request: HttpRequest) -> str:
    return request.POST.get("text", "").replace("\x00", "")[: cases.TEXT_LENGTH_MAX]


def _line(case: Case, names: dict[str, earnings.Way], meanings: dict[str, str], now: datetime) -> CaseLine:
    waits = case.state in WAITING_CASES
    way = names.get(case.rule_code)
    title = way.name if way is not None else meanings.get(case.event_type)
    is_late = case.closed_at is not None and now >= case.closed_at + cases.REOPENED_WITHIN
    return CaseLine(
        case, title or _("Question %(number)d") % {"number": case.pk},
        text_in(case.said, get_language() or "en"), waits, not waits and not is_late, case.state != CaseState.CLOSED,
    )  # fmt: skip


def _own(member: Member, case_id: int) -> None:
    if case_id >= 2**63 or not Case.objects.filter(pk=case_id, member=member).exists():
        raise Http404


def _back(case_id: int) -> HttpResponse:
    return redirect(f"{reverse('missing')}#case-{case_id}")
