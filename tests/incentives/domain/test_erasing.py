"""Nothing identifies somebody who was erased, wherever one looks, and the books are whole."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from incentives.domain.erasing import erase
from incentives.domain.ledger import keys, operations
from incentives.domain.ledger.verify import verify
from incentives.domain.merging import merge
from incentives.models import Account, Entry, Hold, Journal, Privilege, PrivilegeGrant, PrivilegeUse
from members.domain.connections.knowing import count_of, recount
from members.domain.people.erasing import CannotErase
from members.models import Connection, Event, EventPayload, Introduction, Invitation, Member, Rejection, TierPin
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
NAMES = ("ada-ref", "ada-old", "Ada Lund", "ada@x.example", "Adas Zitat", "ada-login", "Basel")


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    yield
    assert [proof for proof in verify() if not proof.holds] == []


@pytest.fixture
def ada():
    """Somebody whose name stands wherever a name can stand."""
    user = get_user_model().objects.create_user("ada-login", "ada@x.example", "x")
    factories.EventTypeFactory(
        code="reply.written", counterpart="to",
        schema={"to": {"type": "string"}, "words": {"type": "string", "personal": True}},
    )  # fmt: skip
    factories.EventTypeFactory(
        code="seen.together", schema={"with": {"type": "strings", "personal": True}, "where": {"type": "string"}}
    )
    factories.rule({"when": "reply.written", "then": [award(10), award(5, pending={"for": "7d"})]})
    factories.counter(
        code="answered", kind="distinct", value="event.data.to",
        event_type=factories.EventTypeFactory(code="reply.written"),
    )  # fmt: skip
    ada = factories.MemberFactory(
        ref="ada-ref", display_name="Ada Lund", email="ada@x.example", language="de", user=user,
        attributes={"met": "Basel"},
    )  # fmt: skip
    ada.display_name = "Ada Lund II"
    ada.save()
    bo = factories.MemberFactory(ref="bo")
    Invitation.objects.create(code="HERS", email="ada@x.example", inviter=bo)
    LogEntry.objects.create(
        user=get_user_model().objects.create_superuser("operator"), action_flag=CHANGE, object_id=str(ada.pk),
        content_type=ContentType.objects.get_for_model(Member), object_repr=str(ada), change_message="Ada Lund said so.",
    )  # fmt: skip
    factories.report(
        item("r1", "ada-ref", type="reply.written", data={"to": "bo", "words": "Adas Zitat"}),
        item("r2", "bo", type="reply.written", data={"to": "ada-ref", "words": "Hello"}),
        item("s1", "bo", type="seen.together", data={"with": ["ada-ref", "bo"], "where": "here"}),
        item("bad", "ada-ref", type="reply.written", data={}),
    )
    moment = timezone.now()
    pin = Privilege.objects.create(code="pin")
    PrivilegeGrant.objects.create(privilege=pin, member=ada, key="k", granted_at=moment, reason="Ada Lund asked.")
    PrivilegeUse.objects.create(
        privilege=pin, member=ada, key=b"k", state="used", used_at=moment, text="Adas Zitat", answer="Hello Ada Lund",
    )  # fmt: skip
    TierPin.objects.create(
        member=ada,
        tier=factories.ladder(bronze=0).tiers.get(),
        until=moment + timedelta(days=1),
        reason="Ada Lund's term.",
    )
    Introduction.objects.create(first=ada, second=bo, words="Ada Lund bakes too.", proposed_at=moment)
    Connection.objects.create(
        low=ada, high=bo, since=moment, first_at=moment, last_at=moment, days=2, is_mutual=True
    )  # fmt: skip
    recount([ada.pk, bo.pk])
    old = factories.MemberFactory(ref="ada-old", display_name="Ada Lund")
    merge(survivor_id=ada.pk, merged_id=old.pk, now=timezone.now(), reason="One person.")
    while factories.judge().events:
        pass
    operations.hold(
        member_id=ada.pk, currency=factories.CurrencyFactory(), amount=3, key=keys.of_request("h", "h"),
        now=timezone.now(), expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    return Member.objects.get(pk=ada.pk)


def gone(ada, ref="ada-ref"):
    return erase(member_id=ada.pk, ref=ref, reason="They asked for it.", now=timezone.now(), actor="operator 1")


def places_of(names):
    """Every (table, name) where one of the names stands in any text of the database."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                found |= {(table, name) for name in names for cell in row if name in str(cell)}
    return found


