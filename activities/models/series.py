"""Activities that come again: one rule, and an activity of its own for each date."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from activities.enums import ActivityKind
from activities.models.activities import BY_LANGUAGE, GUESTS_MAX, SEATS_MAX
from members.models import Member, Segment, Space, Tier
from members.models.member import validate_time_zone

MINUTES_MAX = 7 * 24 * 60
REST_DAYS_MAX = 366


class Series(models.Model):
    """When something comes again, and what each date of it begins as.

    `rule` is an RRULE of RFC 5545 in the series' own zone, from `starts_on` at `starts_time`. `excluded` are dates that
    are left out, `moved` are local moments by the date that they stand for.
    """

    public_id = models.UUIDField(_("public id"), default=uuid.uuid7, unique=True, editable=False)
    code = models.CharField(
        _("code"), max_length=64, unique=True, validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$")],
        help_text=_("The address of each date begins with it; small letters, digits and hyphens."),
    )  # fmt: skip
    rule = models.CharField(
        _("rule"), max_length=500, help_text=_("As calendars write it, such as FREQ=WEEKLY;BYDAY=TU.")
    )
    starts_on = models.DateField(_("from this day on"))
    starts_time = models.TimeField(_("begins at"), help_text=_("By the clock that hangs there."))
    minutes = models.PositiveIntegerField(
        _("minutes"), validators=[MinValueValidator(1), MaxValueValidator(MINUTES_MAX)]
    )
    zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    excluded = models.JSONField(_("dates left out"), default=list, blank=True, help_text=_('Such as ["2026-12-24"].'))
    moved = models.JSONField(
        _("dates moved"), default=dict, blank=True, help_text=_('Such as {"2026-12-31": "2027-01-02T18:00"}.')
    )
    rest_days = models.PositiveSmallIntegerField(
        _("days of rest"), default=0, validators=[MaxValueValidator(REST_DAYS_MAX)],
        help_text=_("Whoever came joins again only after so many days, so that more get a turn; 0 for none."),
    )  # fmt: skip
    is_active = models.BooleanField(_("goes on"), default=True)
    # What each date begins as.
    kind = models.CharField(_("kind"), max_length=8, choices=ActivityKind)
    names = models.JSONField(_("names"), default=dict, help_text=BY_LANGUAGE)
    summaries = models.JSONField(_("in a sentence"), default=dict, blank=True, help_text=BY_LANGUAGE)
    texts = models.JSONField(_("words"), default=dict, blank=True, help_text=BY_LANGUAGE)
    language = models.CharField(_("language"), max_length=16, blank=True)
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("space")
    )
    place = models.CharField(_("place"), max_length=300, blank=True)
    link = models.URLField(_("link"), max_length=500, blank=True)
    capacity = models.PositiveIntegerField(
        _("seats"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(SEATS_MAX)]
    )
    guests_max = models.PositiveSmallIntegerField(
        _("guests a member may bring"), default=0, validators=[MaxValueValidator(GUESTS_MAX)]
    )
    tier = models.ForeignKey(
        Tier, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from this tier on")
    )
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("for this segment")
    )
    only_space = models.BooleanField(_("only for members of the space"), default=False)
    questions = models.JSONField(_("questions"), default=list, blank=True)
    money = models.CharField(
        _("money"), max_length=3, blank=True, validators=[RegexValidator(r"^[A-Z]{3}$")],
        help_text=_("Such as EUR or CNY; what its tickets cost."),
    )  # fmt: skip
    late_refund_percent = models.PositiveSmallIntegerField(
        _("refund after that, in per cent"), default=0, validators=[MaxValueValidator(100)],
        help_text=_("Of what was paid, in money and in points. Before it everything goes back."),
    )  # fmt: skip
    host = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("host")
    )
    speaker = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("speaker")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ActivityKind.values), name="series_kind_is_known"),
            models.CheckConstraint(condition=~Q(rule=""), name="a_series_has_a_rule"),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=MINUTES_MAX), name="a_date_lasts"),
            models.CheckConstraint(
                condition=Q(only_space=False) | Q(space__isnull=False), name="a_series_for_a_space_names_it",
                violation_error_message=_("Name the space that it is only for."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.code
