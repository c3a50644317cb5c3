"""Opens, answers, reopens and closes cases, each step told on the member's timeline."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from incentives.domain.missing.finding import Asked, find
from incentives.domain.pump import hints
from incentives.domain.requests import Refused
from incentives.enums import CaseState
from incentives.models import WAITING_CASES, Case
from members.domain.events import telling
from members.domain.outcomes import CASE_ANSWERED, CASE_CLOSED, CASE_OPENED, CASE_REOPENED
from members.domain.statuses import rights_of, why_not
from members.models import Event, Member

# Protections of whoever looks at them.
WAITING_MAX, A_DAY_MAX = 5, 10
TEXT_LENGTH_MAX = 2_000
ASKED_WITHIN = timedelta(days=180)
REOPENED_WITHIN = timedelta(days=30)
# An answer that nobody says anything about has answered.
QUIET_FOR = timedelta(days=14)
CLOSING_MAX = 1_000


class CannotAsk(Refused):
    """A question that is not taken, or a step that a case cannot take; the sentence says why."""


def open_case(*, member: Member, asked: Asked, text: str, now: datetime, actor: str) -> tuple[Case, bool]:
    """Open a case and answer it at once where the reason is found; else it goes to the team with a promised time.

    The same event is asked about once at a time; the second value says whether it was now. Raises CannotAsk.
    """
    if not rights_of(member.status).enter:
        raise CannotAsk("not_active", why_not(member.status))
    asked = _checked(member, asked, text, now)
    with transaction.atomic():
        # One after the other: two forms at once neither pass the limit nor ask twice about an event.
        Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        earlier = _about(member, asked.event_id)
        if earlier is not None:
            return earlier, False
        _check_room(member, now)
        found = find(member, asked, now=now)
        earlier = _about(member, found.event_id)
        if earlier is not None:
            return earlier, False
        case = Case(
            member=member, event_type=asked.event_type, rule_code=asked.rule_code, event_id=found.event_id,
            happened_at=asked.happened_at, text=text.strip()[:TEXT_LENGTH_MAX], finding=found.finding, said=found.said,
            found=found.facts, opened_at=now, actor=actor[:150],
        )  # fmt: skip
        if found.explains:
            case.state, case.answered_at = CaseState.ANSWERED, now
        else:
            _hand_to_team(case, CaseState.OPEN, now)
        case.save(force_insert=True)
        _tell(CASE_OPENED, case, now)
    return case, True


def reopen(*, case_id: int, member_id: int, text: str, now: datetime) -> Case:
    """The member says that this does not answer it: the team looks, with what was found. Raises CannotAsk."""
    with transaction.atomic():
        case = _held(case_id, member_id)
        is_late = case.closed_at is not None and now >= case.closed_at + REOPENED_WITHIN
        if case.state in WAITING_CASES or is_late:
            raise CannotAsk("not_answered", _("This case is %(state)s.") % {"state": case.get_state_display()})
        if Case.objects.filter(member_id=member_id, state__in=WAITING_CASES).count() >= WAITING_MAX:
            raise CannotAsk("too_many_cases", _too_many())
        _hand_to_team(case, CaseState.REOPENED, now)
        case.closed_at = None
        case.text = "\n\n".join(part for part in (case.text, text.strip()) if part)[:TEXT_LENGTH_MAX]
        try:
            with transaction.atomic():
                case.save()
        except IntegrityError as error:
            raise CannotAsk("asked_already", _("You ask about this in another case already.")) from error
        _tell(CASE_REOPENED, case, now)
    return case


def answer(*, case_id: int, words: str, by: str, now: datetime) -> Case:
    """Answer in the team's name; the member reads the words. Raises CannotAsk."""
    if not words.strip():
        raise CannotAsk("no_words", _("Write an answer; the member reads it."))
    with transaction.atomic():
        case = _held(case_id)
        if case.state not in WAITING_CASES:
            raise CannotAsk("not_waiting", _("This case is %(state)s.") % {"state": case.get_state_display()})
        case.state, case.answer = CaseState.ANSWERED, words.strip()[:TEXT_LENGTH_MAX]
        case.answered_at, case.answered_by = now, by[:150]
        case.save()
        _tell(CASE_ANSWERED, case, now)
    return case


def close(*, case_id: int, now: datetime, member_id: int | None = None) -> bool:
    """Close a case, by its member or by the team; False if it was closed before. Raises CannotAsk."""
    with transaction.atomic():
        case = _held(case_id, member_id)
        if case.state == CaseState.CLOSED:
            return False
        _close([case], now)
    return True


def close_quiet(*, now: datetime) -> int:
    """Close what was answered long ago, and return how many. Running it twice closes once."""
    with transaction.atomic():
        quiet = Case.objects.select_for_update(of=("self",), skip_locked=True).filter(
            state=CaseState.ANSWERED, answered_at__lte=now - QUIET_FOR
        )
        cases = list(quiet.order_by("answered_at", "pk")[:CLOSING_MAX])
        _close(cases, now)
    return len(cases)


def _close(cases: list[Case], now: datetime) -> None:
    for case in cases:
        case.state, case.closed_at = CaseState.CLOSED, now
    Case.objects.bulk_update(cases, ["state", "closed_at"])
    if telling.tell(CASE_CLOSED, [(case.member_id, {"case": str(case.pk)}) for case in cases], now=now):
        hints.wake_on_commit()


def _checked(member: Member, asked: Asked, text: str, now: datetime) -> Asked:
    if asked.event_id is not None:
        event = Event.objects.filter(pk=asked.event_id, member_id=member.pk).select_related("type").first()
        if event is None:
            raise CannotAsk("unknown_event", _("There is no such event of this member."))
        return Asked(event.occurred_at, event.pk, event.type.code, asked.rule_code)
    if not now - ASKED_WITHIN < asked.happened_at <= now + timedelta(days=1):
        raise CannotAsk("no_such_day", _("Say a day of the last six months."))
    if not asked.event_type and not text.strip():
        raise CannotAsk("no_words", _("Say what you did."))
    return asked


def _about(member: Member, event_id: int | None) -> Case | None:
    if event_id is None:
        return None
    return Case.objects.filter(member=member, event_id=event_id).exclude(state=CaseState.CLOSED).first()


def _check_room(member: Member, now: datetime) -> None:
    cases = Case.objects.filter(member=member)
    if cases.filter(state__in=WAITING_CASES).count() >= WAITING_MAX:
        raise CannotAsk("too_many_cases", _too_many())
    if cases.filter(opened_at__gt=now - timedelta(days=1)).count() >= A_DAY_MAX:
        raise CannotAsk("too_many_cases", _("That are many questions for one day; go on tomorrow."))


def _too_many() -> str:
    return _("Five questions of yours are with the team already; those are answered first.")


def _hand_to_team(case: Case, state: CaseState, now: datetime) -> None:
    case.state, case.asked_at = state, now
    case.due_at = now + timedelta(hours=settings.CASE_PROMISE_HOURS)


def _held(case_id: int, member_id: int | None = None) -> Case:
    found = Case.objects.select_for_update(of=("self",)).filter(pk=case_id)
    case = (found if member_id is None else found.filter(member_id=member_id)).first()
    if case is None:
        raise CannotAsk("unknown_case", _("There is no such case."))
    return case


def _tell(code: str, case: Case, now: datetime) -> None:
    telling.tell(code, [(case.member_id, {"case": str(case.pk)})], now=now)
    hints.wake_on_commit()
