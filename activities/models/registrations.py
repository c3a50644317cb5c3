"""Who comes to an activity, who waits, and who changed their mind."""

from __future__ import annotations

from datetime import datetime

import uuid_utils.compat as uuid
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from activities.enums import EndedBy, RegistrationState
from activities.models.activities import GUESTS_MAX, Activity
from activities.models.codes import TicketCode
from activities.models.orders import Ticket
from members.models import Member

# Whoever is in one of these has a seat that nobody else can have.
SEATED_STATES = (RegistrationState.OFFERED, RegistrationState.HELD, RegistrationState.CONFIRMED)
LIVE_STATES = (RegistrationState.ASKED, RegistrationState.WAITING, *SEATED_STATES)
ENDED_STATES = (RegistrationState.CANCELLED, RegistrationState.REFUSED, RegistrationState.LAPSED)


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def live(self) -> RegistrationQuerySet:
        """Those that may still come to something."""
        return self.filter(state__in=LIVE_STATES)

    def seated(self) -> RegistrationQuerySet:
        """Those that hold seats."""
        return self.filter(state__in=SEATED_STATES)

    def in_line(self) -> RegistrationQuerySet:
        """Those on the waiting list, the next first."""
        return self.filter(state=RegistrationState.WAITING).order_by("-priority", "waits_since", "pk")


class Registration(models.Model):
    """A member's wish to come, with their guests, and what became of it. Whoever ended one may register anew.

    `pass_uses` of the ticket's pass are taken for it, each named by `pass_name`; what is kept after a late cancellation
    stays counted. `until` is when an offer passes on, or when a place that is to be paid for is given up. `priority` is
    how high the member stood when they came to the waiting list.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(_("public id"), default=uuid.uuid7, unique=True, editable=False)
    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, related_name="registrations", verbose_name=_("activity")
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="registrations", verbose_name=_("member"))
    ticket = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ticket")
    )
    ticket_code = models.ForeignKey(
        TicketCode, on_delete=models.PROTECT, null=True, blank=True, related_name="registrations",
        verbose_name=_("code for a free ticket"),
    )  # fmt: skip
    # Whether the ticket's pass is to pay: null is with it where it opens the ticket, else the price.
    with_pass = models.BooleanField(_("with the pass"), null=True, editable=False)
    pass_uses = models.PositiveSmallIntegerField(_("uses of the pass"), default=0, editable=False)
    brought_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("brought by")
    )
    state = models.CharField(_("state"), max_length=9, choices=RegistrationState)
    guests = models.PositiveSmallIntegerField(_("guests"), default=0, validators=[MaxValueValidator(GUESTS_MAX)])
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    channel = models.CharField(_("channel"), max_length=40, blank=True, help_text=_("How they came to it."))
    registered_at = models.DateTimeField(_("registered at"))
    waits_since = models.DateTimeField(_("on the waiting list since"), null=True)
    priority = models.BigIntegerField(_("priority"), default=0)
    until = models.DateTimeField(_("kept until"), null=True)
    confirmed_at = models.DateTimeField(_("has a place since"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    ended_by = models.CharField(_("ended by"), max_length=6, choices=EndedBy, blank=True)
    is_late = models.BooleanField(_("cancelled late"), default=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    checked_in_at = models.DateTimeField(_("came at"), null=True)
    missed_at = models.DateTimeField(_("found missing at"), null=True)
    guests_came = models.PositiveSmallIntegerField(
        _("guests who came along"), null=True, validators=[MaxValueValidator(GUESTS_MAX)]
    )
    # By which events rules heard of it: they are withdrawn where it turns out to be otherwise.
    came_event_id = models.BigIntegerField(null=True, editable=False)
    missed_event_id = models.BigIntegerField(null=True, editable=False)
    reminded_day_at = models.DateTimeField(_("reminded a day before"), null=True)
    reminded_hour_at = models.DateTimeField(_("reminded an hour before"), null=True)
    is_walk_in = models.BooleanField(_("came without registering"), default=False)
    actor = models.CharField(_("by"), max_length=80, blank=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "activity"], condition=Q(state__in=[str(each) for each in LIVE_STATES]),
                name="a_member_registers_once",
            ),
            models.CheckConstraint(condition=Q(state__in=RegistrationState.values), name="registration_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["offered", "held"]) | Q(until__isnull=False), name="a_kept_place_ends"
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(waits_since__isnull=False), name="who_is_in_line_has_a_place_in_it"
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(confirmed_at__isnull=False), name="a_place_is_had_since_a_moment"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[str(each) for each in ENDED_STATES], ended_at__isnull=False)
                | (~Q(state__in=[str(each) for each in ENDED_STATES]) & Q(ended_at__isnull=True)),
                name="what_is_over_says_since_when",
            ),
            models.CheckConstraint(
                condition=Q(checked_in_at__isnull=True) | Q(state="confirmed", missed_at__isnull=True),
                name="whoever_came_had_a_place",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["activity", "state"], name="registrations_by_state"),
            models.Index(fields=["member", "-id"], name="registrations_of_member"),
            # What the job that passes places on reads.
            models.Index(
                fields=["until"], condition=Q(state__in=["offered", "held"]), name="kept_places_by_end"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"registration {self.pk}"

    @property
    def seats(self) -> int:
        """How many seats it takes: the member's and their guests'."""
        return 1 + self.guests

    @property
    def pass_name(self) -> str:
        """By what the uses of a pass know the place that they open."""
        return f"registration:{self.public_id.hex}"

    @property
    def guests_there(self) -> int:
        """How many guests came along; all of them until somebody counts."""
        if self.checked_in_at is None:
            return 0
        return self.guests if self.guests_came is None else self.guests_came

    def place_in_line(self) -> int | None:
        """The place on the waiting list, from 1; None for whoever is not on it."""
        if self.state != RegistrationState.WAITING:
            return None
        ahead = Q(priority__gt=self.priority) | Q(priority=self.priority, waits_since__lt=self.waits_since)
        same = Q(priority=self.priority, waits_since=self.waits_since, pk__lt=self.pk)
        line = Registration.objects.filter(activity_id=self.activity_id, state=RegistrationState.WAITING)
        return line.filter(ahead | same).count() + 1

    def is_kept_at(self, moment: datetime) -> bool:
        """Whether an offered place, or one to be paid for, is still theirs."""
        return self.until is not None and moment < self.until
