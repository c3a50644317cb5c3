"""What a campaign would do, before it starts: whom it reaches, its exact words and rules, and what it may cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from incentives.domain import drafting
from incentives.domain.campaigns import gatherings
from incentives.domain.campaigns.forecast import Line, forecast
from incentives.domain.campaigns.gatherings import ForeseenActivity
from incentives.domain.campaigns.holding_out import terms_missing
from incentives.domain.campaigns.people import audience_of
from incentives.domain.campaigns.plans import Plan, PlannedRule, plan_of
from incentives.domain.ledger.queries import major
from incentives.domain.quests import publishing as quests
from incentives.domain.rules import written
from incentives.domain.rules.written import Placed
from incentives.enums import CampaignState, Slot
from incentives.models import Campaign, Quest, Rule, SharedLimit
from members.enums import MemberStatus
from members.models import Invitation, Member, MessageTemplate


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule as it will be published, what it says in words, and what is wrong with it."""

    slot: Slot
    code: str
    text: str
    reads: list[tuple[str, str]]
    mistakes: list[Placed]


@dataclass(frozen=True, slots=True)
class Preview:
    """Amounts are in major units. `expected` is None where there is no past to go by; `most` is the budget."""

    plan: Plan
    audience: int
    voices: int
    rules: list[ShownRule]
    lines: list[Line]
    expected: Decimal | None
    most: Decimal
    problems: list[str]
    activities: list[ForeseenActivity]


def preview_of(campaign: Campaign, *, now: datetime) -> Preview:
    """Say what starting it would do; a fixed number of queries, and nothing is stored."""
    plan = plan_of(campaign)
    audience = audience_of(campaign).count()
    most = major(campaign.budget, campaign.currency.scale)
    lines = forecast(campaign, plan, audience=audience, now=now)
    costs = [line.cost for line in lines]
    known = [cost for cost in costs if cost is not None]
    rules = [_shown(each, plan) for each in plan.rules]
    return Preview(
        plan=plan,
        audience=audience,
        voices=_voices(campaign).count(),
        rules=rules,
        lines=lines,
        expected=min(most, sum(known, Decimal(0))) if len(known) == len(costs) else None,
        most=most,
        problems=problems_of(campaign, plan, rules, audience, now),
        activities=gatherings.foreseen(campaign, plan.activities, now=now),
    )


def problems_of(campaign: Campaign, plan: Plan, rules: list[ShownRule], audience: int, now: datetime) -> list[str]:
    """Why it cannot start as it stands; empty where it can."""
    found = [f"{rule.code}: {mistake.text}" for rule in rules for mistake in rule.mistakes]
    for document in plan.quests:
        report = quests.check_document(document)
        found += [f"{document['code']}: {mistake}" for mistake in report.errors]
    found += gatherings.problems(plan.activities)
    if campaign.state != CampaignState.DRAFT:
        found.append(_("It has begun already."))
    if campaign.ends_at <= now:
        found.append(_("Its time is over; choose a later end."))
    if terms_missing(campaign):
        found.append(
            _("Somebody would be held out, and the rules in force do not say that this happens: publish rules that do.")
        )
    if not audience:
        found.append(_("There is nobody in its audience."))
    found += [
        _("There is something called %(code)s already; choose another code.") % {"code": code} for code in _taken(plan)
    ]
    return found


def checked_rules(plan: Plan) -> list[ShownRule]:
    return [_shown(each, plan) for each in plan.rules]


def _taken(plan: Plan) -> list[str]:
    """The codes of its rules, limits and message that something else has."""
    rules = Rule.objects.filter(code__in=[each.document["code"] for each in plan.rules])
    limits = SharedLimit.objects.filter(code__in=plan.limits)
    messages = MessageTemplate.objects.filter(code__in=[plan.message["code"], plan.farewell])
    owned = Quest.objects.filter(code__in=[document["code"] for document in plan.quests])
    return [
        *owned.values_list("code", flat=True),
        *rules.values_list("code", flat=True),
        *limits.values_list("code", flat=True),
        *messages.values_list("code", flat=True),
    ]


def _shown(planned: PlannedRule, plan: Plan) -> ShownRule:
    """The limits that do not exist yet are checked as if they stood in the rule."""
    document = planned.document
    limits = [
        {"code": each, **plan.limits[each]} if isinstance(each, str) and each in plan.limits else each
        for each in document["limits"]
    ]
    opinion = drafting.opinion_of(written.write_text({**document, "limits": limits}))
    mistakes = [finding for finding in opinion.findings if finding.is_error]
    return ShownRule(planned.slot, document["code"], written.write_text(document), opinion.reads, mistakes)


def _voices(campaign: Campaign) -> QuerySet[Member]:
    if campaign.voices_id is None:
        return Member.objects.none()
    return Member.objects.filter(segment_memberships__segment=campaign.voices_id, status=MemberStatus.ACTIVE)


def codes_made(campaign: Campaign) -> list[Invitation]:
    """The operators' codes of a campaign that has begun, with what is left of them."""
    return list(Invitation.objects.filter(campaign=campaign.code, inviter=None).order_by("pk")[:200])
