"""Corrections by API: asked for, read with what they would do, and approved where one pair of eyes is enough."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.points import IDEMPOTENCY, Moving
from incentives.api.schemas import PROBLEMS
from incentives.domain.corrections import queries, steps
from incentives.domain.corrections.making import REASON_LENGTH_MAX, BadCorrection, Wanted, make
from incentives.domain.pump import hints
from incentives.enums import CorrectionAct, CorrectionList
from incentives.models import Correction
from incentives.tasks.corrections import carry_on_corrections
from members.api.authentication import PerKeyThrottle, key_of
from members.api.bodies import Moment, StrictBody
from members.api.paging import Pages
from members.api.problems import Problem
from members.enums import Scope

REFS_MAX = 1_000
_NAMES = {field.name for field in fields(Wanted)}


def _code() -> serializers.CharField:
    return serializers.CharField(max_length=64, required=False, default="")


class CorrectionBody(serializers.ModelSerializer[Correction]):
    """A correction: what would move and be lost is known once it is a `draft`, what was lost once it is `done`.

    `totals` and `lost` are by currency, in major units; `falls` is how many would lose a tier.
    """

    id = serializers.CharField()
    totals = serializers.DictField(child=serializers.CharField())
    lost = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()

    class Meta:
        model = Correction
        fields = [
            "id", "found_by", "act", "reason", "is_quiet", "state", "members", "totals", "lost", "falls",
            "needs_second", "progress", "created_at", "done_at", "undone_at",
        ]  # fmt: skip

    def get_lost(self, correction: Correction) -> dict[str, str]:
        return queries.lost_of(correction)

    def get_progress(self, correction: Correction) -> dict[str, int]:
        found = queries.progress_of(correction)
        return {name: getattr(found, name) for name in ("waiting", "done", "nothing", "failed", "undone")}


class NewCorrection(StrictBody):
    """One list and one act; of the other fields those that they need."""

    found_by = serializers.ChoiceField(CorrectionList.choices)
    act = serializers.ChoiceField(CorrectionAct.choices)
    reason = serializers.CharField(max_length=REASON_LENGTH_MAX, help_text="The members read it.")
    is_quiet = serializers.BooleanField(required=False, default=False)
    refs = serializers.ListField(
        child=serializers.CharField(max_length=128), required=False, default=list, max_length=REFS_MAX
    )
    segment = _code()
    rule = _code()
    version = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=10**9)
    type = _code()
    field = _code()
    value = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    begins_at = Moment(required=False, allow_null=True, default=None)
    ends_at = Moment(required=False, allow_null=True, default=None)
    currency = _code()
    amount = serializers.DecimalField(
        max_digits=18, decimal_places=4, required=False, allow_null=True, default=None, min_value=Decimal("0.0001")
    )
    privilege = _code()
    badge = _code()
    until = Moment(required=False, allow_null=True, default=None)
    uses_max = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=10**6)


class Corrections(generics.ListAPIView[Correction], Moving):
    scopes = {"GET": Scope.CORRECTIONS_READ, "POST": Scope.CORRECTIONS_WRITE}
    queryset = Correction.objects.all()
    serializer_class = CorrectionBody
    pagination_class = Pages
    filterset_class = None

    @extend_schema(operation_id="list_corrections", responses={200: CorrectionBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Corrections, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="make_correction", request=NewCorrection, parameters=[IDEMPOTENCY],
        responses={201: CorrectionBody, 200: CorrectionBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, **_: Any) -> Response:
        """Ask for a correction; what it would do is worked out, and nothing is done before it is approved."""
        body = NewCorrection(data=request.data)
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(body.validated_data)
        said = {name: value for name, value in given.items() if name in _NAMES}
        said["refs"] = tuple(said["refs"])
        wanted = Wanted(app=str(key_of(request).name), **said)

        def do(_key: bytes, _actor: str) -> dict[str, Any]:
            try:
                made = make(wanted, now=timezone.now())
            except BadCorrection as error:
                raise Problem(error.sentence, kind="invalid", pointer=f"/{error.field}") from error
            hints.send_on_commit(carry_on_corrections)
            return dict(CorrectionBody(made).data)

        return self.once(request, {name: _plain(value) for name, value in given.items()}, do)


class CorrectionDetail(APIView):
    scopes = {"GET": Scope.CORRECTIONS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_correction", responses={200: CorrectionBody, **PROBLEMS})
    def get(self, request: Request, correction_id: int, **_: Any) -> Response:
        """A correction: what it would do, how far it has come, what was not recovered."""
        return Response(CorrectionBody(_found(correction_id)).data)


class CorrectionApproval(APIView):
    scopes = {"POST": Scope.CORRECTIONS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="approve_correction", request=None, responses={200: CorrectionBody, **PROBLEMS})
    def post(self, request: Request, correction_id: int, **_: Any) -> Response:
        """Let a correction of your own run. A large one is approved by an operator, never by an app."""
        try:
            made = steps.approve(
                correction_id=_found(correction_id).pk, now=timezone.now(), by=None, who=str(key_of(request).name)
            )
        except steps.CannotStep as error:
            raise Problem(error.sentence, status_code=422, kind=error.kind) from error
        hints.send_on_commit(carry_on_corrections)
        return Response(CorrectionBody(made).data)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, (datetime, Decimal)) else value


def _found(correction_id: int) -> Correction:
    # Whole numbers beyond the column's would be no question that a database answers.
    found = Correction.objects.filter(pk=correction_id).first() if correction_id < 2**63 else None
    if found is None:
        raise Problem("There is no such correction.", status_code=404, kind="unknown_correction")
    return found
