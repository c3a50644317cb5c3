"""Campaigns: five questions, a preview of all that would be published, one switch, and what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.dataclasses import ActionDialog
from unfold.decorators import action

from incentives.admin.campaign_forms import CampaignForm, ReleaseForm, StopForm
from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.domain.campaigns import farewell, gatherings, preview, reporting
from incentives.domain.campaigns.drafting import BadCampaign, draft
from incentives.domain.campaigns.releasing import CannotRelease, left_of, release
from incentives.domain.campaigns.starting import CannotStart, start
from incentives.domain.campaigns.stopping import CannotStop, kept_of, stop
from incentives.domain.campaigns.templates import Template, templates
from incentives.domain.ledger.queries import major
from incentives.enums import CampaignState, ReleasedTo
from incentives.models import Campaign
from members.admin.base import Remembered
from members.domain.texts import text_in


@admin.register(Campaign)
class CampaignAdmin(Remembered[Campaign]):
    """What runs, what ran, and drafts; each page shows what it does or what came of it."""

    list_display = ("code", "name", "state", "owner", "audience", "begins_at", "ends_at")
    list_filter = ("state",)
    list_select_related = ("owner", "audience")
    search_fields = ("code",)
    ordering = ("-id",)
    fields = (
        "code", "state", "owner", "follows", "audience", "voices", "begins_at", "ends_at", "started_at", "closed_at",
        "reason",
    )  # fmt: skip
    change_form_outer_before_template = "admin/_campaign.html"
    actions_detail = ("edit", "start_now", "release_hidden", "stop_now")

    @admin.display(description=gettext_lazy("name"))
    def name(self, campaign: Campaign) -> str:
        return text_in(campaign.names, get_language() or "en", campaign.code)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        found: QuerySet[Campaign] = super().get_queryset(request)
        return found.select_related("currency", "follows", "voices")

    def get_urls(self) -> list[Any]:
        questions = self.admin_site.admin_view(self.questions)
        return [
            path("<int:object_id>/questions/", questions, name="incentives_campaign_questions"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Its answers are changed by the five questions, never typed over."""
        return obj is None and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        is_draft = obj is not None and obj.state == CampaignState.DRAFT
        return is_draft and super().has_delete_permission(request, obj)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        chosen = templates().get(request.GET.get("template", ""))
        if chosen is None:
            context = {**self._context(request, _("Which campaign?")), "templates": templates().values()}
            return TemplateResponse(request, "admin/campaign_templates.html", context)
        return self._asked(request, chosen, None)

    def questions(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer the five questions of a draft anew."""
        campaign = self.get_object(request, str(object_id))
        if campaign is None or not request.user.has_perm("incentives.change_campaign"):
            raise PermissionDenied
        if campaign.state != CampaignState.DRAFT:
            messages.error(request, _("It has begun, and what was promised does not change."))
            return HttpResponseRedirect(_page(object_id))
        return self._asked(request, templates()[campaign.template], campaign)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        campaign = self.get_object(request, object_id)
        if campaign is None or not self.has_view_permission(request, campaign):
            return super().change_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]
        now = timezone.now()
        scale = campaign.currency.scale
        context = {
            "campaign": campaign,
            "template": templates().get(campaign.template),
            "budget": major(campaign.budget, scale),
            "reserve": major(campaign.reserve, scale),
        }
        if campaign.state == CampaignState.DRAFT:
            context["preview"] = preview.preview_of(campaign, now=now)
        else:
            context |= {
                "report": reporting.report_of(campaign, now=now), "kept": kept_of(campaign, now=now),
                "quests": campaign.quests.select_related("quest"), "farewell": farewell,
                "activities": gatherings.owned(campaign),
                "codes": preview.codes_made(campaign), "rules": campaign.rules.select_related("rule"),
                "releases": campaign.releases.order_by("pk"), "hidden_left": major(left_of(campaign), scale),
            }  # fmt: skip
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})  # type: ignore[no-any-return]

    def _asked(self, request: HttpRequest, template: Template, campaign: Campaign | None) -> HttpResponse:
        form = CampaignForm(request.POST or None, template=template, campaign=campaign)
        if request.method == "POST" and form.is_valid():
            try:
                made = draft(
                    template=template.code, answers=form.answers(), by=_operator(request),
                    campaign_id=campaign.pk if campaign is not None else None,
                )  # fmt: skip
            except BadCampaign as error:
                form.add_error(form.field_of(error.field), error.sentence)
            else:
                log = self.log_addition if campaign is None else self.log_change
                log(request, made, _("The five questions were answered."))
                messages.success(request, _("Kept as a draft. This is what it would do."))
                return HttpResponseRedirect(_page(made.pk))
        title = text_in(dict(template.names), get_language() or "en")
        context = {**self._context(request, title), "form": form, "template": template, "campaign": campaign}
        return TemplateResponse(request, "admin/campaign_questions.html", context)

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title}

    @action(description=gettext_lazy("Answer anew"), url_path="edit", permissions=["edit"], icon="edit")
    def edit(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:incentives_campaign_questions", args=[object_id]))

    @action(
        description=gettext_lazy("Start"), url_path="start", permissions=["start"], icon="play_arrow",
        dialog=dialog(
            gettext_lazy("Start this campaign"),
            gettext_lazy("Rules, codes and message are published together; what was promised does not change after."),
            gettext_lazy("Start"),
        ),
    )  # fmt: skip
    def start_now(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        try:
            campaign = start(campaign_id=int(object_id), by=_operator(request), now=timezone.now())
        except CannotStart as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("%(campaign)s runs.") % {"campaign": campaign})
            self.log_change(request, campaign, f"{_('Started.')} {form.cleaned_data['reason']}".strip())
        return shown(request, _page(object_id))

    @action(
        description=gettext_lazy("Stop everything"), url_path="stop", permissions=["stop"], icon="stop_circle",
        dialog=ActionDialog(
            title=gettext_lazy("Stop everything of this campaign"),
            description=gettext_lazy(
                "Its rules end, its codes let nobody in and its messages fall silent, for good. What was paid or waits "
                "stays: it unlocks or lapses as promised. Those half-way are told, as the page says."
            ),
            form_class=StopForm, form_submit_text=gettext_lazy("Stop everything"),
        ),
    )  # fmt: skip
    def stop_now(self, request: HttpRequest, form: StopForm, object_id: int) -> HttpResponse:
        try:
            given = form.cleaned_data
            kept = stop(
                campaign_id=int(object_id), reason=given["reason"], by=_operator(request), now=timezone.now(),
                call_off=given.get("call_off", ()), call_off_reason=given.get("call_off_reason", ""),
            )  # fmt: skip
        except CannotStop as error:
            messages.error(request, str(error))
        else:
            said = _("Stopped. %(count)d awards of %(amount)s in all still wait, and unlock or lapse as promised.")
            messages.success(request, said % {"count": kept.waiting, "amount": f"{kept.amount:,f}"})
            campaign = Campaign.objects.get(pk=object_id)
            self.log_change(request, campaign, f"{_('Stopped.')} {campaign.reason}")
        return shown(request, _page(object_id))

    @action(
        description=gettext_lazy("Release the hidden part"), url_path="release", permissions=["release"], icon="redeem",
        dialog=ActionDialog(
            title=gettext_lazy("Release from the hidden part"),
            description=gettext_lazy("To all of a group who have come so far, once each; never by lot."),
            form_class=ReleaseForm, form_submit_text=gettext_lazy("Release"),
        ),
    )  # fmt: skip
    def release_hidden(self, request: HttpRequest, form: ReleaseForm, object_id: int) -> HttpResponse:
        given = form.cleaned_data
        try:
            made = release(
                campaign_id=int(object_id), whom=ReleasedTo(given["whom"]), reason=given["reason"],
                by=str(request.user), now=timezone.now(),
            )  # fmt: skip
        except CannotRelease as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Released to %(count)d members.") % {"count": made.members})
            self.log_change(request, made.campaign, f"{_('Released.')} {made.reason}")
        return shown(request, _page(object_id))

    def has_edit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, CampaignState.DRAFT)

    def has_start_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """It publishes rules: whoever may not write one may not start a campaign either."""
        may_publish = request.user.has_perm("incentives.change_ruleversion")
        return may_publish and self._may(request, object_id, CampaignState.DRAFT)

    def has_release_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        is_hidden = object_id is None or Campaign.objects.filter(pk=object_id, reserve__gt=0).exists()
        return is_hidden and self._may(request, object_id, CampaignState.RUNNING)

    def has_stop_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, CampaignState.RUNNING, CampaignState.ENDED)

    def _may(self, request: HttpRequest, object_id: Any, *states: CampaignState) -> bool:
        if not request.user.has_perm("incentives.change_campaign"):
            return False
        return object_id is None or Campaign.objects.filter(pk=object_id, state__in=states).exists()


def _page(campaign_id: int) -> str:
    return reverse("admin:incentives_campaign_change", args=[campaign_id])


def _operator(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, AbstractBaseUser), "the admin lets nobody else in"
    return request.user
