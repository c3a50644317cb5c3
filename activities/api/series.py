"""Activities that come again: when, what each date begins as, and which dates come next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Prefetch
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activities.api.activities import with_names
from activities.api.bodies import Words
from activities.api.clock import ClockTime
from activities.api.series_tickets import NewSeriesTicket, SeriesTicketBody, values_of
from activities.domain.series import drafting, ticketing
from activities.enums import ActivityKind
from activities.models import GUESTS_MAX, SEATS_MAX, Activity, Series, SeriesTicket
from activities.models.series import MINUTES_MAX, REST_DAYS_MAX
from incentives.api.points import IDEMPOTENCY, Moving
from incentives.api.schemas import PROBLEMS
from members.api.authentication import PerKeyThrottle
from members.api.bodies import StrictBody
from members.api.members import find_member
from members.api.paging import Pages
from members.api.params import known_only
from members.api.problems import Problem
from members.enums import Scope

LOOK_AHEAD = timedelta(days=366)
DATES_SHOWN = 60
_TICKETS = SeriesTicket.objects.select_related("series", "currency", "tier__ladder", "privilege")
_SHOWN = Series.objects.select_related("space", "tier__ladder", "segment", "host", "speaker").prefetch_related(
    Prefetch("tickets", _TICKETS)
)


class SeriesBody(serializers.ModelSerializer[Series]):
    """A series. `rule` is an RRULE of RFC 5545, followed in `zone` from `starts_on` at `starts_time`."""

    space = serializers.CharField(source="space.ref", allow_null=True, default=None)
    tier = serializers.SerializerMethodField()
    segment = serializers.CharField(source="segment.code", allow_null=True, default=None)
    host = serializers.CharField(source="host.ref", allow_null=True, default=None)
    speaker = serializers.CharField(source="speaker.ref", allow_null=True, default=None)
    starts_time = ClockTime()
    excluded = serializers.ListField(child=serializers.DateField())
    moved = serializers.DictField(child=serializers.CharField())
    questions = serializers.ListField(child=serializers.DictField())
    tickets = SeriesTicketBody(many=True)

    class Meta:
        model = Series
        fields = [
            "code", "rule", "starts_on", "starts_time", "minutes", "zone", "excluded", "moved", "rest_days",
            "is_active", "kind", "names", "summaries", "texts", "language", "space", "place", "capacity", "guests_max",
            "tier", "segment", "only_space", "questions", "money", "late_refund_percent", "tickets", "host", "speaker",
        ]  # fmt: skip

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_tier(self, series: Series) -> str | None:
        return None if series.tier is None else f"{series.tier.ladder.code}/{series.tier.code}"


class SeriesChange(StrictBody):
    """What is changed; what is left out stays. Drafts that nobody touched follow; what members know of stays."""

    rule = serializers.CharField(max_length=500, required=False, help_text="Such as FREQ=WEEKLY;BYDAY=TU.")
    starts_on = serializers.DateField(required=False)
    starts_time = ClockTime(required=False)
    minutes = serializers.IntegerField(min_value=1, max_value=MINUTES_MAX, required=False)
    zone = serializers.CharField(max_length=64, required=False)
    excluded = serializers.ListField(
        child=serializers.CharField(max_length=10), max_length=drafting.DATES_MAX, required=False,
        help_text="Dates that are left out, such as 2026-12-24.",
    )  # fmt: skip
    moved = serializers.DictField(
        child=serializers.CharField(max_length=32), required=False,
        help_text="Local moments by the date they stand for, such as {\"2026-12-31\": \"2027-01-02T18:00\"}.",
    )  # fmt: skip
    rest_days = serializers.IntegerField(min_value=0, max_value=REST_DAYS_MAX, required=False)
    is_active = serializers.BooleanField(required=False)
    names = Words(required=False)
    summaries = Words(required=False)
    texts = Words(required=False)
    language = serializers.CharField(max_length=16, required=False, allow_blank=True)
    space = serializers.CharField(max_length=64, required=False, allow_null=True)
    place = serializers.CharField(max_length=300, required=False, allow_blank=True)
    link = serializers.URLField(max_length=500, required=False, allow_blank=True)
    capacity = serializers.IntegerField(min_value=1, max_value=SEATS_MAX, required=False, allow_null=True)
    guests_max = serializers.IntegerField(min_value=0, max_value=GUESTS_MAX, required=False)
    tier = serializers.CharField(max_length=200, required=False, allow_null=True, help_text="As ladder/tier.")
    segment = serializers.CharField(max_length=64, required=False, allow_null=True)
    only_space = serializers.BooleanField(required=False)
    questions = serializers.ListField(child=serializers.DictField(), max_length=20, required=False)
    money = serializers.RegexField(
        r"^([A-Z]{3})?\Z", required=False, allow_blank=True, help_text="Of its tickets, such as EUR."
    )
    late_refund_percent = serializers.IntegerField(min_value=0, max_value=100, required=False)
    tickets = NewSeriesTicket(  # type: ignore[call-arg]  # The list of them has these.
        many=True, required=False, max_length=ticketing.TICKETS_MAX,
        help_text="All of them: what is not among them is taken away.",
    )  # fmt: skip
    host = serializers.CharField(max_length=128, required=False, allow_null=True)
    speaker = serializers.CharField(max_length=128, required=False, allow_null=True)


class NewSeries(SeriesChange):
    """A series; its first dates are drafted at once."""

    code = serializers.RegexField(r"^[a-z0-9][a-z0-9-]*\Z", max_length=64)
    kind = serializers.ChoiceField(choices=ActivityKind.choices)
    names = Words()
    rule = serializers.CharField(max_length=500)
    starts_on = serializers.DateField()
    starts_time = ClockTime()
    minutes = serializers.IntegerField(min_value=1, max_value=MINUTES_MAX)


class SeriesDateBody(serializers.Serializer[Any]):
    """A date of a series; `activity` is its draft, or what became of it."""

    day = serializers.DateField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    activity = serializers.CharField(allow_null=True)


class SeriesList(generics.ListAPIView[Series], Moving):
    scopes = {"GET": Scope.ACTIVITIES_READ, "POST": Scope.ACTIVITIES_WRITE}
    queryset = _SHOWN
    serializer_class = SeriesBody
    filterset_class = None
    pagination_class = Pages

    @extend_schema(operation_id="list_series", responses={200: SeriesBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All series, the last one made first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="make_series", request=NewSeries, parameters=[IDEMPOTENCY],
        responses={201: SeriesBody, 200: SeriesBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, **_: Any) -> Response:
        """Make a series and draft its first dates."""
        body = NewSeries(data=request.data)
        body.is_valid(raise_exception=True)
        values = _values(dict(body.validated_data), "")

        def do(_key: bytes, _actor: str) -> dict[str, Any]:
            try:
                with transaction.atomic():
                    made = drafting.make(values=values, now=timezone.now())
            except drafting.CannotRepeat as error:
                raise _problem(error) from error
            except IntegrityError as error:
                raise Problem(
                    f"There is a series {values['code']!r} already.", status_code=409, kind="code_taken"
                ) from error
            return dict(SeriesBody(find_series(made.code)).data)

        return self.once(request, request.data, do)


class SeriesDetail(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ, "PATCH": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_series", responses={200: SeriesBody, **PROBLEMS})
    def get(self, request: Request, series: str, **_: Any) -> Response:
        """A series and what each date of it begins as."""
        known_only(request)
        return Response(SeriesBody(find_series(series)).data)

    @extend_schema(operation_id="change_series", request=SeriesChange, responses={200: SeriesBody, **PROBLEMS})
    def patch(self, request: Request, series: str, **_: Any) -> Response:
        """Change a series. Future drafts that nobody touched follow; what members have heard of stays as it is."""
        found = find_series(series)
        body = SeriesChange(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            drafting.change(
                series_id=found.pk, values=_values(dict(body.validated_data), found.money), now=timezone.now()
            )
        except drafting.CannotRepeat as error:
            raise _problem(error) from error
        return Response(SeriesBody(find_series(series)).data)


class SeriesDates(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="series_dates", responses={200: SeriesDateBody(many=True), **PROBLEMS})
    def get(self, request: Request, series: str, **_: Any) -> Response:
        """The dates of the next year, sixty at most, and the activities that they are."""
        known_only(request)
        found, now = find_series(series), timezone.now()
        dates = drafting.dates_of(found, first=now, until=now + LOOK_AHEAD)[:DATES_SHOWN]
        there = dict(Activity.objects.filter(series=found).values_list("series_date", "code"))
        lines = [
            {"day": each.day, "starts_at": each.starts_at, "ends_at": each.ends_at, "activity": there.get(each.day)}
            for each in dates
        ]
        return Response(SeriesDateBody(lines, many=True).data)


def find_series(code: str) -> Series:
    found = _SHOWN.filter(code=code).first() if "\x00" not in code else None
    if found is None:
        raise Problem(f"There is no series {code[:64]!r}.", status_code=404, kind="unknown_series")
    return found


def _values(given: dict[str, Any], money: str) -> dict[str, Any]:
    for name in ("host", "speaker"):
        if given.get(name):
            given[name] = find_member(given[name], f"/{name}")
    if "tickets" in given:
        given["tickets"] = [values_of(each, given.get("money", money)) for each in given["tickets"]]
    return with_names(given)


def _problem(error: drafting.CannotRepeat) -> Problem:
    return Problem(error.sentence, kind="invalid", pointer=f"/{error.field}" if error.field else "")
