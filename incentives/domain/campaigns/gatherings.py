"""Activities that a campaign owns: apps above this one keep them, and are asked to draft, show and call them off.

Each is a module named in `settings.CAMPAIGN_ACTIVITIES` with the functions that are called here, in the transaction
that starts or stops the campaign.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from incentives.models import Campaign, CampaignStage

Texts = Mapping[str, str]


class CannotCallOff(Exception):
    """Something was to be called off that cannot be; the message says what."""


@dataclass(frozen=True, slots=True)
class PlannedActivity:
    """An activity to be drafted when the campaign starts. Without `seats` it has no bound."""

    code: str
    kind: str
    names: Texts
    summaries: Texts
    place: str
    starts_at: datetime
    ends_at: datetime
    seats: int | None
    guests: int
    is_for_audience: bool
    stage: CampaignStage

    @property
    def is_in_its_stage(self) -> bool:
        return self.stage.begins_at <= self.starts_at and self.ends_at <= self.stage.ends_at


@dataclass(frozen=True, slots=True)
class ForeseenActivity:
    """An activity as it would be drafted: its kind in words, and what is missing before it can be announced."""

    planned: PlannedActivity
    kind: str
    missing: Sequence[str]


@dataclass(frozen=True, slots=True)
class OwnedActivity:
    """An activity that a campaign has. Whoever stops the campaign decides about those that can be called off."""

    code: str
    names: Texts
    kind: str
    state: str
    state_words: str
    starts_at: datetime
    seats: int | None
    taken: int
    can_be_called_off: bool


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """What an activity of a campaign came to; money in major units of its own money."""

    code: str
    names: Texts
    kind: str
    state: str
    starts_at: datetime
    registered: int
    came: int
    new_members: int
    money: str
    cost: Decimal | None
    income: Decimal


def problems(planned: Sequence[PlannedActivity]) -> list[str]:
    """Why these cannot be drafted, in sentences; empty where they can."""
    found = [
        _("%(code)s would not be within its stage; choose another day for it.") % {"code": each.code}
        for each in planned
        if not each.is_in_its_stage
    ]
    return found + [sentence for keeper in _keepers() for sentence in keeper.problems(planned)]


def foreseen(campaign: Campaign, planned: Sequence[PlannedActivity], *, now: datetime) -> list[ForeseenActivity]:
    """How they would be drafted; nothing is stored."""
    return [each for keeper in _keepers() for each in keeper.foreseen(campaign, planned, now=now)]


def begin(campaign: Campaign, planned: Sequence[PlannedActivity]) -> None:
    """Draft them; operators look at each, and announce it as any other."""
    for keeper in _keepers():
        keeper.begin(campaign, planned)


def owned(campaign: Campaign) -> list[OwnedActivity]:
    """Every activity of a campaign, also those that were put under it by hand, the first one first."""
    return [each for keeper in _keepers() for each in keeper.owned(campaign)]


def stop(campaign: Campaign, *, call_off: Collection[str], reason: str, by: str, now: datetime) -> None:
    """Remove the drafts that nobody touched, and call off those that are named, with the reason that is read.

    Everything else stays. Raises CannotCallOff.
    """
    for keeper in _keepers():
        keeper.stop(campaign, call_off=call_off, reason=reason, by=by, now=now)


def report(campaign: Campaign) -> list[ActivityLine]:
    """A line for each activity, in a fixed number of queries."""
    return [each for keeper in _keepers() for each in keeper.report(campaign)]


def who_came(campaign: Campaign) -> list[QuerySet[Any]]:
    """The ids of the members who came to its activities, as queries to look in."""
    return [keeper.who_came(campaign) for keeper in _keepers()]


def _keepers() -> Iterator[Any]:
    return (import_module(name) for name in settings.CAMPAIGN_ACTIVITIES)
