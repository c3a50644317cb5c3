"""The first screen of the points page: one next best thing, and what waits for the member."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from config.site.gatherings.mine import Mine, waiting_lines
from config.site.queries.page import Page
from config.site.quests import Quest, Quests
from config.site.rights import Rights
from config.templatetags.names import short_date
from incentives.domain.earnings import OPEN, Way
from incentives.enums import CaseState
from incentives.models import WAITING_CASES, Case
from members.domain.connections.queries import Proposal
from members.domain.invitations.queries import Inviting
from members.domain.needs.queries import Market
from members.domain.notifications.inbox import Inbox
from members.domain.spaces.queries import Belonging
from members.domain.texts import text_in
from members.models import Member


@dataclass(frozen=True, slots=True)
class Best:
    """The one thing to do next: what it is, how far the member is in it (`wanted` 0: nothing to count), what it pays.

    `begins` is the code of a quest that is begun by a press.
    """

    icon: str
    title: str
    words: str
    href: str
    pays: Decimal | None = None
    reached: int = 0
    wanted: int = 0
    begins: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits: in words, and where it stands. `is_asked` says that it waits for the member's answer."""

    icon: str
    words: str
    href: str
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Questions:
    """How many of a member's questions wait for the team, and how many were answered and are not closed yet."""

    waiting: int
    answered: int

    @property
    def open(self) -> int:
        return self.waiting + self.answered


def questions_of(member: Member) -> Questions:
    states = list(Case.objects.filter(member=member).exclude(state=CaseState.CLOSED).values_list("state", flat=True))
    waiting = sum(state in WAITING_CASES for state in states)
    return Questions(waiting, len(states) - waiting)


def next_best(page: Page, quests: Quests) -> Best | None:
    """What is nearest to its end: a quest under way, a way with a goal, a quest to begin, any way that is open.

    None beside the welcome, which says itself what comes next.
    """
    if quests.welcome is not None:
        return None
    current = [quest for quest in quests.current if not quest.is_offered]
    ways = [way for way in page.ways if way.state == OPEN]
    goals = [way for way in ways if way.goal is not None]
    offered = [quest for quest in quests.current if quest.is_offered]
    if current:
        return _quest(max(current, key=lambda quest: quest.reached / max(quest.wanted, 1)))
    if goals:
        return _way(max(goals, key=lambda way: way.goal.share if way.goal is not None else 0))
    if offered:
        return _quest(offered[0])
    return _way(ways[0]) if ways else None


def waiting_for(
    *, page: Page, rights: Rights, market: Market, proposals: list[Proposal], inbox: Inbox, questions: Questions,
    belonging: Belonging, inviting: Inviting, gatherings: Mine,
) -> list[Waiting]:  # fmt: skip
    """Everything that waits: first what the member is asked, then what others are doing for them."""
    of_activities = [Waiting(icon, words, href, is_asked) for icon, words, href, is_asked in waiting_lines(gatherings)]
    lines = [each for each in of_activities if each.is_asked]
    lines += [*_asked(page, market, proposals, questions, inbox)]
    lines += [each for each in of_activities if not each.is_asked]
    with_team = [asked for asked in rights.asked if asked.can_cancel]
    if with_team:
        lines.append(_with_team(len(with_team), min((a.use.due_at for a in with_team if a.use.due_at), default=None)))
    if questions.waiting:
        words = ngettext(
            "The team looks at %(count)d question of yours", "The team looks at %(count)d questions of yours",
            questions.waiting,
        )  # fmt: skip
        lines.append(Waiting("i-search", words % {"count": questions.waiting}, reverse("missing")))
    for place in belonging.places:
        if place.place:
            name = text_in(place.space.names, get_language() or "en", place.space.ref)
            words = _("%(space)s: number %(place)d in line") % {"space": name, "place": place.place}
            lines.append(Waiting("i-users", words, "#spaces"))
    under_way = inviting.guests.joined - inviting.guests.active
    if under_way > 0:
        words = ngettext(
            "%(count)d guest of yours is finding their feet", "%(count)d guests of yours are finding their feet",
            under_way,
        )  # fmt: skip
        lines.append(Waiting("i-invite", words % {"count": under_way}, "#invite"))
    return lines


def _asked(page: Page, market: Market, proposals: list[Proposal], questions: Questions, inbox: Inbox) -> list[Waiting]:
    found = []
    for href, ladder in [("#tier", page.ladder), *(("#ladders", other) for other in page.others)]:
        if ladder is not None and ladder.invitation is not None:
            words = _("You are invited to become %(tier)s.") % {"tier": ladder.invitation.name}
            found.append(Waiting("i-medal", words, href, is_asked=True))
    counted = [
        (market.waiting if market.may else 0, "i-chat", "#needs",
         ngettext("%(count)d answer about a need", "%(count)d answers about needs", market.waiting)),
        (len(proposals), "i-hello", "#circle",
         ngettext("%(count)d introduction to say yes or no to", "%(count)d introductions to say yes or no to",
                  len(proposals))),
        (1 if page.conduct.rules else 0, "i-book", "#conduct", _("Our rules, to read and to accept")),
        (questions.answered, "i-info", f"{reverse('missing')}#cases",
         ngettext("%(count)d question of yours is answered", "%(count)d questions of yours are answered",
                  questions.answered)),
        (inbox.unread, "i-bell", "#inbox",
         ngettext("%(count)d unread notification", "%(count)d unread notifications", inbox.unread)),
    ]  # fmt: skip
    for count, icon, href, words in counted:
        if count:
            found.append(Waiting(icon, words % {"count": count}, href, is_asked=True))
    return found


def _with_team(count: int, due_at: datetime | None) -> Waiting:
    words = ngettext(
        "%(count)d thing you asked for is with the team", "%(count)d things you asked for are with the team", count
    ) % {"count": count}
    if due_at is not None:
        words = _("%(what)s, the next by %(date)s") % {"what": words, "date": short_date(due_at)}
    return Waiting("i-ticket", words, "#privileges")


def _quest(quest: Quest) -> Best:
    following = next((step.name for step in quest.steps if step.is_next), "")
    return Best(
        quest.icon, quest.name, following if len(quest.steps) > 1 else quest.text, "#quests", quest.pays,
        0 if quest.is_offered else quest.reached, 0 if quest.is_offered else quest.wanted,
        begins=quest.code if quest.is_offered else "",
    )  # fmt: skip


def _way(way: Way) -> Best:
    pays = next((pay.most for pay in way.pays if pay.most is not None and pay.is_fixed), None)
    goal = way.goal
    return Best(
        "i-ribbon", way.name, "", "#earn", pays, goal.reached if goal is not None else 0,
        goal.wanted if goal is not None else 0,
    )  # fmt: skip
