"""Whoever is half-way when a campaign is stopped reads once what they keep, in their language, and not at night."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from incentives.domain.campaigns.stopping import kept_of, stop
from incentives.domain.ledger.verify import verify
from members.domain.notifications.writing import write_notifications
from members.models import Event, Member, Notification, NotificationChoice
from tests import factories
from tests.incentives.domain.campaigns.worlds import START, guest, judge, reach, running

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
STOP = START + 3 * DAY


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada", joined_at=START - 90 * DAY)
    factories.MemberFactory(ref="idle", joined_at=START - 90 * DAY)
    yield
    assert [proof for proof in verify() if not proof.holds] == []


@pytest.fixture
def campaign():
    """Ada's friend bo has broken the ice and waits for a month; another was there before and has stayed."""
    made = running(names={"en": "Spring", "zh-hans": "春天"})
    ada = Member.objects.get(ref="ada")
    stayed = guest(ada, "stayed", now=START + DAY)
    for stage in ("broke_ice_at", "active_at", "retained_at"):
        reach(stayed, stage, now=START + DAY)
    reach(guest(ada, "bo", now=START + DAY), "broke_ice_at", now=START + DAY)
    judge()
    Event.objects.filter(type__code="campaign.opened").exists()
    return made


def halted(campaign, now=STOP):
    kept = stop(campaign_id=campaign.pk, reason="Too many at once.", by=None, now=now)
    write_notifications(now=now)
    return kept


def told() -> dict[str, Notification]:
    found = Notification.objects.filter(template__code="spring-stopped").select_related("member")
    return {each.member.ref: each for each in found}


def test_those_half_way_are_told_once_what_they_keep_in_both_languages(campaign):
    foreseen = kept_of(campaign, now=STOP).told
    kept = halted(campaign)
    again = halted(campaign, now=STOP + DAY)

    assert (foreseen, kept.told, again.told) == (2, 2, 2)
    assert set(told()) == {"ada", "bo"}
    ada = told()["ada"]
    assert (ada.titles["en"], ada.titles["zh-hans"]) == ("“Spring” ends early", "「春天」提前结束")
    assert ada.texts["en"] == (
        "What you were given stays yours. 40 Points wait for you and unlock or lapse as promised. "
        "Whom you brought stays welcome; what they reach from now on is not paid any more."
    )
    assert "你带来的人依然受欢迎" in ada.texts["zh-hans"]
    assert "You are welcome here as before" in told()["bo"].texts["en"]
    assert "Too many at once." not in str([ada.texts, ada.titles])


def test_it_is_no_promotion_and_waits_for_the_morning(campaign):
    Member.objects.filter(ref="ada").update(time_zone="Asia/Tokyo")
    ada = Member.objects.get(ref="ada")
    NotificationChoice.objects.create(member=ada, wants_promotions=False)
    night = STOP.replace(hour=15)  # Midnight in Tokyo, afternoon in UTC.

    halted(campaign, now=night)

    kept = told()
    local = kept["ada"].shown_at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert (kept["ada"].kind, kept["ada"].promotion_day, local.hour) == ("service", None, 8)
    assert kept["bo"].shown_at == night


def test_house_accounts_and_whoever_is_banned_are_told_nothing(campaign):
    Member.objects.filter(ref="ada").update(is_house=True)
    Member.objects.filter(ref="bo").update(status="banned")

    assert (halted(campaign).told, told()) == (0, {})