def test_no_name_is_left_in_any_table_and_the_books_balance(ada):
    before = {"entries": Entry.objects.count(), "journals": Journal.objects.count(), "events": Event.objects.count()}
    assert {name for _, name in places_of(NAMES)} == set(NAMES)

    erased = gone(ada)

    assert places_of(NAMES) == set()
    assert (erased.status, erased.ref[:7]) == ("erased", "erased-")
    assert set(Account.objects.filter(member_id=ada.pk).values_list("balance", flat=True)) == {0}
    assert Hold.objects.get().state == "voided"
    assert Entry.objects.count() > before["entries"]
    assert Event.objects.count() > before["events"]
    assert erased.history.get().history_change_reason == "They asked for it."


def test_whom_they_knew_knows_one_fewer(ada):
    bo = Member.objects.get(ref="bo")
    assert count_of(bo.pk) == 1

    gone(ada)

    assert (count_of(bo.pk), Connection.objects.count(), Introduction.objects.count()) == (0, 0, 0)


def test_others_events_name_the_random_ref_and_are_still_read(ada):
    erased = gone(ada)

    said = {
        event.key.external_id: json.loads(event.payload.data)
        for event in Event.objects.filter(key__external_id__in=("r2", "s1")).select_related("key", "payload")
    }
    assert said["r2"] == {"to": erased.ref, "words": "Hello"}
    assert said["s1"] == {"with": [erased.ref, "bo"], "where": "here"}
    assert not EventPayload.objects.filter(event__key__external_id="r1").exists()
    assert not Rejection.objects.exists()


def test_links_and_sessions_of_the_points_page_are_closed(ada, client_of):
    url = client_of().post("/api/v1/members/ada-ref/page-link").json()["url"].partition("8000")[2]
    visitor = Client()
    visitor.get(url)
    assert visitor.get("/me/").status_code == 200

    gone(ada)

    assert visitor.get("/me/").status_code == 302
    assert Client().get(url).status_code == 403
    assert not get_user_model().objects.filter(username="ada-login").exists()


def test_a_slip_erases_nobody_and_nobody_twice(ada):
    with pytest.raises(CannotErase):
        gone(ada, ref="ada")
    assert Member.objects.get(pk=ada.pk).display_name == "Ada Lund II"

    erased = gone(ada)

    with pytest.raises(CannotErase):
        gone(erased, ref=erased.ref)
    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.filter(pk=ada.pk).update(display_name="Ada Lund")


def test_everything_is_taken_out_before(ada, client_of):
    answer = client_of().get("/api/v1/members/ada-ref/data")

    data = answer.json()
    assert data["member"]["attributes"] == {"met": "Basel"}
    assert [line["amount"] for line in data["statement"]] == ["-3", "10"]
    assert [line["display_name"] for line in data["changes"]][:2] == ["Ada Lund", "Ada Lund II"]
    told = [line for line in data["timeline"] if line["id"] == "r1"]
    assert told[0]["data"] == {"to": "bo", "words": "Adas Zitat"}
    foreign = client_of(sources=("other",)).get("/api/v1/members/ada-ref/data").json()["timeline"]
    assert {line["source"] for line in foreign} == {"laurels"}


@pytest.mark.parametrize(("typed", "is_gone"), [("ada-ref", True), ("Ada", False)])
def test_the_admin_asks_for_the_ref(ada, typed, is_gone):
    client = Client()
    client.force_login(get_user_model().objects.get(username="operator"))

    given = {"_form_submitted": "on", "ref": typed, "reason": "They asked for it."}
    client.post(f"/admin/members/member/{ada.pk}/erase/", given)

    assert (Member.objects.get(pk=ada.pk).status == "erased") is is_gone
