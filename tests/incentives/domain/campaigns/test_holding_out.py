"""A tenth at most of those whom something hidden is for gets nothing, the same ones always, and nobody is told."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from incentives.domain.campaigns import holding_out
from incentives.domain.campaigns.drafting import BadCampaign, draft
from incentives.domain.campaigns.preview import preview_of
from incentives.domain.campaigns.releasing import CannotRelease, release, waiting_for
from incentives.domain.campaigns.reporting import report_of
from incentives.domain.campaigns.starting import CannotStart, start
from incentives.domain.campaigns.stopping import stop
from incentives.domain.ledger.verify import verify
from incentives.domain.takeout import data_of
from incentives.enums import ReleasedTo
from incentives.models import Campaign, CampaignRelease
from members.domain.conduct.acceptance import publish_rules
from members.domain.newcomers.shares import Share, difference
from members.models import CommunityRules, Event, EventType, Member
from tests import factories
from tests.incentives.domain.campaigns.worlds import START, answers, guest, judge, points, reach, running

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HIDDEN = {"reserve": Decimal(900), "numbers": {"surprise": 10, "welcome": 0, "per_friend": 0, "stay": 0}}


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada", joined_at=START - 90 * DAY)
    yield
    assert [proof for proof in verify() if not proof.holds] == []


def terms(*, tell: bool = True) -> None:
    rules = CommunityRules.objects.create(number=1, tells_of_hold_outs=tell)
    publish_rules(rules=rules, now=START - 60 * DAY)


def with_guests(count: int, **more) -> Campaign:
    """A campaign of which so many guests have broken the ice."""
    terms()
    campaign = running(hold_out=10, **HIDDEN | more)
    for number in range(count):
        reach(guest(None, f"g{number}", now=START + DAY), "broke_ice_at", now=START + DAY)
    return campaign


def surprise(campaign, now=START + 2 * DAY, whom=ReleasedTo.SPOKE):
    made = release(campaign_id=campaign.pk, whom=whom, reason="Thanks.", by="host", now=now)
    judge()
    return made


REFUSED = [
    ("too many", {**HIDDEN, "hold_out": 11}, "At most 10 %"),
    ("below nothing", {**HIDDEN, "hold_out": -1}, "At most 10 %"),
    ("nothing hidden", {"hold_out": 5}, "nobody was promised"),
    ("too long", {**HIDDEN, "hold_out": 5, "ends_at": START + 61 * DAY}, "lasts 60 days at most"),
]


@pytest.mark.parametrize(("_case", "given", "sentence"), REFUSED, ids=[case[0] for case in REFUSED])
def test_only_what_is_hidden_holds_out_at_most_a_tenth_for_at_most_sixty_days(_case, given, sentence):
    with pytest.raises(BadCampaign, match=sentence) as refused:
        draft(template="bring-friends", answers=answers(**given), by=None)

    assert refused.value.field == "hold_out"
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("change", [{"hold_out": 11}, {"reserve": 0}, {"length_days": 61}])
def test_the_database_holds_it_too(change):
    terms()
    running(hold_out=10, **HIDDEN)

    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.update(**change)


@pytest.mark.parametrize("tell", [None, False])
def test_nobody_is_held_out_before_the_rules_say_that_this_happens(tell):
    if tell is not None:
        terms(tell=tell)
    made = draft(template="bring-friends", answers=answers(hold_out=10, **HIDDEN), by=None)

    assert any("held out" in problem for problem in preview_of(made, now=START).problems)
    with pytest.raises(CannotStart, match="held out"):
        start(campaign_id=made.pk, by=None, now=START)


def test_who_is_held_out_is_the_same_always_and_never_more_than_the_share():
    terms()
    campaign = running(hold_out=10, **HIDDEN)
    people = list(range(1, 2001))

    held = holding_out.held_out(campaign, people)

    assert held == holding_out.held_out(campaign, people[::-1])
    assert 150 <= len(held) <= 200
    assert all(len(holding_out.held_out(campaign, people[:count])) <= count // 10 for count in range(60))
    campaign.pk += 1
    assert held != holding_out.held_out(campaign, people)


def test_those_held_out_never_get_it_whoever_releases_again_and_nobody_is_told():
    campaign = with_guests(40)
    made = surprise(campaign)
    held = set(campaign.members.exclude(held_out_at=None).values_list("member_id", flat=True))

    reach(guest(None, "late", now=START + 3 * DAY), "broke_ice_at", now=START + 3 * DAY)
    again = surprise(campaign, now=START + 4 * DAY)
    with pytest.raises(CannotRelease, match="nobody yet"):
        surprise(campaign, now=START + 5 * DAY)

    assert 1 <= len(held) == made.held_out <= 4
    assert (made.members + made.held_out, again.members, again.held_out) == (40, 1, 0)
    assert not waiting_for(campaign, ReleasedTo.SPOKE, START + 6 * DAY).filter(pk__in=held).exists()
    for pk in held:
        member = Member.objects.get(pk=pk)
        assert points(member) == (0, 0)
        assert not Event.objects.filter(member=member, type__code="campaign.surprise").exists()
        assert "held_out" not in str(data_of(member, now=START))
    stop(campaign_id=campaign.pk, reason="Over.", by=None, now=START + 7 * DAY)
    assert "held_out_at" in str(data_of(Member.objects.get(pk=min(held)), now=START))


def test_a_release_holds_out_a_tenth_at_most_whatever_is_written():
    campaign = with_guests(10)
    surprise(campaign)

    with pytest.raises(IntegrityError), transaction.atomic():
        CampaignRelease.objects.update(held_out=2)


def test_the_report_compares_those_who_got_it_with_those_held_out():
    EventType.objects.filter(code="content.published").update(is_contribution=True)
    campaign = with_guests(40)
    surprise(campaign)
    moment = START + 2 * DAY
    got = list(campaign.members.exclude(surprised_at=None).order_by("pk"))
    held = campaign.members.exclude(held_out_at=None).count()
    for each in got[:3]:
        when = (moment + 8 * DAY).isoformat()
        factories.report(factories.item(f"e{each.pk}", each.member.ref, time=when), now=START + 90 * DAY)
    guest(got[0].member, "brought", now=moment + DAY)

    young = report_of(campaign, now=moment + 13 * DAY).held_out[0]
    week, month, later = report_of(campaign, now=START + 90 * DAY).held_out

    assert (young.given.of, young.held.of) == (0, 0)
    assert (week.days, week.given, week.held) == (7, Share(3, len(got)), Share(0, held))
    assert (week.given_steps.count, week.held_steps.count, month.given.count, later.given.of) == (1, 0, 0, len(got))
    assert week.is_small
    assert week.stayed_more[0] < 0 < week.stayed_more[1]


def test_a_campaign_without_a_hold_out_compares_nothing():
    assert report_of(running(), now=START + 90 * DAY).held_out == []


DIFFERENCES = [
    (Share(56, 70), Share(48, 80), (5, 33)),  # Newcombe's own example, rounded to whole points.
    (Share(0, 0), Share(0, 0), (-71, 71)),
    (Share(10, 10), Share(0, 10), (61, 100)),
]


@pytest.mark.parametrize(("one", "other", "interval"), DIFFERENCES)
def test_a_difference_of_shares_has_its_interval(one, other, interval):
    assert difference(one, other) == interval
