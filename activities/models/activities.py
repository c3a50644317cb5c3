"""Gatherings: what they are, when, where, for whom, and who makes them."""

from __future__ import annotations

from datetime import datetime, timedelta

import uuid_utils.compat as uuid
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from activities.enums import ActivityKind, ActivityState, Part
from incentives.models import Campaign, Privilege
from members.models import Member, Partner, Segment, Space, Tier
from members.models.member import validate_time_zone

BY_LANGUAGE = _("By language, such as en and zh-hans.")
# Below so many people a brand activity needs a reason.
BRAND_AUDIENCE_MIN = 100
SEATS_MAX = 100_000
GUESTS_MAX = 9

# Whoever looks at the calendar sees these.
PUBLIC_STATES = (
    ActivityState.ANNOUNCED, ActivityState.OPEN, ActivityState.RUNNING, ActivityState.FINISHED, ActivityState.REVIEWED,
    ActivityState.CANCELLED,
)  # fmt: skip
COMING_STATES = (ActivityState.ANNOUNCED, ActivityState.OPEN)


class ActivityQuerySet(models.QuerySet["Activity"]):
    def public(self) -> ActivityQuerySet:
        """What has been announced, whatever became of it."""
        return self.filter(state__in=PUBLIC_STATES)

    def coming(self, moment: datetime) -> ActivityQuerySet:
        """What has been announced and is not over, the next first."""
        return self.filter(state__in=(*COMING_STATES, ActivityState.RUNNING), ends_at__gt=moment).order_by(
            "starts_at", "pk"
        )

    def between(self, first: datetime, until: datetime) -> ActivityQuerySet:
        """What touches a span of time; its end is exclusive."""
        return self.filter(starts_at__lt=until, ends_at__gt=first)


