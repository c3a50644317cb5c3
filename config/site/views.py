"""The members' pages. A member comes by a signed link from the host app, or by login."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.site import drawing, first_screen, quests, rights
from config.site.gatherings.mine import mine_of
from config.site.queries import page as queries
from incentives.domain import requests
from incentives.domain.campaigns.openings import open_to
from incentives.domain.ledger import keys
from incentives.domain.privileges import using
from incentives.domain.pump import hints
from incentives.domain.quests import joining
from incentives.domain.takeout import data_of
from members.domain import page_links
from members.domain.conduct.acceptance import NotTheRules, accept_rules
from members.domain.conduct.violations import CannotDecide, appeal
from members.domain.connections.queries import circle_of, proposals_of
from members.domain.contents.queries import made_by
from members.domain.games.queries import rounds_open_to
from members.domain.invitations.queries import inviting_of
from members.domain.ladders import lending
from members.domain.needs.queries import market_of
from members.domain.newcomers.opening import note_opening
from members.domain.notifications.inbox import inbox_of
from members.domain.spaces.queries import belonging_of
from members.domain.statuses import rights_of
from members.models import Member, Tier, Violation

SESSION_KEY = "laurels_member"
NOTIFICATIONS_SHOWN_MAX = 20
SEARCH_LENGTH_MAX, TOKEN_LENGTH_MAX, APPEAL_LENGTH_MAX = 80, 32, 4_000

MemberView = Callable[..., HttpResponse]


def member_of(request: HttpRequest) -> Member | None:
    """The member whose pages this visitor may see: by link, else by login."""
    public_id = request.session.get(SESSION_KEY)
    found: Member | None = None
    if public_id is not None:
        found = Member.objects.filter(public_id=public_id).first()
    elif request.user.is_authenticated:
        found = Member.objects.filter(user_id=request.user.pk).first()
    return found if found is not None and rights_of(found.status).enter else None


def for_member(view: MemberView) -> MemberView:
    """Hand the view its member; others are shown the way in. Days are shown in the member's own zone."""

    @wraps(view)
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        member = member_of(request)
        if member is None:
            if request.user.is_authenticated and request.user.is_staff:
                return redirect("admin:index")
            return redirect(f"/login/?next={request.path}")
        with timezone.override(member.zone()):
            return view(request, member, **kwargs)

    return wrapped


def home(request: HttpRequest) -> HttpResponseRedirect:
    return redirect("points" if member_of(request) else "login")


@never_cache
@require_GET
def enter(request: HttpRequest) -> HttpResponse:
    """Open a signed link: the visitor is this member until they leave."""
    try:
        member = page_links.read_page_link(request.GET.get("t", ""))
    except page_links.LinkNotValid:
        return render(request, "site/link_not_valid.html", status=403)
    request.session.cycle_key()
    request.session[SESSION_KEY] = member.public_id.hex
    response = redirect("points")
    if member.language in ("en", "zh-hans"):
        response.set_cookie("django_language", member.language, samesite="Lax")
    return response


@never_cache
@require_GET
@for_member
def points(request: HttpRequest, member: Member) -> HttpResponse:
    """The points page; with htmx, the next part of its history."""
    before = request.GET.get("before", "")
    show = request.GET.get("show", "")
    search = request.GET.get("q", "").replace("\x00", "")[:SEARCH_LENGTH_MAX]
    try:
        page = queries.page_of(member, now=timezone.now(), show=show, search=search, before=before)
    except queries.BadCursor:
        return redirect("points")
    if member.page_opened_at is None:
        with transaction.atomic():
            if note_opening(member, now=timezone.now()):
                hints.wake_on_commit()
    context = {
        "page": page,
        "show": show if show in (*queries.SHOWN, queries.PENDING) else "",
        "search": search,
    }
    if not request.headers.get("HX-Request"):
        context |= _around(member, page, now=timezone.now())
    template = "site/_history_lines.html" if request.headers.get("HX-Request") else "site/points.html"
    return render(request, template, context)


def _around(member: Member, page: queries.Page, *, now: datetime) -> dict[str, Any]:
    """Everything on the page beside its history, first what its first screen says."""
    inviting, belonging = inviting_of(member, now=now), belonging_of(member, now=now)
    inbox = inbox_of(member, now=now, count=NOTIFICATIONS_SHOWN_MAX)
    proposals, market, held = proposals_of(member.pk), market_of(member, now=now), rights.rights_of(member, now=now)
    questions, gatherings = first_screen.questions_of(member), mine_of(member, now=now)
    on_quests = quests.quests_on_page(
        member, currency=page.spendable.currency if page.spendable is not None else "", now=now
    )
    return {
        "best": first_screen.next_best(page, on_quests),
        "waiting": first_screen.waiting_for(
            page=page, rights=held, market=market, proposals=proposals, inbox=inbox, questions=questions,
            belonging=belonging, inviting=inviting, gatherings=gatherings,
        ),
        "quests": on_quests,
        "rounds": rounds_open_to(member, now=now),
        "rights": held,
        "circle": circle_of(member.pk),
        "inviting": inviting,
        "campaigns": open_to(member, now=now) if inviting.may else [],
        "proposals": proposals,
        "inbox": inbox,
        "cases_open": questions.open,
        "market": market,
        "belonging": belonging,
        "gatherings": gatherings,
        "made": made_by(member.pk, now=now),
        "engraving": drawing.engraving(),
        "medal": drawing.medal(),
        # One page is one use of each privilege and one turn of each game, however often the button is pressed.
        "token": secrets.token_hex(16),
    }  # fmt: skip


