"""What was refused, for whoever sent it."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from members.api.authentication import PerKeyThrottle, key_of
from members.api.paging import Pages
from members.api.params import MomentFilter
from members.api.schemas import PROBLEMS
from members.enums import Scope
from members.models import Rejection


class RejectionBody(serializers.ModelSerializer[Rejection]):
    """An item that was refused: who sent it under which id, what was wrong with it, and where."""

    id = serializers.CharField(source="external_id", help_text="The source's own id, as far as it could be read.")

    class Meta:
        model = Rejection
        fields = ["source", "id", "ref", "code", "pointer", "sentence", "received_at"]


class RejectionFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    source = django_filters.CharFilter("source", max_length=64, help_text="Only what this source sent.")
    code = django_filters.CharFilter("code", max_length=40, help_text="Only this kind of mistake.")
    ref = django_filters.CharFilter("ref", max_length=128, help_text="Only what was said of this member.")
    received_from = MomentFilter("received_at", "gte", help_text="Only from this moment on.")
    received_until = MomentFilter("received_at", "lt", help_text="Only before this moment.")


class Rejections(generics.ListAPIView[Rejection]):
    scopes = {"GET": Scope.EVENTS_READ}
    throttle_classes = [PerKeyThrottle]
    serializer_class = RejectionBody
    filterset_class = RejectionFilter
    pagination_class = Pages
    queryset = Rejection.objects.all()

    def get_queryset(self) -> QuerySet[Rejection]:
        if getattr(self, "swagger_fake_view", False):
            return Rejection.objects.none()
        return Rejection.objects.filter(source__in=key_of(self.request).source_codes)

    @extend_schema(operation_id="list_rejections", responses={200: RejectionBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        """What was refused of the key's own sources in the last 30 days, newest first, without its data."""
        return super().get(request, *args, **kwargs)
