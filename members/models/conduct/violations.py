"""What was held against a member, what followed, and what others reported."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.enums import Consequence, Frozen, MemberStatus, ReportState, ViolationState
from members.models.conduct.rules import FREEZES, ViolationKind
from members.models.member import Member


class ViolationQuerySet(models.QuerySet["Violation"]):
    def live_at(self, moment: datetime) -> ViolationQuerySet:
        """Those whose strikes count."""
        return self.exclude(state=ViolationState.OVERTURNED).filter(strikes__gt=0, strikes_until__gt=moment)


class Violation(models.Model):
    """A violation and its one consequence. `operator` is empty where software found it by itself.

    Software may hide, warn, or freeze for 24 hours. A ban, and a fine above 100, has a person and a written reason.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="violations")
    kind = models.ForeignKey(ViolationKind, on_delete=models.PROTECT, related_name="violations")
    state = models.CharField(_("state"), max_length=10, choices=ViolationState, default=ViolationState.STANDS)
    evidence = models.TextField(_("evidence"), blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    operator = models.CharField(_("who decided"), max_length=100, blank=True)
    needs_person = models.BooleanField(_("a person should look at it"), default=False)
    happened_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    strikes = models.PositiveSmallIntegerField(_("strikes"))
    strikes_until = models.DateTimeField(_("strikes until"))
    consequence = models.CharField(_("consequence"), max_length=17, choices=Consequence)
    hours = models.PositiveIntegerField(_("hours frozen"), null=True)
    fine = models.DecimalField(_("fine"), max_digits=18, decimal_places=4, null=True)
    # What the fine took in the books, empty where nothing was there to take.
    journal_id = models.BigIntegerField(_("journal"), null=True)
    status_before = models.CharField(_("status before"), max_length=16, choices=MemberStatus, blank=True)
    appealed_at = models.DateTimeField(_("appealed at"), null=True)
    appeal = models.TextField(_("appeal"), blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decided_by = models.CharField(_("decided by"), max_length=100, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = ViolationQuerySet.as_manager()

    class Meta:
        verbose_name = _("violation")
        verbose_name_plural = _("violations")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ViolationState.values), name="violation_state_is_known"),
            models.CheckConstraint(
                condition=~Q(consequence="ban") | (~Q(operator="") & ~Q(reason="")),
                name="a_ban_has_a_person_and_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(fine__isnull=True) | (~Q(operator="") & (Q(fine__lte=100) | ~Q(reason=""))),
                name="a_large_fine_has_a_person_and_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(operator="")
                | Q(consequence__in=["hide", "warning"])
                | (Q(consequence__in=FREEZES) & Q(hours__lte=24)),
                name="software_hides_warns_or_freezes_for_a_day",
            ),
            models.CheckConstraint(
                condition=Q(state="stands") | Q(appealed_at__isnull=False) | Q(decided_at__isnull=False),
                name="a_decision_has_a_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-recorded_at"], name="violations_of_member"),
            models.Index(fields=["recorded_at"], name="violations_by_month"),
        ]

    def __str__(self) -> str:
        return f"violation {self.pk}"


class FreezeQuerySet(models.QuerySet["Freeze"]):
    def holding(self, what: str, moment: datetime) -> FreezeQuerySet:
        return self.filter(what=what, lifted_at=None, begins_at__lte=moment, ends_at__gt=moment)


class Freeze(models.Model):
    """Something that a member may not do from `begins_at` until `ends_at` (exclusive), unless it was lifted."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="freezes")
    violation = models.OneToOneField(Violation, on_delete=models.PROTECT, related_name="freeze")
    what = models.CharField(_("what"), max_length=10, choices=Frozen)
    begins_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    lifted_at = models.DateTimeField(_("lifted at"), null=True)

    objects = FreezeQuerySet.as_manager()

    class Meta:
        verbose_name = _("freeze")
        verbose_name_plural = _("freezes")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="a_freeze_runs_forward"),
        ]
        indexes = [models.Index(fields=["member", "what"], condition=Q(lifted_at=None), name="freezes_of_member")]

    def __str__(self) -> str:
        return f"{self.what} of {self.member_id} until {self.ends_at:%Y-%m-%d}"


class Report(models.Model):
    """What one member reports of another. The reporter hears the outcome, and is never paid for it."""

    reporter = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="reports_made")
    subject = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="reports_about")
    text = models.TextField(_("what happened"), blank=True)
    about = models.CharField(
        _("about"), max_length=128, blank=True, help_text=_("What the host app calls the content.")
    )
    state = models.CharField(_("state"), max_length=9, choices=ReportState, default=ReportState.WAITING)
    reported_at = models.DateTimeField(_("reported at"))
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    violation = models.ForeignKey(Violation, on_delete=models.PROTECT, null=True, related_name="reports")

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.CheckConstraint(condition=~Q(reporter=F("subject")), name="nobody_reports_themselves"),
            models.UniqueConstraint(fields=["reporter", "subject", "about"], name="the_same_is_reported_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                name="report_is_decided_once",
            ),
        ]
        indexes = [models.Index(fields=["state"], condition=Q(state="waiting"), name="reports_waiting")]

    def __str__(self) -> str:
        return f"report {self.pk}"
