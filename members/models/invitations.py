"""Who invited whom, with which code, and how far it has carried."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.enums import ReferralState
from members.models.member import Member
from members.models.partners import Partner
from members.models.spaces import Space


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open_at(self, moment: datetime) -> InvitationQuerySet:
        """Codes that somebody can still join with."""
        return self.filter(
            Q(opens_at__isnull=True) | Q(opens_at__lte=moment),
            Q(expires_at__isnull=True) | Q(expires_at__gt=moment),
            Q(uses_max__isnull=True) | Q(uses__lt=F("uses_max")),
            revoked_at__isnull=True,
        )


class Invitation(models.Model):
    """A code that lets somebody in: a member's to one friend, or an operator's on a poster for many."""

    code = models.CharField(_("code"), max_length=32, unique=True)
    inviter = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations", verbose_name=_("inviter"),
        help_text=_("Empty for a code of the operators or of a channel."),
    )  # fmt: skip
    channel = models.CharField(_("channel"), max_length=64, blank=True)
    campaign = models.CharField(_("campaign"), max_length=64, blank=True)
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("space"),
        help_text=_("It opens this space as well; who comes too late waits in its line."),
    )  # fmt: skip
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations",
        verbose_name=_("partner"),
    )  # fmt: skip
    email = models.EmailField(_("email"), blank=True, help_text=_("Only for whoever has this address."))
    email_domain = models.CharField(_("email domain"), max_length=120, blank=True)
    uses_max = models.PositiveIntegerField(_("uses at most"), null=True, blank=True, default=1)
    uses = models.PositiveIntegerField(_("uses"), default=0, editable=False)
    sent_at = models.DateTimeField(_("sent at"), default=timezone.now)
    opens_at = models.DateTimeField(_("from"), null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="invitation_has_a_code"),
            models.CheckConstraint(
                condition=Q(uses_max__isnull=True) | Q(uses__lte=F("uses_max")), name="invitation_never_overused"
            ),
            models.CheckConstraint(
                condition=Q(email="") | Q(uses_max__isnull=False, uses_max=1), name="an_address_is_one_person"
            ),
            models.CheckConstraint(
                condition=Q(partner__isnull=True) | Q(inviter__isnull=True, uses_max__isnull=False),
                name="a_partners_code_is_counted",
            ),
        ]
        indexes = [
            models.Index(fields=["inviter", "-sent_at"], name="invitations_of_inviter"),
            models.Index(fields=["campaign"], condition=~Q(campaign=""), name="invitations_of_campaign"),
        ]

    def __str__(self) -> str:
        return self.code


class Referral(models.Model):
    """A member who came by invitation, and the stages they have reached since.

    `depth` is how many invitations lie between them and somebody who came by themselves. A referral under review
    reaches no stage until somebody has looked at it.
    """

    member = models.OneToOneField(Member, on_delete=models.PROTECT, primary_key=True, related_name="referral")
    inviter = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="referrals")
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="referrals")
    depth = models.PositiveSmallIntegerField(_("depth"), default=1)
    joined_at = models.DateTimeField(_("joined at"))
    broke_ice_at = models.DateTimeField(_("broke the ice at"), null=True)
    active_at = models.DateTimeField(_("active at"), null=True)
    retained_at = models.DateTimeField(_("retained at"), null=True)
    state = models.CharField(_("state"), max_length=9, choices=ReferralState, default=ReferralState.OPEN)
    reasons = models.JSONField(_("why it was stopped"), default=list)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), null=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ReferralState.values), name="referral_state_is_known"),
            models.CheckConstraint(
                condition=Q(inviter__isnull=True) | ~Q(inviter=F("member")), name="nobody_invites_themselves"
            ),
        ]
        indexes = [
            models.Index(fields=["inviter", "-joined_at"], name="referrals_of_inviter"),
            models.Index(fields=["joined_at"], name="referrals_by_joining"),
            models.Index(fields=["state"], condition=Q(state="review"), name="referrals_to_review"),
        ]

    def __str__(self) -> str:
        return f"referral of {self.member}"
