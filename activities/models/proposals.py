"""What members offer to share, themselves or by a guest whom they bring, and how far it has come."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from activities.enums import ProposalState
from activities.models.activities import Activity
from members.models import Member, Space

WORDS_LENGTH_MAX = 2_000


class Proposal(models.Model):
    """A sharing that a member proposes: by a member, who agrees to it, or by a guest from outside.

    It is accepted by a person, gets a date with an activity, and is delivered once that activity's books are closed.
    `note` is the team's own; `reason` is what the proposer reads.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(_("public id"), default=uuid.uuid7, unique=True, editable=False)
    proposer = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="proposals", verbose_name=_("proposed by")
    )
    speaker = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("speaker")
    )
    guest = models.CharField(_("guest"), max_length=150, blank=True, help_text=_("Somebody who is no member."))
    agreed_at = models.DateTimeField(_("the speaker agreed at"), null=True)
    title = models.CharField(_("title"), max_length=150)
    words = models.TextField(_("what it is about"), max_length=WORDS_LENGTH_MAX)
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("space")
    )
    state = models.CharField(_("state"), max_length=9, choices=ProposalState, default=ProposalState.PROPOSED)
    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, null=True, blank=True, related_name="proposals", verbose_name=_("activity")
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("assignee"),
    )  # fmt: skip
    note = models.TextField(_("note"), max_length=WORDS_LENGTH_MAX, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    proposed_at = models.DateTimeField(_("proposed at"))
    moved_at = models.DateTimeField(_("so since"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True)

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ProposalState.values), name="proposal_state_is_known"),
            models.CheckConstraint(
                condition=(Q(speaker__isnull=False) & Q(guest="")) | (Q(speaker__isnull=True) & ~Q(guest="")),
                name="a_member_or_a_guest_speaks",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["scheduled", "delivered"]) | Q(activity__isnull=False),
                name="what_has_a_date_has_an_activity",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "scheduled", "delivered"]) | Q(agreed_at__isnull=False),
                name="nobody_speaks_who_did_not_agree",
            ),
            models.CheckConstraint(
                condition=Q(state="delivered", delivered_at__isnull=False)
                | (~Q(state="delivered") & Q(delivered_at__isnull=True)),
                name="a_proposal_is_delivered_at_a_moment",
            ),
        ]
        indexes = [models.Index(fields=["state", "moved_at"], name="proposals_by_state")]

    def __str__(self) -> str:
        return f"proposal {self.pk}"


class ProposalStep(models.Model):
    """A step of a proposal, with who took it. Never changed."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="steps", verbose_name=_("proposal"))
    from_state = models.CharField(_("from"), max_length=9, choices=ProposalState)
    to_state = models.CharField(_("to"), max_length=9, choices=ProposalState)
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=80, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("step of a proposal")
        verbose_name_plural = _("steps of proposals")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.from_state} → {self.to_state}"
