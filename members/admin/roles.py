"""Responsibilities, appointments to them, and whoever may be next."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.forms.models import construct_instance
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.forms import ActionForm

from members.admin.base import Plain, Remembered, WhyForm
from members.admin.within import HARMLESS, Within
from members.domain.roles import appointing, cultivating
from members.domain.texts import text_in
from members.enums import CultivationStage
from members.models import Appointment, Cultivation, Role


class RoleForm(WhyForm):
    class Meta:
        model = Role
        fields = ["code", "names", "duties", "thanks", "term_days", "is_active"]


@admin.register(Role)
class RoleAdmin(Remembered[Role]):
    """What members take on; rules ask for it as member.role_ and its code."""

    within = HARMLESS
    form = RoleForm
    list_display = ("code", "name", "holders", "term_days", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        found: QuerySet[Role] = super().get_queryset(request)
        serving = Q(appointments__begun_at__isnull=False, appointments__ended_at__isnull=True)
        return found.annotate(serving=Count("appointments__member", filter=serving, distinct=True))

    @admin.display(description=gettext_lazy("name"))
    def name(self, role: Role) -> str:
        return text_in(role.names, get_language() or "en", role.code)

    @admin.display(description=gettext_lazy("who serves"))
    def holders(self, role: Any) -> int:
        return int(role.serving)

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        return ("code",) if obj is not None else ()

    def has_delete_permission(self, *_args: object) -> bool:
        """Rules name it, and it is remembered who served; it is taken out of use instead."""
        return False


class AppointmentForm(forms.ModelForm[Appointment]):
    class Meta:
        model = Appointment
        fields = ["role", "member", "space", "starts_at", "ends_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.fields["role"].queryset = Role.objects.filter(is_active=True)  # type: ignore[attr-defined]
            self.fields["starts_at"].required = False
            self.fields["starts_at"].help_text = gettext_lazy("Empty for now.")
            self.fields["ends_at"].help_text = gettext_lazy("Empty for the term of the responsibility.")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            now = timezone.now()
            begins = given["starts_at"] or now
            try:
                appointing.check_term(given["member"], given["role"], begins, given["ends_at"], now)
            except appointing.CannotAppoint as error:
                raise forms.ValidationError(error.sentence) from error
        return given

    def _post_clean(self) -> None:
        """The domain decides, and an appointment that is there already is prolonged."""
        self.instance = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)


class EndForm(ActionForm):  # type: ignore[misc]  # The theme ships no types.
    reason = forms.CharField(required=False, max_length=300, label=gettext_lazy("Why"))


@admin.register(Appointment)
class AppointmentAdmin(Plain[Appointment]):
    """Who serves where and until when. A term is ended, never rewritten."""

    within = Within(space="space")
    form = AppointmentForm
    action_form = EndForm
    list_display = ("role", "member", "space", "starts_at", "ends_at", "ended_at", "appointed_by", "reason")
    list_filter = ("role", "space", ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("role", "member", "space")
    search_fields = ("=member__ref", "member__display_name")
    raw_id_fields = ("member",)
    ordering = ("-id",)
    actions = ("end",)

    def has_change_permission(self, request: HttpRequest, obj: Appointment | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, *_args: object) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Appointment, form: Any, change: bool) -> None:  # noqa: FBT001
        given = form.cleaned_data
        try:
            made, is_new = appointing.appoint(
                member=given["member"], role=given["role"], space=given["space"], starts_at=given["starts_at"],
                ends_at=given["ends_at"], by=str(request.user), now=timezone.now(),
            )  # fmt: skip
        except appointing.CannotAppoint as error:
            # Something happened to the member since the form was checked.
            messages.error(request, error.sentence)
            return
        obj.pk = made.pk
        if not is_new:
            messages.info(request, _("They had this appointment already; it ends as you said."))

    @admin.action(description=gettext_lazy("End selected terms now"), permissions=["change"])
    def end(self, request: HttpRequest, chosen: QuerySet[Appointment]) -> None:
        reason = request.POST.get("reason", "")
        ended = [
            appointing.end(appointment_id=each.pk, now=timezone.now(), by=str(request.user), reason=reason)
            for each in chosen
        ]
        messages.success(request, _("%(count)d terms were ended.") % {"count": sum(ended)})


class CultivationForm(WhyForm):
    class Meta:
        model = Cultivation
        fields = ["member", "stage", "role", "note"]


@admin.register(Cultivation)
class CultivationAdmin(Remembered[Cultivation]):
    """The board of whoever may carry the community one day, stage by stage; only the team sees it."""

    within = Within(member="member")
    form = CultivationForm
    list_before_template = "admin/_board.html"
    list_display = ("member", "stage", "role", "since", "note")
    list_filter = ("stage", "role")
    list_select_related = ("member", "role")
    search_fields = ("=member__ref", "member__display_name", "note")
    raw_id_fields = ("member",)
    ordering = ("since",)
    actions = ("move_on", "let_rest")

    def get_readonly_fields(self, request: HttpRequest, obj: Cultivation | None = None) -> tuple[str, ...]:
        return ("member",) if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: Cultivation, form: Any, change: bool) -> None:  # noqa: FBT001
        if not change or "stage" in form.changed_data:
            obj.since = timezone.now()
        super().save_model(request, obj, form, change)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        found = list(Cultivation.objects.select_related("member", "role").order_by("since", "pk")[:BOARD_MAX])
        board = [(stage.label, [each for each in found if each.stage == stage]) for stage in CultivationStage]
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "board": board})
        return answer

    @admin.action(description=gettext_lazy("Move selected members to the next stage"), permissions=["change"])
    def move_on(self, request: HttpRequest, chosen: QuerySet[Cultivation]) -> None:
        self._move(request, chosen, None)

    @admin.action(description=gettext_lazy("Let selected members rest"), permissions=["change"])
    def let_rest(self, request: HttpRequest, chosen: QuerySet[Cultivation]) -> None:
        self._move(request, chosen, CultivationStage.RESTING)

    def _move(self, request: HttpRequest, chosen: QuerySet[Cultivation], to: CultivationStage | None) -> None:
        for each in chosen.select_related("member"):
            moved = cultivating.move(cultivation_id=each.pk, to=to, now=timezone.now(), by=request.user)
            said = {"member": each.member, "stage": moved.get_stage_display()}
            messages.success(request, _("%(member)s: %(stage)s") % said)


BOARD_MAX = 200
