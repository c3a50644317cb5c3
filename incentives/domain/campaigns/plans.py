"""What a campaign comes to: its rules, limits, stages and codes, written out. Reads; stores nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from incentives.domain.campaigns.gatherings import PlannedActivity
from incentives.domain.campaigns.templates import Benefit, StagePlan, Template, filled, templates
from incentives.domain.ledger.queries import major
from incentives.enums import Slot, StageOpens
from incentives.models import Campaign, CampaignStage
from members.domain.outcomes import CAMPAIGN_OPENED

# A guest of the last day is retained within 37 days, and that may be reported three days late.
TAIL = timedelta(days=40)
ALARM = "80%"


@dataclass(frozen=True, slots=True)
class PlannedRule:
    slot: Slot
    benefit: Benefit
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlannedCode:
    """Codes of the operators: how many, for how many people each, and from when until when."""

    channel: str
    count: int
    uses: int
    opens_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign written out."""

    template: Template
    rules: list[PlannedRule]
    limits: dict[str, dict[str, Any]]
    stages: list[CampaignStage]
    codes: list[PlannedCode]
    message: dict[str, Any]
    # What else it owns has a list of its own here, and is begun, stopped and previewed beside the rules.
    quests: list[dict[str, Any]] = field(default_factory=list)
    activities: list[PlannedActivity] = field(default_factory=list)

    @property
    def farewell(self) -> str:
        """The code of the message that tells those half-way what they keep, if it is stopped."""
        return f"{self.message['code'].removesuffix('-opened')}-stopped"

    def amounts(self) -> set[int]:
        """Everything that is paid at once, in major units."""
        return {int(each.document["then"][0]["amount"]) for each in self.rules}


def plan_of(campaign: Campaign) -> Plan:
    """Write a campaign out; the same campaign comes to the same plan."""
    template = templates()[campaign.template]
    answers = _answers(campaign)
    stages = _stages(campaign, template)
    return Plan(
        template=template,
        rules=[
            PlannedRule(each.slot, each, filled(each.rule, answers))
            for each in template.benefits
            if answers[each.pays] and (each.slot != Slot.HIDDEN or campaign.reserve)
        ],
        limits=_limits(campaign),
        stages=stages,
        codes=[_code(filled(each, answers), stages) for each in template.codes],
        message={
            "code": f"{campaign.code}-opened",
            "when": CAMPAIGN_OPENED,
            "condition": f'event.data.campaign == "{campaign.code}"',
            "titles": campaign.titles,
            "texts": campaign.texts,
        },
        quests=[_quest(filled(each, answers), campaign) for each in template.quests],
        activities=[_activity(filled(each, answers), stages) for each in template.activities],
    )


def _quest(document: dict[str, Any], campaign: Campaign) -> dict[str, Any]:
    """A quest for the campaign's own audience."""
    if campaign.audience is None:
        return document
    return {**document, "audience": {**document.get("audience", {}), "segment": campaign.audience.code}}


def _activity(wanted: dict[str, Any], stages: list[CampaignStage]) -> PlannedActivity:
    """An activity on the day that was answered, counted from the first one of its stage, by the programme's clock."""
    stage = next((each for each in stages if each.opens == wanted["stage"]), stages[0])
    day = timezone.localdate(stage.begins_at) + timedelta(days=wanted["day"] - 1)
    starts_at = datetime.combine(day, time.fromisoformat(wanted["at"]), timezone.get_default_timezone())
    return PlannedActivity(
        code=wanted["code"],
        kind=wanted["kind"],
        names=wanted["name"],
        summaries=wanted["about"],
        place=wanted.get("place", ""),
        starts_at=starts_at,
        # Minutes are counted by the clock of the world, also over a change of the local one.
        ends_at=(starts_at.astimezone(UTC) + timedelta(minutes=wanted["minutes"])).astimezone(starts_at.tzinfo),
        seats=wanted.get("seats"),
        guests=wanted.get("guests", 0),
        is_for_audience=wanted.get("for") == "audience",
        stage=stage,
    )


def closes_at(campaign: Campaign) -> datetime:
    """When the last stage of the last guest can have come."""
    return campaign.ends_at + TAIL


def budget_code(campaign: Campaign) -> str:
    return f"{campaign.code}-budget"


def _answers(campaign: Campaign) -> dict[str, Any]:
    has_reserve = campaign.reserve > 0
    return {
        **campaign.numbers,
        "code": campaign.code,
        "before": campaign.follows.code if campaign.follows is not None else "",
        "currency": campaign.currency.code,
        "begins": campaign.begins_at.isoformat(),
        "ends": campaign.ends_at.isoformat(),
        "closes": closes_at(campaign).isoformat(),
        "begins_on": timezone.localdate(campaign.begins_at).isoformat(),
        "ends_on": timezone.localdate(campaign.ends_at).isoformat(),
        "budget": budget_code(campaign),
        "open": f"{campaign.code}-open" if has_reserve else None,
        "hidden": f"{campaign.code}-hidden" if has_reserve else None,
    }


def _limits(campaign: Campaign) -> dict[str, dict[str, Any]]:
    """One budget for everything; where a part is hidden, the rest of it is what the open slots may use."""
    whole = _limit(campaign, campaign.budget, alarm=ALARM)
    if not campaign.reserve:
        return {budget_code(campaign): whole}
    return {
        budget_code(campaign): whole,
        f"{campaign.code}-open": _limit(campaign, campaign.budget - campaign.reserve),
        f"{campaign.code}-hidden": _limit(campaign, campaign.reserve),
    }


def _limit(campaign: Campaign, amount: int, **more: Any) -> dict[str, Any]:
    said = major(amount, campaign.currency.scale)
    whole = said == said.to_integral_value()
    return {
        "per": "programme", "every": "ever", "amount": int(said) if whole else str(said),
        "currency": campaign.currency.code, "over": "cut", **more,
    }  # fmt: skip


def _stages(campaign: Campaign, template: Template) -> list[CampaignStage]:
    """The template's stages over the campaign's time; nobody waits for voices that were not named."""
    plans = [each for each in template.stages if each.opens != StageOpens.VOICES or campaign.voices_id is not None]
    length = campaign.ends_at - campaign.begins_at
    stages, begins = [], campaign.begins_at
    for place, plan in enumerate(plans, 1):
        ends = campaign.ends_at if place == len(plans) else begins + _part(length, plan, plans)
        stages.append(
            CampaignStage(
                campaign=campaign, place=place, names=plan.names, opens=plan.opens, begins_at=begins, ends_at=ends
            )
        )
        begins = ends
    return stages


def _part(length: timedelta, plan: StagePlan, plans: list[StagePlan]) -> timedelta:
    whole = sum(each.share for each in plans)
    return timedelta(seconds=int(length.total_seconds()) * plan.share // whole) if whole else length


def _code(wanted: dict[str, Any], stages: list[CampaignStage]) -> PlannedCode:
    """A partner's codes open with the partners' stage and are good until the campaign ends."""
    opening = next((stage for stage in stages if stage.opens == StageOpens.PARTNERS), stages[0])
    return PlannedCode(wanted["channel"], wanted["count"], wanted["uses"], opening.begins_at, stages[-1].ends_at)
