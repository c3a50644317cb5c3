"""Tables of members that were brought here, and what each line did, so that all of it can be undone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.enums import ImportState
from members.models.member import Member


class ImportJob(models.Model):
    """What an import that a worker brings in is known by; `is_tried` ones store nothing."""

    name = models.CharField(_("file"), max_length=200)
    digest = models.CharField(_("SHA-256"), max_length=64)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    is_quiet = models.BooleanField(_("quiet"), default=True)
    is_tried = models.BooleanField(_("only tried"), default=False, db_default=False)
    state = models.CharField(
        _("state"), max_length=8, choices=ImportState, default=ImportState.DONE, db_default=ImportState.DONE.value
    )
    # How many rows were looked through, and stored; whoever goes on after a kill begins there.
    checked = models.PositiveIntegerField(_("rows"), default=0, db_default=0)
    written = models.PositiveIntegerField(_("stored"), default=0, db_default=0)
    rejected = models.PositiveIntegerField(_("refused"), default=0, db_default=0)
    undone_at = models.DateTimeField(_("undone at"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("undone by")
    )

    class Meta:
        abstract = True

    @property
    def is_over(self) -> bool:
        return self.state not in (ImportState.WAITING, ImportState.CHECKING, ImportState.WRITING)


class Refusal(models.Model):
    """What is wrong with a line; 0 is the file as a whole. Forgotten with the rejections of the API: it may quote."""

    line = models.PositiveIntegerField(_("line"))
    sentence = models.CharField(_("what is wrong"), max_length=500)

    class Meta:
        abstract = True


class MemberImport(ImportJob):
    """One table. Quiet ones pay no welcome, and whom they made is in no cohort of newcomers."""

    created = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)

    class Meta:
        verbose_name = _("import of members")
        verbose_name_plural = _("imports of members")
        constraints = [
            models.CheckConstraint(
                condition=Q(undone_by__isnull=True) | Q(undone_at__isnull=False), name="who_undid_it_has_a_moment"
            ),
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="import_state_is_known"),
            models.CheckConstraint(condition=Q(is_tried=False) | Q(written=0), name="who_only_tries_stores_nothing"),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"


class MemberImportLine(models.Model):
    """What a line did: made a member, or changed columns from `before` to `after`."""

    of = models.ForeignKey(MemberImport, on_delete=models.CASCADE, related_name="lines")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="import_lines")
    line = models.PositiveIntegerField()
    is_new = models.BooleanField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "member"], name="import_touches_a_member_once")]

    def __str__(self) -> str:
        return f"line {self.line} of {self.of_id}"


class MemberImportFile(models.Model):
    """The table itself, as long as a job needs it: workers need not share a disk with the web."""

    of = models.OneToOneField(MemberImport, primary_key=True, on_delete=models.CASCADE, related_name="file")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"file of {self.of_id}"


class MemberImportRefusal(Refusal):
    of = models.ForeignKey(MemberImport, on_delete=models.CASCADE, related_name="refusals")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "line"], name="import_refuses_a_line_once")]

    def __str__(self) -> str:
        return f"line {self.line} of {self.of_id}"


class EventImport(ImportJob):
    """One file of events. Quiet ones send no message, pay no welcome and move no referral."""

    is_judged = models.BooleanField(_("judged"), default=True)
    accepted = models.PositiveIntegerField(_("accepted"), default=0, db_default=0)
    duplicates = models.PositiveIntegerField(_("known before"), default=0, db_default=0)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("import of events")
        verbose_name_plural = _("imports of events")
        constraints = [
            models.UniqueConstraint(
                fields=["digest"], condition=Q(finished_at__isnull=True, undone_at__isnull=True, is_tried=False),
                name="one_unfinished_import_of_a_file",
            ),
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="event_import_state_is_known"),
            models.CheckConstraint(condition=Q(is_tried=False) | Q(written=0), name="who_only_tries_files_no_event"),
            models.CheckConstraint(
                condition=Q(undone_by__isnull=True) | Q(undone_at__isnull=False),
                name="who_undid_events_has_a_moment",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"import of events {self.pk}"


class EventImportFile(models.Model):
    """The file itself, and how its columns become events, as long as a job needs them."""

    of = models.OneToOneField(EventImport, primary_key=True, on_delete=models.CASCADE, related_name="file")
    content = models.BinaryField()
    mapping = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"file of {self.of_id}"


class EventImportRefusal(Refusal):
    of = models.ForeignKey(EventImport, on_delete=models.CASCADE, related_name="refusals")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "line"], name="event_import_refuses_a_line_once")]

    def __str__(self) -> str:
        return f"line {self.line} of {self.of_id}"


class ImportedEvent(models.Model):
    """That an event came by an import. Narrow: there is one for each."""

    event_id = models.BigIntegerField(primary_key=True)
    of = models.ForeignKey(EventImport, on_delete=models.CASCADE, related_name="events")

    def __str__(self) -> str:
        return f"event {self.event_id}"
