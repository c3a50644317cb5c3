"""Who knows whom: days of contact, gatherings, the connections they make, and introductions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.enums import IntroductionState
from members.models.member import Member


class Contact(models.Model):
    """That a member spoke to another on a day of the programme: written by the speaker's lane alone.

    `is_fresh` says that nobody has looked yet what it makes of the two.
    """

    id = models.BigAutoField(primary_key=True)
    member_id = models.BigIntegerField()
    other_id = models.BigIntegerField()
    space = models.CharField(max_length=64, default="")
    day = models.IntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    is_fresh = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member_id", "other_id", "space", "day"], name="contact_kept_once_a_day"),
            models.CheckConstraint(condition=~Q(member_id=F("other_id")), name="nobody_meets_themselves"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(is_fresh=True), name="contact_fresh"),
            models.Index(fields=["other_id"], name="contact_of_other"),
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"


class Attendance(models.Model):
    """That a member was at something together with others: events of one type with the same gathering."""

    id = models.BigAutoField(primary_key=True)
    member_id = models.BigIntegerField()
    type_id = models.BigIntegerField()
    gathering = models.CharField(max_length=128)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member_id", "type_id", "gathering"], name="attendance_kept_once"),
        ]
        indexes = [models.Index(fields=["type_id", "gathering"], name="attendance_of_gathering")]

    def __str__(self) -> str:
        return f"attendance {self.pk}"


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def of(self, member_id: int) -> ConnectionQuerySet:
        return self.filter(Q(low_id=member_id) | Q(high_id=member_id))

    def shown(self) -> ConnectionQuerySet:
        """What neither of the two has hidden."""
        return self.filter(hidden_by_low=False, hidden_by_high=False)


class Connection(models.Model):
    """Two members who know each other; `low` is the one with the smaller number.

    `days` is its strength: on how many days of the ninety before `last_at` they had to do with each other.
    """

    id = models.BigAutoField(primary_key=True)
    low = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("member"))
    high = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("other member"))
    space = models.CharField(_("space"), max_length=64, default="", blank=True)
    since = models.DateTimeField(_("since"))
    first_at = models.DateTimeField(_("first contact"))
    last_at = models.DateTimeField(_("last contact"))
    days = models.PositiveSmallIntegerField(_("days of contact"))
    is_mutual = models.BooleanField(_("mutual"))
    hidden_by_low = models.BooleanField(_("hidden by the one"), default=False)
    hidden_by_high = models.BooleanField(_("hidden by the other"), default=False)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [
            models.UniqueConstraint(fields=["low", "high", "space"], name="two_are_connected_once"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="connection_names_the_lower_first"),
        ]

    def __str__(self) -> str:
        return f"connection {self.pk}"


class Acquaintance(models.Model):
    """How many others a member knows: `member.connections` in rules. With `is_off` none are kept for them."""

    id = models.BigAutoField(primary_key=True)
    member = models.OneToOneField(
        Member, on_delete=models.PROTECT, related_name="acquaintance", verbose_name=_("member")
    )
    known = models.PositiveIntegerField(_("knows"), default=0)
    is_off = models.BooleanField(_("switched off"), default=False)

    class Meta:
        verbose_name = _("number of connections")
        verbose_name_plural = _("numbers of connections")
        constraints = [
            models.CheckConstraint(condition=Q(is_off=False) | Q(known=0), name="who_is_off_knows_nobody"),
        ]
        indexes = [models.Index(fields=["known"], name="acquaintances_by_number")]

    def __str__(self) -> str:
        return f"connections of {self.member}"


class Introduction(models.Model):
    """Two members whom somebody would like to know each other; it counts once both have said yes."""

    first = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("member"))
    second = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("other member"))
    words = models.CharField(_("words"), max_length=300, blank=True, help_text=_("Both read them."))
    state = models.CharField(_("state"), max_length=9, choices=IntroductionState, default=IntroductionState.PROPOSED)
    first_agreed_at = models.DateTimeField(_("the one agreed at"), null=True, editable=False)
    second_agreed_at = models.DateTimeField(_("the other agreed at"), null=True, editable=False)
    proposed_at = models.DateTimeField(_("proposed at"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False,
        verbose_name=_("proposed by"),
    )  # fmt: skip
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)

    class Meta:
        verbose_name = _("introduction")
        verbose_name_plural = _("introductions")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=IntroductionState.values), name="introduction_state_is_known"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="introduction_names_the_lower_first"),
            models.UniqueConstraint(
                fields=["first", "second"], condition=Q(state="proposed"), name="two_are_introduced_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted")
                | Q(first_agreed_at__isnull=False, second_agreed_at__isnull=False, closed_at__isnull=False),
                name="an_introduction_needs_both",
            ),
        ]

    def __str__(self) -> str:
        return f"introduction {self.pk}"
