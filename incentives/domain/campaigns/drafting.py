"""Makes and changes the draft of a campaign from the answers to five questions: who, what, when, budget, message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from incentives.bounds import AMOUNT_MAX
from incentives.domain.campaigns import holding_out
from incentives.domain.campaigns.plans import plan_of
from incentives.domain.campaigns.templates import Template, templates
from incentives.domain.campaigns.words import BadLetter, check_letter
from incentives.enums import CampaignState, CurrencyKind
from incentives.models import Campaign, Currency
from members.domain.events.schemas import parse_schema
from members.domain.notifications.templates import BadTemplate, check_template
from members.domain.outcomes import CAMPAIGN_OPENED
from members.enums import MessageKind
from members.models import EventType, Segment

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LENGTH_MAX = timedelta(days=366)


class BadCampaign(Exception):
    """An answer that no campaign can be made of; `field` is the one to mend, the message says how."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The five answers. Amounts are in major units; `numbers` are the template's own questions."""

    code: str
    names: Mapping[str, str]
    audience: Segment | None
    voices: Segment | None = None
    follows: Campaign | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)
    begins_at: datetime
    ends_at: datetime
    currency: Currency
    budget: Decimal
    reserve: Decimal = Decimal(0)
    hold_out: int = 0
    titles: Mapping[str, str]
    texts: Mapping[str, str]
    letter: Mapping[str, str]


def draft(*, template: str, answers: Answers, by: AbstractBaseUser | None, campaign_id: int | None = None) -> Campaign:
    """Keep a draft, a new one or in the place of an earlier one. Raises BadCampaign."""
    found = templates().get(template)
    if found is None:
        raise BadCampaign("template", _("There is no template %(code)s.") % {"code": template[:80]})
    _check(found, answers, campaign_id)
    with transaction.atomic():
        made = Campaign(template=template, owner_id=by.pk if by is not None else None)
        if campaign_id is not None:
            made = Campaign.objects.select_for_update().get(pk=campaign_id)
            if made.state != CampaignState.DRAFT:
                raise BadCampaign("code", _("It has begun, and what was promised does not change; make another."))
        for name, value in _values(answers).items():
            setattr(made, name, value)
        made.template = template
        _check_words(made)
        made.save()
    return made


def _values(answers: Answers) -> dict[str, Any]:
    scale = answers.currency.scale
    kept = ("code", "audience", "voices", "follows", "begins_at", "ends_at", "currency")
    return {
        **{name: getattr(answers, name) for name in kept},
        **{name: dict(getattr(answers, name)) for name in ("names", "titles", "texts", "letter", "numbers")},
        "budget": int(answers.budget.scaleb(scale)),
        "reserve": int(answers.reserve.scaleb(scale)),
        "hold_out": answers.hold_out,
        "length_days": -(-(answers.ends_at - answers.begins_at) // timedelta(days=1)),
    }


def _check(template: Template, answers: Answers, campaign_id: int | None) -> None:
    if not CODE.fullmatch(answers.code):
        raise BadCampaign("code", _("A code has 1 to 40 lower-case letters, digits and hyphens."))
    if Campaign.objects.filter(code=answers.code).exclude(pk=campaign_id or 0).exists():
        raise BadCampaign("code", _("There is a campaign with this code already; choose another."))
    if not answers.names.get("en"):
        raise BadCampaign("names", _("Name it at least in English."))
    if template.follows and answers.follows is None:
        raise BadCampaign("follows", _("This template is a next round: say which campaign it follows."))
    before = answers.follows
    if before is not None and (before.pk == campaign_id or before.state == CampaignState.DRAFT):
        raise BadCampaign("follows", _("A campaign follows another one that has begun."))
    _check_numbers(template, answers)
    if not answers.begins_at < answers.ends_at <= answers.begins_at + LENGTH_MAX:
        raise BadCampaign("ends_at", _("It ends after it begins, and within a year."))
    _check_budget(answers)


def _check_numbers(template: Template, answers: Answers) -> None:
    if set(answers.numbers) != {each.code for each in template.numbers}:
        raise BadCampaign(
            "numbers", _("Answer these: %(codes)s.") % {"codes": ", ".join(each.code for each in template.numbers)}
        )
    for each in template.numbers:
        if not each.least <= answers.numbers[each.code] <= each.most:
            raise BadCampaign(
                each.code,
                _("It lies between %(least)s and %(most)s.") % {"least": f"{each.least:,}", "most": f"{each.most:,}"},
            )
    if not any(answers.numbers[each.pays] for each in template.benefits):
        raise BadCampaign("numbers", _("Nothing is paid for anything; leave at least one amount above 0."))


def _check_budget(answers: Answers) -> None:
    if answers.currency.kind != CurrencyKind.SPENDABLE:
        raise BadCampaign("currency", _("Growth is not handed out by campaigns; choose a spendable currency."))
    for name, value in (("budget", answers.budget), ("reserve", answers.reserve)):
        minor = value.scaleb(answers.currency.scale)
        if not minor.is_finite() or minor != minor.to_integral_value() or not 0 <= minor <= AMOUNT_MAX:
            raise BadCampaign(
                name, _("An amount of at most %(count)d decimals, not below 0.") % {"count": answers.currency.scale}
            )
    if answers.budget <= 0:
        raise BadCampaign("budget", _("A campaign has a budget above 0."))
    if answers.reserve >= answers.budget:
        raise BadCampaign("reserve", _("The hidden part is less than the whole budget."))
    surprise = answers.numbers.get("surprise", 0)
    if bool(answers.reserve) != bool(surprise):
        raise BadCampaign("reserve", _("A hidden amount for each and a hidden part of the budget belong together."))
    if surprise > answers.reserve:
        raise BadCampaign("reserve", _("The hidden part is not enough for one."))
    held = holding_out.refusal(
        hold_out=answers.hold_out, reserve=int(answers.reserve.scaleb(answers.currency.scale)),
        length=answers.ends_at - answers.begins_at,
    )  # fmt: skip
    if held:
        raise BadCampaign("hold_out", held)


def _check_words(campaign: Campaign) -> None:
    opened = EventType.objects.get(code=CAMPAIGN_OPENED)
    plan = plan_of(campaign)
    try:
        check_template(
            event_type=opened, schema=parse_schema(opened.code, opened.schema), kind=MessageKind.PROMOTION,
            condition=plan.message["condition"], titles=campaign.titles, texts=campaign.texts,
        )  # fmt: skip
    except BadTemplate as error:
        raise BadCampaign(error.field, error.sentence) from error
    try:
        check_letter(campaign.letter, plan.amounts())
    except BadLetter as error:
        raise BadCampaign("letter", str(error)) from error
