"""Everything that happens is an event on a member's timeline."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.enums import DeadLetterState, UnknownMembers, UnknownSpaces
from members.models.member import Member
from members.models.spaces import Space

# Hot tables carry no foreign key constraints: deferrable ones halve posting. `verify_ledger` proves the references.


class Source(models.Model):
    """An app that reports events under ids of its own."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    unknown_members = models.CharField(
        _("unknown members"),
        max_length=8,
        choices=UnknownMembers,
        default=UnknownMembers.REFUSE,
        help_text=_("What happens to an event about somebody we do not know."),
    )
    unknown_spaces = models.CharField(
        _("unknown spaces"), max_length=8, choices=UnknownSpaces, default=UnknownSpaces.REFUSE, db_default="refuse",
        help_text=_("What happens to an event in a space we do not know."),
    )  # fmt: skip
    is_internal = models.BooleanField(_("internal"), default=False, editable=False)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")

    def __str__(self) -> str:
        return self.code


class EventTypeQuerySet(models.QuerySet["EventType"]):
    def taking_part(self) -> EventTypeQuerySet:
        """What counts as being active: contributions and conversations."""
        return self.filter(Q(is_contribution=True) | Q(is_conversation=True))

    def ids_taking_part(self) -> list[int]:
        """The same as numbers, for statements over the timeline: they are few, and a database plans better by them."""
        return list(self.taking_part().values_list("pk", flat=True))


