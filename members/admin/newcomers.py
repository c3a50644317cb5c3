"""Greeters, and the newcomers who were given to them."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from members.admin.base import Remembered, WhyForm, Window
from members.admin.within import Within
from members.models import Greeter, Greeting


class GreeterForm(WhyForm):
    class Meta:
        model = Greeter
        fields = ["member", "is_active", "open_max"]


@admin.register(Greeter)
class GreeterAdmin(Remembered[Greeter]):
    """Members, of the house or not, who welcome newcomers."""

    within = Within(member="member")
    form = GreeterForm
    list_display = ("member", "is_house", "is_active", "open_now", "open_max", "last_assigned_at")
    list_filter = ("is_active",)
    list_select_related = ("member",)
    raw_id_fields = ("member",)
    search_fields = ("member__ref", "member__display_name")
    ordering = ("-is_active", "pk")

    @admin.display(description=gettext_lazy("of the house"), boolean=True)
    def is_house(self, greeter: Greeter) -> bool:
        return greeter.member.is_house

    def has_delete_permission(self, *_args: object) -> bool:
        """Whom they have welcomed is remembered; they are switched off instead."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Greeter | None = None) -> tuple[str, ...]:
        return ("member",) if obj is not None else ()


@admin.register(Greeting)
class GreetingAdmin(Window[Greeting]):
    within = Within(member="newcomer")
    list_display = ("newcomer", "greeter", "assigned_at", "greeted_at", "closed_at")
    list_filter = (("greeted_at", admin.EmptyFieldListFilter), ("closed_at", admin.EmptyFieldListFilter))
    list_select_related = ("newcomer", "greeter__member")
    search_fields = ("newcomer__ref", "greeter__member__ref")
    ordering = ("-assigned_at",)
