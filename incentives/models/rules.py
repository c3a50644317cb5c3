"""Promises to members: rules, their versions, when each was in force, and what they share."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from incentives.enums import Emergency, NoticeOf, RuleState
from incentives.models.ledger import Currency


class Rule(models.Model):
    """A promise known by its code. What it promises stands in its versions."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class RuleVersion(models.Model):
    """The exact words of a rule. Once published they never change; a correction is the next version."""

    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=9, choices=RuleState, default=RuleState.DRAFT)
    event_type = models.CharField(_("when"), max_length=64)
    document = models.JSONField(_("document"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The newest journal when it was published: whether it has paid anything is looked for after it only.
    journals_before = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("rule version")
        verbose_name_plural = _("rule versions")
        ordering = ["rule__code", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="rule_version_once"),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(state__in=["live", "paused"]), name="rule_has_one_version_in_use"
            ),
            models.UniqueConstraint(fields=["rule"], condition=Q(state="draft"), name="rule_has_one_draft"),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(state="announced"), name="rule_has_one_version_announced"
            ),
            models.CheckConstraint(condition=Q(state__in=RuleState.values), name="rule_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(published_at__isnull=False), name="only_a_draft_is_unpublished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule.code} v{self.number}"


class RuleNoticeQuerySet(models.QuerySet["RuleNotice"]):
    def coming(self, moment: datetime) -> RuleNoticeQuerySet:
        """What has been announced, holds, and has not happened yet."""
        return self.filter(takes_effect_at__gt=moment, withdrawn_at__isnull=True, emergency="")

    def of_itself(self) -> RuleNoticeQuerySet:
        """What was announced of the rule's own words; what it shares with others changes beside them."""
        return self.exclude(of=NoticeOf.SHARED)


class RuleNotice(models.Model):
    """A step by which a public rule pays less: announced with its date, or taken at once in an emergency, and why.

    `why` are the sentences that say what may be less. `told_up_to` is the last member who was told. `shared` names the
    shared limit or the table that changes, such as `limit votes`, where it is not the rule's own words.
    """

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="notices", verbose_name=_("rule"))
    version = models.ForeignKey(
        RuleVersion, on_delete=models.PROTECT, related_name="notices", verbose_name=_("rule version")
    )
    of = models.CharField(_("of"), max_length=5, choices=NoticeOf)
    shared = models.CharField(_("limit or table"), max_length=80, blank=True, default="", db_default="")
    why = models.JSONField(_("what may be less"), default=list)
    announced_at = models.DateTimeField(_("announced at"))
    takes_effect_at = models.DateTimeField(_("takes effect at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    emergency = models.CharField(_("without notice because of"), max_length=7, choices=Emergency, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("by"),
    )  # fmt: skip
    told_up_to = models.BigIntegerField(default=0, editable=False)
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)

    objects = RuleNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice of a rule")
        verbose_name_plural = _("notices of rules")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(of__in=NoticeOf.values), name="notice_is_of_something"),
            models.CheckConstraint(condition=Q(emergency__in=["", *Emergency.values]), name="emergency_is_known"),
            models.CheckConstraint(condition=Q(emergency="") | ~Q(reason=""), name="an_emergency_is_written_down"),
            models.CheckConstraint(
                condition=~Q(emergency="") | Q(takes_effect_at__gt=F("announced_at")),
                name="without_an_emergency_there_is_notice",
            ),
            models.CheckConstraint(
                condition=Q(of=NoticeOf.SHARED) & ~Q(shared="") | ~Q(of=NoticeOf.SHARED) & Q(shared=""),
                name="what_is_shared_is_named",
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk} of {self.rule_id}"


class RuleIntervalQuerySet(models.QuerySet["RuleInterval"]):
    def holding(self, moment: datetime) -> RuleIntervalQuerySet:
        """Intervals that hold `moment`; their end is exclusive."""
        return self.filter(Q(in_force_until__isnull=True) | Q(in_force_until__gt=moment), in_force_from__lte=moment)


