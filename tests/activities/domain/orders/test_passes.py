"""A pass pays for a ticket: its uses are taken with the place, come back with it, and are judged when it begins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import changing, life, registering
from activities.domain.checking_in import scanning
from activities.domain.orders import codes, passes, placing, pricing, proof, tickets
from activities.domain.orders.foreseeing import back_if_cancelled
from activities.enums import EndedBy
from activities.models import Activity, Order, Registration, Ticket
from incentives.domain.ledger.queries import balances
from incentives.domain.privileges import granting, using
from incentives.domain.privileges.definitions import forget
from incentives.models import Currency, Privilege, PrivilegeGrant, PrivilegeGround, PrivilegeUse
from members.models import Event, Freeze, Violation, ViolationKind
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture
def visits():
    return Privilege.objects.create(code="visits", names={"en": "Ten visits"})


@pytest.fixture
def evening(visits):
    """Twenty euros, or a use of the pass."""
    factories.world()
    made = factories.announced(capacity=5, money="EUR", guests_max=2, cancel_until=NOW + 5 * DAY)
    factories.ticket(made, privilege=visits)
    return made


@pytest.fixture
def ada():
    return factories.MemberFactory(ref="ada", age_band="adult")


@pytest.fixture(autouse=True)
def _books_are_whole_at_the_end(db):
    forget()
    yield
    assert [each for each in proof.verify() if not each.holds] == []


def grant(member, visits, uses_max=3, key="k", **more):
    return granting.grant_privilege(
        member_id=member.pk, privilege=visits, key=key, now=NOW, uses_max=uses_max, **more
    )[0]  # fmt: skip


def come(evening, member, now=NOW, **more):
    return registering.register(activity_id=evening.pk, member=member, now=now, **more)[0]


def left(grant):
    grant.refresh_from_db()
    return grant.uses_max - grant.uses


def cancel(made, now=NOW, **more):
    return registering.cancel(registration_id=made.pk, now=now, **more)[0]


def only_with_pass(evening):
    Ticket.objects.update(price=0, pass_only=True)
    return evening


def test_whoever_has_a_pass_has_the_place_at_once_and_owes_nothing(evening, ada, visits):
    given = grant(ada, visits)

    made = come(evening, ada)

    assert (made.state, made.pass_uses, Order.objects.count(), left(given)) == ("confirmed", 1, 0, 2)
    use = PrivilegeUse.objects.get()
    assert (use.state, use.target, use.held_for, use.wanted_at) == (
        "used", "evening", made.pass_name, evening.starts_at,
    )  # fmt: skip
    assert Event.objects.filter(type__code="privilege.used", member=ada).count() == 1
    assert come(evening, ada) == made
    assert left(given) == 2


def test_a_use_is_taken_for_each_seat_all_or_none(evening, ada, visits):
    given = grant(ada, visits, 3)
    assert come(evening, ada, guests=2, with_pass=True).pass_uses == 3
    assert left(given) == 0

    bo = factories.MemberFactory(ref="bo", age_band="adult")
    short = grant(bo, visits, 1)
    with pytest.raises(passes.CannotTake) as refused:
        come(evening, bo, guests=1, with_pass=True)

    assert (refused.value.kind, refused.value.sentence) == ("quota_used", "All 1 are used.")
    assert (left(short), Registration.objects.filter(member=bo).count()) == (1, 0)
    assert Activity.objects.get().seats_taken == 3


@pytest.mark.parametrize(
    ("_case", "with_pass", "uses", "state", "kept"),
    [
        ("left_open", None, 1, "confirmed", 0),
        ("asked_for", True, 1, "confirmed", 0),
        ("rather_paid", False, 1, "held", 1),
    ],
)
def test_the_member_says_whether_the_pass_pays(evening, ada, visits, _case, with_pass, uses, state, kept):
    given = grant(ada, visits, uses)

    assert come(evening, ada, with_pass=with_pass).state == state

    assert left(given) == kept


def test_left_open_the_price_is_due_where_the_pass_is_used_up(evening, ada, visits):
    grant(ada, visits, 1)
    assert come(evening, ada, guests=1).state == "held"
    assert (PrivilegeUse.objects.count(), PrivilegeGrant.objects.get().uses, Order.objects.get().amount) == (
        0,
        0,
        4_000,
    )


def test_whoever_may_not_pay_money_has_the_pass_or_nothing(evening, visits):
    kim = factories.MemberFactory(ref="kim", age_band="minor")
    grant(kim, visits, 1)
    with pytest.raises(passes.CannotTake):
        come(evening, kim, guests=1)
    assert Order.objects.count() == 0

    assert come(evening, kim).state == "confirmed"


@pytest.mark.parametrize(
    ("_case", "changed", "said", "kind"),
    [
        ("no_pass_asked_for", {}, {"with_pass": True}, "not_granted"),
        ("only_with_it", {"price": 0, "pass_only": True}, {}, "not_granted"),
        ("only_with_it_and_not_wanted", {"price": 0, "pass_only": True}, {"with_pass": False}, "pass_only"),
        ("a_ticket_without_a_pass", {"privilege": None}, {"with_pass": True}, "no_pass"),
    ],
)
def test_without_the_pass_one_hears_the_privileges_own_reason(evening, ada, _case, changed, said, kind):
    Ticket.objects.update(**changed)

    with pytest.raises(registering.CannotRegister) as refused:
        come(evening, ada, **said)

    assert (refused.value.kind, Registration.objects.count()) == (kind, 0)


def test_a_pass_has_to_hold_when_the_activity_begins(evening, ada, visits):
    short = grant(ada, visits, until=evening.starts_at)
    with pytest.raises(registering.CannotRegister) as refused:
        come(evening, ada, with_pass=True)
    assert refused.value.kind == "grant_over"
    granting.revoke_grant(grant_id=short.pk, now=NOW)

    # To the microsecond: the end is exclusive.
    grant(ada, visits, key="longer", until=evening.starts_at + timedelta(microseconds=1))

    assert come(evening, ada, with_pass=True).state == "confirmed"


def test_a_pass_like_the_activity_opens_it_before_it_holds(evening, ada, visits):
    grant(ada, visits, like="evening")
    assert come(evening, ada).pass_uses == 1

    later = factories.announced("later", starts_at=evening.ends_at, money="EUR")
    factories.ticket(later, privilege=visits)
    with pytest.raises(registering.CannotRegister) as refused:
        come(later, ada, with_pass=True)
    assert refused.value.kind == "grant_over"


def test_a_quota_is_that_of_the_month_in_which_it_begins(ada, visits):
    factories.world()
    Privilege.objects.update(quota=1, every="month")
    PrivilegeGround.objects.create(privilege=visits, kind="everyone")
    first = (NOW + 40 * DAY).replace(day=10)
    made = []
    for code, moment in (("one", first), ("two", first + DAY), ("three", first + 31 * DAY)):
        made.append(factories.announced(code, starts_at=moment, money="EUR"))
        factories.ticket(made[-1], privilege=visits)

    assert come(made[0], ada, with_pass=True).state == "confirmed"
    with pytest.raises(registering.CannotRegister) as refused:
        come(made[1], ada, with_pass=True)
    assert refused.value.kind == "quota_used"
    assert come(made[2], ada, with_pass=True).state == "confirmed"


@pytest.mark.parametrize(
    ("_case", "late", "percent", "by", "back"),
    [
        ("in_time", False, 0, EndedBy.MEMBER, 3),
        ("late", True, 0, EndedBy.MEMBER, 0),
        ("late_half", True, 50, EndedBy.MEMBER, 1),
        ("late_whole", True, 100, EndedBy.MEMBER, 3),
        ("by_the_team_late", True, 0, EndedBy.TEAM, 3),
    ],
)
def test_uses_come_back_like_money_rounded_down(evening, ada, visits, _case, late, percent, by, back):
    Activity.objects.update(late_refund_percent=percent)
    given = grant(ada, visits)
    made = come(evening, ada, guests=2)
    moment = evening.cancel_until if late else evening.cancel_until - timedelta(seconds=1)
    made = Registration.objects.select_related("activity").get()
    if by == EndedBy.MEMBER:
        foreseen = back_if_cancelled(made, None, now=moment)
        assert (foreseen.uses, foreseen.uses_taken, foreseen.is_late) == (back, 3, late)

    ended = cancel(made, now=moment, by=by)
    cancel(made, now=moment, by=by)

    assert (left(given), ended.pass_uses) == (back, 3 - back)
    assert PrivilegeUse.objects.filter(state="given_back").count() == back
    assert Event.objects.filter(type__code="privilege.given_back").count() == back


def test_when_it_is_called_off_everybody_has_the_use_again(evening, ada, visits):
    given = grant(ada, visits)
    come(evening, ada)

    life.step(activity_id=evening.pk, to="cancelled", now=evening.cancel_until + DAY, reason="Rain.")

    assert left(given) == 3


def test_whoever_waits_has_used_nothing_until_the_place_is_theirs(evening, ada, visits):
    Activity.objects.update(capacity=1)
    given = grant(ada, visits, 1)
    first = come(evening, factories.MemberFactory(age_band="adult"), with_pass=False)
    waiting = come(evening, ada, with_pass=True)
    assert (waiting.state, left(given)) == ("waiting", 1)
    cancel(first)
    assert (Registration.objects.get(pk=waiting.pk).state, left(given)) == ("offered", 1)

    taken, _new = registering.accept_offer(registration_id=waiting.pk, member_id=ada.pk, now=NOW)

    assert (taken.state, taken.pass_uses, left(given)) == ("confirmed", 1, 0)


def test_whoever_asked_and_has_no_use_left_is_not_let_in_and_may_be_again(evening, ada, visits):
    Activity.objects.update(needs_approval=True)
    given = grant(ada, visits, 1)
    asked = come(evening, ada, with_pass=True)
    other = factories.announced("other", money="EUR")
    factories.ticket(other, privilege=visits)
    spent = come(other, ada)

    with pytest.raises(passes.CannotTake):
        registering.approve(registration_id=asked.pk, now=NOW)
    assert Registration.objects.get(pk=asked.pk).state == "asked"
    cancel(spent)

    assert registering.approve(registration_id=asked.pk, now=NOW)[0].pass_uses == 1
    assert left(given) == 0


def test_one_use_left_opens_one_of_two_places(evening, ada, visits):
    given = grant(ada, visits, 1)
    other = factories.announced("other", money="EUR")
    factories.ticket(other, privilege=visits)

    assert (come(evening, ada).state, come(other, ada).state) == ("confirmed", "held")
    assert left(given) == 0


def test_nobody_gives_the_use_of_a_place_back_alone(evening, ada, visits):
    grant(ada, visits)
    come(evening, ada)
    use = PrivilegeUse.objects.get()

    with pytest.raises(using.CannotGiveBack) as refused:
        using.give_back(use_id=use.pk, member_id=ada.pk, now=NOW, actor="operator 1")

    use.refresh_from_db()
    assert (refused.value.kind, use.state) == ("opens_a_place", "used")


def test_a_pass_that_the_team_would_fulfil_is_used_at_once_and_waits_for_nobody(evening, ada, visits):
    Privilege.objects.update(way="operator", promise_hours=24, asks=True)
    grant(ada, visits)

    made = come(evening, ada)

    use = PrivilegeUse.objects.get()
    assert (use.state, use.due_at) == ("used", None)
    cancel(made)
    use.refresh_from_db()
    assert use.state == "given_back"


def test_points_are_spent_for_a_use_only_where_the_pass_was_asked_for_and_come_back(evening, ada, visits):
    factories.points_for(ada, 100)
    Privilege.objects.update(takes_attention=False)
    PrivilegeGround.objects.create(
        privilege=visits, kind="purchase", price=40, currency=Currency.objects.get(code="points")
    )
    forget()

    def points():
        return [each.available for each in balances(ada.pk)]

    assert come(evening, ada).state == "held"
    cancel(Registration.objects.get())
    before = points()
    made = come(evening, ada, with_pass=True)
    assert (made.state, made.pass_uses) == ("confirmed", 1)
    assert points() != before
    cancel(made)

    assert points() == before
    with pytest.raises(registering.CannotRegister) as refused:
        come(evening, factories.MemberFactory(age_band="adult"), with_pass=True)
    assert refused.value.kind == "too_few_points"


def test_too_few_points_for_every_seat_take_none(evening, ada, visits):
    factories.points_for(ada, 60)
    Privilege.objects.update(takes_attention=False)
    PrivilegeGround.objects.create(
        privilege=visits, kind="purchase", price=40, currency=Currency.objects.get(code="points")
    )
    forget()

    with pytest.raises(passes.CannotTake):
        come(evening, ada, guests=1, with_pass=True)

    assert PrivilegeUse.objects.count() == 0


def test_whoever_may_not_spend_hears_that_and_buys_no_use(evening, ada, visits):
    factories.points_for(ada, 100)
    Privilege.objects.update(takes_attention=False)
    PrivilegeGround.objects.create(
        privilege=visits, kind="purchase", price=40, currency=Currency.objects.get(code="points")
    )
    forget()
    insult = Violation.objects.create(
        member=ada, kind=ViolationKind.objects.create(code="insult"), strikes=1, consequence="warning",
        happened_at=NOW, recorded_at=NOW, strikes_until=NOW + DAY,
    )  # fmt: skip
    Freeze.objects.create(member=ada, violation=insult, what="spending", begins_at=NOW - DAY, ends_at=NOW + DAY)

    with pytest.raises(passes.CannotTake) as refused:
        come(evening, ada, with_pass=True)

    assert refused.value.kind == "may_not_spend"
    assert (PrivilegeUse.objects.count(), Registration.objects.count()) == (0, 0)


def test_offers_say_what_the_pass_would_do(evening, ada, visits):
    factories.ticket(evening, "holders", price=0, privilege=visits, pass_only=True)
    factories.ticket(evening, "plain", price=500)
    grant(ada, visits)
    kim = factories.MemberFactory(ref="kim", age_band="minor")

    def offers(member):
        return {
            each.ticket.code: (each.why_not and each.why_not.code, each.by_pass and each.by_pass.left)
            for each in pricing.offers_of(evening, member, now=NOW)
        }

    assert offers(ada) == {"holders": (None, 3), "plain": (None, None), "single": (None, 3)}
    assert offers(kim) == {
        "holders": ("not_granted", 0), "plain": ("not_adult", None), "single": ("not_adult", 0),
    }  # fmt: skip


def test_a_free_code_needs_no_pass_and_makes_none_for_holders_free(evening, ada, visits):
    single = Ticket.objects.get()
    code = codes.make(ticket=single, uses_max=1, now=NOW)
    assert come(evening, ada, free_code=code.code).pass_uses == 0

    holders = factories.ticket(evening, "holders", price=0, privilege=visits, pass_only=True)
    with pytest.raises(codes.CannotMake) as refused:
        codes.make(ticket=holders, uses_max=1, now=NOW)
    assert refused.value.kind == "pass_only"


def test_nobody_walks_in_by_a_ticket_for_holders(evening, ada):
    only_with_pass(evening)

    taken = scanning.take(
        activity_id=evening.pk,
        scanned=scanning.Scanned(nonce="n", scanned_at=evening.starts_at, member=ada, device="door"),
        now=evening.starts_at, actor="operator 1",
    )  # fmt: skip

    assert (taken.scan.why, Registration.objects.count()) == ("unpaid", 0)


def put(evening, code="single", **values):
    return tickets.put(activity_id=evening.pk, code=code, values=values, now=NOW)[0]


@pytest.mark.parametrize(
    ("_case", "values", "sentence"),
    [
        ("a_group", {"group_size": 2, "price": 100}, "A group pays in money, not with a pass."),
        ("a_price_too", {"pass_only": True, "price": 100}, "what is only had with it has no price"),
        ("no_pass", {"pass_only": True, "price": 0, "privilege": None}, "Say with which pass"),
    ],
)
def test_a_ticket_that_nobody_could_have_so_is_refused(evening, _case, values, sentence):
    with pytest.raises(changing.CannotEdit) as refused:
        put(evening, **values)

    assert sentence in refused.value.sentence


def test_invitations_are_no_pass(evening):
    invitations = Privilege.objects.create(code="invitations", kind="invitations")
    with pytest.raises(changing.CannotEdit, match="used by inviting"):
        put(evening, privilege=invitations)


def test_a_ticket_keeps_the_pass_by_which_it_was_taken(evening, ada, visits):
    grant(ada, visits)
    come(evening, ada)

    with pytest.raises(changing.CannotEdit, match="taken with its pass"):
        put(evening, privilege=None)
    with pytest.raises(changing.CannotEdit, match="make another ticket that is had only"):
        put(evening, price=0, pass_only=True)
    assert put(evening, price=900).price == 900


def test_a_member_who_turns_out_to_be_another_keeps_one_place_and_its_use(evening, ada, visits):
    from incentives.domain.merging import merge

    bo = factories.MemberFactory(ref="bo", age_band="adult")
    grants = [grant(ada, visits), grant(bo, visits, key="other")]
    come(evening, ada)
    come(evening, bo)

    merge(survivor_id=ada.pk, merged_id=bo.pk, now=NOW, reason="The same person.")

    assert sorted(left(each) for each in grants) == [2, 3]
    assert Registration.objects.get(state="confirmed").member_id == ada.pk


@pytest.mark.parametrize(
    ("_case", "number", "wrong"),
    [
        ("a_place_without_its_use", 12, lambda: PrivilegeUse.objects.update(state="given_back", settled_at=NOW)),
        ("fewer_uses_than_seats", 12, lambda: Registration.objects.update(guests=1)),
        ("a_use_without_a_place", 13, lambda: Registration.objects.update(pass_uses=0)),
        ("a_use_for_nothing", 13, lambda: PrivilegeUse.objects.update(held_for="registration:0")),
        ("a_holder_s_place_without_any", 12, lambda: (Registration.objects.update(pass_uses=0),
                                                        Ticket.objects.update(price=0, pass_only=True))),
    ],
)  # fmt: skip
def test_the_proof_names_what_is_not_so(evening, ada, visits, _case, number, wrong):
    from django.db import transaction

    grant(ada, visits)
    come(evening, ada)

    with transaction.atomic():
        wrong()
        found = {each.number: each.wrong for each in proof.verify()}
        transaction.set_rollback(True)

    assert found[number] is not None


def test_percent_back_is_one_for_money_and_uses(evening, ada):
    made = Registration(activity=evening, member=ada, is_late=True)
    Activity.objects.update(late_refund_percent=30)
    made.activity.late_refund_percent = 30
    assert [placing.percent_back(made, by) for by in EndedBy] == [30, 100, 100]
