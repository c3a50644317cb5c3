"""Quests: chains of steps that members go through, their versions, and how far each member is."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from incentives.enums import QuestState, RunState
from members.models import Member


class Quest(models.Model):
    """A chain of steps known by its code. What it asks for stands in its versions."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("quest")
        verbose_name_plural = _("quests")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class QuestVersion(models.Model):
    """The exact words of a quest. Once started they never change: whoever has begun goes on with the same ones."""

    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, related_name="versions", verbose_name=_("quest"))
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=8, choices=QuestState, default=QuestState.DRAFT)
    document = models.JSONField(_("document"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("written by"),
    )  # fmt: skip
    published_at = models.DateTimeField(_("started at"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("started by"),
    )  # fmt: skip
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("quest version")
        verbose_name_plural = _("quest versions")
        ordering = ["quest__code", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["quest", "number"], name="quest_version_once"),
            models.UniqueConstraint(
                fields=["quest"], condition=Q(state__in=["live", "paused"]), name="quest_has_one_version_in_use"
            ),
            models.UniqueConstraint(fields=["quest"], condition=Q(state="draft"), name="quest_has_one_draft"),
            models.CheckConstraint(condition=Q(state__in=QuestState.values), name="quest_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(published_at__isnull=False), name="only_a_draft_quest_is_unpublished"
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) | (~Q(state="ended") & Q(ended_at__isnull=True)),
                name="only_an_ended_quest_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quest.code} v{self.number}"


class QuestIntervalQuerySet(models.QuerySet["QuestInterval"]):
    def holding(self, moment: datetime) -> QuestIntervalQuerySet:
        """Intervals that hold `moment`; their end is exclusive."""
        return self.filter(Q(open_until__isnull=True) | Q(open_until__gt=moment), open_from__lte=moment)


class QuestInterval(models.Model):
    """A stretch of time in which members could begin with a version."""

    version = models.ForeignKey(QuestVersion, on_delete=models.PROTECT, related_name="intervals")
    open_from = models.DateTimeField(_("open from"))
    open_until = models.DateTimeField(_("open until"), null=True, blank=True)

    objects = QuestIntervalQuerySet.as_manager()

    class Meta:
        ordering = ["open_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(open_until__isnull=True) | Q(open_until__gte=F("open_from")),
                name="quest_interval_runs_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} from {self.open_from:%Y-%m-%d}"


class QuestRun(models.Model):
    """A member on a quest: since when, until when, and how far, once in each period (0 for once and for all).

    Only what happened from `started_at` on and before `due_at` counts. `progress` maps a step's code to
    `{"n": events so far, "at": the newest of them}`, a streak's to `{"weeks": [Mondays], "at": …}`.
    """

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("member"))
    quest = models.ForeignKey(
        Quest, on_delete=models.PROTECT, related_name="runs", db_index=False, verbose_name=_("quest")
    )
    version = models.ForeignKey(
        QuestVersion, on_delete=models.PROTECT, related_name="runs", db_index=False, verbose_name=_("version")
    )
    period = models.IntegerField(_("period"), default=0)
    state = models.CharField(_("state"), max_length=9, choices=RunState, default=RunState.OPEN)
    started_at = models.DateTimeField(_("started at"))
    due_at = models.DateTimeField(_("until"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    progress = models.JSONField(_("progress"), default=dict)

    class Meta:
        verbose_name = _("member on a quest")
        verbose_name_plural = _("members on quests")
        constraints = [
            models.UniqueConstraint(fields=["member", "quest", "period"], name="on_a_quest_once_a_period"),
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="quest_run_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="only_an_open_run_is_not_closed",
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=True) | Q(due_at__gt=F("started_at")), name="quest_run_has_some_time"
            ),
        ]
        indexes = [
            # What the job that closes runs reads.
            models.Index(fields=["due_at"], condition=Q(state="open", due_at__isnull=False), name="quest_runs_due"),
            models.Index(fields=["version"], condition=Q(state="open"), name="quest_runs_open"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"