class RuleInterval(models.Model):
    """A stretch of time in which a version was live: an event is judged by what was in force when it happened."""

    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="intervals")
    in_force_from = models.DateTimeField(_("in force from"))
    in_force_until = models.DateTimeField(_("in force until"), null=True, blank=True)

    objects = RuleIntervalQuerySet.as_manager()

    class Meta:
        verbose_name = _("interval in force")
        verbose_name_plural = _("intervals in force")
        ordering = ["in_force_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(in_force_until__isnull=True) | Q(in_force_until__gte=F("in_force_from")),
                name="rule_interval_runs_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} from {self.in_force_from:%Y-%m-%d}"


class RuleSet(models.Model):
    """A revision of everything that judges: one row each time a rule, limit, table or counter changes.

    Judgements name the revision they used; workers compile again when the newest row is not theirs.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("rule set")
        verbose_name_plural = _("rule sets")

    def __str__(self) -> str:
        return f"rule set {self.pk}: {self.reason}"


class Shared(models.Model):
    """What several rules name. It holds its newest words; `until` the day of a change, `before` held instead."""

    # Which field holds the newest words.
    WORDS: ClassVar[str]

    code = models.SlugField(_("code"), max_length=64, unique=True)
    before = models.JSONField(_("before the change"), null=True, blank=True, editable=False)
    until = models.DateTimeField(_("changes on"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.code

    @property
    def words(self) -> Any:
        return getattr(self, self.WORDS)

    @words.setter
    def words(self, words: Any) -> None:
        setattr(self, self.WORDS, words)

    def words_at(self, moment: datetime) -> Any:
        """What holds at a moment that is not before the newest change but one."""
        return self.before if self.until is not None and moment < self.until else self.words


class SharedLimit(Shared):
    """A limit that several rules name, such as 200 net points a day over all votes."""

    WORDS = "document"

    document = models.JSONField(_("document"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("shared limit")
        verbose_name_plural = _("shared limits")
        constraints = [
            models.CheckConstraint(
                condition=Q(before__isnull=True, until__isnull=True) | Q(before__isnull=False, until__isnull=False),
                name="another_limit_has_its_day",
            )
        ]


class LookupTable(Shared):
    """A decision table with one input: `lookup("code", key)`. The row `*` answers for every other key."""

    WORDS = "rows"

    rows = models.JSONField(_("rows"), help_text=_("Key to decimal number, written as a string."))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("lookup table")
        verbose_name_plural = _("lookup tables")
        constraints = [
            models.CheckConstraint(
                condition=Q(before__isnull=True, until__isnull=True) | Q(before__isnull=False, until__isnull=False),
                name="another_table_has_its_day",
            )
        ]


class LimitName(models.Model):
    """The number under which the uses of a limit are kept: hot rows carry a number, not a name.

    A shared limit is known by its code, one written inside a rule by `rule:place`, in whatever version.
    """

    code = models.CharField(max_length=140, unique=True)

    def __str__(self) -> str:
        return self.code


class LimitUse(models.Model):
    """How much of a limit is used: by a member (0 for the whole rule) in a period (0 for ever)."""

    id = models.BigAutoField(primary_key=True)
    member_id = models.BigIntegerField(default=0)
    limit_id = models.IntegerField()
    period = models.IntegerField(default=0)
    times = models.BigIntegerField(default=0)
    amount = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("limit use")
        verbose_name_plural = _("limit uses")
        constraints = [
            models.UniqueConstraint(fields=["member_id", "limit_id", "period"], name="limit_use_kept_once"),
        ]

    def __str__(self) -> str:
        return f"use of limit {self.limit_id}"


class BudgetAlarm(models.Model):
    """A budget that was used as far as its alarm says, once in a period (0 for ever, else the period's first day).

    Amounts are in minor units of the currency, turns where there is none.
    """

    limit = models.CharField(_("limit"), max_length=140)
    period = models.IntegerField(_("period"))
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, null=True, related_name="+")
    used = models.BigIntegerField(_("used"))
    of = models.BigIntegerField(_("of"))
    reached_at = models.DateTimeField(_("reached at"))

    class Meta:
        verbose_name = _("budget alarm")
        verbose_name_plural = _("budget alarms")
        constraints = [models.UniqueConstraint(fields=["limit", "period"], name="budget_rings_once_a_period")]

    def __str__(self) -> str:
        return f"alarm of {self.limit}"
