"""Segments, who is in them, and how they grow."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.admin.base import Plain, Remembered, WhyForm, Window
from members.admin.within import Within
from members.domain.ladders.measures import BadMetric, scale_of
from members.domain.segments import evaluating
from members.domain.segments.conditions import BadCondition, compile_condition
from members.domain.segments.layers import TARGET
from members.enums import SegmentKind
from members.models import Segment, SegmentMember, SegmentSize


class SegmentForm(WhyForm):
    class Meta:
        model = Segment
        fields = ["code", "names", "kind", "condition", "metric", "days", "share", "keep"]

    def clean_condition(self) -> str:
        text: str = self.cleaned_data["condition"]
        try:
            if text:
                compile_condition(text)
        except BadCondition as error:
            raise ValidationError(str(error)) from error
        return text

    def clean_metric(self) -> str:
        metric: str = self.cleaned_data["metric"]
        try:
            if metric:
                scale_of(metric)
        except BadMetric as error:
            raise ValidationError(str(error)) from error
        return metric


@admin.register(Segment)
class SegmentAdmin(Remembered[Segment]):
    """A set of members that rules may ask for as member.in_ and its code."""

    form = SegmentForm
    list_display = ("code", "kind", "size", "target", "evaluated_at", "condition", "metric", "share")
    list_filter = ("kind",)
    search_fields = ("code",)
    actions = ("evaluate",)

    @admin.display(description=gettext_lazy("share and target"))
    def target(self, segment: Segment) -> str:
        if segment.kind != SegmentKind.LAYER:
            return ""
        whole = sum(Segment.objects.filter(kind=SegmentKind.LAYER).values_list("size", flat=True))
        return f"{segment.size * 100 / whole:.0f} % / {TARGET[segment.code]} %" if whole else ""

    def has_delete_permission(self, *_: object) -> bool:
        """Rules name it."""
        return False

    @admin.action(description=gettext_lazy("Find out now who is in it"), permissions=["change"])
    def evaluate(self, request: HttpRequest, segments: QuerySet[Segment]) -> None:
        now = timezone.now()
        try:
            changes = [
                evaluating.evaluate_segment(segment=segment, now=now)
                for segment in segments.filter(kind__in=(SegmentKind.CONDITION, SegmentKind.SHARE))
            ]
            if segments.filter(kind=SegmentKind.LAYER).exists():
                changes += evaluating.evaluate_layers(now=now)
        except (BadCondition, BadMetric) as error:
            messages.error(request, str(error))
            return
        entered, left = sum(len(c.entered) for c in changes), sum(len(c.left) for c in changes)
        words = _("%(entered)d came in, %(left)d left.") % {"entered": entered, "left": left}
        messages.success(request, words)


@admin.register(SegmentMember)
class SegmentMemberAdmin(Plain[SegmentMember]):
    """Who is in which segment. Lists are filled here; every other segment keeps itself."""

    within = Within(member="member")
    list_display = ("segment", "member", "since")
    list_filter = ("segment",)
    list_select_related = ("segment", "member")
    search_fields = ("=member__ref",)
    ordering = ("-id",)
    fields = ("segment", "member")
    raw_id_fields = ("member",)
    actions = ("take_out",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **more: Any) -> forms.ModelChoiceField[Any]:
        if db_field.name == "segment":
            more["queryset"] = Segment.objects.filter(kind=SegmentKind.STATIC)
        field: forms.ModelChoiceField[Any] = super().formfield_for_foreignkey(db_field, request, **more)
        return field

    def has_change_permission(self, request: HttpRequest, obj: SegmentMember | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, *_: object) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: SegmentMember, form: Any, change: bool) -> None:  # noqa: FBT001
        evaluating.put_by_hand(segment=obj.segment, member=obj.member, now=timezone.now())
        obj.pk = SegmentMember.objects.get(segment=obj.segment, member=obj.member).pk

    @admin.action(description=gettext_lazy("Take selected members out of their list"), permissions=["change"])
    def take_out(self, request: HttpRequest, chosen: QuerySet[SegmentMember]) -> None:
        for each in chosen.select_related("segment", "member"):
            try:
                evaluating.take_out(segment=each.segment, member=each.member, now=timezone.now())
            except evaluating.NotByHand as error:
                messages.error(request, str(error))


@admin.register(SegmentSize)
class SegmentSizeAdmin(Window[SegmentSize]):
    """How segments grow, and between which layers members move."""

    list_display = ("at", "segment", "size", "entered", "left", "came_from")
    list_filter = ("segment",)
    list_select_related = ("segment",)
    ordering = ("-at", "segment")