class Activity(models.Model):
    """A gathering of one of four kinds, with its seats and who may come.

    Times are instants; `zone` is the place's, in which they are shown. `seats_taken` counts who has a place, was
    offered one or has to pay for one, their guests included; nobody changes it without holding the row.
    """

    public_id = models.UUIDField(_("public id"), default=uuid.uuid7, unique=True, editable=False)
    code = models.CharField(
        _("code"), max_length=80, unique=True, validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$")],
        help_text=_("In the address of its page; small letters, digits and hyphens."),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=8, choices=ActivityKind)
    state = models.CharField(_("state"), max_length=9, choices=ActivityState, default=ActivityState.DRAFT)
    names = models.JSONField(_("names"), default=dict, help_text=BY_LANGUAGE)
    summaries = models.JSONField(_("in a sentence"), default=dict, blank=True, help_text=BY_LANGUAGE)
    texts = models.JSONField(_("words"), default=dict, blank=True, help_text=BY_LANGUAGE)
    language = models.CharField(_("language"), max_length=16, blank=True, help_text=_("What is spoken there."))
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("space")
    )
    # When and where.
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    place = models.CharField(_("place"), max_length=300, blank=True)
    link = models.URLField(
        _("link"), max_length=500, blank=True, help_text=_("Shown to whoever has a place, and to nobody else.")
    )
    # Seats.
    capacity = models.PositiveIntegerField(
        _("seats"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(SEATS_MAX)],
        help_text=_("Empty for no bound."),
    )  # fmt: skip
    seats_taken = models.PositiveIntegerField(_("seats taken"), default=0, editable=False)
    guests_max = models.PositiveSmallIntegerField(
        _("guests a member may bring"), default=0, validators=[MaxValueValidator(GUESTS_MAX)]
    )
    has_waiting_list = models.BooleanField(_("waiting list"), default=True)
    waits_by_tier = models.BooleanField(
        _("higher tiers first"), default=True, help_text=_("On the waiting list; within a tier whoever came first.")
    )
    offer_hours = models.PositiveSmallIntegerField(
        _("an offered place is kept hours"), default=24, validators=[MinValueValidator(1), MaxValueValidator(336)]
    )
    # Who may come, and when they may say so.
    opens_at = models.DateTimeField(
        _("registration opens"), null=True, blank=True, help_text=_("Empty: as soon as it is announced.")
    )
    closes_at = models.DateTimeField(
        _("registration closes"), null=True, blank=True, help_text=_("Empty: when it begins.")
    )
    cancel_until = models.DateTimeField(
        _("cancelled without consequences until"), null=True, blank=True,
        help_text=_("Later is late, which a rule may answer. Empty: until it begins."),
    )  # fmt: skip
    late_refund_percent = models.PositiveSmallIntegerField(
        _("refund after that, in per cent"), default=0, validators=[MaxValueValidator(100)],
        help_text=_("Of what was paid, in money and in points. Before it everything goes back."),
    )  # fmt: skip
    early_privilege = models.ForeignKey(
        Privilege, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("who holds this privilege registers earlier"),
    )  # fmt: skip
    early_hours = models.PositiveSmallIntegerField(_("by so many hours"), default=0)
    invited_hours = models.PositiveSmallIntegerField(
        _("hours in which only the invited register"), default=0, validators=[MaxValueValidator(336)],
        help_text=_("From the announcement on, or from when registration opens."),
    )  # fmt: skip
    needs_approval = models.BooleanField(_("a person approves each registration"), default=False)
    is_open_to_guests = models.BooleanField(
        _("open to people who are no members"), default=False, help_text=_("They are counted at the door.")
    )
    tier = models.ForeignKey(
        Tier, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from this tier on")
    )
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("for this segment")
    )
    only_space = models.BooleanField(_("only for members of the space"), default=False)
    questions = models.JSONField(
        _("questions"), default=list, blank=True, help_text=_("What whoever registers is asked; see the guide.")
    )
    # What it is to bring, and what it brought.
    audience_min = models.PositiveIntegerField(_("people it is to reach at least"), null=True, blank=True)
    audience_expected = models.PositiveIntegerField(_("people expected"), null=True, blank=True)
    small_reason = models.CharField(
        _("why it is so small"), max_length=300, blank=True, help_text=_("For a brand activity below its audience.")
    )
    reach = models.PositiveIntegerField(_("people reached"), null=True, blank=True)
    guests_came = models.PositiveIntegerField(_("guests who came"), default=0)
    money = models.CharField(
        _("money"), max_length=3, blank=True, validators=[RegexValidator(r"^[A-Z]{3}$")],
        help_text=_("Such as EUR or CNY; what it costs and what its tickets cost."),
    )  # fmt: skip
    cost = models.BigIntegerField(
        _("cost"), null=True, blank=True, validators=[MinValueValidator(0)], help_text=_("In the money's minor unit.")
    )
    # One date of a series: which, and whether it still is as the series says.
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("partner"),
        help_text=_("Whose guest holds it; it stands on their scoreboard."),
    )  # fmt: skip
    series = models.ForeignKey(
        "activities.Series",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="dates",
        verbose_name=_("series"),
    )
    series_date = models.DateField(_("date in the series"), null=True, editable=False)
    follows_series = models.BooleanField(_("as the series says"), default=False, editable=False)
    # The campaign that it is a part of, and whether it still is as the campaign drafted it.
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("campaign"),
        help_text=_("Its rules hear of what happens here, and its report shows it."),
    )
    follows_campaign = models.BooleanField(_("as the campaign says"), default=False, editable=False)
    announced_at = models.DateTimeField(_("announced at"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    # What calendars that have it go by: how often it was changed, and when last.
    sequence = models.PositiveIntegerField(_("revision"), default=0, editable=False)
    changed_at = models.DateTimeField(_("changed at"), null=True, editable=False)

    objects = ActivityQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["seats_taken", "sequence", "changed_at"])

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ActivityKind.values), name="activity_kind_is_known"),
            models.CheckConstraint(condition=Q(state__in=ActivityState.values), name="activity_state_is_known"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="an_activity_runs_forward",
                violation_error_message=_("It ends before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(seats_taken__lte=F("capacity")),
                name="an_activity_is_never_oversold",
                violation_error_message=_("More seats are taken than that."),
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(closes_at__gt=F("opens_at")),
                name="registration_runs_forward",
                violation_error_message=_("Registration closes before it opens."),
            ),
            models.CheckConstraint(
                condition=Q(only_space=False) | Q(space__isnull=False), name="only_for_a_space_names_it",
                violation_error_message=_("Name the space that it is only for."),
            ),
            models.CheckConstraint(
                condition=Q(early_hours=0) | Q(early_privilege__isnull=False, opens_at__isnull=False),
                name="earlier_than_a_moment_by_a_privilege",
                violation_error_message=_("Say which privilege opens registration earlier, and when it opens."),
            ),
            models.CheckConstraint(
                condition=Q(cost__isnull=True) | Q(cost__gte=0) & ~Q(money=""), name="a_cost_is_in_some_money",
                violation_error_message=_("Say in which money."),
            ),
            models.UniqueConstraint(fields=["series", "series_date"], name="a_date_of_a_series_is_there_once"),
            models.CheckConstraint(
                condition=Q(series__isnull=True, series_date__isnull=True)
                | Q(series__isnull=False, series_date__isnull=False),
                name="a_date_of_a_series_says_which",
            ),
            models.CheckConstraint(
                condition=Q(follows_campaign=False) | Q(campaign__isnull=False, series__isnull=True),
                name="what_a_campaign_drafted_is_its_own",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["starts_at"], name="activities_by_time"),
            # What the jobs that move activities along read.
            models.Index(fields=["state", "starts_at"], name="activities_by_state"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def seats_left(self) -> int | None:
        """How many seats are free; None where there is no bound."""
        return None if self.capacity is None else max(0, self.capacity - self.seats_taken)

    @property
    def is_full(self) -> bool:
        return self.seats_left == 0

    @property
    def last_changed_at(self) -> datetime:
        """When a calendar that has it should read it anew."""
        return max(filter(None, (self.changed_at, self.announced_at, self.created_at)))

    def registers_from(self) -> datetime | None:
        """When registration opens for everybody; None where it opened with the announcement."""
        return self.opens_at

    def invited_until(self) -> datetime | None:
        """Until when only those who were invited register; None where everybody may from the start."""
        if not self.invited_hours or self.announced_at is None:
            return None
        return max(filter(None, (self.announced_at, self.opens_at))) + timedelta(hours=self.invited_hours)

    def registers_until(self) -> datetime:
        return self.closes_at or self.starts_at


class ActivityPerson(models.Model):
    """A member who makes an activity: its host, a speaker, a helper."""

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="people", verbose_name=_("activity"))
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("member"))
    part = models.CharField(_("part"), max_length=8, choices=Part, default=Part.HOST)
    spoke_at = models.DateTimeField(_("spoke at"), null=True, editable=False)

    class Meta:
        verbose_name = _("host or speaker")
        verbose_name_plural = _("hosts and speakers")
        ordering = ["activity", "part", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "member", "part"], name="a_part_is_played_once"),
            models.CheckConstraint(condition=Q(part__in=Part.values), name="part_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.member_id} of {self.activity_id}"


class ActivityStep(models.Model):
    """A step in an activity's life: from which state to which, when, by whom and why. Never changed."""

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="steps", verbose_name=_("activity"))
    from_state = models.CharField(_("from"), max_length=9, choices=ActivityState)
    to_state = models.CharField(_("to"), max_length=9, choices=ActivityState)
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=80, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("step of an activity")
        verbose_name_plural = _("steps of activities")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.activity_id}: {self.from_state} → {self.to_state}"
