"""Ladders and their tiers: what there is to reach, and what each tier demands."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.enums import CALENDAR_WINDOWS, Falls, LadderWindow, Rises

DAYS_MAX = 3_660


class Ladder(models.Model):
    """A ranked list of tiers for one purpose, measured by one metric over one window.

    `metric` names a value per member that an app above registered, such as `earned:growth` or `counter:posts`.
    """

    code = models.SlugField(_("code"), max_length=64, unique=True)
    names = models.JSONField(_("names"), default=dict, help_text=_("By language, such as en and zh-hans."))
    purpose = models.CharField(_("purpose"), max_length=200, blank=True, help_text=_("What this ladder is there for."))
    metric = models.CharField(
        _("metric"), max_length=80, help_text=_("Such as balance:growth, earned:growth or counter:posts.")
    )
    window = models.CharField(_("window"), max_length=11, choices=LadderWindow, default=LadderWindow.LIFETIME)
    days = models.PositiveSmallIntegerField(
        _("days"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(DAYS_MAX)],
        help_text=_("Of a window of the last days."),
    )  # fmt: skip
    rises = models.CharField(_("members rise"), max_length=8, choices=Rises, default=Rises.AT_ONCE)
    falls = models.CharField(_("members fall"), max_length=6, choices=Falls, default=Falls.NEVER)
    validity_days = models.PositiveSmallIntegerField(
        _("days of validity"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(DAYS_MAX)],
        help_text=_("How long a tier is safe once it is reached. With a calendar window: to the period's end."),
    )  # fmt: skip
    grace_days = models.PositiveSmallIntegerField(
        _("days of grace"), default=0, help_text=_("How much longer it is kept after it is not earned any more.")
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("ladder")
        verbose_name_plural = _("ladders")
        constraints = [
            models.CheckConstraint(
                condition=Q(window=LadderWindow.DAYS, days__isnull=False) | (~Q(window="days") & Q(days__isnull=True)),
                name="only_a_window_of_days_has_days",
                violation_error_message=_("A window of the last days says how many; another window has no days."),
            ),
            models.CheckConstraint(
                condition=~Q(rises=Rises.AT_START) | Q(window__in=CALENDAR_WINDOWS),
                name="rising_at_the_start_needs_a_period",
                violation_error_message=_("Rising at a period's start needs a month, quarter, year or anniversary."),
            ),
            models.CheckConstraint(
                condition=~Q(falls=Falls.STEP) | Q(window__in=CALENDAR_WINDOWS) | Q(validity_days__isnull=False),
                name="falling_by_steps_needs_a_rhythm",
                violation_error_message=_("Falling one step at a time needs a calendar window or days of validity."),
            ),
            models.CheckConstraint(
                condition=Q(validity_days__isnull=True) | ~Q(window__in=CALENDAR_WINDOWS),
                name="a_period_is_its_own_validity",
                violation_error_message=_("With a calendar window a tier is safe to the period's end; leave days out."),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class TierQuerySet(models.QuerySet["Tier"]):
    def in_use(self) -> TierQuerySet:
        """Without those that an undo has taken off their ladder."""
        return self.filter(retired_at__isnull=True)


class Tier(models.Model):
    """A rank of a ladder: the value it is reached at, and whatever else it demands.

    `demands` are counters and metrics that must have come so far, `duties` those that must come so far every month.
    One that members have held stays when the edit that made it is undone, as `retired_at` some moment.
    """

    ladder = models.ForeignKey(Ladder, on_delete=models.CASCADE, related_name="tiers")
    code = models.SlugField(_("code"), max_length=64)
    names = models.JSONField(_("names"), default=dict)
    invitations_max = models.PositiveIntegerField(
        _("invitations in thirty days"), null=True, blank=True, help_text=_("Empty for the programme's own number.")
    )
    threshold = models.BigIntegerField(_("threshold"), help_text=_("In minor units of the metric."))
    keep = models.BigIntegerField(
        _("kept from"), null=True, blank=True, help_text=_("Lost below this; empty for the threshold itself.")
    )
    demands = models.JSONField(
        _("demands"), default=list, blank=True, help_text=_('Such as [{"counter": "likers", "at_least": 5}].')
    )
    duties = models.JSONField(
        _("duties"), default=list, blank=True, help_text=_('Each month, such as [{"counter": "posts", "at_least": 2}].')
    )
    quota_members = models.PositiveIntegerField(
        _("members at most"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    quota_percent = models.PositiveSmallIntegerField(
        _("per cent of active members at most"), null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )  # fmt: skip
    is_by_invitation = models.BooleanField(_("by invitation only"), default=False)

    retired_at = models.DateTimeField(_("taken off the ladder at"), null=True, editable=False)

    objects = TierQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["ladder", "threshold"]
        constraints = [
            models.UniqueConstraint(fields=["ladder", "code"], name="tier_code_once_per_ladder"),
            models.UniqueConstraint(
                fields=["ladder", "threshold"], condition=Q(retired_at__isnull=True),
                name="tier_threshold_once_per_ladder",
            ),
            models.CheckConstraint(
                condition=Q(keep__isnull=True) | Q(keep__lte=F("threshold")), name="tier_is_kept_as_long_as_gained",
                violation_error_message=_("A tier is kept from a value that is not above its threshold."),
            ),
            models.CheckConstraint(
                condition=Q(quota_percent__isnull=True) | (Q(quota_percent__gte=1) & Q(quota_percent__lte=100)),
                name="tier_quota_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(quota_members__isnull=True) | Q(quota_members__gte=1), name="tier_quota_has_a_place"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.ladder.code}/{self.code}"

    @property
    def is_beginning(self) -> bool:
        """Whether everybody stands here before they have done anything: nothing is asked, and there is room for all."""
        return self.threshold <= 0 and not (self.demands or self.has_quota or self.is_by_invitation)

    @property
    def has_quota(self) -> bool:
        return self.quota_members is not None or self.quota_percent is not None
