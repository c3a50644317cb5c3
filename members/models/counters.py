"""What a member has done, counted: `counters.x` in rules, ladders and segments."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.enums import CounterKind, CounterWindow
from members.models.timeline import EventType


class Counter(models.Model):
    """`count | sum | distinct | days | streak` of one event type, filtered, over a window, perhaps kept per key.

    `filter`, `value` and `by` are expressions over `event.data.*`. What a counter counts never changes: a new
    meaning is a new code, since rules were published against the old one.
    """

    code = models.CharField(_("code"), max_length=64, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")])
    event_type = models.ForeignKey(EventType, on_delete=models.PROTECT, related_name="counters")
    kind = models.CharField(_("kind"), max_length=8, choices=CounterKind)
    filter = models.TextField(_("filter"), blank=True, help_text=_("Which events count; empty for all."))
    value = models.TextField(_("value"), blank=True, help_text=_("What is summed or told apart."))
    by = models.TextField(_("by"), blank=True, help_text=_("Keeps one count per value of this expression."))
    window = models.CharField(_("window"), max_length=8, choices=CounterWindow, default=CounterWindow.EVER)
    days = models.PositiveSmallIntegerField(_("days"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(window="rolling", days__isnull=False) & Q(days__gte=1) & Q(days__lte=366))
                | (~Q(window="rolling") & Q(days__isnull=True)),
                name="only_a_rolling_counter_has_days",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["count", "days", "streak"], value="")
                | (Q(kind__in=["sum", "distinct"]) & ~Q(value="")),
                name="counter_value_fits_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CounterValue(models.Model):
    """One number of a counter: per member, key and period.

    `period` is 0 for ever, else the ordinal of the first local day of the period (a rolling counter keeps a row
    a day; a streak keeps a row a run, `period` its first day or week and `value` its length). Sums are in
    millionths, everything else in ones. `peak` is the highest value ever reached in the period.
    """

    id = models.BigAutoField(primary_key=True)
    member_id = models.BigIntegerField()
    counter_id = models.IntegerField()
    key = models.CharField(max_length=128, default="")
    period = models.IntegerField(default=0)
    value = models.BigIntegerField(default=0)
    peak = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member_id", "counter_id", "key", "period"], name="counter_value_kept_once"
            ),
        ]

    def __str__(self) -> str:
        return f"counter {self.counter_id} of member {self.member_id}"


class CounterItem(models.Model):
    """A value that a distinct counter has seen, and the last local day it was seen on."""

    id = models.BigAutoField(primary_key=True)
    member_id = models.BigIntegerField()
    counter_id = models.IntegerField()
    key = models.CharField(max_length=128, default="")
    period = models.IntegerField(default=0)
    item = models.CharField(max_length=128)
    last_day = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member_id", "counter_id", "key", "period", "item"], name="counter_item_seen_once"
            ),
        ]

    def __str__(self) -> str:
        return f"item of counter {self.counter_id} of member {self.member_id}"
