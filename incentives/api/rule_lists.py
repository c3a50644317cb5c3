"""Rules as they stand: all that are in use, or one with any of its versions."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.rules import RuleBody
from incentives.api.schemas import PROBLEMS
from incentives.domain import notice
from incentives.enums import RuleState
from incentives.models import RuleVersion
from members.api.authentication import PerKeyThrottle
from members.api.params import known_only
from members.api.problems import Problem
from members.enums import Scope

IN_USE = (RuleState.LIVE, RuleState.PAUSED)
VERSION_LENGTH_MAX = 9


class RuleFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    state = django_filters.ChoiceFilter(
        choices=RuleState.choices, help_text="Only versions in this state; live and paused ones if left out."
    )
    when = django_filters.CharFilter("event_type", max_length=64, help_text="Only rules that listen to this type.")

    def filter_queryset(self, queryset: QuerySet[RuleVersion]) -> QuerySet[RuleVersion]:
        found: QuerySet[RuleVersion] = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("state") else found.filter(state__in=IN_USE)


class Rules(generics.ListAPIView[RuleVersion]):
    scopes = {"GET": Scope.RULES_READ}
    throttle_classes = [PerKeyThrottle]
    queryset = RuleVersion.objects.select_related("rule").order_by("rule__code", "-number")
    serializer_class = RuleBody
    filterset_class = RuleFilter
    pagination_class = None

    @extend_schema(operation_id="list_rules", responses={200: RuleBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Every rule version that is live or paused, or all of one state, by code; with what is announced of it."""
        versions = list(self.filter_queryset(self.get_queryset()))
        return Response(RuleBody(_with_changes(versions), many=True).data)


class RuleDetail(APIView):
    scopes = {"GET": Scope.RULES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="read_rule",
        responses={200: RuleBody, **PROBLEMS},
        parameters=[
            OpenApiParameter(
                "version", OpenApiTypes.INT, description="This version; the one in use, else the newest, if left out."
            )
        ],
    )
    def get(self, request: Request, rule_code: str, **_: Any) -> Response:
        """One rule: the version in use, or any other."""
        known_only(request, "version")
        number = request.query_params.get("version", "")
        if number and not (number.isascii() and number.isdigit() and len(number) <= VERSION_LENGTH_MAX):
            raise Problem("version is a whole number.", kind="invalid", pointer="/version")
        versions = (
            RuleVersion.objects.filter(rule__code=rule_code).select_related("rule") if "\x00" not in rule_code else None
        )
        if versions is not None and number:
            versions = versions.filter(number=int(number))
        found = versions.order_by(_in_use_first(), "-number").first() if versions is not None else None
        if found is None:
            raise Problem("There is no such rule.", status_code=404, kind="unknown_rule")
        return Response(RuleBody(_with_changes([found])[0]).data)


def _with_changes(versions: list[RuleVersion]) -> list[RuleVersion]:
    """The versions, each with what is announced of its rule as `change`; one query for all."""
    announced = notice.coming([version.rule.code for version in versions], now=timezone.now())
    for version in versions:
        version.change = announced.get(version.rule.code)  # type: ignore[attr-defined]
    return versions


def _in_use_first() -> Case:
    return Case(When(state__in=IN_USE, then=Value(0)), default=Value(1))