class EventType(models.Model):
    """A kind of thing that can happen, and what its data look like.

    `schema` maps a field's name to `{"type": ..., "optional": ..., "min": ..., "max": ..., "enum": [...]}`;
    see docs/events.md. It may only widen, so every event ever accepted still fits it.
    """

    code = models.CharField(_("code"), max_length=64, unique=True)
    meaning = models.CharField(_("meaning"), max_length=200, blank=True)
    schema = models.JSONField(_("schema"), default=dict, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    is_contribution = models.BooleanField(_("contribution"), default=False)
    is_conversation = models.BooleanField(_("conversation"), default=False)
    counterpart = models.CharField(
        _("counterpart"),
        max_length=64,
        blank=True,
        help_text=_("The text field of the data that names the other member, where two have to do with each other."),
    )
    gathering = models.CharField(
        _("gathering"), max_length=64, blank=True, default="", db_default="",
        help_text=_("The text field of the data that names what members were at together, such as an activity."),
    )  # fmt: skip
    content = models.JSONField(
        _("content"), default=dict, blank=True, db_default=models.Value({}, models.JSONField()),
        help_text=_('What it says of a content, such as {"step": "published", "id": "content_id", "topic": "topic"}.'),
    )  # fmt: skip
    is_internal = models.BooleanField(_("internal"), default=False, editable=False)

    objects = EventTypeQuerySet.as_manager()

    class Meta:
        verbose_name = _("event type")
        verbose_name_plural = _("event types")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Event(models.Model):
    """Something that happened to or was done by one member at `occurred_at`.

    Ids, type and times stay for ever; what was said about it lives in `EventPayload`, which erasure deletes.
    `cause` is the event that our own outcome events (`points.awarded`, `tier.changed`) follow from.
    """

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(
        Member, related_name="events", db_index=False, db_constraint=False, on_delete=models.DO_NOTHING
    )
    type = models.ForeignKey(
        EventType, related_name="+", db_index=False, db_constraint=False, on_delete=models.DO_NOTHING
    )
    source = models.ForeignKey(
        Source, related_name="+", db_index=False, db_constraint=False, on_delete=models.DO_NOTHING
    )
    # Where it happened, if the app says so.
    space = models.ForeignKey(
        Space, related_name="+", db_index=False, db_constraint=False, on_delete=models.DO_NOTHING, null=True,
        verbose_name=_("space"),
    )  # fmt: skip
    cause_id = models.BigIntegerField(_("cause"), null=True, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"))
    received_at = models.DateTimeField(_("received at"), default=timezone.now)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            # The timeline: one member's events, newest first, by keyset.
            models.Index(fields=["member", "-occurred_at", "-id"], name="event_timeline"),
        ]

    def __str__(self) -> str:
        return f"event {self.pk}"


class EventKey(models.Model):
    """An event's identity in the world: (source, id), globally unique, with a digest of what was said.

    The one unique key of a hot table that does not include the member.
    """

    event = models.OneToOneField(
        Event, primary_key=True, related_name="key", db_constraint=False, on_delete=models.DO_NOTHING
    )
    source = models.ForeignKey(
        Source, related_name="+", db_index=False, db_constraint=False, on_delete=models.DO_NOTHING
    )
    external_id = models.CharField(max_length=128)
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="event_reported_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}/{self.external_id}"


class EventPayload(models.Model):
    """The data of an event: JSON text as checked against its type's schema."""

    event = models.OneToOneField(
        Event, primary_key=True, related_name="payload", db_constraint=False, on_delete=models.DO_NOTHING
    )
    data = models.TextField()

    def __str__(self) -> str:
        return f"payload of event {self.event_id}"


class Work(models.Model):
    """An event that waits to be judged. Narrow, and deleted when done: a queue that keeps its dead gets slow."""

    event = models.OneToOneField(
        Event, primary_key=True, related_name="work", db_constraint=False, on_delete=models.DO_NOTHING
    )
    lane = models.PositiveSmallIntegerField()
    available_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    run = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("work")
        verbose_name_plural = _("work")
        indexes = [models.Index(fields=["lane", "event"], name="work_in_order")]

    def __str__(self) -> str:
        return f"work on event {self.event_id}"


class Lane(models.Model):
    """One of 64 queues. Its row is locked by whoever works on it, and says how bold the next batch may be."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    batch_size = models.PositiveIntegerField(null=True, help_text=_("Halved around an event that fails."))
    marked_by = models.CharField(max_length=36, blank=True, default="")
    marked_at = models.DateTimeField(null=True)
    marked_size = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"lane {self.number}"


class DeadLetter(models.Model):
    """An event that could not be judged after every attempt; replayable once the cause is mended."""

    event = models.OneToOneField(
        Event, primary_key=True, related_name="dead_letter", db_constraint=False, on_delete=models.DO_NOTHING
    )
    run = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(_("error"))
    attempts = models.PositiveSmallIntegerField(_("attempts"))
    failed_at = models.DateTimeField(_("failed at"))
    state = models.CharField(
        _("state"), max_length=10, choices=DeadLetterState, default=DeadLetterState.WAITING, db_index=True
    )

    class Meta:
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DeadLetterState.values), name="dead_letter_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"dead letter of event {self.event_id}"


class Retraction(models.Model):
    """That an event did not happen after all. It stays on the timeline as what was said, and counts for nothing."""

    event = models.OneToOneField(
        Event, primary_key=True, related_name="retraction", db_constraint=False, on_delete=models.DO_NOTHING
    )
    cause = models.CharField(_("cause"), max_length=128)
    retracted_at = models.DateTimeField(_("retracted at"))

    class Meta:
        verbose_name = _("retraction")
        verbose_name_plural = _("retractions")

    def __str__(self) -> str:
        return f"retraction of event {self.event_id}"


class Rejection(models.Model):
    """An item the API refused, without its payload; kept 30 days so that its sender can find out why."""

    source = models.CharField(_("source"), max_length=64, blank=True)
    external_id = models.CharField(_("id"), max_length=128, blank=True)
    ref = models.CharField(_("member"), max_length=128, blank=True)
    code = models.CharField(_("code"), max_length=40)
    pointer = models.CharField(_("pointer"), max_length=200)
    sentence = models.CharField(_("sentence"), max_length=500)
    received_at = models.DateTimeField(_("received at"), db_index=True)

    class Meta:
        verbose_name = _("rejection")
        verbose_name_plural = _("rejections")

    def __str__(self) -> str:
        return f"{self.code} at {self.pointer}"
