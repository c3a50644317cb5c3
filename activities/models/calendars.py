"""The secret address of a member's own calendar feed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models import Member

SECRET_LENGTH = 43


class MemberCalendar(models.Model):
    """Whoever knows the secret reads the member's registrations, and nothing else of theirs. A new one ends the old."""

    member = models.OneToOneField(
        Member, on_delete=models.PROTECT, primary_key=True, related_name="+", verbose_name=_("member")
    )
    secret = models.CharField(max_length=SECRET_LENGTH, unique=True, editable=False)
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("calendar feed of a member")
        verbose_name_plural = _("calendar feeds of members")

    def __str__(self) -> str:
        return f"calendar of {self.member_id}"
