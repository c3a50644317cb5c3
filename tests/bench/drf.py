"""Ingest as most people would write it: DRF serializers and bulk_create. Served beside ours for comparison."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.drf_settings")
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.db import transaction  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework import parsers, serializers  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from members.lanes import lane_of  # noqa: E402
from members.models import Event, EventKey, EventPayload, EventType, Member, Source, Work  # noqa: E402
from tests.bench.programme import FIELDS  # noqa: E402


class Data(serializers.Serializer[Any]):
    words = serializers.IntegerField(min_value=0, max_value=10_000)
    score = serializers.IntegerField(min_value=0, max_value=100)
    kind = serializers.ChoiceField(choices=FIELDS["kind"]["enum"])
    channel = serializers.ChoiceField(choices=FIELDS["channel"]["enum"])
    amount = serializers.IntegerField(min_value=0, max_value=100_000)
    fresh = serializers.BooleanField()


class Item(serializers.Serializer[Any]):
    source = serializers.SlugRelatedField(slug_field="code", queryset=Source.objects.all())
    id = serializers.CharField(max_length=128)
    type = serializers.CharField(max_length=64)
    subject = serializers.CharField(max_length=128)
    time = serializers.DateTimeField(default=timezone.now)
    data = Data()

    def get_fields(self) -> Any:
        fields = super().get_fields()
        fields["source"] = serializers.CharField(max_length=64)
        return fields


class Events(APIView):
    parser_classes = [parsers.JSONParser]

    def post(self, request: Any) -> Response:
        items = Item(data=request.data, many=True)
        items.is_valid(raise_exception=True)
        valid = items.validated_data
        types = dict(EventType.objects.values_list("code", "id"))
        sources = dict(Source.objects.values_list("code", "id"))
        members = dict(Member.objects.filter(ref__in={each["subject"] for each in valid}).values_list("ref", "id"))
        now = timezone.now()
        with transaction.atomic():
            known = set(
                EventKey.objects.filter(external_id__in=[each["id"] for each in valid]).values_list(
                    "external_id", flat=True
                )
            )
            fresh = [each for each in valid if each["id"] not in known]
            made = Event.objects.bulk_create(
                [
                    Event(
                        member_id=members[x["subject"]],
                        type_id=types[x["type"]],
                        source_id=sources[x["source"]],
                        occurred_at=x["time"],
                        received_at=now,
                    )
                    for x in fresh
                ]
            )
            texts = [json.dumps(x["data"], sort_keys=True) for x in fresh]
            EventKey.objects.bulk_create(
                [
                    EventKey(
                        event_id=e.pk,
                        source_id=e.source_id,
                        external_id=x["id"],
                        digest=hashlib.sha256(t.encode()).digest(),
                    )
                    for e, x, t in zip(made, fresh, texts, strict=True)
                ]
            )
            EventPayload.objects.bulk_create(
                [EventPayload(event_id=e.pk, data=t) for e, t in zip(made, texts, strict=True)]
            )
            Work.objects.bulk_create([Work(event_id=e.pk, lane=lane_of(e.member_id), available_at=now) for e in made])
        return Response({"results": [{"status": "accepted", "id": x["id"]} for x in fresh]}, status=202)


urlpatterns = [path("api/v1/events", Events.as_view())]
