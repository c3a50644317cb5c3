"""Segments: sets of members kept by hand, by a condition, as a share of the best, or as layers of the pyramid."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.enums import IntentionLayer, SegmentKind
from members.models.member import Member

LAYERS = ("devoted", "active", "passing")
INTENTIONS = tuple(IntentionLayer.values)


class Segment(models.Model):
    """A set of members, known to rules as `member.in_<code>`.

    A condition is an expression over `member.*` and `counters.*`. A share takes the best `share` per cent of the active
    members by a metric over the last `days`, and lets go of whoever is no longer among the best `keep` per cent. The
    three layers have the codes devoted, active and passing, those of intention strong, intending and potential; neither
    have words of their own.
    """

    code = models.CharField(
        _("code"), max_length=48, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")],
        help_text=_("Rules ask for it as member.in_ and this code."),
    )  # fmt: skip
    names = models.JSONField(_("names"), default=dict, blank=True)
    kind = models.CharField(_("kind"), max_length=9, choices=SegmentKind, default=SegmentKind.STATIC)
    condition = models.TextField(
        _("condition"), blank=True, help_text=_("Such as counters.posts >= 5 && member.verified.")
    )
    metric = models.CharField(_("metric"), max_length=80, blank=True, help_text=_("Such as earned:growth."))
    days = models.PositiveSmallIntegerField(
        _("days"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3_660)],
        help_text=_("Looks at the last days only; empty for ever."),
    )  # fmt: skip
    share = models.PositiveSmallIntegerField(
        _("per cent that enter"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    keep = models.PositiveSmallIntegerField(
        _("per cent that stay"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Leaves who is not among these any more; empty for the same share."),
    )  # fmt: skip
    size = models.PositiveIntegerField(_("size"), default=0, editable=False)
    evaluated_at = models.DateTimeField(_("evaluated at"), null=True, editable=False)

    history = HistoricalRecords(excluded_fields=["size", "evaluated_at"])

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=SegmentKind.CONDITION) ^ Q(condition=""), name="only_a_condition_segment_has_one",
                violation_error_message=_("A segment by condition has one, and no other kind has."),
            ),
            models.CheckConstraint(
                condition=(Q(kind=SegmentKind.SHARE, share__isnull=False) & ~Q(metric=""))
                | (~Q(kind=SegmentKind.SHARE) & Q(share__isnull=True, keep__isnull=True, days__isnull=True, metric="")),
                name="only_a_share_segment_has_a_share",
                violation_error_message=_("A share has a metric and per cent, and no other kind has any of them."),
            ),
            models.CheckConstraint(
                condition=Q(keep__isnull=True) | Q(keep__gte=F("share")), name="a_share_is_kept_as_long_as_gained",
                violation_error_message=_("At least as many stay as enter."),
            ),
            models.CheckConstraint(
                condition=Q(kind=SegmentKind.LAYER) ^ ~Q(code__in=LAYERS), name="layers_have_their_own_codes",
                violation_error_message=_("The codes devoted, active and passing are the layers', and only theirs."),
            ),
            models.CheckConstraint(
                condition=Q(kind=SegmentKind.INTENTION) ^ ~Q(code__in=INTENTIONS),
                name="intentions_have_their_own_codes",
                violation_error_message=_("The codes strong, intending and potential are those of intention."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.code


class SegmentMember(models.Model):
    """Somebody who is in a segment, since when. `is_leaving` was found below the line once; twice lets them go."""

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    member = models.ForeignKey(
        Member, related_name="segment_memberships", db_constraint=False, on_delete=models.DO_NOTHING
    )
    since = models.DateTimeField(_("since"), default=timezone.now)
    is_leaving = models.BooleanField(_("leaving"), default=False)

    class Meta:
        verbose_name = _("segment member")
        verbose_name_plural = _("segment members")
        constraints = [models.UniqueConstraint(fields=["segment", "member"], name="in_a_segment_once")]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.segment_id}"


class SegmentSize(models.Model):
    """How large a segment was after an evaluation, and who came and went; for layers also where they came from."""

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="sizes", db_index=False)
    at = models.DateTimeField(_("at"))
    size = models.PositiveIntegerField(_("size"))
    entered = models.PositiveIntegerField(_("entered"))
    left = models.PositiveIntegerField(_("left"))
    came_from = models.JSONField(_("came from"), default=dict)

    class Meta:
        verbose_name = _("segment size")
        verbose_name_plural = _("segment sizes")
        constraints = [models.UniqueConstraint(fields=["segment", "at"], name="one_size_a_moment")]

    def __str__(self) -> str:
        return f"{self.size} in {self.segment_id}"
