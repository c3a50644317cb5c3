"""What members offer to share, and how far it has come."""

from __future__ import annotations

import uuid
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activities.api.activities import find_activity, find_space
from activities.domain.proposals import proposing
from activities.enums import ProposalState
from activities.models import Proposal
from activities.models.proposals import WORDS_LENGTH_MAX
from incentives.api.points import IDEMPOTENCY, Moving
from incentives.api.schemas import PROBLEMS
from members.api.authentication import PerKeyThrottle, key_of
from members.api.bodies import StrictBody
from members.api.members import find_member
from members.api.paging import Pages
from members.api.params import known_only
from members.api.problems import Problem
from members.enums import Scope

_SHOWN = Proposal.objects.select_related("proposer", "speaker", "activity", "space")


class ProposalBody(serializers.ModelSerializer[Proposal]):
    """A proposal. A member speaks, who agrees first, or a guest. `reason` is what the proposer reads."""

    id = serializers.CharField(source="public_id")
    proposer = serializers.CharField(source="proposer.ref")
    speaker = serializers.CharField(source="speaker.ref", allow_null=True, default=None)
    activity = serializers.CharField(source="activity.code", allow_null=True, default=None)
    space = serializers.CharField(source="space.ref", allow_null=True, default=None)

    class Meta:
        model = Proposal
        fields = [
            "id", "proposer", "speaker", "guest", "agreed_at", "title", "words", "space", "state", "activity", "reason",
            "proposed_at", "moved_at", "delivered_at",
        ]  # fmt: skip


class NewProposal(StrictBody):
    """Who proposes what. Without a speaker and a guest the proposer speaks."""

    proposer = serializers.CharField(max_length=128)
    title = serializers.CharField(max_length=150)
    words = serializers.CharField(max_length=WORDS_LENGTH_MAX)
    speaker = serializers.CharField(max_length=128, required=False, allow_null=True, default=None)
    guest = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")
    space = serializers.CharField(max_length=64, required=False, allow_null=True, default=None)


class ProposalAnswer(StrictBody):
    """Whether the member who is to speak says yes."""

    speaker = serializers.CharField(max_length=128)
    agrees = serializers.BooleanField()


class ProposalStepBody(StrictBody):
    """The next stage; a no wants a reason, a date wants a sharing activity."""

    to = serializers.ChoiceField(
        choices=[e for e in ProposalState.choices if e[0] not in (ProposalState.PROPOSED, ProposalState.DELIVERED)]
    )
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    activity = serializers.CharField(max_length=80, required=False, allow_null=True, default=None)
    operator = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class ProposalFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    state = django_filters.ChoiceFilter(choices=ProposalState.choices, help_text="Only in this stage.")
    proposer = django_filters.CharFilter("proposer__ref", max_length=128, help_text="Only of this member.")

    class Meta:
        model = Proposal
        fields: list[str] = []


class Proposals(generics.ListAPIView[Proposal], Moving):
    scopes = {"GET": Scope.ACTIVITIES_READ, "POST": Scope.ACTIVITIES_WRITE}
    queryset = _SHOWN
    serializer_class = ProposalBody
    filterset_class = ProposalFilter
    pagination_class = Pages

    @extend_schema(operation_id="list_proposals", responses={200: ProposalBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All proposals, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="propose", request=NewProposal, parameters=[IDEMPOTENCY],
        responses={201: ProposalBody, 200: ProposalBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, **_: Any) -> Response:
        """Propose to share something in a member's name. Another member who is to speak is asked first."""
        body = NewProposal(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        proposer = find_member(given["proposer"], "/proposer")
        speaker = find_member(given["speaker"], "/speaker") if given["speaker"] else None
        space = find_space(given["space"]) if given["space"] else None

        def do(_key: bytes, _actor: str) -> dict[str, Any]:
            made = proposing.propose(
                proposer=proposer, title=given["title"], words=given["words"], now=timezone.now(), speaker=speaker,
                guest=given["guest"], space=space,
            )  # fmt: skip
            return dict(ProposalBody(made).data)

        return self.once(request, request.data, do)


class ProposalDetail(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_proposal", responses={200: ProposalBody, **PROBLEMS})
    def get(self, request: Request, proposal_id: str, **_: Any) -> Response:
        """A proposal and how far it has come."""
        known_only(request)
        return Response(ProposalBody(find_proposal(proposal_id)).data)


class ProposalAnswers(APIView):
    scopes = {"POST": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="answer_proposal", request=ProposalAnswer, responses={200: ProposalBody, **PROBLEMS})
    def post(self, request: Request, proposal_id: str, **_: Any) -> Response:
        """The answer of the member who is to speak. Repeating it changes nothing."""
        found = find_proposal(proposal_id)
        body = ProposalAnswer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        speaker = find_member(given["speaker"], "/speaker")
        try:
            proposing.answer(proposal_id=found.pk, speaker_id=speaker.pk, agrees=given["agrees"], now=timezone.now())
        except proposing.CannotPropose as error:
            raise _problem(error) from error
        return Response(ProposalBody(find_proposal(proposal_id)).data)


class ProposalSteps(APIView):
    scopes = {"POST": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="step_proposal", request=ProposalStepBody, responses={200: ProposalBody, **PROBLEMS})
    def post(self, request: Request, proposal_id: str, **_: Any) -> Response:
        """Talk about a proposal, accept it, give it a date, decline or withdraw it. It is delivered when the books of
        its activity are closed. Repeating changes nothing."""
        found = find_proposal(proposal_id)
        body = ProposalStepBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        activity = find_activity(given["activity"]) if given["activity"] else None
        by = given["operator"] or f"app {key_of(request).name}"
        try:
            proposing.step(
                proposal_id=found.pk, to=ProposalState(given["to"]), now=timezone.now(), by=by, reason=given["reason"],
                activity=activity,
            )  # fmt: skip
        except proposing.CannotPropose as error:
            raise _problem(error) from error
        return Response(ProposalBody(find_proposal(proposal_id)).data)


class MemberProposals(generics.ListAPIView[Proposal]):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]
    queryset = Proposal.objects.none()
    serializer_class = ProposalBody
    filterset_class = None
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Proposal]:
        if getattr(self, "swagger_fake_view", False):
            return Proposal.objects.none()
        return _SHOWN.filter(proposer=find_member(self.kwargs["ref"]))

    @extend_schema(operation_id="member_proposals", responses={200: ProposalBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What a member proposed, the last first."""
        return super().get(request, *args, **kwargs)


def find_proposal(text: str) -> Proposal:
    try:
        public_id = uuid.UUID(text)
    except ValueError:
        public_id = uuid.UUID(int=0)
    found = _SHOWN.filter(public_id=public_id).first()
    if found is None:
        raise Problem("There is no such proposal.", status_code=404, kind="unknown_proposal")
    return found


def _problem(error: proposing.CannotPropose) -> Problem:
    return Problem(error.sentence, status_code=422, kind=error.kind)
