"""Who holds which tier since when, what they were lent by hand, and where they stand in line."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.enums import StandingReason
from members.models.member import Member
from members.models.tiers.ladders import Ladder, Tier


class Standing(models.Model):
    """The tier a member holds on a ladder; no row before the first is reached, an empty tier after all were lost.

    `safe_until` is the moment before which it is not looked at whether the tier is still earned (None: at any time);
    `grace_until` how long it is kept although it is not. `duties_checked` is the first day of the newest month whose
    duties were looked at, `duties_missed` how many in a row were not done, and `owes_duty` that the tier was lost so.
    """

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(
        Member, related_name="standings", db_index=False, db_constraint=False, on_delete=models.DO_NOTHING
    )
    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, related_name="+")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("tier"))
    since = models.DateTimeField(_("since"))
    safe_until = models.DateTimeField(_("safe until"), null=True)
    grace_until = models.DateTimeField(_("grace until"), null=True)
    duties_missed = models.PositiveSmallIntegerField(_("duties missed"), default=0)
    duties_checked = models.IntegerField(_("duties checked"), default=0)
    owes_duty = models.BooleanField(_("owes a duty"), default=False)

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints = [models.UniqueConstraint(fields=["member", "ladder"], name="one_standing_per_ladder")]

    def __str__(self) -> str:
        return f"standing of member {self.member_id}"


class StandingChange(models.Model):
    """A rise or a fall, why, and the event that brought it."""

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(
        Member, related_name="standing_changes", db_index=False, db_constraint=False, on_delete=models.DO_NOTHING
    )
    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, related_name="+")
    from_tier = models.ForeignKey(Tier, on_delete=models.PROTECT, null=True, related_name="+")
    to_tier = models.ForeignKey(Tier, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=12, choices=StandingReason, default=StandingReason.EARNED)
    cause_id = models.BigIntegerField(_("cause"), null=True)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("standing change")
        verbose_name_plural = _("standing changes")
        indexes = [models.Index(fields=["member", "-changed_at"], name="standing_history")]

    def __str__(self) -> str:
        return f"standing change {self.pk}"


class TierPinQuerySet(models.QuerySet["TierPin"]):
    def in_force_at(self, moment: datetime) -> TierPinQuerySet:
        return self.filter(ended_at__isnull=True, until__gt=moment)


class TierPin(models.Model):
    """A tier lent by hand until a day, for a reason: the member holds at least it meanwhile, and then what they earn.

    `before` is what they held when it was set.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="tier_pins", verbose_name=_("member"))
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+", verbose_name=_("tier"))
    before = models.ForeignKey(Tier, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    until = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=300)
    set_by = models.CharField(_("set by"), max_length=150, blank=True, editable=False)
    set_at = models.DateTimeField(_("set at"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, editable=False)

    objects = TierPinQuerySet.as_manager()

    class Meta:
        verbose_name = _("tier lent by hand")
        verbose_name_plural = _("tiers lent by hand")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="tier_pin_has_a_reason"),
            models.CheckConstraint(condition=Q(until__gt=F("set_at")), name="tier_pin_ends_after_it_began"),
        ]
        indexes = [models.Index(fields=["until"], condition=Q(ended_at__isnull=True), name="tier_pins_in_force")]

    def __str__(self) -> str:
        return f"{self.tier} for {self.member} until {self.until:%Y-%m-%d}"


class TierInvitation(models.Model):
    """An invitation into a tier that is by invitation only. It counts once the member has accepted it."""

    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="tier_invitations", verbose_name=_("member")
    )
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+", verbose_name=_("tier"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    invited_by = models.CharField(_("invited by"), max_length=150, blank=True, editable=False)
    invited_at = models.DateTimeField(_("invited at"), default=timezone.now, editable=False)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, editable=False)
    ended_at = models.DateTimeField(_("declined or ended at"), null=True, editable=False)

    class Meta:
        verbose_name = _("tier invitation")
        verbose_name_plural = _("tier invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "tier"], condition=Q(ended_at__isnull=True), name="invited_into_a_tier_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} into {self.tier}"


class QuotaPlace(models.Model):
    """Where a member stood in line for a scarce tier when it was last given out: "place 14 of 12"."""

    id = models.BigAutoField(primary_key=True)
    tier = models.ForeignKey(Tier, on_delete=models.CASCADE, related_name="places", db_index=False)
    member = models.ForeignKey(Member, related_name="quota_places", db_constraint=False, on_delete=models.DO_NOTHING)
    place = models.PositiveIntegerField(_("place"))
    places = models.PositiveIntegerField(_("places"))

    class Meta:
        verbose_name = _("place in line")
        verbose_name_plural = _("places in line")
        constraints = [models.UniqueConstraint(fields=["tier", "member"], name="one_place_per_tier")]

    def __str__(self) -> str:
        return f"place {self.place} of {self.places}"
