"""Paid by way of Stripe, through its library: a checkout page for an order, refunds, and signed news of both.

Stripe forgets idempotency keys after a day, and refunds are asked for again for longer than that: a refund carries our
number in its metadata, and whoever asks again first looks whether it is there.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import stripe
from django.conf import settings

from activities.domain import money
from activities.domain.orders.providers.protocol import BadNews, Begun, CannotMove, News, Setback
from activities.models import Order, Payment, Refund
from members.domain.texts import text_in

logger = logging.getLogger(__name__)

# Stripe lets nobody pay for less time than that.
SHORTEST = timedelta(minutes=30)
TIMEOUT_SECONDS = 20
REFUNDS_PER_PAGE = 100
# What Stripe counts in other units than ISO 4217; see docs.stripe.com/currencies.
DECIMALS = {"ISK": 2, "UGX": 2} | dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"), 0
)
PAID_TYPES = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
SETBACK_TYPES = ("refund.failed", "refund.updated", "charge.refund.updated")
LOST_STATES = ("failed", "canceled")


class Stripe:
    code = "stripe"

    @property
    def minutes_to_pay(self) -> int:
        return int(settings.STRIPE_ORDER_MINUTES)

    def begin(self, order: Order, *, return_url: str) -> Begun:
        """Open a checkout page for what is left to pay; asked again with the same words it is the same page."""
        params = _page_of(order, return_url, now=datetime.now(UTC))
        digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()[:16]
        try:
            made = _client().v1.checkout.sessions.create(
                params=params,  # type: ignore[arg-type]  # Plain words; the library's types are for literals.
                options={"idempotency_key": f"order-{order.public_id}-{digest}"},
            )
        except stripe.StripeError as error:
            raise CannotMove(_words(error)) from error
        return Begun(url=made.url or "", ref=made.id)

    def close(self, ref: str) -> None:
        """Expire a checkout page that is open. What was paid on it meanwhile comes as news, and late."""
        pages = _client().v1.checkout.sessions
        try:
            try:
                pages.expire(ref)
            except stripe.InvalidRequestError as error:
                # It says so of every page that is not open. Its words are no promise, and its state is.
                if pages.retrieve(ref).status == "open":
                    raise CannotMove(_words(error)) from error
        except stripe.StripeError as error:
            raise CannotMove(_words(error)) from error

    def refund(self, refund: Refund) -> str | None:
        """Send a refund back to the payments it came from, the first payment first; each part of it once."""
        refs = []
        try:
            for payment, amount in parts_of(refund):
                made, lost = self._given_back(refund, payment)
                made = made or _client().v1.refunds.create(
                    params={
                        "payment_intent": payment.provider_ref,
                        "amount": _theirs(amount, refund.order.money),
                        "metadata": {"refund": str(refund.pk), "order": str(refund.order.public_id)},
                    },
                    # One that came to nothing is another try.
                    options={"idempotency_key": f"refund-{refund.pk}-{payment.pk}-{lost}"},
                )
                if made.status in LOST_STATES:
                    raise CannotMove(f"Stripe says {made.status}: {getattr(made, 'failure_reason', '') or made.id}.")
                refs.append(made.id)
        except stripe.StripeError as error:
            raise CannotMove(_words(error)) from error
        return " ".join(refs)

    def read(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Sequence[News | Setback]:
        """The news in a message whose signature the library has proven. What is not about us is no news."""
        try:
            stripe.WebhookSignature.verify_header(
                body, headers.get("Stripe-Signature"), settings.STRIPE_WEBHOOK_SECRET, stripe.Webhook.DEFAULT_TOLERANCE
            )
            event = json.loads(body)
        # The library compares signatures that are no ASCII only to fail.
        except (stripe.SignatureVerificationError, ValueError, TypeError) as error:
            raise BadNews(str(error)) from error
        try:
            return list(_news(event))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            # It is from Stripe, and will never read differently: sent again it would be as little use.
            logger.exception("Stripe sent something that cannot be read: %s", type(error).__name__)
            return []

    def _given_back(self, refund: Refund, payment: Payment) -> tuple[Any, int]:
        """What Stripe has of this refund already, and how many tries of it came to nothing."""
        page = _client().v1.refunds.list(
            params={"payment_intent": payment.provider_ref, "limit": REFUNDS_PER_PAGE}
        )  # fmt: skip
        ours = [each for each in page.auto_paging_iter() if _said_of(each.metadata) == str(refund.pk)]
        kept = [each for each in ours if each.status not in LOST_STATES]
        return (kept[0] if kept else None), len(ours) - len(kept)


def parts_of(refund: Refund) -> list[tuple[Payment, int]]:
    """Which payments a refund gives back, and how much of each.

    Refunds use payments up in the order in which both were made, so that the parts of one never change.
    """
    order = refund.order
    before = sum(order.refunds.filter(pk__lt=refund.pk).values_list("amount", flat=True))
    left, parts = refund.amount, []
    for payment in order.payments.order_by("pk"):
        used = min(before, payment.amount)
        before -= used
        part = min(left, payment.amount - used)
        left -= part
        if part:
            parts.append((payment, part))
    assert not left, "no_more_goes_back_than_was_paid"
    return parts


def _page_of(order: Order, return_url: str, *, now: datetime) -> dict[str, Any]:
    assert order.expires_at is not None, "what_is_to_be_paid_has_a_deadline"
    activity, ticket, language = order.activity, order.ticket, order.member.language or "en"
    name = f"{text_in(activity.names, language, activity.code)}: {text_in(ticket.names, language, ticket.code)}"
    ours = {"order": str(order.public_id)}
    price = {
        "currency": order.money.lower(), "unit_amount": _theirs(order.left_to_pay, order.money),
        "product_data": {"name": name[:250]},
    }  # fmt: skip
    # A page that lives longer than the order is no harm: what is paid late gives the place back, or goes back.
    closes = {"expires_at": int(order.expires_at.timestamp())} if order.expires_at - now > SHORTEST else {}
    if order.expires_at - now > timedelta(hours=24):
        closes = {}
    return {
        "mode": "payment", "client_reference_id": str(order.public_id), "metadata": ours,
        "payment_intent_data": {"metadata": ours}, "success_url": return_url, "cancel_url": return_url,
        "line_items": [{"quantity": 1, "price_data": price}], **closes,
    }  # fmt: skip


def _news(event: dict[str, Any]) -> Iterator[News | Setback]:
    made = event["data"]["object"]
    if event["type"] in PAID_TYPES and made["payment_status"] == "paid" and made["client_reference_id"]:
        code = str(made["currency"]).upper()
        at = datetime.fromtimestamp(int(event["created"]), UTC)
        yield News(
            order_id=str(made["client_reference_id"]), ref=str(made["payment_intent"]),
            amount=_ours(int(made["amount_total"]), code), money=code, at=at,
            page=str(made.get("id") or ""),
        )  # fmt: skip
    elif event["type"] in SETBACK_TYPES and made["status"] in LOST_STATES:
        number = _said_of(made.get("metadata"))
        if number:
            yield Setback(refund_id=int(number), words=str(made.get("failure_reason") or made["status"]))


def _said_of(metadata: Any) -> str:
    """The number of our refund that somebody's metadata holds, if any."""
    return str(metadata["refund"]) if metadata and "refund" in metadata else ""


def _theirs(amount: int, code: str) -> int:
    """Our minor units as Stripe's. Raises CannotMove for a fraction that it does not know."""
    scaled = money.major(amount, code).scaleb(_decimals(code))
    if scaled != scaled.to_integral_value():
        raise CannotMove(f"Stripe knows no such fraction of {code}.")
    return int(scaled)


def _ours(amount: int, code: str) -> int:
    if not money.is_money(code):
        raise ValueError(f"{code} is no money.")
    return money.minor(Decimal(amount).scaleb(-_decimals(code)), code)


def _decimals(code: str) -> int:
    return DECIMALS.get(code, money.decimals(code))


def _client() -> stripe.StripeClient:
    # What fails is asked for again by our own jobs, later each time: nobody sleeps in a request.
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_URL},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


def _words(error: stripe.StripeError) -> str:
    return str(error.user_message or error)[:300]
