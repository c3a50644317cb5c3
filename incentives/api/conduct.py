"""Violations, appeals and reports."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.points import IDEMPOTENCY, Moving
from incentives.api.schemas import PROBLEMS
from incentives.domain import conduct
from members.api.authentication import PerKeyThrottle
from members.api.bodies import Moment, StrictBody
from members.api.members import find_member
from members.api.paging import Pages
from members.api.params import known_only
from members.api.problems import Problem
from members.domain.conduct import queries, reports, violations
from members.domain.conduct.ladder import NotAllowed, Sentence
from members.enums import Consequence, ReportState, Scope, ViolationState
from members.models import Report, Violation, ViolationKind

TEXT_LENGTH_MAX = 4_000
HOURS_MAX = 24 * 366


class ViolationBody(serializers.ModelSerializer[Violation]):
    """A violation, what followed and what became of it; `operator` is empty where software found it."""

    id = serializers.CharField()
    member = serializers.CharField(source="member.ref")
    kind = serializers.CharField(source="kind.code")

    class Meta:
        model = Violation
        fields = [
            "id", "member", "kind", "state", "consequence", "hours", "fine", "strikes", "strikes_until", "evidence",
            "reason", "operator", "needs_person", "happened_at", "recorded_at", "appealed_at", "appeal", "decided_at",
            "note",
        ]  # fmt: skip


class NewViolation(StrictBody):
    """What happened. Without `operator` it is software's finding: it may hide, warn, or freeze for 24 hours."""

    member = serializers.CharField(max_length=128)
    kind = serializers.CharField(max_length=40)
    evidence = serializers.CharField(max_length=TEXT_LENGTH_MAX, required=False, default="")
    happened_at = Moment(required=False, allow_null=True, default=None)
    operator = serializers.CharField(
        max_length=100, required=False, default="", help_text="The person who decided, as your team knows them."
    )
    reason = serializers.CharField(max_length=500, required=False, default="")
    consequence = serializers.ChoiceField(
        choices=Consequence.choices, required=False, allow_null=True, default=None,
        help_text="Left out: what the kind or the ladder says.",
    )  # fmt: skip
    hours = serializers.IntegerField(min_value=1, max_value=HOURS_MAX, required=False, allow_null=True, default=None)
    fine = serializers.DecimalField(
        max_digits=18, decimal_places=4, min_value=Decimal("0.0001"), required=False, allow_null=True, default=None
    )


class AppealBody(StrictBody):
    text = serializers.CharField(max_length=TEXT_LENGTH_MAX)


class DecisionBody(StrictBody):
    """Whether it stands, who says so and why; the member reads the note."""

    upheld = serializers.BooleanField()
    operator = serializers.CharField(max_length=100)
    note = serializers.CharField(max_length=500)


class ViolationFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    member = django_filters.CharFilter("member__ref", max_length=128, help_text="Only of the member with this ref.")
    state = django_filters.ChoiceFilter(choices=ViolationState.choices, help_text="Only of this state.")
    kind = django_filters.CharFilter("kind__code", max_length=40, help_text="Only of this kind.")

    class Meta:
        model = Violation
        fields: list[str] = []


