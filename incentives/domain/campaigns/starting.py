"""Starts a campaign: everything of it is published in one transaction, or nothing."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from incentives.domain import publishing
from incentives.domain.campaigns import gatherings, quests
from incentives.domain.campaigns.people import audience_of
from incentives.domain.campaigns.plans import Plan, plan_of
from incentives.domain.campaigns.preview import checked_rules, problems_of
from incentives.domain.catalogues import check_shared_limit
from incentives.domain.quests.publishing import CannotStart as CannotStartQuest
from incentives.enums import CampaignState
from incentives.models import Campaign, CampaignMessage, CampaignRule, CampaignStage, SharedLimit
from members.domain.invitations import making
from members.domain.outcomes import CAMPAIGN_OPENED
from members.domain.registry import registry
from members.enums import MessageKind
from members.models import EventType, Invitation, MessageTemplate


class CannotStart(Exception):
    """A campaign that may not begin as it stands; the message says why."""


def start(*, campaign_id: int, by: AbstractBaseUser | None, now: datetime) -> Campaign:
    """Publish its rules, limits, codes and message together, and draft its activities.

    Starting it again changes nothing. Raises CannotStart.
    """
    with transaction.atomic():
        held = Campaign.objects.select_for_update(of=("self",))
        campaign = held.select_related("currency", "follows", "audience").get(pk=campaign_id)
        if campaign.state == CampaignState.RUNNING:
            return campaign
        plan, audience = plan_of(campaign), audience_of(campaign).count()
        problems = problems_of(campaign, plan, checked_rules(plan), audience, now)
        if problems:
            raise CannotStart(" ".join(problems))
        _publish_limits(plan)
        _publish_rules(campaign, plan, by=by, now=now)
        _begin_quests(campaign, plan, by=by, now=now)
        CampaignStage.objects.bulk_create(plan.stages)
        _publish_message(campaign, plan)
        # The campaign is running before its codes are made: their door asks.
        campaign.state, campaign.started_at, campaign.audience_size = CampaignState.RUNNING, now, audience
        campaign.save(update_fields=["state", "started_at", "audience_size"])
        _make_codes(campaign, plan, now)
        gatherings.begin(campaign, plan.activities)
    registry.forget()
    return campaign


def _publish_limits(plan: Plan) -> None:
    for code, document in plan.limits.items():
        check_shared_limit(code=code, document=document)
        SharedLimit.objects.create(code=code, document=document)


def _publish_rules(campaign: Campaign, plan: Plan, *, by: AbstractBaseUser | None, now: datetime) -> None:
    for each in plan.rules:
        version = publishing.save_draft(document=each.document, by=by)
        try:
            publishing.publish_rule(version=version, now=now, by=by)
        except publishing.CannotPublish as error:
            raise CannotStart(str(error)) from error
        CampaignRule.objects.create(campaign=campaign, rule_id=version.rule_id, slot=each.slot)


def _begin_quests(campaign: Campaign, plan: Plan, *, by: AbstractBaseUser | None, now: datetime) -> None:
    try:
        quests.begin(campaign, plan.quests, by=by, now=now)
    except CannotStartQuest as error:
        raise CannotStart(str(error)) from error


def _publish_message(campaign: Campaign, plan: Plan) -> None:
    said = plan.message
    template = MessageTemplate.objects.create(
        code=said["code"], event_type=EventType.objects.get(code=CAMPAIGN_OPENED), condition=said["condition"],
        kind=MessageKind.PROMOTION, titles=said["titles"], texts=said["texts"],
    )  # fmt: skip
    CampaignMessage.objects.create(campaign=campaign, template=template)


def _make_codes(campaign: Campaign, plan: Plan, now: datetime) -> list[Invitation]:
    return [
        making.invite(
            inviter=None, now=now, channel=each.channel, campaign=campaign.code, uses_max=each.uses,
            opens_at=each.opens_at if each.opens_at > now else None, expires_at=each.ends_at,
        )
        for each in plan.codes
        for _number in range(each.count)
    ]  # fmt: skip
