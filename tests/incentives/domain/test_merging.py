"""Two members become one, and the books do not notice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from incentives.domain.ledger import keys, operations, queries
from incentives.domain.ledger.verify import verify
from incentives.domain.merging import merge
from incentives.domain.reversals import reverse_journal
from incentives.models import (
    BadgeGrant,
    Hold,
    Journal,
    LimitUse,
    PendingAward,
    Privilege,
    PrivilegeGrant,
    PrivilegeTally,
    PrivilegeUse,
)
from members.domain.connections import knowing
from members.domain.invitations.accepting import accept
from members.domain.invitations.making import invite
from members.domain.people.merging import CannotMerge
from members.models import Connection, Contact, CounterValue, Event, Member, Referral, Segment, SegmentMember, Standing
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    yield
    assert [proof for proof in verify() if not proof.holds] == []


@pytest.fixture
def pair():
    return factories.MemberFactory(ref="ada"), factories.MemberFactory(ref="old")


def judge():
    while factories.judge().events:
        pass


def give(member, amount, expires_at=None, currency=None):
    key = keys.of_request(f"{member.ref} {amount} {expires_at}", "open")
    options = {"expires_at": expires_at} if expires_at else {}
    operations.open_balance(
        member_id=member.pk, currency=currency or factories.CurrencyFactory(), amount=amount, key=key,
        effective_at=timezone.now() - timedelta(days=9), **options,
    )  # fmt: skip


def points(member, currency="points"):
    found = [line for line in queries.balances(member.pk) if line.currency == currency]
    return [(int(line.available), int(line.pending), int(line.held)) for line in found]


def joined(survivor, merged):
    return merge(survivor_id=survivor.pk, merged_id=merged.pk, now=timezone.now(), reason="One person.")


def test_balances_holds_and_waiting_awards_come_over_with_their_expiry_and_once(pair):
    ada, old = pair
    soon = timezone.now() + timedelta(days=3)
    factories.rule({"then": [award(7, pending={"for": "7d"})]})
    give(ada, 10)
    give(old, 100, soon)
    factories.report(item("e1", "old"))
    judge()
    hold = operations.hold(
        member_id=old.pk, currency=factories.CurrencyFactory(), amount=30, key=b"h" * 32, now=timezone.now(),
        expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip

    first = joined(ada, old)
    again = joined(ada, old)
    judge()

    assert [(each.currency.code, each.amount) for each in first.brought if each.currency.code == "points"] == [
        ("points", 107)
    ]
    assert (first.is_new, again.is_new, again.brought) == (True, False, [])
    assert (points(ada), points(old)) == ([(80, 7, 30)], [(0, 0, 0)])
    assert sorted((int(lot.remaining), lot.expires_at) for lot in queries.lots(ada.pk) if lot.expires_at) == [
        (70, soon)
    ]
    assert (Hold.objects.get(pk=hold.pk).member_id, PendingAward.objects.get().member_id) == (ada.pk, ada.pk)
    operations.void(hold_id=hold.pk, now=timezone.now())
    assert points(ada) == [(110, 7, 0)]


def test_a_debt_is_paid_from_what_the_survivor_has_and_the_rest_stays(pair):
    ada, old = pair
    owing = factories.CurrencyFactory(code="owing", debt_limit=100)
    give(old, 50, currency=owing)
    spent = Journal.objects.get(member_id=old.pk)
    operations.spend(member_id=old.pk, currency=owing, amount=50, key=b"s" * 32, now=timezone.now())
    operations.reverse(journal_id=spent.pk, cause="a mistake", now=timezone.now())
    give(ada, 20, currency=owing)

    joined(ada, old)

    assert (points(ada, "owing"), points(old, "owing")) == ([(0, 0, 0)], [(-30, 0, 0)])


def test_an_award_of_the_old_membership_is_taken_back_from_the_survivor(pair):
    ada, old = pair
    factories.rule({"then": [award(7)]})
    factories.report(item("e1", "old"))
    judge()
    joined(ada, old)

    moved = reverse_journal(journal_id=Journal.objects.get(rule_code="post").pk, cause="a fraud", now=timezone.now())

    assert (moved.amount, moved.unrecovered, points(ada)) == (-7, 0, [(0, 0, 0)])


def test_timeline_counters_limits_badges_and_tiers_are_those_of_one(pair):
    ada, old = pair
    factories.ladder(bronze=0, silver=25)
    factories.badge("writer")
    posts = factories.counter(code="posts", kind="count")
    limit = {"per": "member", "every": "ever", "times": 3}
    badge = {"do": "badge", "badge": "writer"}
    factories.rule({"then": [award(10, "growth"), badge], "limits": [limit]})
    factories.report(item("e1", "ada"), item("e2", "old"), item("e3", "old"))
    judge()
    factories.report(item("waiting", "old"))

    joined(ada, old)
    factories.report(item("later", "old"))
    judge()

    assert set(Event.objects.values_list("member_id", flat=True)) == {ada.pk}
    assert CounterValue.objects.get(counter_id=posts.pk).value == 5
    # Three times is three times for both together: what came after was paid nothing.
    assert points(ada, "growth") == [(30, 0, 0)]
    assert LimitUse.objects.get(member_id=ada.pk).times == 3
    assert list(BadgeGrant.objects.filter(member_id=ada.pk).values_list("key", flat=True)) == ["writer"]
    assert list(Standing.objects.values_list("member_id", "tier__code")) == [(ada.pk, "silver")]


def test_rights_are_those_of_one_and_no_quota_comes_twice(pair):
    ada, old = pair
    moment = timezone.now()
    pin = Privilege.objects.create(code="pin", quota=2, every="month")
    PrivilegeGrant.objects.create(privilege=pin, member=old, key="k", granted_at=moment)
    for member, used in ((ada, 1), (old, 2)):
        PrivilegeTally.objects.create(privilege_id=pin.pk, member_id=member.pk, period=7, used=used, most=2)
    PrivilegeUse.objects.create(privilege=pin, member=old, key=b"k", state="used", used_at=moment)
    SegmentMember.objects.create(segment=Segment.objects.create(code="founders", kind="static"), member=old)

    joined(ada, old)

    assert list(SegmentMember.objects.values_list("member_id", "segment__code")) == [(ada.pk, "founders")]
    assert list(PrivilegeTally.objects.values_list("member_id", "used")) == [(ada.pk, 2)]
    assert PrivilegeGrant.objects.get().member == PrivilegeUse.objects.get().member == ada


@pytest.mark.parametrize("is_off", [False, True])
def test_whom_both_knew_the_survivor_knows_once_unless_one_had_switched_it_off(pair, is_off):
    ada, old = pair
    bo, cy = factories.MemberFactory(ref="bo"), factories.MemberFactory(ref="cy")
    moment = timezone.now()
    for low, high in ((ada, bo), (old, bo), (old, cy), (ada, old)):
        Connection.objects.create(
            low=low, high=high, since=moment, first_at=moment, last_at=moment, days=2, is_mutual=True,
            hidden_by_high=high == cy,
        )  # fmt: skip
        for day in (1, 2):
            Contact.objects.create(member_id=low.pk, other_id=high.pk, day=day, first_at=moment, last_at=moment)
    knowing.recount([ada.pk, old.pk, bo.pk, cy.pk])
    if is_off:
        knowing.switch(member_id=old.pk, is_off=True)

    joined(ada, old)
    knowing.advance_connections(now=moment)

    counts = [knowing.count_of(each.pk) for each in (ada, old, bo, cy)]
    assert counts == ([0, 0, 0, 0] if is_off else [1, 0, 1, 0])
    kept = set(Connection.objects.values_list("low_id", "high_id", "hidden_by_high"))
    assert kept == (set() if is_off else {(ada.pk, bo.pk, False), (ada.pk, cy.pk, True)})
    assert Contact.objects.count() == (0 if is_off else 4)


def test_lineage_comes_over_and_nobody_becomes_their_own_inviter(pair):
    ada, _ = pair
    first = invite(inviter=ada, now=timezone.now())
    middle = accept(code=first.code, ref="middle", now=timezone.now()).member
    second = invite(inviter=middle, now=timezone.now())
    third = accept(code=second.code, ref="third", now=timezone.now()).member
    fourth = accept(code=invite(inviter=third, now=timezone.now()).code, ref="fourth", now=timezone.now()).member

    joined(ada, third)

    ada.refresh_from_db()
    assert ada.invited_by is None
    assert Member.objects.get(pk=fourth.pk).invited_by == ada
    assert list(Referral.objects.order_by("pk").values_list("member__ref", "inviter__ref")) == [
        ("middle", "ada"), ("third", "middle"), ("fourth", "ada"),
    ]  # fmt: skip


def test_the_old_ref_means_the_survivor_also_after_a_second_merge(pair, client_of):
    ada, old = pair
    last = factories.MemberFactory(ref="last", display_name="Last")
    joined(ada, old)
    joined(last, ada)
    client = client_of()

    shown = client.get("/api/v1/members/old").json()
    listed = client.get("/api/v1/members").json()["results"]

    assert (shown["ref"], [line["ref"] for line in listed]) == ("last", ["last"])
    with pytest.raises(CannotMerge):
        joined(old, last)


@pytest.mark.parametrize(
    ("_case", "survivor", "merged"),
    [("erased", "active", "erased"), ("into_erased", "erased", "active"), ("banned", "active", "banned"),
     ("into_suspended", "suspended", "active")],
)  # fmt: skip
def test_whoever_cannot_be_merged_is_refused_and_nothing_moves(pair, _case, survivor, merged):
    ada, old = pair
    give(old, 10)
    Member.objects.filter(pk=ada.pk).update(status=survivor)
    Member.objects.filter(pk=old.pk).update(status=merged)

    with pytest.raises(CannotMerge):
        joined(ada, old)
    with pytest.raises(CannotMerge):
        joined(ada, ada)

    assert points(old) == [(10, 0, 0)]
