"""Who gets to a door, and who does not."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.domain import registering
from activities.domain.after import papers
from activities.domain.checking_in.codes import code_of
from activities.domain.checking_in.room import room_code
from activities.enums import PaperKind
from activities.models import ActivityPerson, Feedback, Paper, Recap, Registration, Scan
from config.roles import furnish_roles
from config.site import stills as reading
from config.site.gatherings.mine import mine_of
from members.domain import page_links
from members.models import Member, Space, SpaceOperator
from tests import factories, stills

pytestmark = pytest.mark.django_db
PAGES = ("scan/", "room/", "room/now/", "report/")


@pytest.fixture
def evening():
    factories.world()
    now = timezone.now()
    made = factories.announced(
        now=now - timedelta(days=9), starts_at=now - timedelta(minutes=30), capacity=20, is_open_to_guests=True
    )
    for ref in ("ada", "bo", "cy", "di"):
        factories.MemberFactory(ref=ref, display_name=ref.title())
    ActivityPerson.objects.create(activity=made, member=Member.objects.get(ref="cy"), part="host")
    ActivityPerson.objects.create(activity=made, member=Member.objects.get(ref="di"), part="speaker")
    registering.register(activity_id=made.pk, member=Member.objects.get(ref="ada"), now=now - timedelta(days=1))
    return made


def operator(group="community operator", **more):
    furnish_roles()
    user = get_user_model().objects.create_user(f"op-{group}", "", "a long password", is_staff=True, **more)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def as_member(ref):
    client = Client()
    address = page_links.make_page_link(member=Member.objects.get(ref=ref))[0]
    client.get("/enter/?" + address.partition("?")[2])
    return client


def send(client, where, *items):
    return client.post(f"{where}scans/", json.dumps({"scans": items}), content_type="application/json")


def item(evening, nonce="n1", **more):
    code = code_of(Registration.objects.get(member__ref="ada"))
    return {"nonce": nonce, "scanned_at": evening.starts_at.isoformat(), "code": code, **more}


STAFF, HOST = "/staff/activities/evening/", "/me/hosting/evening/"


@pytest.mark.parametrize("page", PAGES)
def test_the_team_opens_every_page_of_the_door(evening, page):
    assert operator().get(STAFF + page).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_nobody_else_opens_the_teams_pages(evening, page):
    assert Client().get(STAFF + page).status_code == 302
    assert as_member("cy").get(STAFF + page).status_code == 302
    assert operator("viewer").get(STAFF + page).status_code == 403


def test_whoever_may_only_look_sends_no_scans(evening):
    assert send(operator("viewer"), STAFF, item(evening)).status_code == 403
    assert send(Client(), STAFF, item(evening)).status_code == 302
    assert Scan.objects.count() == 0


def test_an_operator_bound_to_another_space_finds_no_door_here(evening):
    client = operator()
    bound = Space.objects.create(ref="elsewhere", state="open")
    SpaceOperator.objects.create(user=get_user_model().objects.get(), space=bound)

    assert client.get(STAFF + "scan/").status_code == 404
    assert send(client, STAFF, item(evening)).status_code == 404
    evening.space = bound
    evening.save()
    assert client.get(STAFF + "scan/").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_hosts_open_the_door_of_what_they_make_and_nobody_elses(evening, page):
    factories.announced("other")

    assert as_member("cy").get(HOST + page).status_code == 200
    for ref in ("ada", "bo", "di"):
        assert as_member(ref).get(HOST + page).status_code == 404
    assert as_member("cy").get(f"/me/hosting/other/{page}").status_code == 404
    assert Client().get(HOST + page).status_code == 302


def test_whoever_is_no_host_any_more_is_out_at_once(evening):
    client = as_member("cy")
    assert client.get(HOST + "scan/").status_code == 200

    ActivityPerson.objects.filter(part="host").delete()

    assert client.get(HOST + "scan/").status_code == 404
    assert send(client, HOST, item(evening)).status_code == 404


def test_hosts_scan_codes_and_let_nobody_else_in(evening):
    client = as_member("cy")

    results = send(
        client, HOST, item(evening), item(evening, "n2", code=None, member="bo", reason="Mine."), {"nonce": "n3"}
    ).json()["results"]

    assert [each["status"] for each in results] == ["came", "rejected", "rejected"]
    assert Registration.objects.count() == 1
    assert Scan.objects.get().actor.startswith("host ")


@pytest.mark.parametrize(("hours", "status"), [(-2, 403), (0, 200), (29, 200), (31, 403)])
def test_hosts_scan_around_the_activity_only(evening, hours, status):
    now = timezone.now()
    type(evening).objects.update(
        starts_at=now - timedelta(hours=hours), ends_at=now - timedelta(hours=hours) + timedelta(hours=2)
    )

    assert send(as_member("cy"), HOST, item(evening)).status_code == status


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"scans": 1}', '{"scans": [1]}', "[" * 100_000, json.dumps({"scans": [{}] * 501})]
)
def test_what_is_no_scan_is_refused(evening, body):
    answer = operator().post(STAFF + "scans/", body, content_type="application/json")

    assert (answer.status_code, Scan.objects.count()) == (400, 0)


def test_scans_need_the_token_of_the_page(evening):
    client = operator()
    guarded = Client(enforce_csrf_checks=True)
    guarded.cookies = client.cookies

    assert send(guarded, STAFF, item(evening)).status_code == 403


def test_without_javascript_the_form_takes_a_code(evening):
    client = operator()
    code = item(evening)["code"]

    for _ in range(2):
        answer = client.post(STAFF + "scan/", {"code": code, "token": "t1"}, follow=True)

    assert "Welcome." in answer.content.decode()
    assert Scan.objects.count() == 1


def test_hosts_write_what_it_was_like(evening):
    type(evening).objects.update(state="finished")
    client = as_member("cy")

    client.post(HOST + "recap/", {"text-en": "It was.", "text-zh-hans": "", "photos": "https://example.org/a\n\n"})
    refused = client.post(HOST + "recap/", {"text-en": "It was.", "photos": "ftp://example.org"}, follow=True)

    assert "begins with https://" in refused.content.decode()
    assert Recap.objects.get().photos == ["https://example.org/a"]


# Stills of a camera, for browsers that read no codes


def show(client, where, still, **more):
    return client.post(f"{where}still/", still, content_type="image/jpeg", **more)


def of_ada():
    return stills.jpeg(stills.picture(code_of(Registration.objects.get(member__ref="ada"))))


def test_whoever_may_scan_has_a_still_read_and_nothing_of_it_is_kept(evening):
    code = code_of(Registration.objects.get())

    for client, where in ((operator(), STAFF), (as_member("cy"), HOST)):
        answer = show(client, where, of_ada())
        assert (answer.status_code, answer.json()) == (200, {"codes": [code]})
        assert "no-store" in answer["Cache-Control"]
    assert Scan.objects.count() == 0
    assert Registration.objects.get().checked_in_at is None


def test_whoever_may_not_scan_has_none_read(evening):
    still = of_ada()

    assert show(operator("viewer"), STAFF, still).status_code == 403
    assert show(Client(), STAFF, still).status_code == 302
    assert show(Client(), HOST, still).status_code == 302
    for ref in ("ada", "bo", "di"):
        assert show(as_member(ref), HOST, still).status_code == 404
    host = as_member("cy")
    assert show(host, "/me/hosting/nowhere/", still).status_code == 404
    ActivityPerson.objects.filter(part="host").delete()
    assert show(host, HOST, still).status_code == 404


@pytest.mark.parametrize(("hours", "status"), [(-2, 403), (0, 200), (29, 200), (31, 403)])
def test_hosts_have_stills_read_around_the_activity_only(evening, hours, status):
    now = timezone.now()
    type(evening).objects.update(
        starts_at=now - timedelta(hours=hours), ends_at=now - timedelta(hours=hours) + timedelta(hours=2)
    )

    assert show(as_member("cy"), HOST, of_ada()).status_code == status


def test_a_still_is_posted_with_the_token_of_the_page(evening):
    client = operator()
    guarded = Client(enforce_csrf_checks=True)
    guarded.cookies = client.cookies

    assert show(guarded, STAFF, of_ada()).status_code == 403
    assert client.get(STAFF + "still/").status_code == 405


def test_what_is_no_small_picture_is_refused_in_words(evening):
    client = operator()

    large = show(client, STAFF, b"\x00" * (200 * 1024 + 1))
    words = show(client, STAFF, b"L1ABC")
    bomb = show(client, STAFF, stills.claiming(65_500, 65_500))

    assert (large.status_code, large.json()["kind"]) == (413, "too_large")
    assert (words.status_code, words.json()["kind"]) == (422, "no_picture")
    assert (bomb.status_code, bomb.json()["kind"]) == (422, "too_many_pixels")
    assert all(answer.json()["detail"].endswith(".") for answer in (large, words, bomb))
    assert "图片" in show(client, STAFF, b"", headers={"Accept-Language": "zh-hans"}).json()["detail"]


def test_a_phone_that_sends_too_many_stills_is_slowed_and_another_is_not(evening, settings):
    settings.STILLS_PER_MINUTE = 3
    one, other, still = operator(), as_member("cy"), stills.jpeg(stills.picture())

    # Perhaps a minute ends meanwhile, and they are counted anew.
    answers = [show(one, STAFF, still) for _ in range(7)]

    slowed = next(answer for answer in answers if answer.status_code == 429)
    assert [answer.status_code for answer in answers[:3]] == [200, 200, 200]
    assert (slowed["Retry-After"], slowed.json()["detail"][-1]) == ("20", ".")
    assert show(other, HOST, still).status_code == 200


def test_stills_never_take_all_threads(evening, monkeypatch):
    client, still = operator(), of_ada()
    meanwhile = []

    def read_still(*, still):
        meanwhile.append(show(client, STAFF, still))
        return []

    with monkeypatch.context() as patched:
        patched.setattr(reading, "read_still", read_still)
        assert show(client, STAFF, still).status_code == 200

    # Of eight threads two; the third still is asked for later.
    assert [answer.status_code for answer in meanwhile] == [429, 200]
    assert meanwhile[0]["Retry-After"] == "1"
    # Whatever came of them, their places are free again.
    assert [show(client, STAFF, body).status_code for body in (b"no picture", still) * 3] == [422, 200] * 3


# A member's own page


def test_a_member_checks_in_rates_and_takes_a_certificate(evening):
    client = as_member("ada")
    code = room_code(evening, now=timezone.now())[0]
    at = "/me/activities/evening/"

    assert code_of(Registration.objects.get()) in client.get(at + "mine/").content.decode()
    wrong = client.post(at + "check-in/", {"code": "x", "token": "a"}, follow=True).content.decode()
    right = client.post(at + "check-in/", {"code": code, "token": "b"}, follow=True).content.decode()
    assert "not the code in the room" in wrong
    assert "You were there." in right
    client.post(at + "feedback/", {"stars": "5", "words": "Good.", "shows_name": "yes"})
    assert Feedback.objects.get().shows_name is True
    assert client.post(at + "feedback/", {"stars": "9"}, follow=True).status_code == 200
    assert Feedback.objects.get().stars == 5
    file = client.post(at + "papers/certificate/", {"name_form": "initials"})
    assert (file["Content-Type"], b"".join([file.content])[:5]) == ("application/pdf", b"%PDF-")
    assert Paper.objects.get().name_form == "initials"
    assert client.post(at + "papers/diploma/").status_code == 404


@pytest.mark.parametrize("address", ["mine/", "check-in/", "feedback/", "papers/certificate/"])
def test_whoever_never_registered_finds_nothing(evening, address):
    client = as_member("bo")
    ask = client.get if address == "mine/" else client.post

    assert ask(f"/me/activities/evening/{address}").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_points_page_leads_to_what_members_come_to_and_make_with_as_many_queries(evening, count):
    ada = Member.objects.get(ref="ada")
    for number in range(1, count):
        other = factories.announced(f"other{number}")
        registering.register(activity_id=other.pk, member=ada, now=timezone.now())
        ActivityPerson.objects.create(activity=other, member=Member.objects.get(ref="cy"), part="helper")

    with CaptureQueriesContext(connection) as asked:
        mine = mine_of(ada, now=timezone.now())
    queries = len(asked)
    hosted = as_member("cy").get("/me/").content.decode()

    assert (len([*mine.coming, *mine.past]), queries) == (count, 5)
    assert hosted.count("/me/hosting/") == count
    assert "/me/hosting/" not in as_member("di").get("/me/").content.decode()


# Verifying


def test_anybody_verifies_a_certificate_and_hears_no_more_than_its_member_chose(evening):
    send(operator(), STAFF, item(evening))
    paper, _new = papers.issue(
        registration_id=Registration.objects.get().pk, kind=PaperKind.CERTIFICATE, now=timezone.now()
    )
    cache.clear()

    good = Client().get(f"/verify/{paper.code}/").content.decode()
    assert ("Yes, this is genuine." in good, "Ada" in good) == (True, True)
    Paper.objects.update(name_form="nobody")
    assert "Ada" not in Client().get(f"/verify/{paper.code}/").content.decode()
    assert Client().get("/verify/ABCDEFGHJKLM/").status_code == 404
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in paper.code.lower())
    for written in (papers.grouped(paper.code), wide):
        asked = Client().get("/verify/", {"code": written})
        assert asked["Location"] == f"/verify/{paper.code}/"


def test_codes_are_not_tried_out(evening):
    cache.clear()
    client = Client()

    statuses = [client.get("/verify/ABCDEFGHJKLM/").status_code for _ in range(70)]

    assert statuses[:30] == [404] * 30
    assert 429 in statuses
    assert Client(REMOTE_ADDR="10.0.0.9").get("/verify/ABCDEFGHJKLM/").status_code == 404


# The admin


def test_the_desk_checks_in_and_takes_back_with_a_reason(evening):
    client = operator()
    ada = Registration.objects.get()
    at = f"/admin/activities/registration/{ada.pk}/"

    assert client.get(at + "check-in/").status_code == 200
    assert Scan.objects.count() == 0
    client.post(at + "check-in/", {"reason": "Phone is empty.", "_form_submitted": "True"})
    ada.refresh_from_db()
    assert ada.checked_in_at is not None
    client.post(at + "undo-check-in/", {"reason": "", "_form_submitted": "True"})
    ada.refresh_from_db()
    assert ada.checked_in_at is not None
    client.post(at + "undo-check-in/", {"reason": "It was Bo.", "_form_submitted": "True"})

    ada.refresh_from_db()
    assert ada.checked_in_at is None
    assert list(Scan.objects.order_by("pk").values_list("by", "reason")) == [
        ("hand", "Phone is empty."), ("undo", "It was Bo."),
    ]  # fmt: skip


@pytest.mark.parametrize(("step", "page"), [("door", "scan"), ("room", "room"), ("report", "report")])
def test_the_door_is_opened_from_its_activity(evening, step, page):
    answer = operator().get(f"/admin/activities/activity/{evening.pk}/{step}/")

    assert answer["Location"] == f"/staff/activities/evening/{page}/"
    assert operator("viewer").get(f"/admin/activities/activity/{evening.pk}/{step}/").status_code == 403


def test_scans_are_looked_at_and_never_typed(evening):
    client = operator()
    send(client, STAFF, item(evening))

    assert "Ada" in client.get("/admin/activities/scan/").content.decode()
    assert client.get("/admin/activities/scan/add/").status_code == 403
    client.post(f"/admin/activities/scan/{Scan.objects.get().pk}/delete/", {"post": "yes"})
    assert Scan.objects.count() == 1


def test_the_desk_reads_whose_words_they_are_only_where_that_is_shown(evening):
    client = operator()
    send(client, STAFF, item(evening))
    ada = Registration.objects.get()
    given = Feedback.objects.create(registration=ada, stars=5, words="Good.", given_at=timezone.now())

    assert "Ada" not in client.get("/admin/activities/feedback/").content.decode()
    assert "Ada" not in client.get(f"/admin/activities/feedback/{given.pk}/change/").content.decode()
    Feedback.objects.update(shows_name=True)
    assert "Ada" in client.get("/admin/activities/feedback/").content.decode()


def test_an_activity_that_nobody_closed_for_three_days_stands_under_today(evening):
    client = operator()

    def shown(days):
        type(evening).objects.update(state="finished", finished_at=timezone.now() - timedelta(days=days))
        return [part.count for part in client.get("/admin/").context["today"].parts if part.group.kind == "unclosed"]

    assert (sum(shown(2)), sum(shown(4))) == (0, 1)