class Violations(generics.ListAPIView[Violation], Moving):
    scopes = {"GET": Scope.CONDUCT_READ, "POST": Scope.CONDUCT_WRITE}
    queryset = Violation.objects.select_related("member", "kind")
    serializer_class = ViolationBody
    filterset_class = ViolationFilter
    pagination_class = Pages

    @extend_schema(operation_id="list_violations", responses={200: ViolationBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All violations, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="record_violation", request=NewViolation, parameters=[IDEMPOTENCY],
        responses={201: ViolationBody, 200: ViolationBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, **_: Any) -> Response:
        """Record a violation; its consequence takes effect at once."""
        body = NewViolation(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        member = find_member(given["member"], "/member")
        kind = ViolationKind.objects.filter(code=given["kind"]).first()
        if kind is None:
            known = ", ".join(ViolationKind.objects.values_list("code", flat=True)) or "none yet"
            raise Problem(f"There is no such kind; there are: {known}.", kind="unknown_kind", pointer="/kind")
        sentence = None
        if given["consequence"]:
            sentence = Sentence(Consequence(given["consequence"]), given["hours"], given["fine"])
        elif given["hours"] or given["fine"]:
            raise Problem("Say which consequence this measures.", kind="invalid", pointer="/consequence")

        def do(_key: bytes, _actor: str) -> dict[str, Any]:
            try:
                made = conduct.record_violation(
                    member_id=member.pk, kind=kind, now=timezone.now(), happened_at=given["happened_at"],
                    evidence=given["evidence"], operator=given["operator"], reason=given["reason"], sentence=sentence,
                )  # fmt: skip
            except NotAllowed as error:
                raise Problem(str(error), status_code=422, kind="not_allowed", pointer="/consequence") from error
            return _plain(made)

        content = {name: str(value) for name, value in given.items() if value is not None}
        return self.once(request, content, do)


class ViolationDetail(APIView):
    scopes = {"GET": Scope.CONDUCT_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_violation", responses={200: ViolationBody, **PROBLEMS})
    def get(self, request: Request, violation_id: int, **_: Any) -> Response:
        """A violation and what became of it."""
        return Response(ViolationBody(find_violation(violation_id)).data)


class ViolationAppeal(APIView):
    scopes = {"POST": Scope.CONDUCT_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="appeal_violation", request=AppealBody, responses={201: ViolationBody, **PROBLEMS})
    def post(self, request: Request, violation_id: int, **_: Any) -> Response:
        """Ask for a second look in the member's name, once, within thirty days."""
        body = AppealBody(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            found = violations.appeal(
                violation=find_violation(violation_id), text=body.validated_data["text"], now=timezone.now()
            )
        except violations.CannotDecide as error:
            raise Problem(str(error), status_code=422, kind="cannot_decide") from error
        return Response(ViolationBody(found).data, status=201)


class ViolationDecision(APIView):
    scopes = {"POST": Scope.CONDUCT_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="decide_violation", request=DecisionBody, responses={201: ViolationBody, **PROBLEMS})
    def post(self, request: Request, violation_id: int, **_: Any) -> Response:
        """Uphold a violation, or overturn it: then exactly what it took is given back."""
        body = DecisionBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        try:
            found = conduct.decide(
                violation_id=find_violation(violation_id).pk, is_upheld=given["upheld"], now=timezone.now(),
                by=given["operator"], note=given["note"],
            )  # fmt: skip
        except violations.CannotDecide as error:
            raise Problem(str(error), status_code=422, kind="cannot_decide") from error
        return Response(ViolationBody(found).data, status=201)


class NewReport(StrictBody):
    """Who reports whom, for what; `about` is what your app calls the content."""

    reporter = serializers.CharField(max_length=128)
    subject = serializers.CharField(max_length=128)
    about = serializers.CharField(max_length=128, required=False, default="")
    text = serializers.CharField(max_length=TEXT_LENGTH_MAX, required=False, default="")


class MemberReportBody(serializers.ModelSerializer[Report]):
    """A report and its outcome: waiting, acted or dismissed."""

    id = serializers.CharField()
    reporter = serializers.CharField(source="reporter.ref")
    subject = serializers.CharField(source="subject.ref")

    class Meta:
        model = Report
        fields = ["id", "reporter", "subject", "about", "text", "state", "reported_at", "decided_at"]


class ReportFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    state = django_filters.ChoiceFilter(choices=ReportState.choices, help_text="Only of this state.")
    reporter = django_filters.CharFilter("reporter__ref", max_length=128, help_text="Only of the one with this ref.")

    class Meta:
        model = Report
        fields: list[str] = []


class Reports(generics.ListAPIView[Report]):
    scopes = {"GET": Scope.CONDUCT_READ, "POST": Scope.CONDUCT_WRITE}
    throttle_classes = [PerKeyThrottle]
    queryset = Report.objects.select_related("reporter", "subject")
    serializer_class = MemberReportBody
    filterset_class = ReportFilter
    pagination_class = Pages

    @extend_schema(operation_id="list_reports", responses={200: MemberReportBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All reports, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="report_member",
        request=NewReport,
        responses={201: MemberReportBody, 200: MemberReportBody, **PROBLEMS},
    )
    def post(self, request: Request, **_: Any) -> Response:
        """Report a member in another's name; the same about the same content is filed once."""
        body = NewReport(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        try:
            made, is_new = reports.report(
                reporter=find_member(given["reporter"], "/reporter"), subject=find_member(given["subject"], "/subject"),
                text=given["text"], about=given["about"], now=timezone.now(),
            )  # fmt: skip
        except reports.CannotReport as error:
            raise Problem(str(error), status_code=422, kind="cannot_report", pointer="/reporter") from error
        return Response(MemberReportBody(made).data, status=201 if is_new else 200)


class MonthBody(serializers.Serializer[Any]):
    """How many violations of a kind stood in a month; never whose."""

    month = serializers.DateField()
    kind = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    count = serializers.IntegerField()


class ConductMonths(APIView):
    scopes = {"GET": Scope.CONDUCT_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="conduct_months", responses={200: MonthBody(many=True), **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """The last twelve months, by kind: what may be told to everybody."""
        known_only(request)
        names = dict(ViolationKind.objects.values_list("code", "names"))
        lines = [
            {"month": line.month, "kind": line.kind, "names": names[line.kind], "count": line.count}
            for line in queries.months()
        ]
        return Response(MonthBody(lines, many=True).data)


def find_violation(violation_id: int) -> Violation:
    """A violation by its number. Raises a 404 problem."""
    found = (
        Violation.objects.filter(pk=violation_id).select_related("member", "kind").first()
        if violation_id < 2**63
        else None
    )
    if found is None:
        raise Problem("There is no such violation.", status_code=404, kind="unknown_violation")
    return found


def _plain(made: Violation) -> dict[str, Any]:
    """As JSON keeps it, for whoever asks again."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in ViolationBody(made).data.items()
    }
