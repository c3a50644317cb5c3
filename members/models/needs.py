"""What a member needs, and who could serve it."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.enums import CandidateState, NeedAudience, NeedState
from members.models.member import Member
from members.models.segments import Segment
from members.models.tiers import Tier

CANDIDATES_MAX = 3
OPEN_STATES = (NeedState.OPEN, NeedState.MATCHED)
SERVED_STATES = (CandidateState.MATCHED, CandidateState.CONFIRMED)


class Need(models.Model):
    """A member's request in words, of a kind, until a day, shown to some or all of the others.

    Whoever holds its row decides about it and its candidates.
    """

    asker = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="needs", verbose_name=_("who asks"))
    words = models.CharField(_("words"), max_length=500)
    kind = models.CharField(_("kind"), max_length=40, validators=[RegexValidator(r"^[a-z][a-z0-9_-]*$")])
    audience = models.CharField(
        _("who may see it"), max_length=11, choices=NeedAudience, default=NeedAudience.EVERYBODY
    )
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("segment")
    )
    tier = models.ForeignKey(
        Tier, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("tier")
    )
    state = models.CharField(_("state"), max_length=9, choices=NeedState, default=NeedState.OPEN)
    posted_at = models.DateTimeField(_("posted at"))
    until = models.DateTimeField(_("until"))
    # Two who have found each other say until then whether it worked out.
    confirm_until = models.DateTimeField(_("to be confirmed until"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=NeedState.values), name="need_state_is_known"),
            models.CheckConstraint(condition=~Q(words=""), name="a_need_has_words"),
            models.CheckConstraint(condition=Q(until__gt=F("posted_at")), name="a_need_runs_forward"),
            models.CheckConstraint(
                condition=Q(audience=NeedAudience.SEGMENT) ^ Q(segment__isnull=True),
                name="a_need_for_a_segment_names_it",
            ),
            models.CheckConstraint(
                condition=Q(audience=NeedAudience.TIER) ^ Q(tier__isnull=True), name="a_need_for_a_tier_names_it"
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES) ^ Q(closed_at__isnull=False), name="a_closed_need_says_when"
            ),
            models.CheckConstraint(
                condition=~Q(state="matched") | Q(confirm_until__isnull=False), name="a_match_is_confirmed_in_time"
            ),
        ]
        indexes = [
            models.Index(fields=["until"], condition=Q(state="open"), name="needs_open"),
            models.Index(fields=["confirm_until"], condition=Q(state="matched"), name="needs_matched"),
        ]

    def __str__(self) -> str:
        return f"need {self.pk}"


class NeedCandidate(models.Model):
    """Somebody who could serve a need: at most three for each, whoever proposes them, and however fast."""

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="candidates", verbose_name=_("need"))
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="candidacies", verbose_name=_("member"))
    slot = models.PositiveSmallIntegerField(_("place"))
    state = models.CharField(_("state"), max_length=9, choices=CandidateState, default=CandidateState.ASKED)
    proposed_by = models.CharField(_("proposed by"), max_length=100, blank=True)
    proposed_at = models.DateTimeField(_("proposed at"))
    agreed_at = models.DateTimeField(_("agreed at"), null=True)
    matched_at = models.DateTimeField(_("both agreed at"), null=True)
    asker_confirmed_at = models.DateTimeField(_("confirmed by who asked at"), null=True)
    helper_confirmed_at = models.DateTimeField(_("confirmed by who helps at"), null=True)

    class Meta:
        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        constraints = [
            models.UniqueConstraint(fields=["need", "slot"], name="a_place_of_a_need_is_taken_once"),
            models.CheckConstraint(
                condition=Q(slot__gte=1, slot__lte=CANDIDATES_MAX), name="a_need_has_three_candidates_at_most"
            ),
            models.UniqueConstraint(fields=["need", "member"], name="a_candidate_is_proposed_once"),
            models.UniqueConstraint(
                fields=["need"], condition=Q(state__in=["matched", "confirmed"]), name="a_need_is_served_by_one"
            ),
            models.CheckConstraint(condition=Q(state__in=CandidateState.values), name="candidate_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["matched", "confirmed"]) | Q(agreed_at__isnull=False, matched_at__isnull=False),
                name="a_match_needs_both",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | Q(asker_confirmed_at__isnull=False, helper_confirmed_at__isnull=False),
                name="a_confirmation_needs_both",
            ),
        ]

    def __str__(self) -> str:
        return f"candidate {self.slot} of need {self.need_id}"
