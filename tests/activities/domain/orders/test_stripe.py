"""Stripe behind the provider's protocol: its library is real, its service an imitation on loopback."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
import stripe
from django.test import Client
from django.utils import timezone

from activities.domain import registering
from activities.domain.orders import beginning, pages, paying, providers, refunding
from activities.domain.orders.providers.stripe import Stripe, parts_of
from activities.enums import EndedBy
from activities.models import Order, PageToClose, Payment, Refund, Registration
from members.models import Event
from tests import factories, stripe_server

pytestmark = pytest.mark.django_db
SECRET = "whsec_test"


@pytest.fixture
def server(settings):
    with stripe_server.serving() as running:
        settings.PAYMENT_PROVIDER, settings.STRIPE_SECRET_KEY = "stripe", "sk_test_1"
        settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_API_URL = SECRET, running.url
        settings.PAYMENT_RETURN_URL = "https://points.example/me/"
        yield running


@pytest.fixture
def ada():
    return factories.MemberFactory(ref="ada", age_band="adult", language="en")


@pytest.fixture
def order(server, ada):
    evening = factories.announced(capacity=3, money="EUR", guests_max=1)
    ticket = factories.ticket(evening)
    made, _new = registering.register(activity_id=evening.pk, member=ada, now=timezone.now(), ticket=ticket, guests=1)
    return made.order


def event(order, type_="checkout.session.completed", **changed):
    said = {
        "id": "cs_test_1", "object": "checkout.session", "client_reference_id": str(order.public_id), "currency": "eur",
        "amount_total": 4_000, "payment_intent": "pi_1", "payment_status": "paid", **changed,
    }  # fmt: skip
    return {"id": "evt_1", "object": "event", "type": type_, "created": int(time.time()), "data": {"object": said}}


def tell(said, *, secret=SECRET, at=None, header=None):
    body = said if isinstance(said, str) else json.dumps(said)
    if header is None:
        header = stripe.WebhookSignature.generate_signature_header(body, secret, at)
    return Client(enforce_csrf_checks=True).post(
        "/api/v1/payments/stripe", body.encode(), content_type="application/json", headers={"Stripe-Signature": header}
    )


def test_a_page_is_opened_for_an_order_once_and_its_address_kept(server, order):
    begun = beginning.how_to_pay(order)

    (session,) = server.sessions
    given = session["given"]
    assert begun.url == session["url"]
    assert (given["client_reference_id"], given["mode"], given["success_url"]) == (
        str(order.public_id), "payment", "https://points.example/me/",
    )  # fmt: skip
    price = "line_items[0][price_data]"
    assert (given[f"{price}[unit_amount]"], given[f"{price}[currency]"]) == ("4000", "eur")
    assert given[f"{price}[product_data][name]"] == "An evening: single"
    assert int(given["expires_at"]) == int(order.expires_at.timestamp())
    order.refresh_from_db()
    assert (order.pay_url, order.provider_ref, order.provider) == (session["url"], "cs_test_1", "stripe")
    assert beginning.how_to_pay(order).url == begun.url
    assert len(server.calls) == 1


def test_a_page_whose_answer_is_lost_is_the_same_page_when_asked_again(server, order):
    server.cuts = 1

    first = beginning.how_to_pay(order)
    again = beginning.how_to_pay(order)

    assert (first.url, first.words) == ("", "The payment service does not answer; ask again in a minute.")
    assert (again.url, len(server.sessions)) == (server.sessions[0]["url"], 1)


@pytest.mark.parametrize(("minutes", "is_said"), [(29, False), (40, True), (60 * 25, False)])
def test_a_page_closes_with_the_order_where_stripe_lets_it(server, order, minutes, is_said):
    order.expires_at = timezone.now() + timedelta(minutes=minutes)

    beginning.how_to_pay(order)

    assert ("expires_at" in server.sessions[0]["given"]) is is_said


def test_money_that_stripe_tells_of_makes_the_place_theirs_once(order):
    answers = [tell(event(order)) for _ in range(3)]

    assert [(each.status_code, each.json()) for each in answers] == [
        (200, {"taken": 1}), (200, {"taken": 0}), (200, {"taken": 0}),
    ]  # fmt: skip
    order.refresh_from_db()
    payment = Payment.objects.get()
    assert (order.state, payment.provider, payment.provider_ref, payment.amount) == ("paid", "stripe", "pi_1", 4_000)
    assert Registration.objects.get().state == "confirmed"


def test_a_bank_debit_counts_when_it_has_succeeded_and_not_before(order):
    assert tell(event(order, payment_status="unpaid")).json() == {"taken": 0}
    order.refresh_from_db()
    assert order.state == "placed"

    assert tell(event(order, "checkout.session.async_payment_succeeded")).json() == {"taken": 1}


@pytest.mark.parametrize(
    ("_case", "how"),
    [
        ("another_secret", {"secret": "whsec_other"}),
        ("too_old", {"at": int(time.time()) - 301}),
        ("no_signature", {"header": ""}),
        ("no_time", {"header": "v1=abc"}),
        ("nonsense", {"header": "x" * 10_000}),
        ("no_ascii", {"header": "t=1,v1=\u00e9"}),
    ],
)
def test_a_forged_message_is_refused_and_changes_nothing(order, _case, how):
    answer = tell(event(order), **how)

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad_signature")
    assert Payment.objects.count() == 0


def test_a_message_that_was_changed_on_its_way_is_refused(order):
    body = json.dumps(event(order))
    header = stripe.WebhookSignature.generate_signature_header(body, SECRET)

    answer = tell(body.replace("4000", "1"), header=header)

    assert (answer.status_code, Payment.objects.count()) == (400, 0)


@pytest.mark.parametrize(
    ("_case", "type_", "changed", "answer"),
    [
        ("another_type", "customer.created", {}, {"taken": 0}),
        ("nobody's_order", None, {"client_reference_id": "019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a24"},
         {"taken": 0, "why": "unknown_order"}),
        ("another_shop's", None, {"client_reference_id": "cart-7"}, {"taken": 0, "why": "unknown_order"}),
        ("no_order_at_all", None, {"client_reference_id": None}, {"taken": 0}),
        ("other_money", None, {"currency": "usd"}, {"taken": 0, "why": "wrong_money"}),
        ("nothing", None, {"amount_total": 0}, {"taken": 0, "why": "wrong_money"}),
        ("no_amount", None, {"amount_total": None}, {"taken": 0}),
        ("no_such_money", None, {"currency": "zzz"}, {"taken": 0}),
    ],
)  # fmt: skip
def test_what_can_never_be_taken_is_answered_so_that_it_is_not_sent_again(order, _case, type_, changed, answer):
    got = tell(event(order, type_ or "checkout.session.completed", **changed))

    assert (got.status_code, got.json()) == (200, answer)
    order.refresh_from_db()
    assert (order.paid, order.state, Payment.objects.count()) == (0, "placed", 0)


@pytest.mark.parametrize("body", ["[]", "null", "{}", '{"type": 1}', "not json"])
def test_what_nobody_can_read_changes_nothing(order, body):
    assert tell(body).status_code == (400 if body == "not json" else 200)
    assert Payment.objects.count() == 0


def test_another_amount_than_was_due_is_a_part_or_goes_back(order):
    tell(event(order, amount_total=3_000))
    order.refresh_from_db()
    assert (order.state, order.paid, order.left_to_pay) == ("placed", 3_000, 1_000)

    tell(event(order, payment_intent="pi_2", amount_total=1_500))

    order.refresh_from_db()
    assert (order.state, order.paid, order.refunded) == ("paid", 4_500, 500)


def test_the_rest_has_a_page_of_its_own(server, order):
    beginning.how_to_pay(order)
    tell(event(order, amount_total=3_000))
    order.refresh_from_db()

    beginning.how_to_pay(order)

    assert [each["given"]["line_items[0][price_data][unit_amount]"] for each in server.sessions] == ["4000", "1000"]


def test_a_payment_told_for_another_order_is_a_conflict_that_is_not_sent_again(order, ada):
    tell(event(order))
    second = factories.announced("second", capacity=3, money="EUR")
    factories.ticket(second)
    other, _new = registering.register(activity_id=second.pk, member=ada, now=timezone.now())

    got = tell(event(other.order))

    assert (got.status_code, got.json()) == (200, {"taken": 0, "why": "payment_conflict"})
    assert other.order.payments.count() == 0


def test_money_that_comes_late_goes_back_by_itself(server, order):
    registering.cancel(registration_id=order.registration_id, now=timezone.now())

    tell(event(order))
    refunding.carry_out(now=timezone.now())

    refund = Refund.objects.get()
    assert (refund.why, refund.state, refund.provider_ref) == ("late", "done", "re_1")
    assert [(each["payment_intent"], each["amount"]) for each in server.refunds] == [("pi_1", 4_000)]


def test_when_the_database_does_not_answer_stripe_is_told_to_come_again(order, monkeypatch):
    from django.db import OperationalError

    def busy(*_args, **_more):
        raise OperationalError("locked")

    with monkeypatch.context() as patch:
        patch.setattr(paying, "pay", busy)
        assert tell(event(order)).status_code == 503

    assert tell(event(order)).json() == {"taken": 1}


def test_the_address_is_quiet_where_nobody_pays_by_stripe(settings, client):
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert client.post("/api/v1/payments/stripe", b"{}", content_type="application/json").status_code == 404
    assert client.get("/api/v1/payments/stripe").status_code == 405


def cancelled(order, intent="pi_1"):
    """A refund of a paid order, decided and due."""
    tell(event(order, payment_intent=intent))
    registering.cancel(registration_id=order.registration_id, now=timezone.now(), by=EndedBy.TEAM)
    return Refund.objects.get()


def test_a_refund_whose_answer_is_lost_is_asked_for_again_and_made_once(server, order):
    refund = cancelled(order)
    server.cuts = 1

    assert refunding.carry_out(now=timezone.now()) == 0
    refund.refresh_from_db()
    assert (refund.state, refund.tries, len(server.refunds)) == ("due", 1, 1)
    assert refund.error
    # Stripe has forgotten the key by then, and is asked what it has done.
    server.forget_keys()
    assert refunding.carry_out(now=timezone.now() + timedelta(days=2)) == 1

    refund.refresh_from_db()
    assert (refund.state, refund.provider_ref, refund.error, len(server.refunds)) == ("done", "re_1", "", 1)
    assert Event.objects.filter(type__code="activity.order_refunded").count() == 1


def test_a_worker_killed_between_the_refund_and_its_record_pays_once(server, order, monkeypatch):
    refund = cancelled(order)

    class Killed(BaseException):
        """What a worker does not survive."""

    def die(*_args):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(refunding, "_finish", die)
        refunding.carry_out(now=timezone.now())
    refund.refresh_from_db()
    assert (refund.state, len(server.refunds)) == ("due", 1)

    assert refunding.carry_out(now=timezone.now() + timedelta(minutes=6)) == 1
    assert refunding.carry_out(now=timezone.now() + timedelta(minutes=60)) == 0

    assert len(server.refunds) == 1
    assert Event.objects.filter(type__code="activity.order_refunded").count() == 1


def test_what_stripe_refuses_is_a_persons_after_eight_times(server, order):
    refund = cancelled(order)
    server.refusal = {"type": "invalid_request_error", "message": "This account cannot refund."}

    for hours in range(24 * 8):
        refunding.carry_out(now=timezone.now() + timedelta(hours=hours))

    refund.refresh_from_db()
    assert (refund.state, refund.tries, refund.error) == ("failed", 8, "This account cannot refund.")
    server.refusal = None
    server.forget_keys()
    assert refunding.try_again(refund_id=refund.pk, now=timezone.now())[1] is True
    assert refunding.try_again(refund_id=refund.pk, now=timezone.now())[1] is False
    assert refunding.carry_out(now=timezone.now()) == 1


def test_a_refund_that_comes_to_nothing_later_is_a_persons_and_may_be_tried_again(server, order):
    refund = cancelled(order)
    refunding.carry_out(now=timezone.now())
    server.refunds[0]["status"] = "failed"
    lost = {
        "id": "re_1",
        "status": "failed",
        "failure_reason": "lost_or_stolen_card",
        "metadata": {"refund": str(refund.pk)},
    }
    said = {"id": "e", "type": "refund.failed", "created": 1, "data": {"object": lost}}

    assert [tell(said).json(), tell(said).json()] == [{"taken": 1}, {"taken": 0}]

    refund.refresh_from_db()
    assert (refund.state, refund.error, refund.done_at) == ("failed", "lost_or_stolen_card", None)
    refunding.try_again(refund_id=refund.pk, now=timezone.now())
    assert refunding.carry_out(now=timezone.now()) == 1
    assert [each["status"] for each in server.refunds] == ["failed", "succeeded"]


def test_news_of_refunds_that_are_not_ours_is_no_news(order):
    for metadata in (None, {}, {"refund": "999"}, {"refund": "x"}):
        lost = {"id": "re_1", "status": "failed", "metadata": metadata}
        assert tell({"type": "refund.updated", "created": 1, "data": {"object": lost}}).json() == {"taken": 0}


def test_a_refund_stripe_says_has_failed_at_once_is_asked_for_again(server, order):
    cancelled(order)
    server.refund_status = "failed"
    assert refunding.carry_out(now=timezone.now()) == 0
    server.refund_status = "pending"
    assert refunding.carry_out(now=timezone.now() + timedelta(minutes=6)) == 1


def test_what_was_paid_in_two_goes_back_to_both_the_first_one_first(server, order):
    tell(event(order, amount_total=3_000))
    tell(event(order, payment_intent="pi_2", amount_total=1_000))
    refunding.refund(
        order_id=order.pk, amount=2_500, points=0, key="a", now=timezone.now(), reason="Sorry.", actor="operator 1"
    )
    server.paid = {"pi_1": 3_000, "pi_2": 1_000}
    registering.cancel(registration_id=order.registration_id, now=timezone.now(), by=EndedBy.TEAM)

    assert refunding.carry_out(now=timezone.now()) == 2

    assert sorted((each["payment_intent"], each["amount"]) for each in server.refunds) == [
        ("pi_1", 500), ("pi_1", 2_500), ("pi_2", 1_000),
    ]  # fmt: skip
    assert [sum(amount for _, amount in parts_of(each)) for each in Refund.objects.all()] == [2_500, 1_500]


def test_what_stripe_still_tries_is_not_confirmed_by_hand(order):
    refund = cancelled(order)
    with pytest.raises(refunding.CannotRefund, match="payment service pays it back"):
        refunding.confirm(refund_id=refund.pk, now=timezone.now(), actor="operator 1")
    Refund.objects.update(state="failed")
    assert refunding.confirm(refund_id=refund.pk, now=timezone.now(), actor="operator 1")[1] is True


@pytest.mark.parametrize(
    ("money", "ours", "theirs"), [("EUR", 1_234, 1_234), ("JPY", 500, 500), ("ISK", 5, 500), ("MGA", 500, 5)]
)
def test_minor_units_are_stripes_where_it_counts_in_others(money, ours, theirs):
    from activities.domain.orders.providers import stripe as module

    assert (module._theirs(ours, money), module._ours(theirs, money)) == (theirs, ours)


def test_a_fraction_that_stripe_does_not_know_is_refused():
    from activities.domain.orders.providers import stripe as module

    with pytest.raises(providers.CannotMove, match="no such fraction of MGA"):
        module._theirs(501, "MGA")


def test_whoever_pays_by_hand_never_loads_the_library():
    import subprocess
    import sys

    told = subprocess.run(
        [sys.executable, "-c", "import django; django.setup(); import sys, config.urls; print('stripe' in sys.modules)"],
        capture_output=True, text=True, check=True, env={"DJANGO_SETTINGS_MODULE": "config.settings", "PATH": ""},
    )  # fmt: skip
    assert told.stdout.strip() == "False"


def test_an_order_knows_its_provider_whatever_the_installation_says_later(settings, order):
    settings.PAYMENT_PROVIDER = "offline"
    assert Order.objects.get().provider == "stripe"
    assert isinstance(providers.named("stripe"), Stripe)
    with pytest.raises(Exception, match="is one of offline, stripe"):
        providers.named("paypal")


def left_unpaid(order, **more):
    """The page of an order that its member opened, and then gave the place up."""
    beginning.how_to_pay(order)
    registering.cancel(registration_id=order.registration_id, now=timezone.now(), **more)
    return PageToClose.objects.get()


def asked_to_expire(server):
    return [path for _, path in server.calls if path.endswith("/expire")]


def test_the_page_of_an_order_that_was_cancelled_is_closed_once(server, order):
    page = left_unpaid(order)
    assert asked_to_expire(server) == []

    assert [pages.close_due(now=timezone.now()) for _ in range(2)] == [1, 0]

    page.refresh_from_db()
    assert (server.sessions[0]["status"], asked_to_expire(server)) == (
        "expired", ["/v1/checkout/sessions/cs_test_1/expire"],
    )  # fmt: skip
    assert (page.due_at, page.closed_at is not None, page.error) == (None, True, "")
    order.refresh_from_db()
    assert (order.pay_url, order.provider_ref) == ("", "cs_test_1")


def test_the_page_of_an_order_that_was_not_paid_in_time_is_closed(server, order):
    beginning.how_to_pay(order)
    paying.expire_unpaid(now=order.expires_at)

    assert pages.close_due(now=order.expires_at) == 1

    assert server.sessions[0]["status"] == "expired"


def test_whoever_opened_no_page_leaves_none(server, order):
    registering.cancel(registration_id=order.registration_id, now=timezone.now())

    assert (pages.close_due(now=timezone.now()), PageToClose.objects.count(), server.calls) == (0, 0, [])


@pytest.mark.parametrize("status", ["complete", "expired"])
def test_a_page_that_is_not_open_any_more_is_done_with(server, order, status):
    page = left_unpaid(order)
    server.sessions[0]["status"] = status

    assert pages.close_due(now=timezone.now()) == 1

    page.refresh_from_db()
    assert (page.tries, page.due_at, page.error) == (1, None, "")


def test_money_of_whoever_was_faster_than_the_closing_is_late_and_goes_back(server, order):
    left_unpaid(order)
    server.sessions[0]["status"] = "complete"
    assert pages.close_due(now=timezone.now()) == 1

    assert tell(event(order)).json() == {"taken": 1}
    refunding.carry_out(now=timezone.now())

    assert [(each.why, each.amount, each.state) for each in Refund.objects.all()] == [("late", 4_000, "done")]


def test_closing_whose_answer_is_lost_is_asked_for_again_and_is_once(server, order):
    page = left_unpaid(order)
    server.cuts = 1

    assert pages.close_due(now=timezone.now()) == 0
    page.refresh_from_db()
    assert (page.closed_at, page.tries, bool(page.error), server.sessions[0]["status"]) == (None, 1, True, "expired")
    assert pages.close_due(now=timezone.now()) == 0
    server.forget_keys()
    assert pages.close_due(now=timezone.now() + timedelta(minutes=2)) == 1

    page.refresh_from_db()
    assert (page.error, page.tries) == ("", 2)


def test_a_worker_killed_after_closing_asks_again(server, order, monkeypatch):
    left_unpaid(order)

    class Killed(BaseException):
        """What a worker does not survive."""

    def die(*_args):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(pages, "_close", die)
        pages.close_due(now=timezone.now())

    assert pages.close_due(now=timezone.now() + timedelta(minutes=2)) == 1
    assert server.sessions[0]["status"] == "expired"


@pytest.mark.parametrize(
    ("_case", "ref", "refusal", "words"),
    [
        ("of_another_account", "cs_other", None, "No such checkout.session: cs_other"),
        ("refused_though_open", "cs_test_1", {"type": "invalid_request_error", "message": "Not now."}, "Not now."),
    ],
)
def test_what_cannot_be_closed_is_asked_for_nine_times_and_then_left(server, order, _case, ref, refusal, words):
    page = left_unpaid(order)
    PageToClose.objects.update(ref=ref)
    server.refusal = refusal

    for hours in range(24 * 4):
        assert pages.close_due(now=timezone.now() + timedelta(hours=hours)) == 0

    page.refresh_from_db()
    assert (page.tries, page.due_at, page.closed_at, page.error) == (9, None, None, words)


def test_a_page_that_was_opened_while_its_order_ended_is_closed(server, order):
    seen = Order.objects.select_related("activity", "ticket", "member").get()
    registering.cancel(registration_id=order.registration_id, now=timezone.now())

    beginning.how_to_pay(seen)

    assert (pages.close_due(now=timezone.now()), server.sessions[0]["status"]) == (1, "expired")
    order.refresh_from_db()
    assert (order.pay_url, order.provider_ref) == ("", "")


def test_the_page_on_which_it_was_paid_is_not_asked_for_and_another_one_is_closed(server, order):
    beginning.how_to_pay(order)
    tell(event(order, amount_total=3_000))
    assert PageToClose.objects.count() == 0
    order.refresh_from_db()
    beginning.how_to_pay(order)

    tell(event(order, id="cs_elsewhere", payment_intent="pi_2", amount_total=1_000))
    pages.close_due(now=timezone.now())

    assert [each["status"] for each in server.sessions] == ["open", "expired"]
    assert asked_to_expire(server) == ["/v1/checkout/sessions/cs_test_2/expire"]


def test_by_hand_there_is_no_page_to_close(ada):
    evening = factories.announced(money="EUR")
    factories.ticket(evening)
    made, _new = registering.register(activity_id=evening.pk, member=ada, now=timezone.now())
    Order.objects.update(pay_url="https://pay.example/1", provider_ref="old")

    registering.cancel(registration_id=made.pk, now=timezone.now())

    assert pages.close_due(now=timezone.now()) == 1


def test_of_two_pages_that_were_opened_at_once_one_is_kept_and_the_other_closed(server, order):
    first, second = (Order.objects.select_related("activity", "ticket", "member").get() for _ in range(2))
    kept = beginning.begin(first, return_url="https://points.example/me/")

    other = beginning.begin(second, return_url="https://points.example/activities/evening/")
    pages.close_due(now=timezone.now())

    assert (other, kept.url) == (kept, server.sessions[0]["url"])
    assert [each["status"] for each in server.sessions] == ["open", "expired"]


def test_the_same_page_opened_at_once_stays(server, order):
    first, second = (Order.objects.select_related("activity", "ticket", "member").get() for _ in range(2))

    pages_opened = [beginning.how_to_pay(each) for each in (first, second)]

    assert pages_opened[0] == pages_opened[1]
    assert (len(server.sessions), PageToClose.objects.count()) == (1, 0)
