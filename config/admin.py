"""Third-party lists in our look: users, roles, and the jobs that run by the clock."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.admin import TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from members.admin.base import Plain, Window
from members.models import SpaceOperator

# The schedule stands in the settings; here one only sees that it runs.
for model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule, User, Group):
    admin.site.unregister(model)


class SpacesOfOperator(TabularInline):  # type: ignore[misc]  # The theme ships no types.
    """Without a line an operator sees everything."""

    model = SpaceOperator
    extra = 0
    verbose_name_plural = _("Sees to these spaces only")


@admin.register(User)
class UserAdmin(StockUserAdmin[User], Plain[User]):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "display", "roles", "is_staff", "is_superuser", "is_active", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    inlines = (SpacesOfOperator,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("name"))
    def display(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())


@admin.register(Group)
class GroupAdmin(StockGroupAdmin, Plain[Group]):
    """The four roles are put in place by each migration; others are an installation's own."""

    list_display = ("name", "users")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).annotate(user_count=Count("user"))

    @admin.display(description=_("users"))
    def users(self, group: Group) -> int:
        return int(getattr(group, "user_count", 0))


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(Window[PeriodicTask]):
    list_display = ("name", "task", "rhythm", "enabled", "last_run_at", "total_run_count")
    list_select_related = ("interval", "crontab", "solar", "clocked")
    ordering = ("name",)

    @admin.display(description=_("rhythm"))
    def rhythm(self, task: PeriodicTask) -> str:
        return str(task.schedule)
