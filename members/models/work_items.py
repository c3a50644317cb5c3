"""Who of the team does what, until when: beside the things themselves, whatever they are."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.models.member import Member


class WorkItem(models.Model):
    """What the team has said about something that waits, by the kind of thing and its number.

    Nothing waits because of a row here: what waits is found anew each time, and a row whose thing is done is ignored
    until it is forgotten.
    """

    kind = models.CharField(_("kind"), max_length=40)
    object_id = models.BigIntegerField(_("number"))
    # Whom it is about: erasing them removes what was noted.
    member = models.ForeignKey(Member, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("member"))
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("assignee")
    )
    due_at = models.DateTimeField(_("due at"), null=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    snoozed_until = models.DateTimeField(_("asleep until"), null=True)
    touched_at = models.DateTimeField(_("touched at"), db_index=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("work item")
        verbose_name_plural = _("work items")
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="one_work_item_for_a_thing")]
        indexes = [models.Index(fields=["assignee"], name="work_items_of_somebody")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