@never_cache
@require_POST
@for_member
def answer_tier(request: HttpRequest, member: Member, ladder: str, tier: str) -> HttpResponse:
    """The member says yes or no to a tier that they are invited into."""
    found = Tier.objects.in_use().filter(ladder__code=ladder, code=tier).select_related("ladder").first()
    if found is None:
        raise Http404
    answer = lending.accept if request.POST.get("answer") == "yes" else lending.end_invitation
    answer(member=member, tier=found, now=timezone.now())
    return redirect("points")


@never_cache
@require_GET
@for_member
def why(request: HttpRequest, member: Member, event_id: int) -> HttpResponse:
    """Why an event paid what it paid, clause by clause."""
    trace = queries.why(member, event_id)
    if trace is None:
        raise Http404
    template = "site/_why.html" if request.headers.get("HX-Request") else "site/why.html"
    return render(request, template, {"trace": trace, "member": member})


@require_POST
@for_member
def use_privilege(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """Book or ask for a privilege; what came of it is told above the list."""
    text = request.POST.get("text", "").replace("\x00", "")[: using.TEXT_LENGTH_MAX]
    token = "".join(sign for sign in request.POST.get("token", "") if sign.isalnum())[:TOKEN_LENGTH_MAX]

    def do(request_id: str) -> dict[str, Any]:
        use = using.use_privilege(
            member_id=member.pk, code=code, key=keys.of_request(request_id, "privilege"), now=timezone.now(),
            actor="member", text=text, only_theirs=True,
        )  # fmt: skip
        return {"use": use.pk}

    try:
        requests.perform(
            api_key=f"page {member.pk}", idempotency_key=f"{code[:64]}/{token}", content=[code, text], do=do
        )
    except using.UnknownPrivilege as error:
        raise Http404 from error
    except using.WordsMissing:
        messages.error(request, _("Say what it is about."))
    except requests.Refused as error:
        messages.error(request, error.sentence)
    except requests.KeyReused:
        messages.error(request, _("This page was used already; here is a fresh one."))
    else:
        messages.success(request, _("Done. You find it below."))
    return redirect(f"{reverse('points')}#privileges")


@never_cache
@require_GET
@for_member
def take_out(_request: HttpRequest, member: Member) -> HttpResponse:
    """Everything that is kept about the member, as a file."""
    answer = JsonResponse(data_of(member, now=timezone.now()), json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = 'attachment; filename="laurels.json"'
    return answer


@require_POST
@for_member
def give_back_privilege(request: HttpRequest, member: Member, use_id: int) -> HttpResponse:
    """Give back what still waits."""
    try:
        using.give_back(
            use_id=min(use_id, 2**62), member_id=member.pk, now=timezone.now(), actor="member", only_waiting=True
        )
    except using.CannotGiveBack as error:
        if error.kind == "unknown_use":
            raise Http404 from error
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("Given back."))
    return redirect(f"{reverse('points')}#privileges")


@require_POST
@for_member
def begin_quest(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """The member chooses a quest."""
    try:
        joining.begin_quest(member=member, code=code, now=timezone.now())
    except joining.CannotBegin as error:
        if error.kind == "unknown_quest":
            raise Http404 from error
        messages.error(request, error.sentence)
    return redirect(f"{reverse('points')}#quests")


@require_POST
@for_member
def accept(request: HttpRequest, member: Member) -> HttpResponse:
    """Accept the community's rules, in the version that was shown."""
    number = request.POST.get("version", "")
    try:
        accept_rules(
            member=member, number=int(number) if number.isascii() and number.isdigit() else 0, now=timezone.now()
        )
    except NotTheRules as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Thank you. You have accepted our rules."))
    return redirect(f"{reverse('points')}#conduct")


@require_POST
@for_member
def ask_again(request: HttpRequest, member: Member, violation_id: int) -> HttpResponse:
    """Appeal against a violation of the member's own."""
    found = Violation.objects.filter(pk=violation_id, member=member).first() if violation_id < 2**63 else None
    if found is None:
        raise Http404
    text = request.POST.get("text", "").replace("\x00", "").strip()[:APPEAL_LENGTH_MAX]
    try:
        if text:
            appeal(violation=found, text=text, now=timezone.now())
    except CannotDecide as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("We will look at it again, and you will hear from us here."))
    return redirect(f"{reverse('points')}#conduct")


def leave(request: HttpRequest) -> HttpResponse:
    """End the visit."""
    from django.contrib.auth import logout  # noqa: PLC0415

    if request.method == "POST":
        logout(request)
    return redirect("login")
