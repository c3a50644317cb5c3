"""What members are told: templates that answer to events, and the notifications written from them.

    MessageTemplate ── listens to ──▶ EventType
    Event ── filed in the transaction that wrote it ──▶ NotificationWork ── a job ──▶ Notification

A notification is the inbox's own. What carries it elsewhere (email) is a row of its own beside it.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.enums import EmailState, MemberStatus, MessageKind
from members.models.member import Member
from members.models.timeline import Event, EventType


class MessageTemplate(models.Model):
    """Words for members whenever something of a type happens to them, by language, with placeholders in braces."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    event_type = models.ForeignKey(
        EventType, on_delete=models.PROTECT, related_name="message_templates", verbose_name=_("when")
    )
    condition = models.TextField(
        _("only if"), max_length=4_000, blank=True,
        help_text=_("In the language of rules, such as event.data.rose or member.tier == 'gold'. Empty for always."),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=9, choices=MessageKind, default=MessageKind.SERVICE)
    titles = models.JSONField(_("title"), default=dict, help_text=_("By language, such as en and zh-hans."))
    texts = models.JSONField(_("text"), default=dict, help_text=_("By language; placeholders stand in braces."))
    by_email = models.BooleanField(
        _("by email too"), default=False, help_text=_("To whoever has an address and wants email.")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MessageKind.values), name="message_kind_is_known"),
        ]

    def __str__(self) -> str:
        return self.code


class NotificationQuerySet(models.QuerySet["Notification"]):
    def shown_to(self, member: Member, moment: datetime) -> NotificationQuerySet:
        """What stands in a member's inbox: promotions wait for the morning, and nobody banned is courted."""
        found = self.filter(member=member, shown_at__lte=moment)
        return found.filter(kind=MessageKind.SERVICE) if member.status == MemberStatus.BANNED else found

    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """One message to one member, once for its event. The words are those of the moment at which it was written.

    `promotion_day` is the member's local day (a proleptic ordinal) on which a promotion is shown: one a day.
    """

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="notifications", db_index=False)
    template = models.ForeignKey(MessageTemplate, on_delete=models.PROTECT, related_name="+")
    event_id = models.BigIntegerField(_("event"))
    kind = models.CharField(_("kind"), max_length=9, choices=MessageKind)
    titles = models.JSONField(_("title"), default=dict)
    texts = models.JSONField(_("text"), default=dict)
    shown_at = models.DateTimeField(_("shown at"))
    promotion_day = models.IntegerField(null=True, editable=False)
    read_at = models.DateTimeField(_("read at"), null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(fields=["member", "template", "event_id"], name="told_once_of_an_event"),
            models.UniqueConstraint(
                fields=["member", "promotion_day"],
                condition=Q(promotion_day__isnull=False),
                name="one_promotion_a_day",
            ),
            models.CheckConstraint(
                condition=Q(kind="service", promotion_day__isnull=True)
                | Q(kind="promotion", promotion_day__isnull=False),
                name="a_promotion_has_its_day",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="notifications_of_member"),
            models.Index(fields=["shown_at"], name="notifications_by_age"),
        ]

    def __str__(self) -> str:
        return f"notification {self.pk}"


class NotificationEmail(models.Model):
    """A notification in the post: when it is tried next, and what came of it."""

    notification = models.OneToOneField(
        Notification, primary_key=True, on_delete=models.CASCADE, related_name="sending", verbose_name=_("notification")
    )
    state = models.CharField(_("state"), max_length=7, choices=EmailState, default=EmailState.WAITING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)
    error = models.CharField(_("what went wrong"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("email")
        verbose_name_plural = _("emails")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=EmailState.values), name="email_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="an_email_is_sent_at_a_moment",
            ),
        ]
        indexes = [models.Index(fields=["next_try_at"], condition=Q(state="waiting"), name="emails_due")]

    def __str__(self) -> str:
        return f"email of notification {self.notification_id}"


class NotificationWork(models.Model):
    """An event that some template listens to and that nobody was told of yet; deleted when that is done."""

    event = models.OneToOneField(
        Event, primary_key=True, related_name="+", db_constraint=False, on_delete=models.DO_NOTHING
    )

    class Meta:
        verbose_name = _("notification to write")
        verbose_name_plural = _("notifications to write")

    def __str__(self) -> str:
        return f"notifications of event {self.event_id}"


class NotificationChoice(models.Model):
    """What a member wants to be told; without a row, everything."""

    member = models.OneToOneField(
        Member, primary_key=True, on_delete=models.CASCADE, related_name="notification_choice"
    )
    wants_promotions = models.BooleanField(_("wants promotions"), default=True)
    wants_email = models.BooleanField(_("wants email"), default=True, db_default=True)

    class Meta:
        verbose_name = _("choice of notifications")
        verbose_name_plural = _("choices of notifications")

    def __str__(self) -> str:
        return f"choice of member {self.member_id}"
