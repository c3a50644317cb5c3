"""Responsibilities that members take on, and who has them where and how long."""

from __future__ import annotations

from datetime import datetime

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.enums import CultivationStage
from members.models.member import Member
from members.models.spaces import BY_LANGUAGE, Space

# Whoever is appointed to it is a greeter as well.
GREETER = "greeter"
HOST = "host"


class Role(models.Model):
    """A responsibility, such as host, greeter, editor or mentor; known to rules as `member.role_<code>`."""

    code = models.CharField(
        _("code"), max_length=40, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")],
        help_text=_("Rules ask for it as member.role_ and this code."),
    )  # fmt: skip
    names = models.JSONField(_("names"), default=dict, blank=True, help_text=BY_LANGUAGE)
    duties = models.JSONField(_("its duties"), default=dict, blank=True, help_text=BY_LANGUAGE)
    thanks = models.JSONField(_("its thanks"), default=dict, blank=True, help_text=BY_LANGUAGE)
    term_days = models.PositiveSmallIntegerField(
        _("days of a term"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("How long an appointment lasts unless it says so; empty for no end."),
    )  # fmt: skip
    is_active = models.BooleanField(_("in use"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("responsibility")
        verbose_name_plural = _("responsibilities")
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=~Q(code=""), name="role_has_a_code")]

    def __str__(self) -> str:
        return self.code


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def in_force_at(self, moment: datetime) -> AppointmentQuerySet:
        """Who holds their role at a moment; the end is exclusive."""
        return self.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=moment),
            Q(ended_at__isnull=True) | Q(ended_at__gt=moment),
            starts_at__lte=moment,
        )


class Appointment(models.Model):
    """A member's term in a role, in one space or (without one) everywhere: from `starts_at` until `ends_at`.

    `begun_at` and `ended_at` are when it was told; whoever is no longer there has an end, by the clock or by hand.
    """

    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("role"))
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("member"))
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, null=True, blank=True, related_name="appointments", verbose_name=_("space"),
        help_text=_("Empty for everywhere."),
    )  # fmt: skip
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty for no end."))
    appointed_by = models.CharField(_("appointed by"), max_length=150, blank=True, editable=False)
    begun_at = models.DateTimeField(_("begun at"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, editable=False)
    ended_by = models.CharField(_("ended by"), max_length=150, blank=True, editable=False)
    reason = models.CharField(_("why it ended"), max_length=300, blank=True, editable=False)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "role", "space"], condition=Q(ended_at__isnull=True, space__isnull=False),
                name="appointed_once_in_a_space",
            ),
            models.UniqueConstraint(
                fields=["member", "role"], condition=Q(ended_at__isnull=True, space__isnull=True),
                name="appointed_once_everywhere",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="a_term_runs_forward"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["starts_at"], condition=Q(begun_at__isnull=True), name="appointments_to_begin"),
            models.Index(
                fields=["ends_at"], condition=Q(ends_at__isnull=False, ended_at__isnull=True),
                name="appointments_to_end",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.role} {self.member}" + (f" · {self.space}" if self.space is not None else "")


class Cultivation(models.Model):
    """Somebody who may carry the community one day, and how far on the way they are; only the team sees it."""

    member = models.OneToOneField(
        Member, on_delete=models.PROTECT, related_name="cultivation", verbose_name=_("member")
    )
    stage = models.CharField(_("stage"), max_length=9, choices=CultivationStage, default=CultivationStage.FOUND)
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("for which role")
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    since = models.DateTimeField(_("since"), editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("future host")
        verbose_name_plural = _("future hosts")
        constraints = [
            models.CheckConstraint(condition=Q(stage__in=CultivationStage.values), name="cultivation_stage_is_known"),
        ]

    def __str__(self) -> str:
        return str(self.member)
