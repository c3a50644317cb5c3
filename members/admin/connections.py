"""Who knows whom, who could do with one more, and introductions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.admin.base import Plain, Window
from members.admin.within import Within
from members.domain.connections.deciding import band
from members.domain.connections.introductions import CannotIntroduce, check, propose
from members.domain.connections.staying import staying_by_known
from members.models import Acquaintance, Connection, Introduction, Member


@admin.register(Connection)
class ConnectionAdmin(Window[Connection]):
    list_display = (
        "low",
        "high",
        "days",
        "is_mutual",
        "since",
        "first_at",
        "last_at",
        "hidden_by_low",
        "hidden_by_high",
    )
    list_filter = ("is_mutual",)
    list_select_related = ("low", "high")
    search_fields = ("low__ref", "high__ref")
    ordering = ("-id",)


class NearFilter(admin.SimpleListFilter):
    """The work list: one or two more, and they are likely to stay."""

    title = gettext_lazy("knows")
    parameter_name = "known_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("near", gettext_lazy("3 or 4: one more would help")), ("0-4", "0–4"), ("5-6", "5–6"), ("7", "7+")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        ranges = {"near": (3, 4), "0-4": (0, 4), "5-6": (5, 6), "7": (7, 10**6)}
        chosen = ranges.get(self.value() or "")
        return queryset.filter(known__range=chosen) if chosen else queryset


@admin.register(Acquaintance)
class AcquaintanceAdmin(Window[Acquaintance]):
    """Choose two and introduce them to each other."""

    within = Within(member="member")
    list_display = ("member", "known", "band", "is_off")
    list_filter = (NearFilter, "is_off")
    list_select_related = ("member",)
    search_fields = ("member__ref", "member__display_name")
    ordering = ("-known", "id")
    actions = ("introduce",)
    list_before_template = "admin/_staying.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {**(extra_context or {}), "staying": staying_by_known(now=timezone.now())}
        answer: HttpResponse = super().changelist_view(request, context)
        return answer

    @admin.display(description=gettext_lazy("band"))
    def band(self, row: Acquaintance) -> str:
        return band(row.known)

    def has_introduce_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("members.add_introduction")

    @admin.action(description=gettext_lazy("Introduce these two to each other"), permissions=["introduce"])
    def introduce(self, request: HttpRequest, rows: QuerySet[Acquaintance]) -> None:
        people = [row.member for row in rows.select_related("member")[:3]]
        if len(people) != 2:
            messages.error(request, _("Choose exactly two members."))
            return
        _propose(request, people[0], people[1], "")


class IntroductionForm(forms.ModelForm[Introduction]):
    class Meta:
        model = Introduction
        fields = ["first", "second", "words"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "first" in cleaned and "second" in cleaned:
            try:
                check(cleaned["first"], cleaned["second"])
            except CannotIntroduce as error:
                raise forms.ValidationError(error.sentence) from error
        return cleaned

    def _post_clean(self) -> None:
        """The order of the two is put right when it is proposed, so the row is not checked as it was typed."""


@admin.register(Introduction)
class IntroductionAdmin(Plain[Introduction]):
    form = IntroductionForm
    list_display = ("first", "second", "state", "proposed_at", "proposed_by", "closed_at")
    list_filter = ("state",)
    list_select_related = ("first", "second", "proposed_by")
    search_fields = ("first__ref", "second__ref")
    raw_id_fields = ("first", "second")
    ordering = ("-id",)

    def has_change_permission(self, request: HttpRequest, obj: Introduction | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, *_args: object) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Introduction, form: Any, change: bool) -> None:  # noqa: FBT001
        given = form.cleaned_data
        made = _propose(request, given["first"], given["second"], given["words"])
        if made is not None:
            obj.pk, obj.first, obj.second = made.pk, made.first, made.second


def _propose(request: HttpRequest, one: Member, other: Member, words: str) -> Introduction | None:
    assert isinstance(request.user, AbstractBaseUser), "the admin lets nobody else in"
    try:
        made = propose(one=one, other=other, words=words, now=timezone.now(), by=request.user)
    except CannotIntroduce as error:
        messages.error(request, error.sentence)
        return None
    messages.success(request, _("Both are asked on their page."))
    return made
