"""A member's inbox: what they were told, what they have read, and what they want to be told."""

from __future__ import annotations

import re
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle
from members.api.bodies import StrictBody
from members.api.members import find_member
from members.api.paging import Pages
from members.api.params import known_only
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.domain.notifications import inbox, mailing
from members.enums import MessageKind, Scope
from members.models import Member, Notification

IDS_MAX = 200
NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


class NotificationBody(serializers.ModelSerializer[Notification]):
    """What a member was told; `title` and `text` by language."""

    id = serializers.CharField()
    template = serializers.CharField(source="template.code")
    title = serializers.DictField(source="titles", child=serializers.CharField())
    text = serializers.DictField(source="texts", child=serializers.CharField())
    at = serializers.DateTimeField(source="shown_at")
    read_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = Notification
        fields = ["id", "template", "kind", "title", "text", "at", "read_at"]


class NotificationFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    kind = django_filters.ChoiceFilter(choices=MessageKind.choices, help_text="Only of this kind.")
    state = django_filters.ChoiceFilter(
        choices=[("unread", "unread"), ("read", "read")], method="by_state", help_text="Only what was read, or not yet."
    )

    class Meta:
        model = Notification
        fields: list[str] = []

    def by_state(self, found: QuerySet[Notification], _name: str, value: str) -> QuerySet[Notification]:
        return found.filter(read_at__isnull=value == "unread")


class ReadBody(StrictBody):
    """Which notifications were read; left out, everything that was shown so far."""

    ids = serializers.ListField(child=serializers.CharField(max_length=18), required=False, max_length=IDS_MAX)


class ReadCount(serializers.Serializer[Any]):
    """How many were not read before, and how many still are not."""

    read = serializers.IntegerField()
    unread = serializers.IntegerField()


class ChoiceBody(StrictBody):
    """Whether a member wants promotions, and email; what concerns their own things stands in the inbox all the same."""

    promotions = serializers.BooleanField()
    email = serializers.BooleanField(required=False, help_text="Left out, it stays as it is.")


class MemberNotifications(generics.ListAPIView[Notification]):
    scopes = {"GET": Scope.INBOX_READ}
    throttle_classes = [PerKeyThrottle]
    queryset = Notification.objects.none()
    serializer_class = NotificationBody
    filterset_class = NotificationFilter
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Notification]:
        if "ref" not in self.kwargs:
            # The API document is being written.
            return Notification.objects.none()
        found = Notification.objects.shown_to(find_member(self.kwargs["ref"]), timezone.now())
        return found.select_related("template")

    @extend_schema(operation_id="member_notifications", responses={200: NotificationBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What a member was told, newest first."""
        return super().get(request, *args, **kwargs)


class NotificationsRead(APIView):
    scopes = {"POST": Scope.INBOX_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_notifications", request=ReadBody, responses={200: ReadCount, **PROBLEMS})
    def post(self, request: Request, ref: str, **_: Any) -> Response:
        """Mark notifications as read. Repeating it changes nothing."""
        body = ReadBody(data=request.data)
        body.is_valid(raise_exception=True)
        member, now = find_member(ref), timezone.now()
        ids = body.validated_data.get("ids")
        for place, text in enumerate(ids or []):
            if not NUMBER.fullmatch(text):
                raise Problem("This is not the id of a notification.", kind="invalid", pointer=f"/ids/{place}")
        read = inbox.mark_read(member=member, now=now, ids=None if ids is None else [int(text) for text in ids])
        unread = Notification.objects.shown_to(member, now).unread().count()
        return Response(ReadCount({"read": read, "unread": unread}).data)


class MemberNotificationChoice(APIView):
    scopes = {"GET": Scope.INBOX_READ, "PUT": Scope.INBOX_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="notification_choice", responses={200: ChoiceBody, **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """Whether a member wants promotions, and email."""
        known_only(request)
        return Response(_choice_of(find_member(ref)))

    @extend_schema(operation_id="choose_notifications", request=ChoiceBody, responses={200: ChoiceBody, **PROBLEMS})
    def put(self, request: Request, ref: str, **_: Any) -> Response:
        """Switch promotions, and email, off or on. Repeating it changes nothing."""
        body = ChoiceBody(data=request.data)
        body.is_valid(raise_exception=True)
        given, member = body.validated_data, find_member(ref)
        inbox.choose(member=member, wants=given["promotions"], now=timezone.now())
        if "email" in given:
            mailing.choose_email(member=member, wants=given["email"])
        return Response(_choice_of(member))


def _choice_of(member: Member) -> dict[str, bool]:
    return {"promotions": inbox.wants_promotions(member.pk), "email": mailing.wants_email(member.pk)}
