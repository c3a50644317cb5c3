"""Supply and demand the whole way: asked for, offered, agreed by both, confirmed by both, and rewarded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from incentives.domain.erasing import erase
from incentives.domain.ledger import queries
from incentives.domain.merging import merge
from incentives.tasks import expire_needs as task
from members.domain import page_links
from members.domain.needs import ending, posting, serving
from members.domain.needs.people import CannotServe, visible_to
from members.domain.needs.queries import market_of
from members.enums import NeedRole
from members.models import Connection, Event, Member, Need, NeedCandidate, Segment, SegmentMember, Standing, Tier
from tests import factories
from tests.factories import award

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    for ref in ("ada", "bo", "cy", "di", "ed"):
        factories.MemberFactory(ref=ref, age_band="adult", email=f"{ref}@example.org", display_name=ref.title())


def one(ref):
    return Member.objects.get(ref=ref)


def post(asker="ada", **more):
    given = {"words": "Somebody with a scanner.", "kind": "tools", "until": NOW + 14 * DAY, "now": NOW}
    return posting.post(asker=one(asker), **{**given, **more})


def propose(need, ref, **more):
    return serving.propose(need_id=need.pk, member=one(ref), now=NOW, by="operator 1", **more)


def agree(need, ref="bo", **more):
    """Somebody offers help and the asker says yes."""
    propose(need, ref, is_own=True, **more)
    return serving.answer_asker(need_id=need.pk, member_id=one(ref).pk, agrees=True, now=NOW)


def told(ref):
    found = (
        Event.objects.filter(member__ref=ref, type__code__startswith="need.").order_by("pk").select_related("payload")
    )
    return [(event.type.code.removeprefix("need."), json.loads(event.payload.data).get("other")) for event in found]


def points(ref):
    found = {line.currency: int(line.available) for line in queries.balances(one(ref).pk)}
    return found.get("points", 0)


def test_a_need_is_served_once_both_have_agreed_and_rewarded_once_both_confirm(client_of):
    client = client_of()
    factories.rule(
        {"code": "served", "when": "need.confirmed", "then": [award('event.data.role == "helper" ? 40 : 5')]}
    )
    body = {"asker": "ada", "words": "A scanner.", "kind": "tools", "until": "2126-01-01T00:00:00Z"}
    far = client.post("/api/v1/needs", body, format="json", HTTP_IDEMPOTENCY_KEY="far")
    body["until"] = (datetime.now(UTC) + 9 * DAY).isoformat()
    first, again = (client.post("/api/v1/needs", body, format="json", HTTP_IDEMPOTENCY_KEY="n") for _ in range(2))
    path = f"/api/v1/needs/{first.json()['id']}"

    def do(what, **given):
        return client.post(f"{path}/{what}", given, format="json").json()

    do("candidates", member="bo", operator="Ines")
    early = do("answers", member="ada", candidate="bo", agrees=True)
    do("answers", member="bo", agrees=True)
    closed = client.get(path).json()["contacts"]
    matched = [do("answers", member="ada", candidate="bo", agrees=True) for _ in range(2)]
    half = do("confirmations", member="bo", worked=True)
    whole = [do("confirmations", member="ada", worked=True) for _ in range(2)]
    factories.judge()

    assert (far.status_code, far.json()["type"]) == (422, "/problems/bad_need")
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 200, again.json()["id"])
    assert (early["type"], closed) == ("/problems/not_willing", None)
    assert [each["contacts"]["helper"]["email"] for each in matched] == ["bo@example.org"] * 2
    assert (half["state"], [each["state"] for each in whole]) == ("matched", ["confirmed", "confirmed"])
    assert (points("ada"), points("bo")) == (5, 40)
    assert told("ada") == [("posted", None), ("matched", "bo"), ("confirmed", "bo")]
    assert told("bo") == [("proposed", None), ("matched", "ada"), ("confirmed", "ada")]
    assert do("confirmations", member="cy", worked=True)["type"] == "/problems/not_matched"


@pytest.mark.parametrize(
    ("_case", "change", "kind"),
    [
        ("minor", {"age_band": "minor"}, "not_adult"),
        ("unknown_age", {"age_band": "unknown"}, "not_adult"),
        ("house", {"is_house": True}, "not_introducible"),
        ("banned", {"status": "banned"}, "not_introducible"),
    ],
)
def test_who_is_brought_together_with_nobody(_case, change, kind):
    need = post()
    agreed = post()
    propose(agreed, "bo", is_own=True)
    Member.objects.filter(ref="bo").update(**change)

    refusals = []
    for act in (
        lambda: propose(need, "bo"),
        lambda: post("bo"),
        lambda: serving.answer_asker(need_id=agreed.pk, member_id=one("bo").pk, agrees=True, now=NOW),
    ):
        with pytest.raises(CannotServe) as caught:
            act()
        refusals.append(caught.value.kind)

    assert refusals == [kind] * 3
    assert not market_of(one("bo"), now=NOW).may
    assert NeedCandidate.objects.get().state == "willing"


def test_three_are_proposed_at_most_even_after_a_no_and_nobody_twice():
    need = post()
    for ref in ("bo", "cy"):
        propose(need, ref)
    serving.answer_helper(need_id=need.pk, member_id=one("bo").pk, agrees=False, now=NOW)
    with pytest.raises(CannotServe, match="before"):
        propose(need, "bo")
    propose(need, "di")

    with pytest.raises(CannotServe, match="never more"):
        propose(need, "ed")
    with pytest.raises(CannotServe) as own:
        propose(need, "ada")

    assert own.value.kind == "own_need"
    assert list(need.candidates.order_by("slot").values_list("slot", "state")) == [
        (1, "refused"), (2, "asked"), (3, "asked"),
    ]  # fmt: skip
    # The asker hears that somebody said no, and not who.
    assert told("ada") == [("posted", None), ("refused", None)]
    assert market_of(one("ada"), now=NOW).own[0].refused == 1


def test_only_those_see_a_need_for_whom_it_is_meant():
    ladder = factories.ladder(bronze=0, silver=10)
    silver, bronze = (Tier.objects.get(code=code) for code in ("silver", "bronze"))
    Standing.objects.create(member=one("bo"), ladder=ladder, tier=silver, since=NOW)
    Standing.objects.create(member=one("cy"), ladder=ladder, tier=bronze, since=NOW)
    founders = Segment.objects.create(code="founders")
    SegmentMember.objects.create(segment=founders, member=one("cy"))
    low, high = sorted((one("ada").pk, one("di").pk))
    Connection.objects.create(low_id=low, high_id=high, since=NOW, first_at=NOW, last_at=NOW, days=2, is_mutual=True)
    needs = {
        "everybody": post(), "connections": post(audience="connections"), "tier": post(audience="tier", tier=silver),
        "segment": post(audience="segment", segment=founders),
    }  # fmt: skip

    seen = {
        ref: sorted(name for name, need in needs.items() if visible_to(one(ref)).filter(pk=need.pk).exists())
        for ref in ("ada", "bo", "cy", "di")
    }

    assert seen == {
        "ada": [], "bo": ["everybody", "tier"], "cy": ["everybody", "segment"], "di": ["connections", "everybody"],
    }  # fmt: skip
    with pytest.raises(CannotServe, match="not shown"):
        propose(needs["tier"], "cy")
    with pytest.raises(CannotServe, match="Name the segment"):
        post(audience="segment")


@pytest.mark.parametrize(
    "given",
    [
        {"words": " "}, {"words": "x" * 501}, {"kind": "Big Words"}, {"kind": ""}, {"until": NOW},
        {"until": NOW + 181 * DAY},
    ],
)  # fmt: skip
def test_a_need_that_nobody_could_read_is_not_posted(given):
    with pytest.raises(CannotServe) as caught:
        post(**given)

    assert (caught.value.kind, Need.objects.count()) == ("bad_need", 0)


def test_five_needs_are_open_at_most():
    for _ in range(5):
        need = post()
    with pytest.raises(CannotServe, match="Five needs"):
        post()
    posting.withdraw(need_id=need.pk, now=NOW)

    assert post().pk


def test_what_ends_is_told_to_everybody_who_waits_and_ends_once():
    late, taken_back, unconfirmed = post(), post(), post()
    propose(late, "bo")
    propose(taken_back, "bo", is_own=True)
    agree(unconfirmed, "cy")
    posting.withdraw(need_id=taken_back.pk, now=NOW)
    posting.withdraw(need_id=taken_back.pk, now=NOW)

    counts = [ending.expire_needs(now=NOW + days * DAY) for days in (13, 14, 14, 31, 31)]
    task()

    assert counts == [0, 1, 0, 1, 0]
    assert [need.state for need in Need.objects.order_by("pk")] == ["expired", "withdrawn", "expired"]
    assert set(NeedCandidate.objects.values_list("state", flat=True)) == {"closed"}
    assert [what for what, _ in told("bo")] == ["proposed", "withdrawn", "expired"]
    assert [what for what, _ in told("cy")] == ["matched", "expired"]
    with pytest.raises(CannotServe, match="expired"):
        propose(late, "di")


def test_an_answer_counts_once_a_no_is_told_kindly_and_nothing_is_agreed_when_the_time_is_over():
    need = post()
    for ref in ("bo", "cy"):
        propose(need, ref, is_own=ref == "cy")
    answers = [
        serving.answer_helper(need_id=need.pk, member_id=one("bo").pk, agrees=agrees, now=NOW).state
        for agrees in (True, False)
    ]
    declined = [
        serving.answer_asker(need_id=need.pk, member_id=one("cy").pk, agrees=agrees, now=NOW).state
        for agrees in (False, True)
    ]
    late = NOW + 14 * DAY
    for act in (
        lambda: serving.answer_asker(need_id=need.pk, member_id=one("bo").pk, agrees=True, now=late),
        lambda: serving.propose(need_id=need.pk, member=one("di"), now=late, by="operator 1"),
    ):
        with pytest.raises(CannotServe, match="expired"):
            act()
    with pytest.raises(CannotServe) as nobody:
        serving.confirm(need_id=need.pk, role=NeedRole.ASKER, worked=True, now=NOW)

    assert (answers, declined) == (["willing"] * 2, ["declined"] * 2)
    assert nobody.value.kind == "not_matched"
    assert [each.state for each in market_of(one("cy"), now=NOW).past] == ["declined"]
    assert market_of(one("di"), now=late).open == []


def test_a_match_that_came_to_nothing_opens_the_need_for_the_others():
    need = post()
    propose(need, "cy", is_own=True)
    agree(need)

    serving.confirm(need_id=need.pk, role=NeedRole.HELPER, worked=False, now=NOW)

    need.refresh_from_db()
    assert (need.state, need.confirm_until) == ("open", None)
    assert [offer.member for offer in market_of(one("ada"), now=NOW).offers] == ["cy"]
    assert [what for what, _ in told("bo")] == ["matched", "failed"]


@pytest.fixture
def page():
    def enter(ref):
        browser = Client()
        browser.get(page_links.make_page_link(member=one(ref))[0])
        return browser

    return enter


def test_members_do_it_all_on_their_page_and_only_what_is_theirs(page):
    ada, bo, cy = page("ada"), page("bo"), page("cy")
    ada.post("/me/needs/ask/", {"words": "Who lends me a scanner?", "days": "9"})
    number = Need.objects.get().pk
    shown = {"bo": bo.get("/me/").content.decode()}
    bo.post(f"/me/needs/{number}/offer/")
    shown["ada"] = ada.get("/me/").content.decode()

    assert cy.post(f"/me/needs/{number}/choose/", {"candidate": "bo", "agrees": "yes"}).status_code == 404
    assert cy.post(f"/me/needs/{number}/withdraw/").status_code == 404
    assert cy.post(f"/me/needs/{number}/answer/", {"agrees": "yes"}).status_code == 404
    assert cy.post(f"/me/needs/{2**70}/offer/").status_code == 404
    ada.post(f"/me/needs/{number}/choose/", {"candidate": "bo", "agrees": "yes"})
    assert cy.post(f"/me/needs/{number}/confirm/", {"worked": "yes"}).status_code == 404
    shown["matched"] = bo.get("/me/").content.decode()
    for browser in (ada, bo):
        browser.post(f"/me/needs/{number}/confirm/", {"worked": "yes"})

    assert "Who lends me a scanner?" in shown["bo"]
    assert "I can help" in shown["bo"]
    assert "Bo would help you with this." in shown["ada"]
    assert "bo@example.org" not in shown["ada"]
    assert "ada@example.org" in shown["matched"]
    assert Need.objects.get().state == "confirmed"
    ada.post("/me/needs/ask/", {"words": "", "days": "x"})
    assert "at most 500 characters" in ada.get("/me/").content.decode()


def test_the_desk_proposes_and_withdraws_and_viewers_only_look():
    need = post()
    for role, expected in (("viewer", 0), ("community operator", 1)):
        desk = Client()
        staff = get_user_model().objects.create_user(role, is_staff=True)
        staff.groups.add(Group.objects.get(name=role))
        desk.force_login(staff)
        assert desk.get("/admin/members/need/").status_code == 200
        desk.post(f"/admin/members/need/{need.pk}/propose/", {"_form_submitted": "on", "ref": "bo"})
        assert need.candidates.count() == expected
    for ref in ("bo", "nobody"):
        desk.post(f"/admin/members/need/{need.pk}/propose/", {"_form_submitted": "on", "ref": ref})
    assert need.candidates.count() == 1
    desk.post(f"/admin/members/need/{need.pk}/withdraw/", {"_form_submitted": "on", "reason": "Asked by letter."})

    need.refresh_from_db()
    assert need.state == "withdrawn"


def test_needs_follow_a_merge_and_an_erasure_ends_them(client_of):
    own, helped, both = post("ada"), post("cy"), post("cy")
    agree(helped, "bo")
    propose(own, "bo", is_own=True)
    for ref in ("ada", "bo"):
        propose(both, ref)

    merge(survivor_id=one("ada").pk, merged_id=one("bo").pk, now=NOW, reason="One person.")

    # Ada helps Cy in Bo's place; nobody helps themselves, and nobody is asked twice.
    assert [(each.need_id, each.member.ref, each.state) for each in NeedCandidate.objects.order_by("pk")] == [
        (helped.pk, "ada", "matched"), (both.pk, "ada", "asked"),
    ]  # fmt: skip
    kept = client_of().get("/api/v1/members/ada/data").json()
    assert ([each["state"] for each in kept["needs"]], len(kept["helped"])) == (["open"], 2)
    propose(both, "di")
    erase(member_id=one("ada").pk, ref="ada", reason="They asked.", now=NOW)

    assert list(Need.objects.order_by("pk").values_list("state", "words")) == [
        ("withdrawn", "erased"), ("open", helped.words), ("open", both.words),
    ]  # fmt: skip
    # A free place is a free place.
    assert propose(both, "ed").slot == 1
