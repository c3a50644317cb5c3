"""What members ask about their points, and what they were told of points that will expire."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incentives.enums import CaseFinding, CaseState
from members.models import Member

WAITING_CASES = (CaseState.OPEN, CaseState.REOPENED)


class Case(models.Model):
    """ "Something missing?": what a member did and when, what was found, and where it stands.

    `said` is the finding in words by language; `found` holds everything that it rests on, for whoever looks at it:
    moments as text, amounts as decimal text in major units. A waiting case has a promised time.
    """

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="cases", verbose_name=_("member"))
    state = models.CharField(_("state"), max_length=8, choices=CaseState)
    event_type = models.CharField(_("what they did"), max_length=64, blank=True)
    rule_code = models.CharField(_("rule"), max_length=64, blank=True)
    event_id = models.BigIntegerField(_("event"), null=True)
    happened_at = models.DateTimeField(_("when"))
    text = models.TextField(_("words"), max_length=2_000, blank=True)
    finding = models.CharField(_("finding"), max_length=12, choices=CaseFinding)
    said = models.JSONField(_("what the member reads"), default=dict)
    found = models.JSONField(_("what was found"), default=dict)
    opened_at = models.DateTimeField(_("opened at"))
    asked_at = models.DateTimeField(_("with the team since"), null=True)
    due_at = models.DateTimeField(_("promised until"), null=True)
    answer = models.TextField(_("answer"), max_length=2_000, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)
    answered_by = models.CharField(_("answered by"), max_length=150, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    actor = models.CharField(_("opened by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="case_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["open", "reopened"]) | Q(due_at__isnull=False, asked_at__isnull=False),
                name="a_waiting_case_has_a_promise",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | (~Q(state="closed") & Q(closed_at__isnull=True)),
                name="a_case_is_closed_once",
            ),
            models.CheckConstraint(
                condition=Q(answered_by="") | Q(answered_at__isnull=False), name="an_answer_has_its_moment"
            ),
            models.UniqueConstraint(
                fields=["member", "event_id"],
                condition=Q(event_id__isnull=False) & ~Q(state="closed"),
                name="one_open_case_for_an_event",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="cases_of_member"),
            models.Index(fields=["due_at"], condition=Q(state__in=["open", "reopened"]), name="cases_by_promise"),
            models.Index(fields=["answered_at"], condition=Q(state="answered"), name="cases_answered"),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"


class ExpiryNotice(models.Model):
    """That an account's points of one end were told `days` before it, once."""

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField()
    expires_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "expires_at", "days"], name="expiry_told_once_a_stage"),
        ]

    def __str__(self) -> str:
        return f"notice of account {self.account_id}, {self.days} days before {self.expires_at:%Y-%m-%d}"
