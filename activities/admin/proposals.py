"""The operators' list of what members offer to share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget

from activities.admin.proposal_board import Board, dates, dates_seen_by
from activities.domain.proposals import proposing
from activities.domain.proposals.reputation import reputations_of
from activities.enums import ProposalState
from activities.models import Activity, Proposal
from incentives.admin.dialogs import StepForm, dialog, shown
from members.admin.base import Plain, link
from members.admin.within import Within

_ORDER = (
    ProposalState.PROPOSED, ProposalState.TALKING, ProposalState.ACCEPTED, ProposalState.SCHEDULED,
)  # fmt: skip
_STEPS = {
    "talk": ProposalState.TALKING,
    "accept": ProposalState.ACCEPTED,
    "schedule": ProposalState.SCHEDULED,
    "decline": ProposalState.DECLINED,
}


class DateForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """Which sharing activity delivers it."""

    activity = forms.ChoiceField(label=gettext_lazy("activity"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["activity"].choices = dates(self.request.user)


@admin.register(Proposal)
class ProposalAdmin(Board, Plain[Proposal]):
    """What waits for somebody first, the oldest first; what came to an end last."""

    within = Within(space="space", narrowing=("board", "move"))
    list_before_template = "admin/_proposals_tabs.html"
    list_display = ("title", "state", "proposed_by", "who_speaks", "kept", "activity", "assignee", "moved_at")
    list_filter = ("state", "space", "assignee")
    list_select_related = ("proposer", "speaker", "activity", "assignee")
    search_fields = ("title", "=proposer__ref", "guest")
    fields = (
        "title",
        "words",
        "proposed_by",
        "who_speaks",
        "agreed_at",
        "state",
        "activity",
        "reason",
        "story",
        "assignee",
        "note",
    )
    actions_detail = list(_STEPS)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Proposal]:
        found: QuerySet[Proposal] = super().get_queryset(request)
        stage = Case(
            *(When(state=state, then=Value(place)) for place, state in enumerate(_ORDER)),
            default=Value(len(_ORDER)), output_field=IntegerField(),
        )  # fmt: skip
        return found.annotate(stage=stage).order_by("stage", "moved_at", "pk")

    def get_readonly_fields(self, request: HttpRequest, obj: Proposal | None = None) -> tuple[str, ...]:
        return tuple(name for name in self.fields if name not in ("assignee", "note"))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        shown_now = {each.proposer_id for each in changelist.result_list}
        self._reputations = reputations_of(shown_now)
        return changelist

    @admin.display(description=gettext_lazy("proposed by"))
    def proposed_by(self, proposal: Proposal) -> SafeString:
        return link(reverse("admin:members_member_change", args=[proposal.proposer_id]), proposal.proposer)

    @admin.display(description=gettext_lazy("speaker"))
    def who_speaks(self, proposal: Proposal) -> str:
        if proposal.speaker is None:
            return _("%(guest)s, a guest") % {"guest": proposal.guest}
        if proposal.agreed_at is None:
            return _("%(speaker)s, asked") % {"speaker": proposal.speaker}
        return str(proposal.speaker)

    @admin.display(description=gettext_lazy("keeps word"))
    def kept(self, proposal: Proposal) -> str:
        found = self._reputations.get(proposal.proposer_id)
        if found is None or found.kept is None:
            return "—"
        return f"{found.kept_words} ({found.delivered} / {found.ended})"

    @admin.display(description=gettext_lazy("steps"))
    def story(self, proposal: Proposal) -> str:
        return " · ".join(
            f"{each.get_to_state_display()} {each.at:%Y-%m-%d} {each.by}".strip() for each in proposal.steps.all()
        ) or "—"  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Members propose, on their page or by an app."""
        return False

    def has_delete_permission(self, *_args: object) -> bool:
        return False

    def has_step_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("activities.change_proposal")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> Any:
        found = super().get_actions_detail(request, object_id)
        proposal = Proposal.objects.filter(pk=object_id).first() if str(object_id).isdigit() else None
        if proposal is None:
            return found
        allowed = {name for name, state in _STEPS.items() if state in proposing.STEPS[proposal.state]}
        return [each for each in found if each.method.__name__ in allowed or each.method.__name__ not in _STEPS]

    @action(
        description=gettext_lazy("Talk about it"), url_path="talk", permissions=["step"], icon="forum",
        dialog=dialog(
            gettext_lazy("Somebody talks with the proposer"), gettext_lazy("The proposer sees that it is looked at."),
            gettext_lazy("Talk about it"),
        ),
    )  # fmt: skip
    def talk(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, object_id, ProposalState.TALKING)

    @action(
        description=gettext_lazy("Accept"), url_path="accept", permissions=["step"], icon="thumb_up",
        dialog=dialog(
            gettext_lazy("Accept this proposal"), gettext_lazy("The proposer hears it; a date comes next."),
            gettext_lazy("Accept"),
        ),
    )  # fmt: skip
    def accept(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, object_id, ProposalState.ACCEPTED)

    @action(
        description=gettext_lazy("Give it a date"), url_path="schedule", permissions=["step"], icon="event",
        dialog=ActionDialog(
            title=gettext_lazy("Which activity delivers it?"),
            description=gettext_lazy("Its speaker is named there; the proposer and the speaker hear of the date."),
            form_class=DateForm, form_submit_text=gettext_lazy("Give it this date"),
        ),
    )  # fmt: skip
    def schedule(self, request: HttpRequest, form: DateForm, object_id: int) -> HttpResponse:
        activity = dates_seen_by(request.user).filter(pk=int(form.cleaned_data["activity"])).first()
        return self._step(request, object_id, ProposalState.SCHEDULED, activity=activity)

    @action(
        description=gettext_lazy("Decline"), url_path="decline", permissions=["step"], icon="thumb_down",
        dialog=dialog(
            gettext_lazy("Decline this proposal"), gettext_lazy("The proposer reads your reason."),
            gettext_lazy("Decline"),
        ),
    )  # fmt: skip
    def decline(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, object_id, ProposalState.DECLINED, reason=form.cleaned_data["reason"])

    def _step(
        self, request: HttpRequest, object_id: int, to: ProposalState, *, reason: str = "",
        activity: Activity | None = None,
    ) -> HttpResponse:  # fmt: skip
        page = reverse("admin:activities_proposal_change", args=[object_id])
        try:
            found, is_new = self.take_step(request, int(object_id), to, reason=reason, activity=activity)
        except proposing.CannotPropose as error:
            messages.error(request, error.sentence)
            return shown(request, page)
        if is_new:
            messages.success(request, _("It is %(state)s now.") % {"state": found.get_state_display()})
        return shown(request, page)
