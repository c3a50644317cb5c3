"""Changes of ladders as a whole, so that each can be undone as a whole."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.tiers.ladders import Ladder


class LadderEdit(models.Model):
    """A change of a ladder with its tiers: the documents before and after. An undo is one itself, and `undoes` another.

    `gained` is, of an undo, what members had come to by rules meanwhile; it stays theirs.
    """

    ladder = models.ForeignKey(Ladder, on_delete=models.CASCADE, related_name="edits", verbose_name=_("ladder"))
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))
    why = models.CharField(_("why"), max_length=200, blank=True)
    made_by = models.CharField(_("made by"), max_length=150, blank=True)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    undoes = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, related_name="undone_by", verbose_name=_("undoes")
    )
    gained = models.JSONField(_("gained meanwhile"), default=dict)

    class Meta:
        verbose_name = _("change of a ladder")
        verbose_name_plural = _("changes of ladders")
        constraints = [
            models.CheckConstraint(
                condition=Q(undoes__isnull=True) | ~Q(undoes=F("id")), name="ladder_edit_undoes_another"
            ),
        ]
        indexes = [models.Index(fields=["ladder", "-made_at"], name="ladder_edits_newest_first")]

    def __str__(self) -> str:
        return f"{self.ladder} {self.made_at:%Y-%m-%d %H:%M}"

    @property
    def undo(self) -> LadderEdit | None:
        """The edit that undid this one."""
        return getattr(self, "undone_by", None)
