"""Balances, statements, and everything that moves points by request."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.schemas import PAGE_PARAMETERS, PROBLEMS
from incentives.bounds import AMOUNT_MAX
from incentives.domain import requests
from incentives.domain.ledger import keys, operations, queries
from incentives.domain.ledger.operations import Moved
from incentives.domain.ledger.permits import MayNotSpend, check_spender
from incentives.domain.reversals import reverse_journal
from incentives.enums import JournalKind
from incentives.models import Currency, Hold, Journal
from members.api.authentication import PerKeyThrottle, key_of
from members.api.bodies import StrictBody
from members.api.members import find_member
from members.api.paging import bad_cursor, page_size_of
from members.api.params import PAGING, known_only
from members.api.problems import Problem
from members.enums import Scope

IDEMPOTENCY_KEY_LENGTH_MAX = 128


class StatementEntry(serializers.Serializer[Any]):
    id = serializers.CharField()
    journal_id = serializers.CharField()
    currency = serializers.CharField()
    kind = serializers.SerializerMethodField()
    amount = serializers.CharField()
    balance_after = serializers.CharField()
    posted_at = serializers.DateTimeField()
    effective_at = serializers.DateTimeField()
    rule_code = serializers.CharField(allow_blank=True)
    rule_version = serializers.IntegerField(allow_null=True)
    note = serializers.CharField(allow_blank=True)

    def get_kind(self, line: queries.StatementLine) -> str:
        return JournalKind(line.kind).name.lower()


class StatementPage(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True)
    results = StatementEntry(many=True)


class LotBody(serializers.Serializer[Any]):
    currency = serializers.CharField()
    remaining = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class Movement(serializers.Serializer[Any]):
    """What was moved: signed amount and the balance after it, in major units."""

    journal_id = serializers.CharField()
    currency = serializers.CharField()
    amount = serializers.CharField()
    balance = serializers.CharField()


class Amount(StrictBody):
    """How much of a currency, and whose."""

    member = serializers.CharField(max_length=128)
    currency = serializers.CharField(max_length=32)
    amount = serializers.DecimalField(max_digits=18, decimal_places=4, min_value=Decimal("0.0001"))


class Adjustment(Amount):
    """How much is added, or taken if negative, and why."""

    amount = serializers.DecimalField(max_digits=18, decimal_places=4)
    reason = serializers.CharField(max_length=500)


class TransferBody(StrictBody):
    """Who gives how much to whom."""

    payer = serializers.CharField(max_length=128)
    payee = serializers.CharField(max_length=128)
    currency = serializers.CharField(max_length=32)
    amount = serializers.DecimalField(max_digits=18, decimal_places=4, min_value=Decimal("0.0001"))


class NewHold(Amount):
    """How much is set aside, and for how long at most."""

    seconds = serializers.IntegerField(min_value=1, max_value=31 * 86_400, default=900)


class CaptureBody(StrictBody):
    """How much of the hold is redeemed; all of it if left out."""

    amount = serializers.DecimalField(
        max_digits=18, decimal_places=4, min_value=Decimal("0.0001"), required=False, allow_null=True
    )


class ReversalBody(StrictBody):
    """Which journal is taken back, for what cause, and how much of it: the same cause takes back once."""

    journal_id = serializers.RegexField(r"^[0-9]{1,18}$")
    cause = serializers.CharField(max_length=128)
    amount = serializers.DecimalField(
        max_digits=18, decimal_places=4, min_value=Decimal("0.0001"), required=False, allow_null=True,
        help_text="All that has not been taken back before, if left out.",
    )  # fmt: skip


class HoldBody(serializers.Serializer[Any]):
    id = serializers.CharField()
    state = serializers.CharField()
    currency = serializers.CharField()
    amount = serializers.CharField()
    captured = serializers.CharField()
    voided = serializers.CharField()
    expires_at = serializers.DateTimeField()


IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", {"type": "string", "minLength": 1, "maxLength": IDEMPOTENCY_KEY_LENGTH_MAX},
    OpenApiParameter.HEADER, required=True,
    description="A permanent id of this call; repeating it returns the first answer.",
)  # fmt: skip


class Reading(APIView):
    scopes = {"GET": Scope.POINTS_READ}
    throttle_classes = [PerKeyThrottle]


class Statement(Reading):
    @extend_schema(
        operation_id="member_statement",
        responses={200: StatementPage, **PROBLEMS},
        parameters=[
            OpenApiParameter("currency", OpenApiTypes.STR, description="Only movements of this currency."),
            OpenApiParameter("rule", OpenApiTypes.STR, description="Only what the rule of this code moved."),
            *PAGE_PARAMETERS,
        ],
    )
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """A member's movements, newest first, each with the balance after it."""
        known_only(request, "currency", "rule", *PAGING)
        currency = request.query_params.get("currency")
        if currency:
            find_currency(currency)
        rule_code = request.query_params.get("rule", "")
        if "\x00" in rule_code:
            raise Problem("rule is the code of a rule.", kind="invalid", pointer="/rule")
        try:
            page = queries.statement(
                member_id=find_member(ref).pk,
                currencies=[currency] if currency else None,
                cursor=request.query_params.get("cursor", ""),
                count=page_size_of(request),
                rule_code=rule_code[:64],
            )
        except queries.BadCursor as error:
            raise bad_cursor() from error
        return Response({"next": page.following, "results": StatementEntry(page.lines, many=True).data})


