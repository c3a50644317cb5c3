"""Leaves of absence: who is away for a while owes nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.member import Member


class LeaveQuerySet(models.QuerySet["Leave"]):
    def at(self, moment: datetime) -> LeaveQuerySet:
        return self.filter(begins_at__lte=moment, ends_at__gt=moment)


class Leave(models.Model):
    """A leave of absence: the duties of every month that it touches are forgiven, on every ladder."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="leaves", verbose_name=_("member"))
    begins_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    set_by = models.CharField(_("set by"), max_length=150, blank=True, editable=False)
    set_at = models.DateTimeField(_("set at"), default=timezone.now, editable=False)

    objects = LeaveQuerySet.as_manager()

    class Meta:
        verbose_name = _("leave of absence")
        verbose_name_plural = _("leaves of absence")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="a_leave_ends_after_it_began"),
        ]
        indexes = [models.Index(fields=["ends_at", "member"], name="leaves_by_end")]

    def __str__(self) -> str:
        return f"{self.member} until {self.ends_at:%Y-%m-%d}"
