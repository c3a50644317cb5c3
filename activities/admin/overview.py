"""Pages beside the list of activities: a month, a board by stage, and the plan of this month's activity for members."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from activities.domain import overview, planning
from activities.domain.series.recurring import instant
from members.domain.counters.periods import zone_named
from members.domain.spaces.bounds import spaces_seen_by
from members.models import Member

REFS_MAX, REF_LENGTH_MAX = 200, 128


class PlanForm(forms.Form):
    """What was proposed, to be changed before it is drafted. `begins` is by the clock that hangs there."""

    begins = forms.DateTimeField(
        label=gettext_lazy("begins"), widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )  # fmt: skip
    place = forms.CharField(label=gettext_lazy("place"), max_length=300, widget=UnfoldAdminTextInputWidget)
    capacity = forms.IntegerField(label=gettext_lazy("seats"), min_value=1, widget=UnfoldAdminIntegerFieldWidget)
    others = forms.CharField(
        label=gettext_lazy("others to invite"), required=False, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Refs of members, with commas between them."),
    )  # fmt: skip

    def clean_begins(self) -> datetime:
        """As it was written: the form's zone is not the activity's."""
        begins: datetime = self.cleaned_data["begins"]
        return begins.replace(tzinfo=None)


class Overview:
    """Views of the list of activities; mixed into its admin."""

    def get_urls(self) -> list[Any]:
        site: Any = self.admin_site  # type: ignore[attr-defined]
        return [
            path("calendar/", site.admin_view(self.calendar_view), name="activities_activity_calendar"),
            path("board/", site.admin_view(self.board_view), name="activities_activity_board"),
            path("plan/", site.admin_view(self.plan_view), name="activities_activity_plan"),
            *super().get_urls(),  # type: ignore[misc]  # Of the admin.
        ]

    def calendar_view(self, request: HttpRequest) -> HttpResponse:
        """A month of everything that is planned, with what it lacks."""
        self._look(request)
        first = _month(request.GET.get("month", "")) or timezone.localdate().replace(day=1)
        month = overview.month_of(first, spaces=spaces_seen_by(request.user))
        more = {
            "month": month,
            "before": f"{first - timedelta(days=1):%Y-%m}",
            "after": f"{first + timedelta(days=31):%Y-%m}",
            "today": timezone.localdate(),
        }
        return self._page(request, "calendar", date_format(first, "YEAR_MONTH_FORMAT"), more)

    def board_view(self, request: HttpRequest) -> HttpResponse:
        """What is not closed yet, by stage."""
        self._look(request)
        stages = overview.board(spaces=spaces_seen_by(request.user))
        return self._page(request, "board", _("Activities by stage"), {"stages": stages})

    def plan_view(self, request: HttpRequest) -> HttpResponse:
        """Propose this month's activity for members and whom to invite; what is edited becomes a draft."""
        self._look(request)
        if not request.user.has_perm("activities.add_activity") or spaces_seen_by(request.user) is not None:
            raise PermissionDenied
        now = timezone.now()
        plan = planning.plan_of(now=now)
        local = plan.starts_at.astimezone(zone_named(plan.zone))
        first = {"begins": f"{local:%Y-%m-%dT%H:%M}", "place": plan.place, "capacity": plan.capacity}
        form = PlanForm(request.POST or None, initial=first)
        if request.method == "POST" and form.is_valid():
            try:
                made = self._drafted(request, plan, form.cleaned_data, now)
            except planning.CannotPlan as error:
                messages.error(request, str(error))
            else:
                self.log_addition(request, made, _("Planned with its invitations."))  # type: ignore[attr-defined]
                messages.success(request, _("Drafted. Invitations go out when it is announced."))
                return HttpResponseRedirect(reverse("admin:activities_activity_change", args=[made.pk]))
        more = {"plan": plan, "form": form, "chosen": _chosen(request, plan)}
        return self._page(request, "plan", _("This month's activity for members"), more)

    def _drafted(self, request: HttpRequest, plan: planning.Plan, given: dict[str, Any], now: datetime) -> Any:
        refs = [each.strip()[:REF_LENGTH_MAX] for each in given["others"].split(",") if each.strip()][:REFS_MAX]
        others = {each.ref: each for each in Member.objects.filter(ref__in=refs)}
        unknown = next((ref for ref in refs if ref not in others), None)
        if unknown is not None:
            raise planning.CannotPlan(_("There is no member %(ref)s.") % {"ref": unknown})
        kept = _chosen(request, plan)
        members = [each.member for each in plan.invited if each.member.pk in kept] + [others[ref] for ref in refs]
        starts_at = instant(given["begins"], zone_named(plan.zone))
        return planning.draft(
            plan=plan, starts_at=starts_at, place=given["place"], capacity=given["capacity"], members=members, now=now
        )

    def _look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied

    def _page(self, request: HttpRequest, name: str, title: str, more: dict[str, Any]) -> HttpResponse:
        site: Any = self.admin_site  # type: ignore[attr-defined]
        opts: Any = self.opts  # type: ignore[attr-defined]
        context = {**site.each_context(request), "title": title, "opts": opts, "tab": name, **more}
        return TemplateResponse(request, f"admin/activities_{name}.html", context)


def _chosen(request: HttpRequest, plan: planning.Plan) -> set[int]:
    """Who is ticked; everybody on the list where nothing was sent."""
    if request.method != "POST":
        return {each.member.pk for each in plan.invited}
    return {
        int(each) for each in request.POST.getlist("invited") if each.isascii() and each.isdigit() and len(each) < 19
    }


def _month(text: str) -> date | None:
    try:
        read = date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        return None
    return read if 2000 <= read.year < 2100 else None
