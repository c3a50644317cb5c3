"""What members write and make: a register of contents, and what was said of each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.enums import ContentState, ContentStep
from members.models.member import Member
from members.models.timeline import Source


class ContentQuerySet(models.QuerySet["Content"]):
    def shown(self) -> ContentQuerySet:
        """What was approved and is still there."""
        return self.filter(approved_at__isnull=False, removed_at__isnull=True)

    def good(self) -> ContentQuerySet:
        """Quality contents: found to be good, and nothing has been found against them since."""
        return self.filter(quality_at__isnull=False, quality_lost_at__isnull=True, removed_at__isnull=True)


class Content(models.Model):
    """Something an author made, known by the source's own id of it. The author's lane writes it.

    Whoever approves late publishes late: `published_at` is when the others could see it, and the seven days in which it
    can prove good count from there. `quality_at` is the end of them, `weight` in how many of three ways it was good.
    """

    id = models.BigAutoField(primary_key=True)
    author = models.ForeignKey(
        Member, related_name="contents", db_constraint=False, on_delete=models.DO_NOTHING, db_index=False,
        verbose_name=_("author"),
    )  # fmt: skip
    source = models.ForeignKey(
        Source, related_name="+", db_constraint=False, on_delete=models.DO_NOTHING, db_index=False,
        verbose_name=_("source"),
    )  # fmt: skip
    external_id = models.CharField(_("id"), max_length=128)
    kind = models.CharField(_("kind"), max_length=64, default="", blank=True)
    topic = models.CharField(_("topic"), max_length=128, default="", blank=True)
    state = models.CharField(_("state"), max_length=9, choices=ContentState, default=ContentState.MENTIONED)
    submitted_at = models.DateTimeField(_("submitted at"), null=True)
    approved_at = models.DateTimeField(_("approved at"), null=True)
    published_at = models.DateTimeField(_("published at"), null=True)
    featured_at = models.DateTimeField(_("featured at"), null=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True)
    removed_at = models.DateTimeField(_("removed at"), null=True)
    # What an operator decided last, and why; empty where the app did.
    operator = models.CharField(_("who decided"), max_length=100, default="", blank=True)
    reason = models.CharField(_("reason"), max_length=500, default="", blank=True)
    decided_at = models.DateTimeField(_("quality decided at"), null=True)
    quality_at = models.DateTimeField(_("good since"), null=True)
    quality_lost_at = models.DateTimeField(_("no longer good since"), null=True)
    weight = models.PositiveSmallIntegerField(_("weight"), default=0)
    appreciators = models.PositiveIntegerField(_("appreciated by"), default=0)
    withdrawn_at = models.DateTimeField(_("payments taken back at"), null=True)

    objects = ContentQuerySet.as_manager()

    class Meta:
        verbose_name = _("content")
        verbose_name_plural = _("contents")
        constraints = [
            models.UniqueConstraint(fields=["author", "source", "external_id"], name="content_registered_once"),
            models.CheckConstraint(condition=Q(state__in=ContentState.values), name="content_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="removed", removed_at__isnull=False)
                | (~Q(state="removed") & Q(removed_at__isnull=True)),
                name="a_removed_content_says_when",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | Q(approved_at__isnull=False),
                name="only_what_was_approved_is_published",
            ),
            models.CheckConstraint(
                condition=Q(quality_at__isnull=True) | Q(decided_at__isnull=False, weight__gte=1, weight__lte=3),
                name="quality_has_a_weight",
            ),
        ]
        indexes = [
            models.Index(
                fields=["published_at"], condition=Q(decided_at__isnull=True, removed_at__isnull=True),
                name="contents_to_decide",
            ),
            models.Index(
                fields=["id"], condition=Q(removed_at__isnull=False, withdrawn_at__isnull=True),
                name="contents_to_withdraw",
            ),
            models.Index(fields=["published_at", "author"], name="contents_by_time"),
            models.Index(
                fields=["author", "quality_at"], condition=Q(quality_at__isnull=False), name="quality_of_author"
            ),
            models.Index(fields=["id"], condition=Q(state="submitted"), name="contents_waiting"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"content {self.pk}"


class ContentMark(models.Model):
    """That an event said something of a content, and who did it where the event names them.

    What an event has paid is found by it when the content goes. `is_open` waits to be filed as a report.
    """

    id = models.BigAutoField(primary_key=True)
    content = models.ForeignKey(Content, related_name="marks", db_constraint=False, on_delete=models.DO_NOTHING)
    author_id = models.BigIntegerField()
    event_id = models.BigIntegerField(_("event"))
    step = models.CharField(_("step"), max_length=11, choices=ContentStep)
    by = models.ForeignKey(
        Member, related_name="+", db_constraint=False, on_delete=models.DO_NOTHING, null=True, db_index=False,
        verbose_name=_("by"),
    )  # fmt: skip
    at = models.DateTimeField(_("at"))
    is_open = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("what was said of a content")
        verbose_name_plural = _("what was said of contents")
        constraints = [
            models.UniqueConstraint(fields=["content", "event_id"], name="an_event_marks_a_content_once"),
            models.CheckConstraint(condition=Q(step__in=ContentStep.values), name="content_step_is_known"),
        ]
        indexes = [
            models.Index(fields=["author_id", "by"], condition=Q(by__isnull=False), name="marks_of_pair"),
            models.Index(fields=["by", "author_id"], condition=Q(by__isnull=False), name="marks_by_member"),
            models.Index(fields=["id"], condition=Q(is_open=True), name="marks_to_file"),
        ]

    def __str__(self) -> str:
        return f"{self.step} of content {self.content_id}"
