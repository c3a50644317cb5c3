"""Spaces of a community, who is in them, and who waits at the door."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.enums import MembershipState, SpaceState
from members.models.conduct import CommunityRules
from members.models.member import Member

BY_LANGUAGE = _("By language, such as en and zh-hans.")


class Space(models.Model):
    """A group, a channel or a chapter, known to apps by `ref`, which never changes. Its hosts hold the role host in it.

    Whoever wants in while it is full, or has taken in as many as it takes in a week, waits in one line.
    """

    ref = models.CharField(
        _("ref"), max_length=64, unique=True, validators=[RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")],
        help_text=_("Events name the space by it; it never changes."),
    )  # fmt: skip
    names = models.JSONField(_("names"), default=dict, blank=True, help_text=BY_LANGUAGE)
    for_whom = models.JSONField(_("for whom"), default=dict, blank=True, help_text=BY_LANGUAGE)
    why = models.JSONField(_("why it is there"), default=dict, blank=True, help_text=BY_LANGUAGE)
    gives = models.JSONField(_("what we give"), default=dict, blank=True, help_text=BY_LANGUAGE)
    is_not = models.JSONField(_("what we are not"), default=dict, blank=True, help_text=BY_LANGUAGE)
    rules = models.ForeignKey(
        CommunityRules, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("rules that hold here"), help_text=_("Empty for those that hold everywhere."),
    )  # fmt: skip
    capacity = models.PositiveIntegerField(
        _("places"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Empty for no bound."),
    )  # fmt: skip
    intake_max = models.PositiveIntegerField(
        _("newcomers a week at most"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("Who comes later waits in line; codes go on working. Empty for no bound."),
    )  # fmt: skip
    language = models.CharField(_("language"), max_length=16, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=SpaceState, default=SpaceState.FORMING)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("space")
        verbose_name_plural = _("spaces")
        ordering = ["ref"]
        constraints = [
            models.CheckConstraint(condition=~Q(ref=""), name="space_has_a_ref"),
            models.CheckConstraint(condition=Q(state__in=SpaceState.values), name="space_state_is_known"),
        ]

    def __str__(self) -> str:
        return self.ref


class SpaceMember(models.Model):
    """Somebody who is in a space, waits to come in, or has left. Whoever comes back has the same row again.

    `asked_at` is their place in line. `joined_at` is the last time they came in.
    """

    id = models.BigAutoField(primary_key=True)
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, related_name="memberships", db_index=False, verbose_name=_("space")
    )
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="space_memberships", verbose_name=_("member")
    )
    state = models.CharField(_("state"), max_length=7, choices=MembershipState)
    asked_at = models.DateTimeField(_("asked at"))
    joined_at = models.DateTimeField(_("joined at"), null=True)
    left_at = models.DateTimeField(_("left at"), null=True)

    class Meta:
        verbose_name = _("member of a space")
        verbose_name_plural = _("members of spaces")
        constraints = [
            models.UniqueConstraint(fields=["space", "member"], name="in_a_space_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", left_at__isnull=True)
                | Q(state="in", joined_at__isnull=False, left_at__isnull=True)
                | Q(state="left", left_at__isnull=False),
                name="a_membership_says_since_when",
            ),
        ]
        indexes = [
            models.Index(fields=["space", "asked_at"], condition=Q(state="waiting"), name="line_of_space"),
            models.Index(fields=["space", "joined_at"], name="space_by_joining"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.space_id}"


class SpaceOperator(models.Model):
    """That an operator sees to a space. Whoever has such a row sees nothing beyond their spaces; without one, all."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("operator")
    )
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="operators", verbose_name=_("space"))

    class Meta:
        verbose_name = _("space of an operator")
        verbose_name_plural = _("spaces an operator is bound to")
        constraints = [models.UniqueConstraint(fields=["user", "space"], name="operator_bound_to_a_space_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.space_id}"
