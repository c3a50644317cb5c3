"""A member's quests as their page shows them: the welcome on top, others beside, and what is over folded away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from config.site import drawing
from incentives.domain.quests.queries import OFFERED, READY, QuestLine, StepLine, quests_of
from incentives.domain.quests.rewards import Reward
from incentives.enums import RunState
from members.domain.newcomers.queries import greeter_of
from members.domain.outcomes import PAGE_OPENED
from members.domain.texts import text_in
from members.models import Member

OVER_SHOWN_MAX = 5
ICONS = {"week": "i-calendar", "month": "i-calendar", "season": "i-snow", "once": "i-flag"}


@dataclass(frozen=True, slots=True)
class Step:
    """A step in words: `says` is how far, empty for one thing to do; `is_missed` that its own time is up."""

    code: str
    name: str
    says: str
    reached: int
    wanted: int
    is_done: bool
    is_next: bool
    is_missed: bool
    pays: Decimal | None


@dataclass(frozen=True, slots=True)
class Quest:
    """A quest in words. `reached` of `wanted` is the bar: events of its one step, or steps."""

    code: str
    name: str
    text: str
    icon: str
    state: str
    steps: list[Step]
    reached: int
    wanted: int
    due_at: datetime | None
    closed_at: datetime | None
    pays: Decimal | None
    with_badge: bool
    resting: str
    sprig: drawing.Sprig

    @property
    def is_offered(self) -> bool:
        return self.state == OFFERED


@dataclass(frozen=True, slots=True)
class Quests:
    """The welcome that is under way, whom its newcomer may turn to, and the other quests."""

    welcome: Quest | None
    greeter: str
    current: list[Quest]
    over: list[Quest]


def quests_on_page(member: Member, *, currency: str, now: datetime) -> Quests:
    """What the page shows; `currency` is the one whose pay is told."""
    lines = quests_of(member, now=now)
    welcome = next((each for each in lines if each.is_welcome and each.state == RunState.OPEN), None)
    current = [each for each in lines if each is not welcome and each.state in (RunState.OPEN, READY, OFFERED)]
    # What was not even begun is nothing to look back at.
    over = [each for each in lines if each.state == RunState.COMPLETED or (each.closed_at and each.done)]
    greeter = greeter_of(member) if welcome is not None else None
    return Quests(
        welcome=_quest(welcome, currency, now) if welcome is not None else None,
        greeter=(greeter.display_name or greeter.ref) if greeter is not None else "",
        current=[_quest(each, currency, now) for each in current],
        over=[_quest(each, currency, now) for each in over[:OVER_SHOWN_MAX]],
    )


def _quest(line: QuestLine, currency: str, now: datetime) -> Quest:
    language = get_language() or "en"
    steps = _steps(line, currency, now, language)
    only = line.steps[0] if len(line.steps) == 1 else None
    whole = [*line.rewards, *(reward for step in line.steps for reward in step.rewards)]
    return Quest(
        code=line.code,
        name=text_in(dict(line.names), language, line.code),
        text=text_in(dict(line.texts), language),
        icon="i-leaf" if any(step.streak is not None for step in line.steps) else ICONS[line.repeat],
        state=line.state,
        steps=steps,
        reached=only.reached if only is not None else line.done,
        wanted=only.wanted if only is not None else len(line.steps),
        due_at=line.due_at,
        closed_at=line.closed_at,
        pays=_pays(whole, currency),
        with_badge=any(reward.badge for reward in whole),
        resting=_resting(line),
        sprig=drawing.sprig([step.is_done for step in steps]),
    )


def _steps(line: QuestLine, currency: str, now: datetime, language: str) -> list[Step]:
    found = []
    is_next = line.state == RunState.OPEN
    for step in line.steps:
        # Whoever reads this has the page open; the step is counted in a moment.
        is_open_page = line.state == RunState.OPEN and step.when == PAGE_OPENED
        is_done = step.done_at is not None or is_open_page
        is_missed = not is_done and step.due_at is not None and step.due_at <= now
        is_here = is_next and not is_done and not is_missed
        is_next = is_next and not is_here
        found.append(
            Step(
                code=step.code,
                name=text_in(dict(step.names), language, step.code),
                says=_says(step) if not is_done and step.wanted > 1 else "",
                reached=step.reached,
                wanted=step.wanted,
                is_done=is_done,
                is_next=is_here,
                is_missed=is_missed,
                pays=_pays(step.rewards, currency),
            )
        )
    return found


def _says(step: StepLine) -> str:
    return _("%(reached)d of %(wanted)d") % {"reached": step.reached, "wanted": step.wanted}


def _pays(rewards: list[Reward], currency: str) -> Decimal | None:
    amounts = [each.amount for each in rewards if each.currency == currency and each.amount is not None]
    return sum(amounts, Decimal(0)) if amounts else None


def _resting(line: QuestLine) -> str:
    """How many weeks may be rested: said as a promise, never as a threat."""
    streak = next((step.streak for step in line.steps if step.streak is not None), None)
    if streak is None or line.closed_at is not None:
        return ""
    left = streak.rests_left
    if not left:
        return _("Weeks with a contribution count.")
    words = ngettext(
        "Weeks with a contribution count; you may rest %(count)d more week this season.",
        "Weeks with a contribution count; you may rest %(count)d more weeks this season.", left,
    )  # fmt: skip
    return words % {"count": left}
