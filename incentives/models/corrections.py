"""What the team sets right for many members at once: one list, one act, looked at before and undone as a whole."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from incentives.enums import CorrectionAct, CorrectionLineState, CorrectionList, CorrectionState
from members.models import Member


class Correction(models.Model):
    """One list of members and one act.

    `whom` says how the list is found: `{"segment"}`, `{"rule", "version", "from", "until"}`,
    `{"type", "field", "value", "from", "until"}`, or nothing where refs were given. `what` says what is done:
    `{"currency", "amount"}`, `{"rule", "version", "from", "until"}`, `{"type", "from", "until"}`, `{"privilege",
    "until", "uses_max"}` or `{"badge"}`. Moments are text, amounts decimal text in major units, ends exclusive.
    `totals` and `lost` are what would move, and what could not be recovered, by currency; `size` is the sum of what
    would move, whatever its sign and currency, in whole points.
    """

    id = models.BigAutoField(primary_key=True)
    found_by = models.CharField(_("list"), max_length=8, choices=CorrectionList)
    whom = models.JSONField(_("whom"), default=dict)
    act = models.CharField(_("act"), max_length=12, choices=CorrectionAct)
    what = models.JSONField(_("what"), default=dict)
    reason = models.CharField(_("reason"), max_length=300, help_text=_("The members read it in their statement."))
    is_quiet = models.BooleanField(
        _("quiet"), default=False, help_text=_("Nobody gets a message; the statement says it all the same.")
    )
    state = models.CharField(
        _("state"), max_length=9, choices=CorrectionState, default=CorrectionState.GATHERING, db_index=True
    )
    members = models.PositiveIntegerField(_("members"), default=0)
    totals = models.JSONField(_("totals"), default=dict)
    lost = models.JSONField(_("not to be recovered"), default=dict)
    falls = models.PositiveIntegerField(_("would lose a tier"), default=0)
    size = models.BigIntegerField(_("points in all"), default=0)
    needs_second = models.BooleanField(_("needs a second operator"), default=False)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    app = models.CharField(_("API key"), max_length=80, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("approved by")
    )
    done_at = models.DateTimeField(_("done at"), null=True)
    undone_at = models.DateTimeField(_("undone at"), null=True)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        constraints = [
            models.CheckConstraint(condition=Q(found_by__in=CorrectionList.values), name="correction_list_is_known"),
            models.CheckConstraint(condition=Q(act__in=CorrectionAct.values), name="correction_act_is_known"),
            models.CheckConstraint(condition=Q(state__in=CorrectionState.values), name="correction_state_is_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="correction_has_a_reason"),
            models.CheckConstraint(
                condition=Q(needs_second=False)
                | Q(approved_by__isnull=True)
                | Q(created_by__isnull=True)
                | ~Q(approved_by=F("created_by")),
                name="a_large_correction_has_two_operators",
            ),
        ]

    def __str__(self) -> str:
        return f"correction {self.pk}"


class CorrectionLine(models.Model):
    """One member of a correction: what is planned for them, and what was done.

    `plan` names the journals or events it is about; `planned`, `lost` and `moved` are minor units by currency; `falls`
    the ladders and tiers they would no longer reach; `did` what an undo needs.
    """

    id = models.BigAutoField(primary_key=True)
    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="lines")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+", verbose_name=_("member"))
    state = models.CharField(_("state"), max_length=8, choices=CorrectionLineState, default=CorrectionLineState.WAITING)
    plan = models.JSONField(default=dict)
    planned = models.JSONField(_("planned"), default=dict)
    size = models.BigIntegerField(default=0)
    falls = models.JSONField(_("would lose"), default=list)
    did = models.JSONField(default=dict)
    moved = models.JSONField(_("moved"), default=dict)
    lost = models.JSONField(_("not recovered"), default=dict)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("line of a correction")
        verbose_name_plural = _("lines of corrections")
        constraints = [
            models.UniqueConstraint(fields=["correction", "member"], name="a_correction_has_a_member_once"),
            models.CheckConstraint(
                condition=Q(state__in=CorrectionLineState.values), name="correction_line_state_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["correction", "state", "id"], name="correction_lines_by_state"),
            models.Index(fields=["correction", "-size"], name="correction_lines_by_size"),
        ]

    def __str__(self) -> str:
        return f"line {self.pk} of correction {self.correction_id}"


class CorrectionStep(models.Model):
    """Who did what with a correction, when and why; never changed."""

    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(_("step"), max_length=9, choices=CorrectionState)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    who = models.CharField(_("name"), max_length=150, blank=True)
    why = models.CharField(_("why"), max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.state} of {self.correction_id}"
