"""Campaigns: something for somebody for a time, within one budget.

Campaign ── owns ──▶ its rules (by slot), quests, message templates, stages; its codes carry its code
CampaignMember: what was told to a member, and what they reached, once each
CampaignRelease: what the host released of the hidden slot, to whom and why
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from incentives.enums import CampaignState, ReleasedTo, Slot, StageOpens
from incentives.models.ledger import Currency
from incentives.models.quests import Quest
from incentives.models.rules import Rule
from members.models import Member, MessageTemplate, Segment


class Campaign(models.Model):
    """Made from a template by five answers; a draft until it starts, and never changed after.

    `budget` and `reserve` are minor units of the currency; the reserve is the part of the budget that only the hidden
    slot may use. `numbers` are the template's questions answered, `letter` are the words on cards and invitations.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    names = models.JSONField(_("names"), default=dict)
    template = models.CharField(_("template"), max_length=64)
    numbers = models.JSONField(_("numbers"), default=dict)
    state = models.CharField(_("state"), max_length=8, choices=CampaignState, default=CampaignState.DRAFT)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("owner"),
    )  # fmt: skip
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="followed_by", verbose_name=_("follows"),
        help_text=_("The round before."),
    )  # fmt: skip
    audience = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("audience"),
        help_text=_("Empty for everybody."),
    )  # fmt: skip
    voices = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("known voices"),
        help_text=_("Who may invite first; empty for nobody before the others."),
    )  # fmt: skip
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+", verbose_name=_("currency"))
    budget = models.BigIntegerField(_("budget"))
    reserve = models.BigIntegerField(_("of it hidden"), default=0)
    hold_out = models.PositiveSmallIntegerField(
        _("held out, in per cent"), default=0,
        help_text=_("Of those whom something hidden is for: they get nothing, so that one can see what it does."),
    )  # fmt: skip
    begins_at = models.DateTimeField(_("begins at"))
    ends_at = models.DateTimeField(_("ends at"))
    length_days = models.PositiveSmallIntegerField(default=0, editable=False)
    titles = models.JSONField(_("title"), default=dict)
    texts = models.JSONField(_("text"), default=dict)
    letter = models.JSONField(_("invitation letter"), default=dict)
    audience_size = models.PositiveIntegerField(_("audience at the start"), null=True, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    reason = models.CharField(_("why it was stopped"), max_length=200, blank=True)
    told_of_stop = models.PositiveIntegerField(_("told of the stop"), default=0, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CampaignState.values), name="campaign_state_is_known"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="campaign_runs_forward"),
            models.CheckConstraint(
                condition=Q(budget__gt=0, reserve__gte=0, reserve__lt=F("budget")), name="campaign_has_a_budget"
            ),
            models.CheckConstraint(
                condition=Q(hold_out=0) | Q(hold_out__lte=10, reserve__gt=0, length_days__gte=1, length_days__lte=60),
                name="a_tenth_is_held_out_of_what_is_hidden_for_60_days",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", started_at__isnull=True)
                | (~Q(state="draft") & Q(started_at__isnull=False, audience_size__isnull=False)),
                name="only_a_draft_campaign_has_not_started",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "running"], closed_at__isnull=True)
                | Q(state__in=["stopped", "ended"], closed_at__isnull=False),
                name="a_campaign_is_closed_once",
            ),
            models.CheckConstraint(condition=~Q(state="stopped") | ~Q(reason=""), name="a_stopped_campaign_says_why"),
        ]

    def __str__(self) -> str:
        return self.code


class CampaignStage(models.Model):
    """A stretch of a campaign and what it opens; the stages follow each other without a gap."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="stages")
    place = models.PositiveSmallIntegerField(_("place"))
    names = models.JSONField(_("names"), default=dict)
    opens = models.CharField(_("opens"), max_length=8, choices=StageOpens)
    begins_at = models.DateTimeField(_("begins at"))
    ends_at = models.DateTimeField(_("ends at"))

    class Meta:
        verbose_name = _("stage of a campaign")
        verbose_name_plural = _("stages of campaigns")
        ordering = ["campaign_id", "place"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "place"], name="campaign_stages_have_places"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="campaign_stage_runs_forward"),
            models.CheckConstraint(condition=Q(opens__in=StageOpens.values), name="campaign_stage_opens_something"),
        ]

    def __str__(self) -> str:
        return f"stage {self.place} of {self.campaign_id}"


class CampaignRule(models.Model):
    """That a rule is a campaign's, and what its benefit is for."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="rules")
    rule = models.OneToOneField(Rule, on_delete=models.PROTECT, related_name="campaign_rule")
    slot = models.CharField(_("slot"), max_length=9, choices=Slot)

    class Meta:
        verbose_name = _("rule of a campaign")
        verbose_name_plural = _("rules of campaigns")
        constraints = [
            models.CheckConstraint(condition=Q(slot__in=Slot.values), name="campaign_rule_has_a_slot"),
        ]

    def __str__(self) -> str:
        return f"rule {self.rule_id} of campaign {self.campaign_id}"


class CampaignQuest(models.Model):
    """That a quest is a campaign's, and until when whoever has begun may finish it once nobody begins any more."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="quests")
    quest = models.OneToOneField(Quest, on_delete=models.PROTECT, related_name="campaign_quest")
    finish_by = models.DateTimeField(_("to be finished by"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("quest of a campaign")
        verbose_name_plural = _("quests of campaigns")
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(finish_by__isnull=False),
                name="a_campaigns_quest_ends_by_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"quest {self.quest_id} of campaign {self.campaign_id}"


class CampaignMessage(models.Model):
    """That a message template is a campaign's."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="messages")
    template = models.OneToOneField(MessageTemplate, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("message of a campaign")
        verbose_name_plural = _("messages of campaigns")

    def __str__(self) -> str:
        return f"message {self.template_id} of campaign {self.campaign_id}"


class CampaignMember(models.Model):
    """What a campaign has told a member, and what they have reached in it: each once."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="members")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="campaigns")
    told_at = models.DateTimeField(_("told at"), null=True)
    done_at = models.DateTimeField(_("task done at"), null=True)
    returned_at = models.DateTimeField(_("came back at"), null=True)
    surprised_at = models.DateTimeField(_("surprised at"), null=True)
    held_out_at = models.DateTimeField(_("held out at"), null=True)

    class Meta:
        verbose_name = _("member of a campaign")
        verbose_name_plural = _("members of campaigns")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "member"], name="campaign_keeps_a_member_once"),
        ]

    def __str__(self) -> str:
        return f"member {self.member_id} of campaign {self.campaign_id}"


class CampaignRelease(models.Model):
    """A part of the hidden slot that the host released: to everybody who had come so far, for a reason they read."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="releases")
    whom = models.CharField(_("to whom"), max_length=8, choices=ReleasedTo)
    reason = models.CharField(_("reason"), max_length=200)
    members = models.PositiveIntegerField(_("members"))
    held_out = models.PositiveIntegerField(_("held out"), default=0)
    amount = models.BigIntegerField(_("at most"), help_text=_("For all of them together, in minor units."))
    released_at = models.DateTimeField(_("released at"))
    released_by = models.CharField(_("released by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("release of a campaign")
        verbose_name_plural = _("releases of campaigns")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="a_release_says_why"),
            models.CheckConstraint(condition=Q(members__gt=0, amount__gt=0), name="a_release_pays_somebody"),
            models.CheckConstraint(
                condition=Q(members__gte=F("held_out") * 9), name="a_release_holds_out_a_tenth_at_most"
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.pk}"
