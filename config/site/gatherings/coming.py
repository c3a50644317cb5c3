"""Coming to an activity, as its page lets members do it: register, take an offer or let it pass, pay, cancel."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from activities.domain import questions, registering
from activities.domain.orders import beginning, providers
from activities.enums import OrderState, RegistrationState
from activities.models import Activity, Order, Registration
from config.site.gatherings.showing import HELD_BY, Given, asked_of
from config.site.gatherings.views import CHANNEL_LENGTH_MAX, find_public, show
from config.site.views import for_member
from incentives.domain.requests import Refused
from members.models import Member

ANSWER_LENGTH_MAX, TICKET_LENGTH_MAX, CODE_LENGTH_MAX = 2 * questions.ANSWER_LENGTH_MAX, 40 + len(HELD_BY), 40


@require_POST
@for_member
def join(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """Register; what was wrong with the form stands beside its fields. Whoever presses twice registers once."""
    activity = find_public(code)
    given, answers = _read(request, activity)
    if given.errors:
        return _again(request, member, activity, given)
    chosen, way, _rest = given.ticket.partition(HELD_BY)
    ticket = activity.tickets.filter(code=chosen).first() if chosen else None
    now = timezone.now()
    try:
        made, is_new = registering.register(
            activity_id=activity.pk, member=member, now=now, guests=given.guests, answers=answers, ticket=ticket,
            group=given.group, stays_alone=given.stays_alone, free_code=given.free_code, channel=given.channel,
            with_pass=bool(way) if chosen else None, actor="member",
        )  # fmt: skip
    except questions.BadAnswer as error:
        given.errors[error.code] = error.sentence
        return _again(request, member, activity, given)
    except Refused as error:
        about = ("ticket", "points", "group", "code")
        given.errors["ticket" if any(word in error.kind for word in about) else ""] = error.sentence
        return _again(request, member, activity, given)
    if is_new:
        messages.success(request, _said(made))
    return _back(activity.code)


@require_POST
@for_member
def answer_offer(request: HttpRequest, member: Member, registration_id: UUID) -> HttpResponse:
    """Take the place that is offered, or let it pass to whoever is next."""
    found = _own(member, registration_id)
    now = timezone.now()
    try:
        if request.POST.get("answer") == "yes":
            made, is_new = registering.accept_offer(registration_id=found.pk, member_id=member.pk, now=now)
            said = _said(made)
        else:
            _made, is_new = registering.decline_offer(registration_id=found.pk, member_id=member.pk, now=now)
            said = _("Passed on to whoever is next. Thank you for telling us.")
    except Refused as error:
        messages.error(request, error.sentence)
    else:
        if is_new:
            messages.success(request, said)
    return _back(found.activity.code)


@require_POST
@for_member
def cancel(request: HttpRequest, member: Member, registration_id: UUID) -> HttpResponse:
    """Take one's registration back; the page has said before what goes back."""
    found = _own(member, registration_id)
    try:
        made, is_new = registering.cancel(registration_id=found.pk, member_id=member.pk, now=timezone.now())
    except Refused as error:
        messages.error(request, error.sentence)
    else:
        if is_new:
            late = _("Cancelled, and noted as late.") if made.is_late else _("Cancelled.")
            messages.success(request, late)
    return _back(found.activity.code)


@require_POST
@for_member
def pay(request: HttpRequest, member: Member, registration_id: UUID) -> HttpResponse:
    """Go where an order is paid; whoever is paid by hand says how in words."""
    found = _own(member, registration_id)
    order = Order.objects.filter(registration=found, state=OrderState.PLACED).first()
    page = reverse("activity", kwargs={"code": found.activity.code})
    if order is None:
        return _back(found.activity.code)
    try:
        begun = beginning.begin(order, return_url=request.build_absolute_uri(page))
    except providers.CannotMove:
        messages.error(request, _("The payment could not be begun. Nothing was charged; try again in a minute."))
        return _back(found.activity.code)
    if begun.url:
        return redirect(begun.url)
    messages.info(request, begun.words)
    return _back(found.activity.code)


def _read(request: HttpRequest, activity: Activity) -> tuple[Given, dict[str, object]]:
    """What the form says, with what is wrong with it, and the answers as the domain wants them."""
    written: dict[str, str] = {}
    answers: dict[str, object] = {}
    errors: dict[str, str] = {}
    for each in asked_of(activity):
        text = request.POST.get(f"q-{each.code}", "").replace("\x00", "").strip()[:ANSWER_LENGTH_MAX]
        written[each.code] = text
        value: object = {"yes": True, "no": False}.get(text) if each.kind == questions.YES_NO else text
        try:
            answers |= questions.answered((each,), {each.code: value})
        except questions.BadAnswer as error:
            errors[each.code] = error.sentence
    number = request.POST.get("guests", "0")
    guests = int(number) if number.isascii() and number.isdigit() and len(number) < 3 else 0
    channel = request.POST.get("channel", "").replace("\x00", "").strip()[:CHANNEL_LENGTH_MAX]
    ticket = request.POST.get("ticket", "").replace("\x00", "")[:TICKET_LENGTH_MAX]
    group, free_code = (
        request.POST.get(name, "").replace("\x00", "").strip()[:CODE_LENGTH_MAX] for name in ("group", "free_code")
    )
    stays = request.POST.get("stays_alone") == "yes"
    return Given(ticket, guests, channel, group, stays, free_code, written, errors), answers


def _again(request: HttpRequest, member: Member, activity: Activity, given: Given) -> HttpResponse:
    """The form once more. htmx shows nothing of what is refused, so it is told that all went well."""
    is_htmx = bool(request.headers.get("HX-Request"))
    return show(request, member, activity, given, status=200 if is_htmx else 422)


def _said(made: Registration) -> str:
    """What came of it, in a sentence."""
    said = {
        RegistrationState.CONFIRMED: _("You have a place."),
        RegistrationState.HELD: _("A place is kept for you until it is paid."),
        RegistrationState.ASKED: _("You asked to join. The team answers you here."),
        RegistrationState.WAITING: _("You are on the waiting list."),
    }
    return said.get(RegistrationState(made.state), "")


def _own(member: Member, registration_id: UUID) -> Registration:
    """A registration of this member's own; others' are not there."""
    found = Registration.objects.filter(public_id=registration_id, member=member).select_related("activity").first()
    if found is None:
        raise Http404
    return found


def _back(code: str) -> HttpResponse:
    return redirect(f"{reverse('activity', kwargs={'code': code})}#place")
