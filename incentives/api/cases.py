"""Something missing? A member's question by the app: opened, answered, reopened, closed."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.points import IDEMPOTENCY, Moving
from incentives.api.schemas import PROBLEMS
from incentives.domain.missing import cases
from incentives.domain.missing.finding import Asked
from incentives.models import Case
from members.api.authentication import PerKeyThrottle, key_of
from members.api.bodies import Moment, StrictBody
from members.api.members import find_member
from members.api.paging import Pages
from members.api.problems import Problem
from members.enums import Scope
from members.models import EventKey, EventType

NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


class CaseBody(serializers.ModelSerializer[Case]):
    """A question and where it stands: `finding` and `said` (by language) were found at once, `answer` is the team's."""

    id = serializers.CharField()
    said = serializers.DictField(child=serializers.CharField())
    opens_at = serializers.SerializerMethodField(help_text="When a limit opens again.")
    pending_until = serializers.SerializerMethodField(help_text="Until when what was paid is not sure yet.")

    class Meta:
        model = Case
        fields = [
            "id", "state", "event_type", "happened_at", "text", "finding", "said", "opens_at", "pending_until",
            "opened_at", "due_at", "answer", "answered_at", "closed_at",
        ]  # fmt: skip

    def get_opens_at(self, case: Case) -> str | None:
        opens_at: str | None = case.found.get("opens_at")
        return opens_at

    def get_pending_until(self, case: Case) -> str | None:
        pending_until: str | None = case.found.get("pending_until")
        return pending_until


class NewCase(StrictBody):
    """What the member did: your id of the event, or its type (or words) and when."""

    source = serializers.CharField(max_length=64, required=False, default="")
    event = serializers.CharField(
        max_length=128, required=False, default="", help_text="Your id of the event; with its source."
    )
    event_type = serializers.CharField(max_length=64, required=False, default="")
    happened_at = Moment(required=False, allow_null=True, default=None)
    text = serializers.CharField(max_length=cases.TEXT_LENGTH_MAX, required=False, allow_blank=True, default="")


class CaseWords(StrictBody):
    """What the member says about the answer."""

    text = serializers.CharField(max_length=cases.TEXT_LENGTH_MAX, required=False, allow_blank=True, default="")


class MemberCases(generics.ListAPIView[Case], Moving):
    scopes = {"GET": Scope.INBOX_READ, "POST": Scope.INBOX_WRITE}
    queryset = Case.objects.none()
    serializer_class = CaseBody
    pagination_class = Pages
    filterset_class = None

    def get_queryset(self) -> QuerySet[Case]:
        if "ref" not in self.kwargs:
            # The API document is being written.
            return Case.objects.none()
        return Case.objects.filter(member=find_member(self.kwargs["ref"]))

    @extend_schema(operation_id="member_cases", responses={200: CaseBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A member's questions, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="open_case", request=NewCase, parameters=[IDEMPOTENCY],
        responses={201: CaseBody, 200: CaseBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, ref: str, **_: Any) -> Response:
        """Ask in a member's name whether something is missing; the reason is answered at once where it is found."""
        body = NewCase(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        member, asked = find_member(ref), _asked(request, given)

        def do(_key: bytes, actor: str) -> dict[str, Any]:
            case, _new = cases.open_case(
                member=member, asked=asked, text=given["text"], now=timezone.now(), actor=actor
            )
            return dict(CaseBody(case).data)

        content = {name: str(value) for name, value in given.items() if value is not None}
        return self.once(request, content, do)


class MemberCase(APIView):
    scopes = {"GET": Scope.INBOX_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="member_case", responses={200: CaseBody, **PROBLEMS})
    def get(self, request: Request, ref: str, case_id: str, **_: Any) -> Response:
        """A question and where it stands."""
        return Response(CaseBody(_found(ref, case_id)).data)


class CaseReopening(APIView):
    scopes = {"POST": Scope.INBOX_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="reopen_case", request=CaseWords, responses={200: CaseBody, **PROBLEMS})
    def post(self, request: Request, ref: str, case_id: str, **_: Any) -> Response:
        """Say that the answer does not answer it: the team looks, by a promised time."""
        body = CaseWords(data=request.data)
        body.is_valid(raise_exception=True)
        case = _found(ref, case_id)
        try:
            case = cases.reopen(
                case_id=case.pk, member_id=case.member_id, text=body.validated_data["text"], now=timezone.now()
            )
        except cases.CannotAsk as error:
            raise Problem(error.sentence, status_code=422, kind=error.kind) from error
        return Response(CaseBody(case).data)


class CaseClosing(APIView):
    scopes = {"POST": Scope.INBOX_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="close_case", request=None, responses={200: CaseBody, **PROBLEMS})
    def post(self, request: Request, ref: str, case_id: str, **_: Any) -> Response:
        """Close a question that is answered. Repeating it changes nothing."""
        case = _found(ref, case_id)
        cases.close(case_id=case.pk, member_id=case.member_id, now=timezone.now())
        case.refresh_from_db()
        return Response(CaseBody(case).data)


def _asked(request: Request, given: dict[str, Any]) -> Asked:
    """What is asked about, looked up. Raises a problem."""
    source, allowed = given["source"], key_of(request).source_codes
    if source and source not in allowed:
        raise Problem(
            f"This key may not speak for {source!r}.", status_code=403, kind="source_not_allowed", pointer="/source"
        )
    if given["event"]:
        key = EventKey.objects.filter(source__code=source, external_id=given["event"]).first()
        # One that never came in is asked about by its type and day.
        if key is not None:
            return Asked(timezone.now(), key.pk)
    if given["event_type"] and not EventType.objects.filter(code=given["event_type"]).exists():
        raise Problem("There is no such event type.", kind="unknown_type", pointer="/event_type")
    if given["happened_at"] is None:
        sentence = (
            "There is no such event; say its type and when it happened." if given["event"] else "Say when it happened."
        )
        raise Problem(sentence, kind="invalid", pointer="/happened_at")
    return Asked(given["happened_at"], None, given["event_type"], source=source)


def _found(ref: str, case_id: str) -> Case:
    number = int(case_id) if NUMBER.fullmatch(case_id) else 0
    case = Case.objects.filter(pk=number, member=find_member(ref)).first()
    if case is None:
        raise Problem("There is no such case of this member.", status_code=404, kind="unknown_case")
    return case