class Lots(Reading):
    @extend_schema(operation_id="member_lots", responses={200: LotBody(many=True), **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """What expires when, the soonest first."""
        known_only(request)
        return Response(LotBody(queries.lots(find_member(ref).pk), many=True).data)


class Moving(APIView):
    """An unsafe call: it takes an Idempotency-Key and happens once."""

    scopes = {"POST": Scope.POINTS_WRITE}
    throttle_classes = [PerKeyThrottle]

    def once(self, request: Request, content: object, do: Callable[[bytes, str], dict[str, Any]]) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key or len(key) > IDEMPOTENCY_KEY_LENGTH_MAX or not key.isprintable():
            raise Problem(
                f"Send an Idempotency-Key header with 1 to {IDEMPOTENCY_KEY_LENGTH_MAX} characters.",
                kind="idempotency_key_missing",
            )

        def run(request_id: str) -> dict[str, Any]:
            return do(keys.of_request(request_id, "move"), str(key_of(request).name))

        try:
            outcome, is_new = requests.perform(
                api_key=key_of(request).pk, idempotency_key=key, content=[request.path, content], do=run
            )
        except requests.KeyReused as error:
            raise Problem(str(error), status_code=409, kind="idempotency_key_reused") from error
        except requests.Refused as error:
            status = 404 if error.kind == "unknown_hold" else 422
            raise Problem(error.sentence, status_code=status, kind=error.kind) from error
        return Response(outcome, status=201 if is_new else 200)


class Spends(Moving):
    @extend_schema(
        operation_id="spend_points",
        request=Amount,
        responses={201: Movement, 200: Movement, **PROBLEMS},
        parameters=[IDEMPOTENCY],
    )
    def post(self, request: Request, **_: Any) -> Response:
        """Take points for something a member redeems."""
        body = _valid(Amount, request)
        member, currency = _spender(body["member"]), find_currency(body["currency"])
        amount = minor(body["amount"], currency)

        def do(key: bytes, actor: str) -> dict[str, Any]:
            moved = operations.spend(
                member_id=member.pk, currency=currency, amount=amount, key=key, now=timezone.now(), actor=actor
            )
            return _moved(moved, currency)

        return self.once(request, _plain(body), do)


class Adjustments(Moving):
    @extend_schema(
        operation_id="adjust_points",
        request=Adjustment,
        responses={201: Movement, 200: Movement, **PROBLEMS},
        parameters=[IDEMPOTENCY],
    )
    def post(self, request: Request, **_: Any) -> Response:
        """Add points, or take some (a negative amount), with a reason that the member reads."""
        body = _valid(Adjustment, request)
        member, currency = find_member(body["member"], "/member"), find_currency(body["currency"])
        amount = minor(body["amount"], currency)

        def do(key: bytes, actor: str) -> dict[str, Any]:
            moved = operations.adjust(
                member_id=member.pk, currency=currency, amount=amount, key=key, now=timezone.now(),
                reason=body["reason"], actor=actor,
            )  # fmt: skip
            return _moved(moved, currency)

        return self.once(request, _plain(body), do)


class Transfers(Moving):
    @extend_schema(
        operation_id="transfer_points",
        request=TransferBody,
        responses={201: Movement, 200: Movement, **PROBLEMS},
        parameters=[IDEMPOTENCY],
    )
    def post(self, request: Request, **_: Any) -> Response:
        """Give a member's points to another; each lot keeps its expiry."""
        body = _valid(TransferBody, request)
        payer, payee = _spender(body["payer"], "/payer"), find_member(body["payee"], "/payee")
        currency = find_currency(body["currency"])
        amount = minor(body["amount"], currency)

        def do(key: bytes, actor: str) -> dict[str, Any]:
            moved = operations.transfer(
                payer_id=payer.pk, payee_id=payee.pk, currency=currency, amount=amount, key=key,
                now=timezone.now(), actor=actor,
            )  # fmt: skip
            return _moved(moved, currency)

        return self.once(request, _plain(body), do)


class Reversals(Moving):
    @extend_schema(
        operation_id="reverse_journal",
        request=ReversalBody,
        responses={201: Movement, 200: Movement, **PROBLEMS},
        parameters=[IDEMPOTENCY],
    )
    def post(self, request: Request, **_: Any) -> Response:
        """Take back an award, a deduction or a spending, or a part of it. Points that had been taken go back to the
        lots they came from, a part of them in proportion."""
        body = _valid(ReversalBody, request)
        amount = body.get("amount")

        def do(_key: bytes, actor: str) -> dict[str, Any]:
            journal_id = int(body["journal_id"])
            moved = reverse_journal(
                journal_id=journal_id, cause=body["cause"], amount=_part_of(journal_id, amount), now=timezone.now(),
                actor=actor,
            )  # fmt: skip
            currency = Currency.objects.get(pk=_currency_of(moved.journal_id))
            return _moved(moved, currency)

        return self.once(request, _plain(body), do)


class Holds(Moving):
    @extend_schema(
        operation_id="hold_points",
        request=NewHold,
        responses={201: HoldBody, 200: HoldBody, **PROBLEMS},
        parameters=[IDEMPOTENCY],
    )
    def post(self, request: Request, **_: Any) -> Response:
        """Set points aside until they are captured, given back or the time is over."""
        body = _valid(NewHold, request)
        member, currency = _spender(body["member"]), find_currency(body["currency"])
        amount = minor(body["amount"], currency)

        def do(key: bytes, actor: str) -> dict[str, Any]:
            now = timezone.now()
            made = operations.hold(
                member_id=member.pk, currency=currency, amount=amount, key=key, now=now,
                expires_at=now + timedelta(seconds=body["seconds"]), actor=actor,
            )  # fmt: skip
            return hold_body(made)

        return self.once(request, _plain(body), do)


class HoldDetail(Reading):
    @extend_schema(operation_id="read_hold", responses={200: HoldBody, **PROBLEMS})
    def get(self, request: Request, hold_id: uuid.UUID, **_: Any) -> Response:
        """A hold and what became of it."""
        made = Hold.objects.filter(pk=hold_id).first()
        if made is None:
            raise Problem("There is no such hold.", status_code=404, kind="unknown_hold")
        return Response(hold_body(made))


class Captures(Moving):
    @extend_schema(
        operation_id="capture_hold",
        request=CaptureBody,
        responses={201: HoldBody, 200: HoldBody, **PROBLEMS},
        parameters=[IDEMPOTENCY],
    )
    def post(self, request: Request, hold_id: uuid.UUID, **_: Any) -> Response:
        """Redeem what is held, or a part of it; the rest goes back."""
        body = _valid(CaptureBody, request)

        def do(_key: bytes, actor: str) -> dict[str, Any]:
            amount = None
            if body.get("amount") is not None:
                amount = minor(body["amount"], _currency_of_hold(hold_id))
            return hold_body(operations.capture(hold_id=hold_id, now=timezone.now(), amount=amount, actor=actor))

        return self.once(request, _plain(body), do)


class Voids(Moving):
    @extend_schema(
        operation_id="void_hold",
        request=None,
        responses={201: HoldBody, 200: HoldBody, **PROBLEMS},
        parameters=[IDEMPOTENCY],
    )
    def post(self, request: Request, hold_id: uuid.UUID, **_: Any) -> Response:
        """Give everything back that is held."""

        def do(_key: bytes, actor: str) -> dict[str, Any]:
            return hold_body(operations.void(hold_id=hold_id, now=timezone.now(), actor=actor))

        return self.once(request, None, do)


def find_currency(code: str) -> Currency:
    currency = Currency.objects.filter(code=code).first() if "\x00" not in code else None
    if currency is None:
        known = ", ".join(Currency.objects.values_list("code", flat=True)) or "none yet"
        raise Problem(
            f"There is no currency {code!r}; there are: {known}.", kind="unknown_currency", pointer="/currency"
        )
    return currency


def minor(amount: Decimal, currency: Currency) -> int:
    """Major units as whole minor units; a fraction that the currency does not have is refused, never rounded."""
    scaled = amount.scaleb(currency.scale)
    if scaled != scaled.to_integral_value():
        raise Problem(f"{currency.code} has {currency.scale} decimals.", kind="invalid", pointer="/amount")
    if not scaled:
        raise Problem("The amount must not be 0.", kind="invalid", pointer="/amount")
    if abs(scaled) > AMOUNT_MAX:
        most = queries.major(AMOUNT_MAX, currency.scale)
        raise Problem(f"One movement is at most {most:,f} {currency.code}.", kind="invalid", pointer="/amount")
    return int(scaled)


def hold_body(made: Hold) -> dict[str, Any]:
    currency = Currency.objects.get(pk=made.currency_id)
    amounts = {
        name: str(queries.major(getattr(made, name), currency.scale)) for name in ("amount", "captured", "voided")
    }
    return {
        "id": str(made.pk),
        "state": str(made.state),
        "currency": currency.code,
        **amounts,
        "expires_at": made.expires_at.isoformat(),
    }


def _spender(ref: str, pointer: str = "/member") -> Any:
    """A member who may spend now. What is refused here is not remembered: the same call may succeed later."""
    member = find_member(ref, pointer)
    try:
        check_spender(member.pk, timezone.now())
    except MayNotSpend as error:
        raise Problem(str(error), status_code=422, kind="may_not_spend", pointer=pointer) from error
    return member


def _part_of(journal_id: int, amount: Decimal | None) -> int | None:
    """An amount in the minor units of what a journal moved; a journal that is not there is refused elsewhere."""
    found = Journal.objects.filter(pk=journal_id).first()
    if amount is None or found is None:
        return None
    return minor(amount, Currency.objects.get(pk=found.currency_id))


def _currency_of(journal_id: int) -> int:
    return int(Journal.objects.values_list("currency_id", flat=True).get(pk=journal_id))


def _currency_of_hold(hold_id: uuid.UUID) -> Currency:
    made = Hold.objects.filter(pk=hold_id).first()
    if made is None:
        raise operations.UnknownHold("There is no such hold.")
    return Currency.objects.get(pk=made.currency_id)


def _moved(moved: Moved, currency: Currency) -> dict[str, Any]:
    return {
        "journal_id": str(moved.journal_id),
        "currency": currency.code,
        "amount": str(queries.major(moved.amount, currency.scale)),
        "balance": str(queries.major(moved.balance, currency.scale)),
    }


def _valid(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    body = kind(data=request.data if request.data is not None else {})
    body.is_valid(raise_exception=True)
    valid: dict[str, Any] = body.validated_data
    return valid


def _plain(body: dict[str, Any]) -> dict[str, str]:
    return {name: str(value.normalize() if isinstance(value, Decimal) else value) for name, value in body.items()}
