"""Supply and demand: what members need, who could serve it, and whether it worked out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.need_bodies import (
    MarketBody,
    NeedAnswer,
    NeedBody,
    NeedConfirmation,
    NewCandidate,
    NewNeed,
)
from incentives.api.points import IDEMPOTENCY, Moving
from incentives.api.schemas import PROBLEMS
from incentives.domain.requests import Refused
from members.api.authentication import PerKeyThrottle, key_of
from members.api.members import find_member
from members.api.paging import Pages
from members.api.params import known_only
from members.api.problems import Problem
from members.api.segments import find_segment
from members.domain.needs import posting, queries, serving
from members.domain.needs.people import CannotServe
from members.enums import NeedRole, NeedState, Scope
from members.models import Need, NeedCandidate, Tier
from members.models.needs import SERVED_STATES


class NeedFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    asker = django_filters.CharFilter("asker__ref", max_length=128, help_text="Only of the member with this ref.")
    state = django_filters.ChoiceFilter(choices=NeedState.choices, help_text="Only of this state.")
    kind = django_filters.CharFilter("kind", max_length=40, help_text="Only of this kind.")

    class Meta:
        model = Need
        fields: list[str] = []


_SHOWN = Need.objects.select_related("asker", "segment", "tier__ladder").prefetch_related("candidates__member")


class Needs(generics.ListAPIView[Need], Moving):
    scopes = {"GET": Scope.MEMBERS_READ, "POST": Scope.MEMBERS_WRITE}
    queryset = _SHOWN
    serializer_class = NeedBody
    filterset_class = NeedFilter
    pagination_class = Pages

    @extend_schema(operation_id="list_needs", responses={200: NeedBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All needs, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="post_need", request=NewNeed, parameters=[IDEMPOTENCY],
        responses={201: NeedBody, 200: NeedBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, **_: Any) -> Response:
        """Post a need in a member's name."""
        body = NewNeed(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        asker = find_member(given["asker"], "/asker")
        segment = find_segment(given["segment"]) if given["segment"] else None
        tier = find_tier(given["tier"]) if given["tier"] else None

        def do(_key: bytes, _actor: str) -> dict[str, Any]:
            try:
                made = posting.post(
                    asker=asker, words=given["words"], kind=given["kind"], until=given["until"], now=timezone.now(),
                    audience=given["audience"], segment=segment, tier=tier,
                )  # fmt: skip
            except CannotServe as error:
                raise Refused(error.kind, error.sentence) from error
            return _plain(made.pk)

        content = {name: str(value) for name, value in given.items() if value is not None}
        return self.once(request, content, do)


class NeedDetail(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_need", responses={200: NeedBody, **PROBLEMS})
    def get(self, request: Request, need_id: int, **_: Any) -> Response:
        """A need, who was proposed, and how far it has come."""
        known_only(request)
        return _shown(need_id)


class NeedCandidates(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="propose_candidate", request=NewCandidate, responses={201: NeedBody, **PROBLEMS})
    def post(self, request: Request, need_id: int, **_: Any) -> Response:
        """Propose somebody who could serve a need, or offer them in their own name; three at most."""
        body = NewCandidate(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        member = find_member(given["member"], "/member")
        by = given["operator"] or f"app {key_of(request).name}"
        with _refusing():
            serving.propose(
                need_id=need_number(need_id), member=member, now=timezone.now(), by=by, is_own=given["offers"]
            )
        return _shown(need_id, status=201)


class NeedAnswers(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="answer_need", request=NeedAnswer, responses={200: NeedBody, **PROBLEMS})
    def post(self, request: Request, need_id: int, **_: Any) -> Response:
        """Give the answer of somebody who was proposed, or of the asker about one who would help. Contacts open once
        both have said yes. Repeating it changes nothing."""
        body = NeedAnswer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        number, now = need_number(need_id), timezone.now()
        member = find_member(given["member"], "/member")
        with _refusing():
            if given["candidate"] is None:
                serving.answer_helper(need_id=number, member_id=member.pk, agrees=given["agrees"], now=now)
            else:
                if not Need.objects.filter(pk=number, asker=member).exists():
                    raise Problem(
                        "Only who asked answers about a candidate.", status_code=422, kind="not_the_asker",
                        pointer="/member",
                    )  # fmt: skip
                candidate = find_member(given["candidate"], "/candidate")
                serving.answer_asker(need_id=number, member_id=candidate.pk, agrees=given["agrees"], now=now)
        return _shown(need_id)


class NeedConfirmations(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="confirm_need", request=NeedConfirmation, responses={200: NeedBody, **PROBLEMS})
    def post(self, request: Request, need_id: int, **_: Any) -> Response:
        """One side says whether it worked out; with both sides' yes rules may reward it. Repeating it changes
        nothing."""
        body = NeedConfirmation(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        member = find_member(given["member"], "/member")
        number = need_number(need_id)
        role = role_of(number, member.pk)
        with _refusing():
            serving.confirm(need_id=number, role=role, worked=given["worked"], now=timezone.now())
        return _shown(need_id)


class NeedWithdrawal(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="withdraw_need", request=None, responses={200: NeedBody, **PROBLEMS})
    def post(self, request: Request, need_id: int, **_: Any) -> Response:
        """Take a need back; whoever was asked hears it. Repeating it changes nothing."""
        posting.withdraw(need_id=need_number(need_id), now=timezone.now())
        return _shown(need_id)


class MemberNeeds(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="member_needs", responses={200: MarketBody, **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """What waits for a member about needs, what they asked for, and what they could help with."""
        known_only(request)
        return Response(MarketBody(queries.market_of(find_member(ref), now=timezone.now())).data)


def need_number(need_id: int) -> int:
    """The number of a need that is there. Raises a 404 problem."""
    if need_id >= 2**63 or not Need.objects.filter(pk=need_id).exists():
        raise Problem("There is no such need.", status_code=404, kind="unknown_need")
    return need_id


def role_of(need_id: int, member_id: int) -> NeedRole:
    """Which side of a match a member is. Raises a 422 problem."""
    if Need.objects.filter(pk=need_id, asker_id=member_id).exists():
        return NeedRole.ASKER
    if NeedCandidate.objects.filter(need_id=need_id, member_id=member_id, state__in=SERVED_STATES).exists():
        return NeedRole.HELPER
    raise Problem(
        "This member is none of the two who found each other.", status_code=422, kind="not_matched", pointer="/member"
    )


def find_tier(path: str) -> Tier:
    """A tier by ladder/tier. Raises a 404 problem."""
    ladder, _, code = path.partition("/")
    found = Tier.objects.in_use().filter(ladder__code=ladder, code=code).first() if "\x00" not in path else None
    if found is None:
        raise Problem(f"There is no tier {path[:80]!r}; write it as ladder/tier.", status_code=404, kind="unknown_tier")
    return found


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what cannot be done about a need into a problem."""
    try:
        yield
    except CannotServe as error:
        raise Problem(error.sentence, status_code=422, kind=error.kind) from error


def _shown(need_id: int, *, status: int = 200) -> Response:
    found = _SHOWN.filter(pk=need_number(need_id)).get()
    return Response(NeedBody(found).data, status=status)


def _plain(need_id: int) -> dict[str, Any]:
    """As JSON keeps it, for whoever asks again."""
    shown = NeedBody(_SHOWN.get(pk=need_id)).data
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in shown.items()}
