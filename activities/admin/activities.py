"""Activities as operators plan, announce and close them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminURLInputWidget

from activities.admin.overview import Overview
from activities.admin.tickets import TicketInline, save_tickets
from activities.domain import campaigns, changing, life
from activities.domain.series.drafting import leave_out
from activities.domain.wording import name_of
from activities.enums import ActivityState
from activities.models import Activity, ActivityInvitation, ActivityPerson, ActivityStep, Ticket
from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.admin.privileges import operator_of
from incentives.enums import CampaignState
from incentives.models import Campaign
from members.admin.base import Remembered, WhyForm, Window
from members.admin.within import Within


class ActivityForm(WhyForm):
    link = forms.URLField(
        label=gettext_lazy("link"), required=False, max_length=500, assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
        help_text=gettext_lazy("Shown to whoever has a place, and to nobody else."),
    )  # fmt: skip

    class Meta:
        model = Activity
        fields = [
            "code", "kind", "names", "summaries", "texts", "language", "space", "starts_at", "ends_at", "zone", "place",
            "link", "capacity", "guests_max", "has_waiting_list", "waits_by_tier", "offer_hours", "opens_at",
            "closes_at", "cancel_until", "early_privilege", "early_hours", "invited_hours", "needs_approval",
            "is_open_to_guests", "tier", "segment", "only_space", "questions", "audience_min", "audience_expected",
            "small_reason", "reach", "guests_came", "money", "cost", "late_refund_percent", "campaign", "partner",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "campaign" in self.fields:
            # What it is a part of stays to be chosen, also after the campaign's end.
            seen = self.fields["campaign"].queryset.filter(state=CampaignState.RUNNING)  # type: ignore[attr-defined]
            own = Q(pk__in=seen.values("pk")) | Q(pk=self.instance.campaign_id)
            self.fields["campaign"].queryset = Campaign.objects.filter(own)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            if self.instance.pk:
                current = Activity.objects.get(pk=self.instance.pk)
                values = {name: cleaned[name] for name in changed_fields(self) if name in cleaned}
                changing.check(current, values, now=timezone.now())
            else:
                words = ("questions", "campaign") if cleaned.get("campaign") else ("questions",)
                made = Activity(starts_at=cleaned["starts_at"]) if "starts_at" in cleaned else None
                values = {name: cleaned[name] for name in words if name in cleaned}
                if made is not None:
                    changing.check(made, values, now=timezone.now())
        except changing.CannotEdit as error:
            self.add_error(error.field or None, error.sentence)
        return cleaned


def changed_fields(form: forms.ModelForm[Any]) -> list[str]:
    return [name for name in form.changed_data if name in (form._meta.fields or ())]  # noqa: SLF001  As Django names it.


class InvitationInline(TabularInline):  # type: ignore[misc]  # The theme ships no types.
    """Who registers first; before it is announced anybody can be added by hand, or left out."""

    model = ActivityInvitation
    fields = ["member", "reason", "words", "invited_at"]
    readonly_fields = ("words", "invited_at")
    raw_id_fields = ("member",)
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Activity | None = None) -> bool:
        return obj is not None and obj.state == ActivityState.DRAFT

    has_change_permission = has_delete_permission = has_add_permission


class PersonInline(TabularInline):  # type: ignore[misc]  # The theme ships no types.
    model = ActivityPerson
    fields = ["member", "part"]
    raw_id_fields = ("member",)
    extra = 0


_STEPS = {
    "announce": ActivityState.ANNOUNCED,
    "open_now": ActivityState.OPEN,
    "begin": ActivityState.RUNNING,
    "finish": ActivityState.FINISHED,
    "review": ActivityState.REVIEWED,
    "call_off": ActivityState.CANCELLED,
}


@admin.register(Activity)
class ActivityAdmin(Overview, Remembered[Activity]):
    """What is planned, what is coming and what came of it; its steps are the buttons above the form."""

    within = Within(space="space", narrowing=("calendar", "board"))
    form = ActivityForm
    list_display = ("code", "name", "kind", "state", "starts_at", "seats", "place")
    list_filter = ("state", "kind", "space", ("campaign", admin.RelatedOnlyFieldListFilter))
    search_fields = ("code", "place")
    ordering = ("-starts_at",)
    date_hierarchy = "starts_at"
    raw_id_fields = ("early_privilege",)
    inlines = (TicketInline, PersonInline, InvitationInline)
    actions_detail = [*_STEPS, "show_scan", "show_room", "show_report"]
    fieldsets = (
        (None, {"fields": ("code", "kind", "names", "summaries", "texts", "language", "space", "campaign")}),
        (gettext_lazy("When and where"), {"fields": (("starts_at", "ends_at"), "zone", "place", "link")}),
        (
            gettext_lazy("Seats"),
            {"fields": ("capacity", "guests_max", ("has_waiting_list", "waits_by_tier"), "offer_hours")},
        ),
        (
            gettext_lazy("Who may come"),
            {
                "fields": (
                    ("opens_at", "closes_at"),
                    ("cancel_until", "late_refund_percent"),
                    ("early_privilege", "early_hours"),
                    "invited_hours",
                    "needs_approval",
                    "is_open_to_guests",
                    "tier",
                    "segment",
                    "only_space",
                    "questions",
                )
            },
        ),
        (
            gettext_lazy("Reach and cost"),
            {
                "fields": (
                    ("audience_min", "audience_expected"),
                    "small_reason",
                    ("reach", "guests_came"),
                    ("money", "cost"),
                    "partner",
                )
            },
        ),
        (None, {"fields": ("why",)}),
    )

    @admin.display(description=gettext_lazy("name"))
    def name(self, activity: Activity) -> str:
        return name_of(activity)

    @admin.display(description=gettext_lazy("seats"))
    def seats(self, activity: Activity) -> str:
        if activity.capacity is None:
            return str(activity.seats_taken)
        return f"{activity.seats_taken} / {activity.capacity}"

    def has_delete_permission(self, request: HttpRequest, obj: Activity | None = None) -> bool:
        """Only a draft is thrown away; what members have heard of is cancelled."""
        return obj is not None and obj.state == ActivityState.DRAFT and super().has_change_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Activity) -> None:
        leave_out(obj)
        super().delete_model(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        super().save_related(request, form, formsets, change)
        if any(each.has_changed() for each in formsets):
            # Who makes it was changed by hand: its series leaves it alone from now on.
            Activity.objects.filter(pk=form.instance.pk).update(follows_series=False, follows_campaign=False)

    def save_model(self, request: HttpRequest, obj: Activity, form: Any, change: bool) -> None:  # noqa: FBT001
        if not change:
            self._belong(request, obj)
            super().save_model(request, obj, form, change)
            return
        values = {name: form.cleaned_data[name] for name in changed_fields(form)}
        try:
            changing.change(
                activity_id=obj.pk, values=values, now=timezone.now(), reason=form.cleaned_data.get("why", "")
            )
        except changing.CannotEdit as error:
            # Somebody was faster than the form was checked.
            messages.error(request, error.sentence)

    def _belong(self, request: HttpRequest, obj: Activity) -> None:
        """Hold the campaign of a new activity: it may have been stopped since the form was checked."""
        if obj.campaign is None:
            return
        campaigns.hold(obj.campaign)
        try:
            campaigns.check(obj, obj.campaign, starts_at=obj.starts_at)
        except campaigns.CannotBelong as error:
            obj.campaign = None
            messages.error(request, str(error))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001
        if formset.model is Ticket:
            save_tickets(request, formset)
        else:
            super().save_formset(request, form, formset, change)

    def has_step_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("activities.change_activity")

    @action(
        description=gettext_lazy("Announce"), url_path="announce", permissions=["step"], icon="campaign",
        dialog=dialog(
            gettext_lazy("Announce this activity"),
            gettext_lazy("Members see it in the calendar, and its hosts hear of it."), gettext_lazy("Announce"),
        ),
    )  # fmt: skip
    def announce(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, form, object_id, ActivityState.ANNOUNCED)

    @action(
        description=gettext_lazy("Open registration"), url_path="open", permissions=["step"], icon="lock_open",
        dialog=dialog(
            gettext_lazy("Open registration now"), gettext_lazy("Members may register from now on."),
            gettext_lazy("Open registration"),
        ),
    )  # fmt: skip
    def open_now(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, form, object_id, ActivityState.OPEN)

    @action(
        description=gettext_lazy("Begin"), url_path="begin", permissions=["step"], icon="play_arrow",
        dialog=dialog(
            gettext_lazy("It begins"), gettext_lazy("Whoever still waits for a place hears that none became free."),
            gettext_lazy("Begin"),
        ),
    )  # fmt: skip
    def begin(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, form, object_id, ActivityState.RUNNING)

    @action(
        description=gettext_lazy("Finish"), url_path="finish", permissions=["step"], icon="sports_score",
        dialog=dialog(
            gettext_lazy("It is over"), gettext_lazy("Hosts and speakers are thanked by the rules."),
            gettext_lazy("Finish"),
        ),
    )  # fmt: skip
    def finish(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, form, object_id, ActivityState.FINISHED)

    @action(
        description=gettext_lazy("Close its books"), url_path="review", permissions=["step"], icon="task_alt",
        dialog=dialog(
            gettext_lazy("Everything is written down"), gettext_lazy("Only cost and reach can be changed afterwards."),
            gettext_lazy("Close its books"),
        ),
    )  # fmt: skip
    def review(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, form, object_id, ActivityState.REVIEWED)

    @action(
        description=gettext_lazy("Call it off"), url_path="call-off", permissions=["step"], icon="event_busy",
        dialog=dialog(
            gettext_lazy("Call this activity off"),
            gettext_lazy("Everybody who is registered hears it, with your reason; what they paid goes back."),
            gettext_lazy("Call it off"),
        ),
    )  # fmt: skip
    def call_off(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, form, object_id, ActivityState.CANCELLED)

    @action(
        description=gettext_lazy("At the door"), url_path="door", permissions=["door"], icon="qr_code_scanner",
    )  # fmt: skip
    def show_scan(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return _door("scan", object_id)

    @action(description=gettext_lazy("Code for the room"), url_path="room", permissions=["door"], icon="cast")
    def show_room(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return _door("room", object_id)

    @action(description=gettext_lazy("Report"), url_path="report", permissions=["door"], icon="monitoring")
    def show_report(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return _door("report", object_id)

    def has_door_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("activities.change_registration")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> Any:
        """Only the steps that it can take from where it is."""
        found = super().get_actions_detail(request, object_id)
        activity = Activity.objects.filter(pk=object_id).first() if str(object_id).isdigit() else None
        if activity is None:
            return found
        allowed = {name for name, state in _STEPS.items() if state in life.STEPS[activity.state]}
        if activity.state == ActivityState.DRAFT:
            found = [each for each in found if not each.method.__name__.startswith("show_")]
        return [each for each in found if each.method.__name__ in allowed or each.method.__name__ not in _STEPS]

    def _step(self, request: HttpRequest, form: StepForm, object_id: int, to: ActivityState) -> HttpResponse:
        page = reverse("admin:activities_activity_change", args=[object_id])
        reason = form.cleaned_data["reason"]
        try:
            activity, is_new = life.step(
                activity_id=int(object_id), to=to, now=timezone.now(), by=operator_of(request), reason=reason
            )
        except life.CannotStep as error:
            for sentence in error.sentences:
                messages.error(request, sentence)
            return shown(request, page)
        if is_new:
            said = _("It is %(state)s now.") % {"state": activity.get_state_display()}
            self.log_change(request, activity, f"{said} {reason}".strip())
            messages.success(request, said)
        return shown(request, page)


def _door(page: str, object_id: int) -> HttpResponse:
    code = get_object_or_404(Activity, pk=object_id).code
    return HttpResponseRedirect(f"/staff/activities/{code}/{page}/")


@admin.register(ActivityStep)
class ActivityStepAdmin(Window[ActivityStep]):
    """Every step of every activity, with who took it and why."""

    within = Within(space="activity__space")
    list_display = ("at", "activity", "from_state", "to_state", "by", "reason")
    list_filter = ("to_state",)
    list_select_related = ("activity",)
    search_fields = ("activity__code",)
    ordering = ("-id",)
