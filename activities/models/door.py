"""What happened at the door, and what is said and handed out after an activity."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from activities.enums import NameForm, PaperKind, ScanBy, ScanResult
from activities.models.activities import BY_LANGUAGE, Activity
from activities.models.registrations import Registration
from members.models import Member

NONCE_LENGTH_MAX = 64
GUESTS_AT_ONCE_MAX = 1_000


class ScanQuerySet(models.QuerySet["Scan"]):
    def in_order(self) -> ScanQuerySet:
        """By the moment of the scan, whenever it arrived."""
        return self.order_by("scanned_at", "pk")


class Scan(models.Model):
    """One scan at the door and what came of it. Never changed; what was wrong is taken back by another row.

    The same nonce is the same scan, however often it arrives.
    """

    id = models.BigAutoField(primary_key=True)
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="scans", verbose_name=_("activity"))
    registration = models.ForeignKey(
        Registration, on_delete=models.PROTECT, null=True, related_name="scans", verbose_name=_("registration")
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("member"))
    nonce = models.CharField(_("nonce"), max_length=NONCE_LENGTH_MAX)
    by = models.CharField(_("how"), max_length=8, choices=ScanBy)
    result = models.CharField(_("result"), max_length=8, choices=ScanResult)
    why = models.CharField(_("why"), max_length=40, blank=True)
    guests = models.PositiveSmallIntegerField(
        _("guests who came along"), null=True, validators=[MaxValueValidator(GUESTS_AT_ONCE_MAX)]
    )
    scanned_at = models.DateTimeField(_("scanned at"))
    received_at = models.DateTimeField(_("received at"))
    device = models.CharField(_("device"), max_length=40, blank=True)
    actor = models.CharField(_("by"), max_length=80, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = ScanQuerySet.as_manager()

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        constraints = [
            models.UniqueConstraint(fields=["activity", "nonce"], name="a_scan_is_kept_once"),
            models.CheckConstraint(condition=Q(by__in=ScanBy.values), name="scan_is_of_a_known_kind"),
            models.CheckConstraint(condition=Q(result__in=ScanResult.values), name="scan_result_is_known"),
            models.CheckConstraint(
                condition=~Q(result="refused") | ~Q(why=""), name="whoever_is_not_let_in_hears_why"
            ),
            models.CheckConstraint(
                condition=~Q(by="undo") | ~Q(reason=""), name="what_is_taken_back_has_a_reason"
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["activity", "-id"], name="scans_of_activity")]

    def __str__(self) -> str:
        return f"scan {self.pk}"


class Feedback(models.Model):
    """How a member who came found it. Other members never see whose it is; the hosts only where the member says so."""

    registration = models.OneToOneField(
        Registration, on_delete=models.PROTECT, related_name="feedback", verbose_name=_("registration")
    )
    stars = models.PositiveSmallIntegerField(_("stars"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    words = models.TextField(_("words"), max_length=2_000, blank=True)
    shows_name = models.BooleanField(_("hosts may see who it is"), default=False)
    given_at = models.DateTimeField(_("given at"))
    changed_at = models.DateTimeField(_("changed at"), null=True)
    # By which event rules heard of it: it is retracted where its member had not come.
    event_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        constraints = [
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="stars_are_one_to_five"),
        ]

    def __str__(self) -> str:
        return f"feedback {self.pk}"


class Recap(models.Model):
    """What it was like, in words by language, and where its pictures are."""

    activity = models.OneToOneField(
        Activity, on_delete=models.CASCADE, related_name="recap", verbose_name=_("activity")
    )
    texts = models.JSONField(_("words"), default=dict, help_text=BY_LANGUAGE)
    photos = models.JSONField(_("photos"), default=list, blank=True, help_text=_("Addresses of pictures or albums."))
    by = models.CharField(_("by"), max_length=80, blank=True)
    written_at = models.DateTimeField(_("written at"))

    class Meta:
        verbose_name = _("recap")
        verbose_name_plural = _("recaps")

    def __str__(self) -> str:
        return f"recap of {self.activity_id}"


class Paper(models.Model):
    """An admission letter or a certificate of one registration, with the code by which anybody can verify it."""

    registration = models.ForeignKey(
        Registration, on_delete=models.PROTECT, related_name="papers", verbose_name=_("registration")
    )
    kind = models.CharField(_("kind"), max_length=11, choices=PaperKind)
    code = models.CharField(_("check code"), max_length=16, unique=True)
    name_form = models.CharField(_("the name on it"), max_length=8, choices=NameForm, default=NameForm.NAME)
    issued_at = models.DateTimeField(_("issued at"))

    class Meta:
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        constraints = [
            models.UniqueConstraint(fields=["registration", "kind"], name="a_paper_is_issued_once"),
            models.CheckConstraint(condition=Q(kind__in=PaperKind.values), name="paper_kind_is_known"),
            models.CheckConstraint(condition=Q(name_form__in=NameForm.values), name="name_form_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"
