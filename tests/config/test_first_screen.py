"""What the first screen of the points page chooses to say."""

from __future__ import annotations

import pytest
from django.utils import timezone

from config.site import first_screen, quests
from config.site.first_screen import Best, Questions, Waiting
from config.site.gatherings.mine import mine_of
from config.site.queries import page as queries
from config.site.rights import Rights
from incentives.enums import CaseState
from incentives.models import Case
from members.domain.connections.queries import proposals_of
from members.domain.invitations.queries import inviting_of
from members.domain.needs.queries import market_of
from members.domain.notifications.inbox import Inbox, inbox_of
from members.domain.spaces.queries import belonging_of
from members.models import Invitation, Notification, Referral
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    factories.world()
    return factories.MemberFactory(ref="ada")


def best_of(member):
    now = timezone.now()
    page = queries.page_of(member, now=now)
    return first_screen.next_best(page, quests.quests_on_page(member, currency="points", now=now))


def waiting_of(member, inbox=None):
    now = timezone.now()
    return first_screen.waiting_for(
        page=queries.page_of(member, now=now), rights=Rights([], []), market=market_of(member, now=now),
        proposals=proposals_of(member.pk), inbox=inbox or inbox_of(member, now=now, count=20),
        questions=first_screen.questions_of(member), belonging=belonging_of(member, now=now),
        inviting=inviting_of(member, now=now), gatherings=mine_of(member, now=now),
    )  # fmt: skip


def case(member, state):
    now = timezone.now()
    waits, is_closed = state == CaseState.OPEN, state == CaseState.CLOSED
    return Case.objects.create(
        member=member, state=state, finding="nothing", happened_at=now, opened_at=now, asked_at=now if waits else None,
        due_at=now if waits else None, closed_at=now if is_closed else None,
    )  # fmt: skip


def test_where_nothing_is_offered_there_is_no_next_step(ada):
    assert best_of(ada) is None
    assert waiting_of(ada) == []


def test_an_open_way_is_the_next_step_of_whoever_is_on_no_quest(ada):
    factories.rule({"code": "post", "name": {"en": "A post"}, "then": [award(7)]})

    assert best_of(ada) == Best("i-ribbon", "A post", "", "#earn", pays=7)


def test_what_was_begun_comes_before_what_could_be_begun(ada):
    post = {"code": "post", "name": {"en": "Post"}, "when": "content.published"}
    factories.quest({"code": "later", "name": {"en": "Later"}, "begins": "by_choice", "steps": [post]})
    assert best_of(ada).begins == "later"

    factories.quest({"code": "far", "name": {"en": "Far"}, "steps": [{**post, "count": 9}]})
    factories.quest({"code": "near", "name": {"en": "Near"}, "steps": [{**post, "count": 2}]})
    factories.report(item("e1", "ada"))
    factories.judge()

    found = best_of(ada)
    assert (found.title, found.reached, found.wanted, found.begins) == ("Near", 1, 2, "")


def test_what_a_member_is_asked_stands_before_what_others_do_for_them(ada):
    case(ada, CaseState.OPEN)
    case(ada, CaseState.ANSWERED)
    case(ada, CaseState.CLOSED)
    code, guest = Invitation.objects.create(code="NGUEST", inviter=ada, uses=1), factories.MemberFactory(ref="guest")
    Referral.objects.create(member=guest, inviter=ada, invitation=code, joined_at=timezone.now())

    assert first_screen.questions_of(ada) == Questions(waiting=1, answered=1)
    assert waiting_of(ada, Inbox([], 2, wants_promotions=True)) == [
        Waiting("i-info", "1 question of yours is answered", "/me/missing/#cases", is_asked=True),
        Waiting("i-bell", "2 unread notifications", "#inbox", is_asked=True),
        Waiting("i-search", "The team looks at 1 question of yours", "/me/missing/"),
        Waiting("i-invite", "1 guest of yours is finding their feet", "#invite"),
    ]


def test_unread_notifications_stand_first_and_the_rest_is_folded():
    now = timezone.now()
    lines = [Notification(pk=pk, read_at=None if pk % 2 else now) for pk in range(9, 0, -1)]

    inbox = Inbox(lines, unread=5, wants_promotions=True)

    assert [line.pk for line in inbox.fresh] == [9, 7, 5]
    assert [line.pk for line in inbox.earlier] == [8, 6, 4, 3, 2, 1]
