"""A campaign the whole way: five answers, a preview, the start, guests, the report, the switch."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group as Role
from django.test import Client
from django.utils import timezone

from config import roles
from config.today.groups import GROUPS
from incentives.domain.campaigns.advancing import advance_campaigns
from incentives.domain.erasing import erase
from incentives.domain.ledger.verify import verify
from incentives.domain.merging import merge
from incentives.domain.takeout import data_of
from incentives.models import Campaign, CampaignMember, RuleVersion
from members.domain.invitations.making import invite
from members.models import EventType, GrowthWindow, Invitation, Member, Referral
from tests import factories
from tests.incentives.domain.campaigns.worlds import START, guest, judge, points, reach, running

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada", joined_at=START - 90 * DAY)
    yield
    assert [proof for proof in verify() if not proof.holds] == []


def desk(role: str) -> Client:
    user = get_user_model().objects.create_user(role, is_staff=True)
    user.groups.add(Role.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def stopping(client, code, **body):
    return client.post(f"/api/v1/campaigns/{code}/stop", json.dumps(body), content_type="application/json")


def test_an_operator_answers_five_questions_previews_starts_and_stops(client_of):
    operator = desk(roles.COMMUNITY)
    assert b"Answer five questions" in operator.get("/admin/incentives/campaign/add/").content
    page = operator.get("/admin/incentives/campaign/add/?template=bring-friends")
    form = page.context["form"]
    proposed = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    given = {name: "" if value is None else value for name, value in proposed.items()}
    given |= {"code": "spring", "names_en": "Spring friends", "currency": form.fields["currency"].queryset.get().pk}

    wrong = operator.post("/admin/incentives/campaign/add/?template=bring-friends", {**given, "letter_en": "Win 20!"})
    assert "Take out" in wrong.content.decode()
    assert not Campaign.objects.exists()
    kept = operator.post("/admin/incentives/campaign/add/?template=bring-friends", given, follow=True)
    campaign = Campaign.objects.get()
    seen = kept.context["preview"]
    assert (seen.problems, seen.audience, campaign.owner.username) == ([], 1, roles.COMMUNITY)
    assert "A friend broke the ice" in kept.content.decode()

    operator.post(
        f"/admin/incentives/campaign/{campaign.pk}/start/",
        {"_form_submitted": "on", "reason": "It is time."},
        follow=True,
    )
    campaign.refresh_from_db()
    assert campaign.state == "running"
    refused = operator.get(f"/admin/incentives/campaign/{campaign.pk}/questions/", follow=True)
    assert "what was promised does not change" in refused.content.decode()

    operator.post(
        f"/admin/incentives/campaign/{campaign.pk}/stop/",
        {"_form_submitted": "on", "reason": "Enough for now."},
        follow=True,
    )
    campaign.refresh_from_db()
    assert (campaign.state, campaign.reason) == ("stopped", "Enough for now.")
    assert "Enough for now." in operator.get(f"/admin/incentives/campaign/{campaign.pk}/change/").content.decode()


def test_who_only_looks_starts_and_stops_nothing():
    campaign = running()
    viewer = desk(roles.VIEWER)

    assert viewer.get(f"/admin/incentives/campaign/{campaign.pk}/change/").status_code == 200
    assert viewer.get("/admin/incentives/campaign/add/").status_code == 403
    assert viewer.post(f"/admin/incentives/campaign/{campaign.pk}/stop/", {"reason": "x"}).status_code == 403
    assert viewer.get(f"/admin/incentives/campaign/{campaign.pk}/questions/").status_code == 403
    assert Campaign.objects.get().state == "running"


def test_an_app_reads_what_a_campaign_came_to_and_stops_it_once(client_of):
    client = client_of()
    campaign = running()
    ada = Member.objects.get(ref="ada")
    for number, stages in enumerate((["broke_ice_at", "active_at", "retained_at"], ["broke_ice_at"], [])):
        each = guest(ada, f"g{number}", now=START + DAY)
        for stage in stages:
            reach(each, stage, now=START + 2 * DAY)
    judge()

    listed = client.get("/api/v1/campaigns?state=running").json()["results"]
    report = client.get("/api/v1/campaigns/spring/report").json()
    first = stopping(client, "spring", reason="Too many at once.")
    again = stopping(client, "spring", reason="Another reason.")

    assert [(each["code"], each["budget"], each["audience"]) for each in listed] == [("spring", "1000", None)]
    assert report["steps"] == {"sent": 3, "joined": 3, "broke_ice": 2, "active": 1, "retained": 1}
    assert (report["k"], report["cost"], report["per_retained"]) == ("3.0000", "150", "150.00")
    costs = {slot["slot"]: (slot["awards"], slot["cost"], slot["waiting"]) for slot in report["slots"]}
    assert costs == {"attract": (3, "60", "20"), "induce": (3, "90", "40")}
    assert (first.status_code, first.json()) == (200, again.json())
    assert first.json()["campaign"]["reason"] == "Too many at once."
    kept = first.json()["kept"]
    assert (kept["waiting"], kept["amount"], kept["guests"], kept["half_way"]) == (3, "60", 3, 2)
    assert set(RuleVersion.objects.values_list("state", flat=True)) == {"retired"}
    assert campaign.code == "spring"


def test_the_report_compares_guests_with_those_who_joined_before(client_of):
    EventType.objects.filter(code="content.published").update(is_contribution=True)
    campaign = running()
    ada = Member.objects.get(ref="ada")
    newcomers = [
        guest(ada, "bo", now=START + DAY).member,
        factories.MemberFactory(ref="old", joined_at=START - 3 * DAY),
    ]
    for each, day in zip(newcomers, (8, 6), strict=True):
        when = (each.joined_at + day * DAY).isoformat()
        factories.report(factories.item(f"e{each.ref}", each.ref, time=when), now=START + 90 * DAY)

    client = client_of()
    (week, *_), code = client.get("/api/v1/campaigns/spring/report").json()["stayed"], campaign.code

    assert (week["days"], week["guests"], week["guests_there"]) == (7, 1, 1)
    assert (week["before"], week["before_there"], week["share_before"]) == (1, 0, "0.0000")
    assert code == "spring"


def test_a_member_sees_the_campaign_how_far_they_are_and_makes_a_code_for_it():
    campaign = running(now=timezone.now(), begins_at=timezone.now() - DAY, ends_at=timezone.now() + 9 * DAY)
    ada = Member.objects.get(ref="ada")
    ada.user = get_user_model().objects.create_user("ada")
    ada.save()
    bo = guest(ada, "bo", now=timezone.now())
    Referral.objects.filter(pk=bo.pk).update(broke_ice_at=timezone.now())
    client = Client()
    client.force_login(ada.user)

    page = client.get("/me/").content.decode()
    client.post("/me/invitations/make/", {"campaign": "spring"})
    client.post("/me/invitations/make/", {"campaign": "somebody-elses"})

    assert "1 of 3 friends have been answered" in page
    assert campaign.letter["en"] in page
    made = Invitation.objects.filter(channel="page").order_by("pk")
    assert [each.campaign for each in made] == ["spring", ""]
    assert made[0].expires_at == campaign.ends_at


def test_two_memberships_of_one_person_do_a_task_once_and_erasure_forgets_it():
    running(numbers={"friends": 1})
    ada, twin = Member.objects.get(ref="ada"), factories.MemberFactory(ref="twin", joined_at=START - DAY)
    for inviter in (ada, twin):
        reach(guest(inviter, f"of-{inviter.ref}", now=START + DAY), "broke_ice_at", now=START + DAY)
    advance_campaigns(now=START + DAY)
    merge(survivor_id=ada.pk, merged_id=twin.pk, now=START + 2 * DAY, reason="One person.")
    advance_campaigns(now=START + 3 * DAY)
    judge()

    kept = CampaignMember.objects.get(member=ada)
    assert kept.done_at == START + DAY
    assert data_of(ada, now=START)["campaigns"][0]["campaign"] == "spring"
    assert not CampaignMember.objects.filter(member=twin).exists()
    # Both tasks were done before anybody knew; the rule pays one person once.
    assert points(ada)[1] == 2 * 20 + 100
    erase(member_id=ada.pk, ref="ada", reason="Asked for it.", now=START + 4 * DAY)
    advance_campaigns(now=START + 5 * DAY)
    assert not CampaignMember.objects.filter(member=ada).exists()


def test_today_shows_that_inviting_multiplies_less():
    group = next(each for each in GROUPS if each.kind == "growth")
    last = START.date()
    for week in range(13):
        joined = 10 if week == 0 else 40
        GrowthWindow.objects.create(
            ends_on=last - timedelta(weeks=week), base=80, senders=20, sent=90, joined=joined, measured_at=START
        )

    (entry,) = group.found(START, None)
    page = desk(roles.VIEWER).get("/admin/members/growthwindow/").content.decode()

    assert entry.title == "K is 0.1250; 0.5000 has been usual"
    assert "a fifth below the usual, or more" in page
    GrowthWindow.objects.update(joined=40)
    assert group.found(START, None) == []


def test_a_word_that_is_no_campaigns_is_still_a_word():
    ada = Member.objects.get(ref="ada")

    assert invite(inviter=ada, now=START, campaign="newsletter").expires_at is None
