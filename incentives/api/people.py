"""What is done with a member as a whole: two become one, their data are handed out, they are erased."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.schemas import PROBLEMS
from incentives.domain.erasing import erase
from incentives.domain.ledger import LedgerError, queries
from incentives.domain.merging import merge
from incentives.domain.takeout import data_of
from members.api.authentication import PerKeyThrottle, key_of
from members.api.bodies import StrictBody
from members.api.members import find_member
from members.api.problems import Problem
from members.domain.people.erasing import CannotErase
from members.domain.people.merging import CannotMerge
from members.enums import Scope
from members.models import Member


class MergeBody(StrictBody):
    """The ref that goes, and why one is sure that both are one person."""

    merged = serializers.CharField(max_length=128)
    reason = serializers.CharField(max_length=80)


class BroughtBody(serializers.Serializer[Any]):
    currency = serializers.CharField()
    amount = serializers.CharField()


class MergedBody(serializers.Serializer[Any]):
    """Who stayed, and what came over in this call, in major units; below 0 where a debt was paid."""

    member = serializers.CharField()
    merged = serializers.CharField()
    brought = BroughtBody(many=True)


class MemberMerges(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="merge_members", request=MergeBody, responses={201: MergedBody, 200: MergedBody, **PROBLEMS}
    )
    def post(self, request: Request, ref: str, **_: Any) -> Response:
        """Merge another membership of the same person into this one. Repeating it changes nothing."""
        body = MergeBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        survivor = find_member(ref)
        other = Member.objects.filter(ref=given["merged"]).first()
        if other is None:
            raise Problem(
                f"There is no member {given['merged']!r}.", status_code=404, kind="unknown_member", pointer="/merged"
            )
        try:
            done = merge(
                survivor_id=survivor.pk, merged_id=other.pk, now=timezone.now(), reason=given["reason"],
                actor=str(key_of(request).name),
            )  # fmt: skip
        except CannotMerge as error:
            raise Problem(str(error), status_code=422, kind="cannot_merge", pointer="/merged") from error
        except LedgerError as error:
            raise Problem(str(error), status_code=422, kind="too_many_points") from error
        brought = [
            {"currency": each.currency.code, "amount": str(queries.major(each.amount, each.currency.scale))}
            for each in done.brought
        ]
        answer = {"member": done.survivor.ref, "merged": other.ref, "brought": brought}
        return Response(answer, status=201 if done.is_new else 200)


class ErasureBody(StrictBody):
    """The ref once more, so that nobody is erased by a slip, and why. The reason stays: name nobody in it."""

    ref = serializers.CharField(max_length=128)
    reason = serializers.CharField(max_length=100)


class ErasedBody(serializers.Serializer[Any]):
    """The ref under which the books know them from now on."""

    ref = serializers.CharField()


class MemberErasure(APIView):
    scopes = {"POST": Scope.MEMBERS_ERASE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="erase_member", request=ErasureBody, responses={201: ErasedBody, **PROBLEMS})
    def post(self, request: Request, ref: str, **_: Any) -> Response:
        """Remove everything that identifies a person, for good; the books stay balanced."""
        body = ErasureBody(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            erased = erase(
                member_id=find_member(ref).pk, ref=body.validated_data["ref"], reason=body.validated_data["reason"],
                now=timezone.now(), actor=str(key_of(request).name),
            )  # fmt: skip
        except CannotErase as error:
            raise Problem(str(error), status_code=422, kind="cannot_erase", pointer="/ref") from error
        return Response({"ref": erased.ref}, status=201)


class DataBody(serializers.Serializer[Any]):
    """Everything that is kept about a member."""

    made_at = serializers.DateTimeField()
    member = serializers.DictField()
    standing = serializers.ListField(child=serializers.DictField())
    balances = serializers.ListField(child=serializers.DictField())
    statement = serializers.ListField(child=serializers.DictField())
    badges = serializers.ListField(child=serializers.DictField())
    invitations = serializers.ListField(child=serializers.DictField())
    conduct = serializers.ListField(child=serializers.DictField())
    changes = serializers.ListField(child=serializers.DictField())
    timeline = serializers.ListField(child=serializers.DictField())


class MemberData(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="member_data", responses={200: DataBody, **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """What is kept about a member, for handing to them; of reported events those of the key's sources."""
        return Response(data_of(find_member(ref), now=timezone.now(), sources=key_of(request).source_codes))
