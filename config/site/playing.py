"""The games of the day on a member's page: a turn is taken by a form, in its place where there is htmx."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from config.site.views import TOKEN_LENGTH_MAX, for_member
from incentives.domain import requests
from incentives.domain.pump import hints
from members.domain.games import checking, playing
from members.domain.games.queries import rounds_open_to
from members.models import Member

TEXT_LENGTH_MAX = 200


@require_POST
@for_member
def take_turn(request: HttpRequest, member: Member, round_id: uuid.UUID) -> HttpResponse:
    """Take a turn; one form is one turn, however often its button is pressed."""
    text = request.POST.get("text", "").replace("\x00", "").strip()
    token = "".join(sign for sign in request.POST.get("token", "") if sign.isalnum())[:TOKEN_LENGTH_MAX]
    is_right, sentence = False, _("Say something first.")
    if text:
        is_right, sentence = _taken(member, round_id, text[:TEXT_LENGTH_MAX], token)
    if request.headers.get("HX-Request"):
        context = {
            "rounds": rounds_open_to(member, now=timezone.now()), "token": secrets.token_hex(16), "said_of": round_id,
            "is_right": is_right, "sentence": sentence, "text": "" if is_right else text[:TEXT_LENGTH_MAX],
        }  # fmt: skip
        return render(request, "site/_games.html", context)
    (messages.success if is_right else messages.error)(request, sentence)
    return redirect(f"{reverse('points')}#game-{round_id}")


def _taken(member: Member, round_id: uuid.UUID, text: str, token: str) -> tuple[bool, str]:
    """Whether the turn was right, and what is said of it in one sentence."""

    def do(_request_id: str) -> dict[str, Any]:
        try:
            made, _is_new = playing.take_turn(public_id=str(round_id), member=member, text=text, now=timezone.now())
        except playing.CannotPlay as error:
            if error.kind == "unknown_round":
                raise Http404 from error
            raise requests.Refused(error.kind, error.sentence) from error
        hints.wake_on_commit()
        return {"why_not": made.why_not}

    try:
        taken, _is_now = requests.perform(
            api_key=f"page {member.pk}", idempotency_key=f"{round_id.hex}/{token}", content=[round_id.hex, text], do=do
        )
    except requests.Refused as error:
        return False, error.sentence
    except requests.KeyReused:
        return False, _("This page was used already; here is a fresh one.")
    why_not = taken["why_not"]
    return (False, _why(why_not)) if why_not else (True, _("That is right. Well done."))


def _why(why_not: str) -> str:
    return {
        checking.NOT_AN_IDIOM: _("An idiom has four Chinese characters; this is none."),
        checking.NOT_KNOWN: _("That idiom is not among those of this game."),
        checking.DOES_NOT_FOLLOW: _("It has to begin with the last character of the idiom before."),
        checking.SAID_BEFORE: _("That was said before in this round; find another one."),
        checking.NOT_IT: _("That is not it; try again."),
    }[why_not]
