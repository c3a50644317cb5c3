"""Members and where they stand."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle
from members.api.bodies import Moment, StrictMixin
from members.api.paging import Pages
from members.api.params import MomentFilter
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.domain import page_links
from members.domain.attributes import BadAttributes, changed, definitions
from members.domain.joining import Arrival, tell_joined
from members.domain.people.tables import REF
from members.domain.statuses import change_status
from members.enums import MemberStatus, Scope
from members.models import Member
from members.models.member import validate_time_zone

ACTS_OF_THEIR_OWN = {
    MemberStatus.BANNED: "A ban, and lifting it, needs a person and a written reason; an operator does it.",
    MemberStatus.ERASED: "Somebody is erased once and for all by POST /api/v1/members/{ref}/erasure.",
}


class MemberBody(StrictMixin, serializers.ModelSerializer[Member]):
    """A person, known by `ref`."""

    verified = serializers.BooleanField(source="is_verified", default=False)
    house = serializers.BooleanField(source="is_house", default=False)
    status = serializers.ChoiceField(choices=MemberStatus.choices, default=MemberStatus.ACTIVE)
    joined_at = Moment(default=timezone.now)
    attributes = serializers.DictField(
        required=False, help_text="As defined by the operators; null takes one away, what is left out keeps its value."
    )

    class Meta:
        model = Member
        fields = [
            "ref", "public_id", "display_name", "email", "language", "time_zone", "age_band", "birthday", "status",
            "verified", "house", "joined_at", "attributes",
        ]  # fmt: skip
        read_only_fields = ["ref", "public_id"]

    def validate_time_zone(self, value: str) -> str:
        return known_time_zone(value)

    def validate_status(self, value: str) -> str:
        before = self.instance.status if self.instance is not None else MemberStatus.ACTIVE
        for status, sentence in ACTS_OF_THEIR_OWN.items():
            if value != before and status in (value, before):
                raise serializers.ValidationError(sentence)
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None or "attributes" in attrs:
            before = self.instance.attributes if self.instance is not None else {}
            known = self.context["definitions"] if "definitions" in self.context else definitions()
            try:
                attrs["attributes"] = changed(attrs.get("attributes", {}), before, known, is_new=self.instance is None)
            except BadAttributes as error:
                raise serializers.ValidationError({"attributes": dict(error.mistakes)}) from error
        return attrs


def known_time_zone(value: str) -> str:
    """The name of a time zone, or empty. Raises a serializer's ValidationError."""
    try:
        validate_time_zone(value)
    except ValidationError as error:
        raise serializers.ValidationError(
            f"{value[:64]!r} is not a time zone; write one such as Europe/Berlin."
        ) from error
    return value


class YesOrNoField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        if not value:
            return None
        if value not in ("true", "false"):
            raise forms.ValidationError("Write true or false.")
        return value == "true"


class YesOrNoFilter(django_filters.BooleanFilter):  # type: ignore[misc]  # The library ships no types.
    field_class = YesOrNoField


class MemberFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    status = django_filters.ChoiceFilter(choices=MemberStatus.choices, help_text="Only members of this status.")
    house = YesOrNoFilter("is_house", widget=forms.TextInput, help_text="Only house accounts, or none of them.")
    language = django_filters.CharFilter("language", max_length=16, help_text="Such as en or zh-hans.")
    joined_from = MomentFilter("joined_at", "gte", help_text="Only who joined at or after this moment.")
    joined_until = MomentFilter("joined_at", "lt", help_text="Only who joined before this moment.")
    ref_prefix = django_filters.CharFilter(
        "ref", "startswith", max_length=128, help_text="Only members whose ref begins like this."
    )

    class Meta:
        model = Member
        fields: list[str] = []


class MemberList(generics.ListAPIView[Member]):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]
    queryset = Member.objects.whole()
    serializer_class = MemberBody
    filterset_class = MemberFilter
    pagination_class = Pages

    @extend_schema(operation_id="list_members", responses={200: MemberBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All members, newest first; one that was merged is told as its survivor only."""
        return super().get(request, *args, **kwargs)


class MemberDetail(APIView):
    scopes = {"GET": Scope.MEMBERS_READ, "PUT": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_member", responses={200: MemberBody, **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """A member by the host app's id."""
        return Response(MemberBody(find_member(ref)).data)

    @extend_schema(
        operation_id="put_member", request=MemberBody, responses={200: MemberBody, 201: MemberBody, **PROBLEMS}
    )
    def put(self, request: Request, ref: str, **_: Any) -> Response:
        """Create a member, or change what is given; what is left out keeps its value."""
        if not REF.fullmatch(ref):
            raise Problem("A ref has 1 to 128 characters, no control characters and no slash.", kind="invalid")
        member = known_by(ref)
        if member is None and settings.CLOSED_COMMUNITY:
            raise Problem(
                "This community is closed: somebody new comes in by POST /api/v1/invitations/{code}/accept.",
                status_code=403,
                kind="invitation_needed",
            )
        body = MemberBody(member, data=request.data, partial=member is not None)
        body.is_valid(raise_exception=True)
        status = body.validated_data.pop("status", None) if member is not None else None
        try:
            with transaction.atomic():
                saved = body.save(**({} if member is not None else {"ref": ref}))
                if status is not None and change_status(member_id=saved.pk, status=status, now=timezone.now()):
                    saved.status = status
                if member is None:
                    tell_joined([Arrival(saved.pk, saved.joined_at)], now=timezone.now())
        except IntegrityError as error:
            raise Problem(
                "Somebody created this member just now; send it again.", status_code=409, kind="conflict"
            ) from error
        return Response(body.data, status=200 if member else 201)


class PageLink(serializers.Serializer[Any]):
    url = serializers.CharField()
    seconds = serializers.IntegerField()


class MemberPageLink(APIView):
    scopes = {"POST": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="make_page_link", request=None, responses={201: PageLink, **PROBLEMS})
    def post(self, request: Request, ref: str, **_: Any) -> Response:
        """A signed, short-lived way into the member's points page."""
        try:
            url, seconds = page_links.make_page_link(member=find_member(ref))
        except page_links.MayNotEnter as error:
            raise Problem(str(error), status_code=422, kind="may_not_enter") from error
        return Response({"url": url, "seconds": seconds}, status=201)


def known_by(ref: str) -> Member | None:
    """Whose ref this is: a merged member's is its survivor's."""
    member = Member.objects.select_related("merged_into").filter(ref=ref).first()
    return member.merged_into or member if member is not None else None


def find_member(ref: str, pointer: str | None = None) -> Member:
    """A member by ref. Raises a 404 problem, which names the place if the ref stood in a body."""
    member = known_by(ref) if "\x00" not in ref else None
    if member is None:
        raise Problem(f"There is no member {ref[:128]!r}.", status_code=404, kind="unknown_member", pointer=pointer)
    return member
