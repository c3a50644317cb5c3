"""Who is invited to an activity before everybody else may register."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from activities.enums import InvitedFor
from activities.models.activities import Activity
from members.models import Member


class ActivityInvitation(models.Model):
    """A member who may register first, and why they were chosen. `invited_at` is when they heard of it."""

    activity = models.ForeignKey(
        Activity, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("activity")
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("member"))
    reason = models.CharField(_("why"), max_length=8, choices=InvitedFor)
    words = models.CharField(_("in words"), max_length=200, blank=True)
    invited_at = models.DateTimeField(_("invited at"), null=True)

    class Meta:
        verbose_name = _("invitation to an activity")
        verbose_name_plural = _("invitations to activities")
        ordering = ["activity", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "member"], name="invited_to_an_activity_once"),
            models.CheckConstraint(condition=Q(reason__in=InvitedFor.values), name="an_invitation_says_why"),
        ]
        indexes = [models.Index(fields=["member", "invited_at"], name="activity_invitations_of_member")]

    def __str__(self) -> str:
        return f"invitation of {self.member_id} to {self.activity_id}"
