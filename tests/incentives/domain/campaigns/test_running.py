"""A campaign from its start to its end, or to the switch that stops it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from incentives.domain import pending
from incentives.domain.campaigns.advancing import advance_campaigns
from incentives.domain.campaigns.drafting import draft
from incentives.domain.campaigns.releasing import CannotRelease, release
from incentives.domain.campaigns.reporting import report_of
from incentives.domain.campaigns.starting import CannotStart, start
from incentives.domain.campaigns.stopping import CannotStop, stop
from incentives.domain.ledger.verify import verify
from incentives.enums import ReleasedTo, Slot
from incentives.models import Campaign, CampaignMember, CampaignRule, LimitUse, RuleVersion, SharedLimit
from members.domain.invitations.accepting import CannotJoin, accept
from members.domain.invitations.making import CannotInvite, invite
from members.domain.notifications.writing import write_notifications
from members.models import Event, Invitation, Member, MessageTemplate, Notification, Segment, SegmentMember
from tests import factories
from tests.incentives.domain.campaigns.worlds import START, answers, guest, judge, points, reach, running

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    yield
    assert [proof for proof in verify() if not proof.holds] == []


@pytest.fixture
def ada():
    return factories.MemberFactory(ref="ada", joined_at=START - 90 * DAY)


def told(campaign: str, kind: str) -> int:
    return Event.objects.filter(type__code=kind, payload__data__contains=f'"{campaign}"').count()


def test_starting_publishes_everything_together_and_once(ada):
    campaign = running(reserve=Decimal(100), numbers={"surprise": 10})

    again = start(campaign_id=campaign.pk, by=None, now=START + DAY)

    assert (again.state, again.started_at, again.audience_size) == ("running", START, 1)
    live = RuleVersion.objects.filter(rule__campaign_rule__campaign=campaign).values_list("rule__code", "state")
    assert dict(live) == {
        "spring-welcome": "live", "spring-friend": "live", "spring-task": "live", "spring-stay": "live",
        "spring-surprise": "live",
    }  # fmt: skip
    limits = {limit.code: limit.document["amount"] for limit in SharedLimit.objects.all()}
    assert limits == {"spring-budget": 1000, "spring-open": 900, "spring-hidden": 100}
    assert [stage.opens for stage in campaign.stages.all()] == ["letters"]
    template = MessageTemplate.objects.get(code="spring-opened")
    assert (template.code, template.kind, template.is_active) == ("spring-opened", "promotion", True)


def test_what_is_taken_already_stops_the_start_and_leaves_nothing_behind(ada):
    SharedLimit.objects.create(code="spring-budget", document={"per": "rule", "every": "ever", "times": 1})
    made = draft(template="bring-friends", answers=answers(), by=None)

    with pytest.raises(CannotStart, match="called spring-budget"):
        start(campaign_id=made.pk, by=None, now=START)

    assert not CampaignRule.objects.exists()
    assert Campaign.objects.get().state == "draft"
    with pytest.raises(CannotStart, match="Its time is over"):
        start(campaign_id=made.pk, by=None, now=START + 29 * DAY)


def test_a_guest_is_paid_for_breaking_the_ice_and_an_inviter_for_what_the_guest_did(ada):
    running()
    bo = guest(ada, "bo", now=START + DAY)
    judge()
    assert (points(bo.member), points(ada)) == ((0, 20), (0, 0))

    reach(bo, "broke_ice_at", now=START + DAY + timedelta(hours=2))
    judge()
    assert (points(bo.member), points(ada)) == ((20, 0), (0, 20))

    pending.settle_due(now=START + 9 * DAY)
    reach(bo, "retained_at", now=START + 32 * DAY)
    judge()
    assert points(ada) == (70, 0)


def test_a_guest_who_never_speaks_is_paid_nothing(ada):
    running()
    bo = guest(ada, "bo", now=START + DAY)
    judge()

    pending.settle_due(now=START + 7 * DAY)

    assert points(bo.member) == (0, 0)
    assert sum(LimitUse.objects.values_list("amount", flat=True)) == 0


def test_the_task_is_done_once_by_enough_friends_in_time(ada):
    campaign = running(numbers={"friends": 2, "days": 3})
    first, late, second = (guest(ada, f"g{day}", now=START + day * DAY) for day in (1, 5, 2))
    for each in (first, late):
        reach(each, "broke_ice_at", now=each.joined_at + timedelta(hours=1))
    assert advance_campaigns(now=START + 6 * DAY) == 1  # Ada hears of the campaign; one friend came too late.
    assert told("spring", "campaign.task_done") == 0

    reach(second, "broke_ice_at", now=START + 6 * DAY)
    advance_campaigns(now=START + 6 * DAY)
    advance_campaigns(now=START + 7 * DAY)
    judge()

    assert told("spring", "campaign.task_done") == 1
    assert CampaignMember.objects.get(member=ada).done_at == START + 6 * DAY
    assert points(ada)[1] == 3 * 20 + 100
    assert campaign.code == "spring"


def test_the_audience_is_told_once_in_the_words_of_the_campaign(ada):
    factories.MemberFactory(ref="team", is_house=True)
    left = factories.MemberFactory(ref="gone", status="left")
    running()
    factories.MemberFactory(ref="late", joined_at=START + DAY)

    counts = [advance_campaigns(now=START + n * DAY) for n in (1, 2)]
    while write_notifications(now=START + DAY):
        pass

    assert counts == [1, 0]
    note = Notification.objects.get()
    assert (note.member, note.kind, note.titles["en"]) == (ada, "promotion", "Who should be here too?")
    assert "29 Jul 2026" in note.texts["en"]
    assert not Event.objects.filter(member=left, type__code="campaign.opened").exists()


def test_one_budget_holds_for_all_rules_together(ada):
    campaign = running(budget=Decimal(50))
    for number in range(3):
        each = guest(ada, f"g{number}", now=START + DAY)
        reach(each, "broke_ice_at", now=START + DAY)
    judge()

    report = report_of(campaign, now=START + 2 * DAY)

    assert (report.cost, report.budget) == (50, 50)
    assert sum(slot.waiting for slot in report.slots) + points(ada)[0] <= 50


def test_stopping_ends_rules_codes_and_messages_and_keeps_what_was_assigned(ada):
    campaign = running()
    open_code = invite(inviter=ada, now=START, campaign="spring")
    bo = guest(ada, "bo", now=START + DAY)
    reach(bo, "broke_ice_at", now=START + DAY)
    cleo = guest(ada, "cleo", now=START + DAY)
    judge()

    kept = stop(campaign_id=campaign.pk, reason="Too many at once.", by=None, now=START + 2 * DAY)
    again = stop(campaign_id=campaign.pk, reason="", by=None, now=START + 3 * DAY)

    assert kept == again
    assert (kept.waiting, kept.amount, kept.members, kept.guests, kept.half_way) == (2, 40, 2, 2, 2)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.closed_at, campaign.reason) == ("stopped", START + 2 * DAY, "Too many at once.")
    assert set(RuleVersion.objects.values_list("state", flat=True)) == {"retired"}
    assert not MessageTemplate.objects.get(code="spring-opened").is_active
    with pytest.raises(CannotJoin, match="taken back"):
        accept(code=open_code.code, ref="dora", now=START + 3 * DAY)
    with pytest.raises(CannotInvite, match="stopped"):
        invite(inviter=ada, now=START + 3 * DAY, campaign="spring")

    # What was assigned unlocks or lapses as promised; what is reached from now on pays nobody.
    reach(cleo, "broke_ice_at", now=START + 3 * DAY)
    reach(bo, "retained_at", now=START + 33 * DAY)
    judge()
    pending.settle_due(now=START + 40 * DAY)
    assert (points(ada), points(bo.member), points(cleo.member)) == ((20, 0), (20, 0), (20, 0))
    assert advance_campaigns(now=START + 40 * DAY) == 0


def test_what_happened_before_the_stop_is_judged_by_the_rules_as_they_were(ada):
    campaign = running()
    bo = guest(ada, "bo", now=START + DAY)
    reach(bo, "broke_ice_at", now=START + DAY)

    stop(campaign_id=campaign.pk, reason="Enough.", by=None, now=START + 2 * DAY)
    judge()

    assert points(ada) == (0, 20)


def test_there_is_nothing_to_stop_of_a_draft_and_no_stop_without_a_reason(ada):
    made = draft(template="bring-friends", answers=answers(), by=None)
    with pytest.raises(CannotStop, match="not begun"):
        stop(campaign_id=made.pk, reason="x", by=None, now=START)
    start(campaign_id=made.pk, by=None, now=START)

    with pytest.raises(CannotStop, match="Say why"):
        stop(campaign_id=made.pk, reason=" ", by=None, now=START)

    assert Campaign.objects.get().state == "running"


def test_it_ends_by_itself_and_pays_on_for_guests_on_their_way(ada):
    campaign = running()
    bo = guest(ada, "bo", now=START + 27 * DAY)

    advance_campaigns(now=START + 28 * DAY)
    reach(bo, "retained_at", now=START + 58 * DAY)
    judge()

    campaign.refresh_from_db()
    assert (campaign.state, points(ada)) == ("ended", (50, 0))
    assert not MessageTemplate.objects.get(code="spring-opened").is_active
    advance_campaigns(now=START + 69 * DAY)
    assert set(RuleVersion.objects.values_list("state", flat=True)) == {"retired"}


def test_known_voices_invite_first_and_codes_of_partners_open_with_their_stage(ada):
    voices = Segment.objects.create(code="voices")
    bo = factories.MemberFactory(ref="bo", joined_at=START - DAY)
    SegmentMember.objects.create(segment=voices, member=ada, since=START)
    running("partner-season", voices=voices)

    assert invite(inviter=ada, now=START + DAY, campaign="spring").expires_at == START + 28 * DAY
    with pytest.raises(CannotInvite, match="2026-07-15"):
        invite(inviter=bo, now=START + DAY, campaign="spring")
    partner = Invitation.objects.filter(channel="partner").first()
    with pytest.raises(CannotJoin, match="opens on 2026-07-08"):
        accept(code=partner.code, ref="eve", now=START + 6 * DAY)

    assert accept(code=partner.code, ref="eve", now=START + 7 * DAY).is_new
    assert invite(inviter=bo, now=START + 14 * DAY, campaign="spring").campaign == "spring"
    assert Invitation.objects.filter(channel="partner").count() == 2


def test_coming_back_is_paid_in_the_next_round_only_and_once(ada):
    before = running()
    bo = factories.MemberFactory(ref="bo", joined_at=START - DAY)
    guest(ada, "first", now=START + DAY)
    advance_campaigns(now=START + 28 * DAY)
    begins = START + 30 * DAY
    running("next-round", now=begins, code="summer", follows=before, begins_at=begins, ends_at=begins + 28 * DAY,
            numbers={"friends": 50})  # fmt: skip
    for inviter in (ada, bo):
        for number in range(2):
            each = guest(inviter, f"{inviter.ref}-{number}", now=begins + DAY, code="summer")
            reach(each, "broke_ice_at", now=begins + DAY)

    for _twice in range(2):
        advance_campaigns(now=begins + 2 * DAY)
    judge()

    assert told("summer", "campaign.returned") == 1
    assert (points(ada), points(bo)) == ((40, 40), (0, 40))


def test_a_surprise_goes_to_all_who_came_so_far_once_and_never_beyond_the_reserve(ada):
    campaign = running(reserve=Decimal(50), numbers={"surprise": 20})
    for number in range(2):
        reach(guest(ada, f"g{number}", now=START + DAY), "broke_ice_at", now=START + DAY)
    first = release(campaign_id=campaign.pk, whom=ReleasedTo.SPOKE, reason="A lovely week.", by="ines", now=START + DAY)
    reach(guest(ada, "g2", now=START + 2 * DAY), "broke_ice_at", now=START + 2 * DAY)

    with pytest.raises(CannotRelease, match="would get 20, and 10 are left"):
        release(campaign_id=campaign.pk, whom=ReleasedTo.SPOKE, reason="Another.", by="ines", now=START + 3 * DAY)
    with pytest.raises(CannotRelease, match="nobody yet"):
        release(campaign_id=campaign.pk, whom=ReleasedTo.RETAINED, reason="x", by="ines", now=START + 3 * DAY)
    with pytest.raises(CannotRelease, match="Say why"):
        release(campaign_id=campaign.pk, whom=ReleasedTo.SPOKE, reason="", by="ines", now=START + 3 * DAY)
    judge()

    assert (first.members, first.amount, first.released_by) == (2, 40, "ines")
    paid = [points(Member.objects.get(ref=f"g{number}"))[0] for number in range(3)]
    assert paid == [40, 40, 20]
    hidden = next(slot for slot in report_of(campaign, now=START + 3 * DAY).slots if slot.slot == Slot.HIDDEN)
    assert (hidden.awards, hidden.cost) == (2, 40)
