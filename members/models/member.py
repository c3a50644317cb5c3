from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from datetime import datetime

import uuid_utils.compat as uuid
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.enums import AgeBand, MemberStatus


def validate_time_zone(name: str) -> None:
    """Refuse what the zone database does not know; empty means the programme's zone."""
    if name and name not in zoneinfo.available_timezones():
        raise ValidationError(_("%(name)s is not a time zone; write one such as Europe/Berlin."), params={"name": name})


def validate_birthday(text: str) -> None:
    """Refuse what is no day of any year; 02-29 is one."""
    try:
        datetime.strptime(f"2000-{text}", "%Y-%m-%d")  # noqa: DTZ007  A day without a year has no zone.
    except ValueError:
        is_day = False
    else:
        is_day = len(text) == 5
    if text and not is_day:
        raise ValidationError(_("%(day)s is no day; write month and day such as 02-29."), params={"day": text[:16]})


class MemberQuerySet(models.QuerySet["Member"]):
    def present(self) -> MemberQuerySet:
        """Members who may still earn or spend."""
        return self.filter(status=MemberStatus.ACTIVE)

    def whole(self) -> MemberQuerySet:
        """Everybody but those who were merged into somebody else."""
        return self.filter(merged_into__isnull=True)

    def ids_by_ref(self, refs: Iterable[str]) -> dict[str, int]:
        """Whose these refs are: a merged one is its survivor's."""
        found = self.filter(ref__in=refs).values_list("ref", Coalesce("merged_into_id", "id"))
        return dict(found)

    def newcomers(self) -> MemberQuerySet:
        """Whoever has joined here: those whom a quiet import brought belong to no cohort."""
        lines = apps.get_model("members", "MemberImportLine").objects.filter(is_new=True, of__is_quiet=True)
        return self.exclude(pk__in=lines.values("member_id"))


class Member(models.Model):
    """A person in the community, known to the host app by `ref`.

    A house account (staff, an operator's own voice) takes part but never counts in shares or boards.
    """

    public_id = models.UUIDField(_("public id"), default=uuid.uuid7, unique=True, editable=False)
    ref = models.CharField(_("ref"), max_length=128, unique=True, help_text=_("The host app's id of this person."))
    display_name = models.CharField(_("display name"), max_length=150, blank=True)
    email = models.EmailField(_("email"), blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, validators=[validate_time_zone],
        help_text=_("Decides this member's days; empty for the programme's zone."),
    )  # fmt: skip
    age_band = models.CharField(_("age band"), max_length=8, choices=AgeBand, default=AgeBand.UNKNOWN)
    birthday = models.CharField(
        _("birthday"), max_length=5, blank=True, default="", db_default="", validators=[validate_birthday],
        help_text=_("Month and day, such as 02-29; the year is nobody's business."),
    )  # fmt: skip
    joined_at = models.DateTimeField(_("joined at"), default=timezone.now)
    status = models.CharField(_("status"), max_length=16, choices=MemberStatus, default=MemberStatus.ACTIVE)
    invited_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="invitees", verbose_name=_("invited by")
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("merged into"),
        editable=False,
    )  # fmt: skip
    is_house = models.BooleanField(_("house account"), default=False)
    is_verified = models.BooleanField(_("verified"), default=False)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="member",
        verbose_name=_("login"),
    )  # fmt: skip
    page_opened_at = models.DateTimeField(_("opened their page at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = MemberQuerySet.as_manager()
    # Who changed what about a person, and why. It holds personal data: erasing a member must reach it.
    history = HistoricalRecords(excluded_fields=["attributes", "user", "page_opened_at"])

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.CheckConstraint(condition=~Q(ref=""), name="member_has_a_ref"),
            models.CheckConstraint(condition=Q(status__in=MemberStatus.values), name="member_status_is_known"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(status__in=["left", "erased"]),
                name="a_merged_member_has_left",
            ),
            models.CheckConstraint(
                condition=~Q(status="erased") | Q(display_name="", email="", user__isnull=True),
                name="an_erased_member_is_nobody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.display_name} ({self.ref})" if self.display_name else self.ref

    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone that decides this member's days, weeks and limits."""
        return zoneinfo.ZoneInfo(self.time_zone or settings.TIME_ZONE)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone())
