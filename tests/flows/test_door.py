"""The door as an app tells it, and what comes after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import registering
from activities.domain.after import papers
from activities.models import Registration, Scan
from tests import factories

pytestmark = pytest.mark.django_db
EVENING = "/api/v1/activities/evening"


@pytest.fixture
def evening():
    factories.world()
    now = timezone.now()
    made = factories.announced(
        now=now - timedelta(days=9), starts_at=now - timedelta(hours=3), capacity=20, is_open_to_guests=True,
        guests_max=2,
    )  # fmt: skip
    for ref in ("ada", "bo", "cy"):
        member = factories.MemberFactory(ref=ref, display_name=ref.title())
        if ref != "cy":
            registering.register(activity_id=made.pk, member=member, now=now - timedelta(days=1), guests=1)
    return made


def code_of(client, ref):
    public_id = Registration.objects.get(member__ref=ref).public_id
    return client.get(f"/api/v1/registrations/{public_id}/code").json()["code"]


def scans(client, *items, **more):
    return client.post(f"{EVENING}/check-ins", {"scans": list(items), **more})


def test_a_batch_of_scans_is_answered_each_for_itself_and_is_safe_twice(client_of, evening):
    client = client_of()
    at = evening.starts_at.isoformat()
    items = [
        {"nonce": "a", "scanned_at": at, "code": code_of(client, "ada"), "guests": 1, "device": "door-1"},
        {"nonce": "b", "scanned_at": at, "code": "nothing"},
        {"nonce": "c", "scanned_at": at, "member": "cy"},
        {"nonce": "d", "scanned_at": at, "guests": 4},
        {"nonce": "e", "scanned_at": at, "member": "nobody"},
        {"nonce": "f", "scanned_at": at, "registration": "nobody"},
        {"nonce": "g", "scanned_at": "yesterday", "member": "cy"},
        {"nonce": "h", "scanned_at": at},
        {"nonce": "i", "scanned_at": at, "member": "cy", "code": "x"},
        {"nonce": "j j", "scanned_at": at, "member": "cy"},
        {},
    ]

    first, second = (scans(client, *items, operator="Ines") for _ in range(2))

    assert first.status_code == 200, first.json()
    said = [(each["status"], each["code"]) for each in first.json()["results"]]
    assert said == [
        ("came", ""), ("refused", "unknown_code"), ("came", ""), ("came", ""), ("rejected", "unknown_member"),
        ("rejected", "unknown_registration"), *[("rejected", "invalid")] * 5,
    ]  # fmt: skip
    assert [each["is_new"] for each in first.json()["results"]][:4] == [True] * 4
    assert [each["is_new"] for each in second.json()["results"]] == [False] * 11
    assert Scan.objects.count() == 4
    evening.refresh_from_db()
    assert evening.guests_came == 4
    listed = client.get(f"{EVENING}/check-ins?result=came").json()["results"]
    assert [(each["nonce"], each["member"], each["actor"]) for each in listed] == [
        ("d", None, "Ines"), ("c", "cy", "Ines"), ("a", "ada", "Ines"),
    ]  # fmt: skip


def test_the_code_is_for_whoever_has_a_place(client_of, evening):
    client = client_of("activities:read")
    found = Registration.objects.get(member__ref="ada")
    answer = client.get(f"/api/v1/registrations/{found.public_id}/code").json()

    assert answer["svg"].startswith("<svg")
    assert "ada" not in answer["code"].lower()
    Registration.objects.update(state="cancelled", ended_at=timezone.now())
    assert client.get(f"/api/v1/registrations/{found.public_id}/code").json()["type"] == "/problems/no_place"


@pytest.mark.parametrize("body", [{}, {"scans": []}, {"scans": "x"}, {"scans": [1]}, {"scans": [{}] * 501}])
def test_what_is_no_batch_is_refused(client_of, evening, body):
    assert client_of().post(f"{EVENING}/check-ins", body).status_code == 400


def test_a_wrong_check_in_is_taken_back_with_its_reason(client_of, evening):
    client = client_of()
    scans(client, {"nonce": "a", "scanned_at": evening.starts_at.isoformat(), "code": code_of(client, "ada")})
    address = f"/api/v1/registrations/{Registration.objects.get(member__ref='ada').public_id}/undo"

    assert client.post(address, {"nonce": "u"}).status_code == 400
    assert client.post(address, {"nonce": "u", "reason": "Mistaken."}).json()["status"] == "undone"
    assert client.post(address, {"nonce": "u", "reason": "Mistaken."}).json()["is_new"] is False
    assert client.post(address, {"nonce": "u", "reason": "Other."}).status_code == 409
    assert client.post(address, {"nonce": "v", "reason": "Mistaken."}).json()["type"] == "/problems/not_in"


def test_guests_are_counted_as_a_number_of_all(client_of, evening):
    client = client_of()

    assert [client.put(f"{EVENING}/guests", {"came": 31}).json() for _ in range(2)] == [{"came": 31}] * 2
    assert client.get(f"{EVENING}/report").json()["guests"] == 31
    factories.announced("closed")
    refused = client.put("/api/v1/activities/closed/guests", {"came": 1})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/no_guests")


def test_after_it_there_are_words_pictures_papers_and_a_report(client_of, evening):
    client = client_of()
    scans(client, {"nonce": "a", "scanned_at": evening.starts_at.isoformat(), "code": code_of(client, "ada")})
    ada, bo = (Registration.objects.get(member__ref=ref).public_id for ref in ("ada", "bo"))

    rated = client.put(f"/api/v1/registrations/{ada}/feedback", {"stars": 5, "words": "Good."})
    assert (rated.status_code, rated.json()["stars"]) == (200, 5)
    assert client.put(f"/api/v1/registrations/{bo}/feedback", {"stars": 5}).json()["type"] == "/problems/did_not_come"
    assert client.put(f"/api/v1/registrations/{ada}/feedback", {"stars": 6}).status_code == 400
    assert client.get(f"{EVENING}/feedback").json() == {"results": [{"stars": 5, "words": "Good.", "name": ""}]}

    recap = {"texts": {"en": "It was."}, "photos": ["https://example.org/a"]}
    assert client.get(f"{EVENING}/recap").status_code == 404
    assert client.put(f"{EVENING}/recap", recap).json()["type"] == "/problems/not_over"
    for step in ("running", "finished"):
        client.post(f"{EVENING}/steps", {"to": step})
    assert client.put(f"{EVENING}/recap", recap).json()["texts"] == {"en": "It was."}
    assert client.get(f"{EVENING}/recap").json()["by"] == "app test"

    paper = client.post(f"/api/v1/registrations/{ada}/papers", {"kind": "certificate", "name_form": "initials"}).json()
    assert papers.verify(paper["code"]).to == "A."
    refused = client.post(f"/api/v1/registrations/{bo}/papers", {"kind": "certificate"})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/did_not_come")
    report = client.get(f"{EVENING}/report").json()
    assert (report["registered"], report["came"], report["stars"]) == (2, 1, "5.0")


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_the_database_as_often_however_long_they_are(client_of, evening, django_assert_num_queries, count):
    client = client_of()
    at = evening.starts_at.isoformat()
    scans(client, *({"nonce": f"n{n}", "scanned_at": at, "code": code_of(client, "ada")} for n in range(count)))
    client.get(f"{EVENING}/check-ins")

    with django_assert_num_queries(4):
        assert len(client.get(f"{EVENING}/check-ins").json()["results"]) == count
