"""The first days of whoever joins, and the members who welcome them."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.models.member import Member


class Newcomer(models.Model):
    """How far somebody got after joining: when they first did each thing, empty while they have not.

    `hello_at` and `ice_at` lie within 24 hours of joining; `active_at` and `retained_at` say that they contributed on
    a day from 7 to 13, and from 30 to 36.
    """

    member = models.OneToOneField(
        Member, on_delete=models.PROTECT, primary_key=True, related_name="newcomer", verbose_name=_("member")
    )
    joined_at = models.DateTimeField(_("joined at"))
    rules_at = models.DateTimeField(_("read the rules at"), null=True)
    hello_at = models.DateTimeField(_("said hello at"), null=True)
    ice_at = models.DateTimeField(_("broke the ice at"), null=True)
    connected_at = models.DateTimeField(_("first connection at"), null=True)
    active_at = models.DateTimeField(_("active in week two"), null=True)
    retained_at = models.DateTimeField(_("still there after a month"), null=True)

    class Meta:
        verbose_name = _("newcomer")
        verbose_name_plural = _("newcomers")
        constraints = [
            models.CheckConstraint(
                condition=Q(ice_at__isnull=True) | Q(hello_at__isnull=False), name="who_broke_the_ice_said_hello"
            ),
        ]
        indexes = [models.Index(fields=["joined_at"], name="newcomers_by_joining")]

    def __str__(self) -> str:
        return f"newcomer {self.pk}"


class Greeter(models.Model):
    """A member, of the house or not, who welcomes newcomers: no more than `open_max` at a time."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="greeter", verbose_name=_("member"))
    is_active = models.BooleanField(_("gets newcomers"), default=True)
    open_max = models.PositiveSmallIntegerField(_("at most at a time"), default=5, validators=[MinValueValidator(1)])
    open_now = models.PositiveSmallIntegerField(_("now"), default=0, editable=False)
    last_assigned_at = models.DateTimeField(_("last newcomer at"), null=True, editable=False)

    history = HistoricalRecords(excluded_fields=["open_now", "last_assigned_at"])

    class Meta:
        verbose_name = _("greeter")
        verbose_name_plural = _("greeters")
        constraints = [
            models.CheckConstraint(
                condition=Q(open_now__lte=F("open_max")), name="greeter_has_no_more_than_they_can",
                violation_error_message=_("More newcomers are with this greeter now; let them finish first."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.member)


class Greeting(models.Model):
    """A newcomer whom a greeter was asked to welcome: when that was, when they spoke to them, and when it was over."""

    newcomer = models.OneToOneField(
        Member, on_delete=models.PROTECT, primary_key=True, related_name="greeting", verbose_name=_("newcomer")
    )
    greeter = models.ForeignKey(Greeter, on_delete=models.PROTECT, related_name="greetings", verbose_name=_("greeter"))
    assigned_at = models.DateTimeField(_("assigned at"))
    greeted_at = models.DateTimeField(_("greeted at"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)

    class Meta:
        verbose_name = _("newcomer with a greeter")
        verbose_name_plural = _("newcomers with a greeter")
        indexes = [
            models.Index(fields=["greeter"], condition=Q(closed_at__isnull=True), name="greetings_open"),
        ]

    def __str__(self) -> str:
        return f"greeting of {self.newcomer_id}"
