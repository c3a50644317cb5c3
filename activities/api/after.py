"""After an activity: feedback, the recap, papers and the report."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activities.api.activities import find_activity
from activities.api.bodies import Words
from activities.api.registrations import find_registration
from activities.domain.after import feedback, papers, recaps
from activities.domain.after.reporting import report_of
from activities.enums import NameForm, PaperKind
from activities.models import Paper, Recap
from incentives.api.schemas import PROBLEMS
from incentives.domain.requests import Refused
from members.api.authentication import PerKeyThrottle, key_of
from members.api.bodies import StrictBody
from members.api.params import known_only
from members.api.problems import Problem
from members.enums import Scope


class FeedbackBody(StrictBody):
    """How a member who came found it; said again it is mended."""

    stars = serializers.IntegerField(min_value=1, max_value=5)
    words = serializers.CharField(max_length=feedback.WORDS_LENGTH_MAX, required=False, allow_blank=True, default="")
    shows_name = serializers.BooleanField(default=False)


class FeedbackKept(serializers.Serializer[Any]):
    stars = serializers.IntegerField()
    words = serializers.CharField(allow_blank=True)
    shows_name = serializers.BooleanField()
    given_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(allow_null=True)


class FeedbackLine(serializers.Serializer[Any]):
    """A piece of feedback; `name` is empty unless its member shows it."""

    stars = serializers.IntegerField()
    words = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)


class FeedbackLines(serializers.Serializer[Any]):
    results = FeedbackLine(many=True)


class RecapBody(serializers.ModelSerializer[Recap]):
    texts = serializers.DictField(child=serializers.CharField())
    photos = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Recap
        fields = ["texts", "photos", "by", "written_at"]


class NewRecap(StrictBody):
    """Words by language, and addresses of pictures or albums; it takes the place of the one before."""

    texts = Words()
    photos = serializers.ListField(
        child=serializers.CharField(max_length=recaps.ADDRESS_LENGTH_MAX), max_length=recaps.PHOTOS_MAX, default=list
    )
    operator = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class PaperBody(serializers.ModelSerializer[Paper]):
    """A paper; `code` is what anybody can verify at `/verify/{code}/`."""

    class Meta:
        model = Paper
        fields = ["kind", "code", "name_form", "issued_at"]


class NewPaper(StrictBody):
    kind = serializers.ChoiceField(choices=PaperKind.choices)
    name_form = serializers.ChoiceField(choices=NameForm.choices, required=False)


class ActivityReportBody(serializers.Serializer[Any]):
    """What came of an activity. Money is in major units; `goal` and `reached_goal` are of brand activities."""

    registered = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    came = serializers.IntegerField()
    missed = serializers.IntegerField()
    walk_ins = serializers.IntegerField()
    guests = serializers.IntegerField()
    there = serializers.IntegerField()
    new_members = serializers.IntegerField()
    connections = serializers.IntegerField()
    ratings = serializers.IntegerField()
    stars = serializers.CharField(allow_null=True)
    money = serializers.CharField(allow_blank=True)
    cost = serializers.CharField(allow_null=True)
    income = serializers.CharField()
    reach = serializers.IntegerField()
    cost_per_reach = serializers.CharField(allow_null=True)
    goal = serializers.IntegerField(allow_null=True)
    reached_goal = serializers.BooleanField(allow_null=True)


class RegistrationFeedback(APIView):
    scopes = {"PUT": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="rate_activity", request=FeedbackBody, responses={200: FeedbackKept, **PROBLEMS})
    def put(self, request: Request, registration_id: str, **_: Any) -> Response:
        """Say for a member who came how they found it, or mend what they said. Told to rules once."""
        found = find_registration(registration_id)
        body = FeedbackBody(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            kept, _new = feedback.rate(registration_id=found.pk, now=timezone.now(), **body.validated_data)
        except Refused as error:
            raise _problem(error) from error
        return Response(FeedbackKept(kept).data)


class ActivityFeedback(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="list_feedback", responses={200: FeedbackLines, **PROBLEMS})
    def get(self, request: Request, activity: str, **_: Any) -> Response:
        """What was said of an activity, without names unless they are shown."""
        known_only(request)
        lines = feedback.lines_of(find_activity(activity))
        return Response({"results": FeedbackLine(lines, many=True).data})


class ActivityRecap(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ, "PUT": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_recap", responses={200: RecapBody, **PROBLEMS})
    def get(self, request: Request, activity: str, **_: Any) -> Response:
        """What it was like."""
        known_only(request)
        found = Recap.objects.filter(activity=find_activity(activity)).first()
        if found is None:
            raise Problem("There is no recap of this activity yet.", status_code=404, kind="no_recap")
        return Response(RecapBody(found).data)

    @extend_schema(operation_id="write_recap", request=NewRecap, responses={200: RecapBody, **PROBLEMS})
    def put(self, request: Request, activity: str, **_: Any) -> Response:
        """Write down what it was like, in place of what was written before."""
        found = find_activity(activity)
        body = NewRecap(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        try:
            made = recaps.write(
                activity_id=found.pk, texts=given["texts"], photos=given["photos"], now=timezone.now(),
                by=given["operator"] or f"app {key_of(request).name}",
            )  # fmt: skip
        except Refused as error:
            raise _problem(error) from error
        return Response(RecapBody(made).data)


class RegistrationPapers(APIView):
    scopes = {"POST": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="issue_paper", request=NewPaper, responses={200: PaperBody, **PROBLEMS})
    def post(self, request: Request, registration_id: str, **_: Any) -> Response:
        """Issue an admission letter or a certificate, once; asked again it is the same, with the name asked for."""
        found = find_registration(registration_id)
        body = NewPaper(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        form = NameForm(given["name_form"]) if "name_form" in given else None
        try:
            made, _new = papers.issue(
                registration_id=found.pk, kind=PaperKind(given["kind"]), now=timezone.now(), name_form=form
            )
        except Refused as error:
            raise _problem(error) from error
        return Response(PaperBody(made).data)


class ActivityReport(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_activity_report", responses={200: ActivityReportBody, **PROBLEMS})
    def get(self, request: Request, activity: str, **_: Any) -> Response:
        """Who came, what it brought, and what it cost."""
        known_only(request)
        return Response(ActivityReportBody(report_of(find_activity(activity))).data)


def _problem(error: Refused) -> Problem:
    return Problem(error.sentence, status_code=422, kind=error.kind)
