"""The board beside the list of proposals: a card is sent to a stage, by the same guarded step as in the list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.domain.proposals import board, proposing
from activities.domain.wording import moment_words, name_of
from activities.enums import ActivityKind, ActivityState, ProposalState
from activities.models import COMING_STATES, Activity, Proposal
from incentives.admin.privileges import operator_of
from members.admin.within import Within, narrowed
from members.domain.spaces.bounds import spaces_seen_by

DATES_MAX = 200
NUMBER_MAX = 2**63 - 1


class MoveForm(forms.Form):
    """Which card goes where, at which stage it was seen, and what that stage wants to know."""

    proposal = forms.IntegerField(min_value=1, max_value=NUMBER_MAX)
    seen = forms.TypedChoiceField(choices=ProposalState.choices, coerce=ProposalState)
    to = forms.TypedChoiceField(choices=ProposalState.choices, coerce=ProposalState)
    reason = forms.CharField(required=False, max_length=300)
    activity = forms.IntegerField(required=False, min_value=1, max_value=NUMBER_MAX)


class Board:
    """The board's two addresses; mixed into the list's admin."""

    def get_urls(self) -> list[Any]:
        site: Any = self.admin_site  # type: ignore[attr-defined]
        return [
            path("board/", site.admin_view(self.board_view), name="activities_proposal_board"),
            path("move/", site.admin_view(self.move_view), name="activities_proposal_move"),
            *super().get_urls(),  # type: ignore[misc]  # Of the admin.
        ]

    def board_view(self, request: HttpRequest) -> HttpResponse:
        """What members offer to share, by stage."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        site: Any = self.admin_site  # type: ignore[attr-defined]
        opts: Any = self.opts  # type: ignore[attr-defined]
        title = _("Proposals by stage")
        context = {
            **site.each_context(request), "title": title, "opts": opts, "tab": "board", "dates": dates(request.user),
            **self._shown(request),
        }  # fmt: skip
        return TemplateResponse(request, "admin/proposals_board.html", context)

    def move_view(self, request: HttpRequest) -> HttpResponse:
        """Send a card to a stage; the answer is the board as it is now, with what is said about it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_step_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        form = MoveForm(request.POST)
        has_moved, said = self._sent(request, form.cleaned_data) if form.is_valid() else (False, _("This is no stage."))
        return render(
            request, "admin/_proposals_board.html", {**self._shown(request), "said": said, "has_moved": has_moved}
        )

    def take_step(
        self, request: HttpRequest, proposal_id: int, to: ProposalState, *, reason: str = "",
        activity: Activity | None = None, seen: ProposalState | None = None,
    ) -> tuple[Proposal, bool]:  # fmt: skip
        """Take a step in this operator's name, and write it into the history once. Raises CannotPropose."""
        found, is_new = proposing.step(
            proposal_id=proposal_id, to=to, now=timezone.now(), by=operator_of(request), reason=reason,
            activity=activity, seen=seen,
        )  # fmt: skip
        if is_new:
            said = _("It is %(state)s now.") % {"state": found.get_state_display()}
            self.log_change(request, found, f"{said} {reason}".strip())  # type: ignore[attr-defined]
        return found, is_new

    def _sent(self, request: HttpRequest, given: dict[str, Any]) -> tuple[bool, str]:
        """Whether the card moved, and what is said about it."""
        proposals: QuerySet[Proposal] = self.get_queryset(request)  # type: ignore[attr-defined]
        card = proposals.filter(pk=given["proposal"]).first()
        if card is None:
            return False, _("There is no such proposal.")
        activity = dates_seen_by(request.user).filter(pk=given["activity"]).first() if given["activity"] else None
        try:
            found, is_new = self.take_step(
                request, card.pk, given["to"], reason=given["reason"], activity=activity, seen=given["seen"]
            )
        except proposing.CannotPropose as error:
            others = _who_moved(card) if error.kind == "moved_meanwhile" else ""
            return False, f"{card.title}: {error.sentence} {others}".strip()
        said = f"{card.title}: {_('It is %(state)s now.') % {'state': found.get_state_display()}}"
        return is_new, said if is_new else f"{said} {_who_moved(card)}".strip()

    def _shown(self, request: HttpRequest) -> dict[str, Any]:
        columns = board.board(now=timezone.now(), spaces=spaces_seen_by(request.user))
        may_move = self.has_step_permission(request)  # type: ignore[attr-defined]
        return {"columns": columns[:5], "ended": columns[5:], "may_move": may_move}


def dates_seen_by(user: Any) -> QuerySet[Activity]:
    """The sharing activities to come that this operator sees."""
    coming = Activity.objects.filter(kind=ActivityKind.SHARING, state__in=(ActivityState.DRAFT, *COMING_STATES))
    return narrowed(coming, Within(space="space"), user).order_by("starts_at", "pk")


def dates(user: Any) -> list[tuple[str, str]]:
    """The same, to choose from."""
    return [
        (str(each.pk), f"{moment_words(each.starts_at, each)} · {name_of(each)}")
        for each in dates_seen_by(user)[:DATES_MAX]
    ]


def _who_moved(card: Proposal) -> str:
    """Who took its last step; empty where nobody is named."""
    last = card.steps.last()
    by = last.by if last is not None else ""
    number = by.removeprefix("operator ")
    if number != by and number.isdigit():
        user = get_user_model().objects.filter(pk=int(number)).first()
        by = (user.get_full_name() or user.get_username()) if user is not None else by
    return _("%(who)s was faster.") % {"who": by} if by else ""
