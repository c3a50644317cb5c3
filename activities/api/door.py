"""The door: scans in, who came, codes and guests."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activities.api.activities import find_activity
from activities.api.registrations import find_registration
from activities.domain.checking_in import codes, taking_back
from activities.domain.checking_in.scanning import CannotScan, Scanned, Taken, count_guests_anew, take_all
from activities.enums import RegistrationState, ScanBy, ScanResult
from activities.models import GUESTS_AT_ONCE_MAX, NONCE_LENGTH_MAX, Activity, Registration, Scan
from incentives.api.schemas import PROBLEMS
from members.api.authentication import PerKeyThrottle, key_of
from members.api.bodies import Moment, StrictBody
from members.api.paging import Pages
from members.api.params import known_only
from members.api.problems import Problem, flat
from members.enums import Scope
from members.models import Member

SCANS_MAX = 500


class ScanItem(StrictBody):
    """One scan: of a `code`, of a `registration` by its id, of a `member` who walks in, or of `guests` who are no
    members. The same `nonce` is the same scan, however often it is sent."""

    nonce = serializers.RegexField(r"^[A-Za-z0-9._-]+\Z", max_length=NONCE_LENGTH_MAX)
    scanned_at = Moment(help_text="By the clock of the device; scans count by it and not by their arrival.")
    code = serializers.CharField(max_length=2 * codes.CODE_LENGTH_MAX, required=False)
    registration = serializers.CharField(max_length=64, required=False)
    member = serializers.CharField(max_length=128, required=False)
    guests = serializers.IntegerField(min_value=0, max_value=GUESTS_AT_ONCE_MAX, required=False)
    device = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    reason = serializers.CharField(
        max_length=300, required=False, allow_blank=True, default="",
        help_text="Lets a member in who walks in though every seat is taken.",
    )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in ("code", "registration", "member") if name in attrs]
        if len(named) > 1:
            raise serializers.ValidationError(f"Say one of {', '.join(named)}, not all of them.")
        if not named and not attrs.get("guests"):
            raise serializers.ValidationError("Say a code, a registration, a member, or how many guests.")
        return attrs


class ScansBody(StrictBody):
    scans = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=SCANS_MAX)
    operator = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class ScansRequest(serializers.Serializer[Any]):
    """As it is documented: each scan is checked for itself, so that a bad one never holds up the others."""

    scans = serializers.ListField(child=ScanItem(), min_length=1, max_length=SCANS_MAX)
    operator = serializers.CharField(max_length=80, required=False)


class ScanOutcome(serializers.Serializer[Any]):
    """What became of a scan. `rejected` is one that could not be read and is not kept; `code` says why."""

    nonce = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=["came", "already", "refused", "undone", "rejected"])
    code = serializers.CharField(allow_blank=True, help_text="Never changes; such as other_activity or unpaid.")
    sentence = serializers.CharField(help_text="In the language of Accept-Language.")
    is_new = serializers.BooleanField()
    registration = serializers.CharField(allow_null=True)
    member = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_blank=True)
    guests = serializers.IntegerField(allow_null=True, help_text="How many guests they registered with.")
    came_at = serializers.DateTimeField(allow_null=True)


class ScanOutcomes(serializers.Serializer[Any]):
    results = ScanOutcome(many=True)


class ScanBody(serializers.ModelSerializer[Scan]):
    """A scan that is kept."""

    registration = serializers.CharField(source="registration.public_id", allow_null=True, default=None)
    member = serializers.CharField(source="member.ref", allow_null=True, default=None)

    class Meta:
        model = Scan
        fields = [
            "nonce", "by", "result", "why", "registration", "member", "guests", "scanned_at", "received_at", "device",
            "actor", "reason",
        ]  # fmt: skip


class CodeBody(serializers.Serializer[Any]):
    """What a member shows at the door: the text, and the same as a QR code in SVG."""

    code = serializers.CharField()
    svg = serializers.CharField()


class GuestsBody(StrictBody):
    """How many people came who are no members; the number of all, so that repeating it changes nothing."""

    came = serializers.IntegerField(min_value=0, max_value=1_000_000)


class GuestsCame(serializers.Serializer[Any]):
    came = serializers.IntegerField()


class UndoBody(StrictBody):
    """Why somebody has not come after all."""

    nonce = serializers.RegexField(r"^[A-Za-z0-9._-]+\Z", max_length=NONCE_LENGTH_MAX)
    reason = serializers.CharField(max_length=300)
    operator = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class ScanFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    result = django_filters.ChoiceFilter(choices=ScanResult.choices, help_text="Only with this result.")
    by = django_filters.ChoiceFilter(choices=ScanBy.choices, help_text="Only of this kind.")
    received_after = django_filters.IsoDateTimeFilter("received_at", "gt", help_text="Only what arrived later.")

    class Meta:
        model = Scan
        fields: list[str] = []


class CheckIns(generics.ListAPIView[Scan]):
    scopes = {"GET": Scope.ACTIVITIES_READ, "POST": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]
    queryset = Scan.objects.none()
    serializer_class = ScanBody
    filterset_class = ScanFilter
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Scan]:
        found = Scan.objects.select_related("registration", "member")
        if getattr(self, "swagger_fake_view", False):
            return found.none()
        return found.filter(activity=find_activity(self.kwargs["activity"]))

    @extend_schema(operation_id="list_check_ins", responses={200: ScanBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Every scan of an activity and what came of it, the last to arrive first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="check_in", request=ScansRequest, responses={200: ScanOutcomes, **PROBLEMS})
    def post(self, request: Request, activity: str, **_: Any) -> Response:
        """Take up to 500 scans, each answered for itself and in order; a nonce is taken once."""
        found = find_activity(activity)
        body = ScansBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        actor = given["operator"] or f"app {key_of(request).name}"
        return Response({"results": take_items(found, given["scans"], now=timezone.now(), actor=actor)})


class ActivityGuests(APIView):
    scopes = {"PUT": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="count_guests", request=GuestsBody, responses={200: GuestsCame, **PROBLEMS})
    def put(self, request: Request, activity: str, **_: Any) -> Response:
        """Write down how many people came who are no members."""
        found = find_activity(activity)
        body = GuestsBody(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            came = count_guests_anew(activity_id=found.pk, came=body.validated_data["came"])
        except CannotScan as error:
            raise Problem(error.sentence, status_code=422, kind=error.kind) from error
        return Response({"came": came})


class RegistrationCode(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="registration_code", responses={200: CodeBody, **PROBLEMS})
    def get(self, request: Request, registration_id: str, **_: Any) -> Response:
        """The code that a member with a place shows at the door."""
        known_only(request)
        found = find_registration(registration_id)
        if found.state != RegistrationState.CONFIRMED:
            raise Problem("Only whoever has a place has a code.", status_code=422, kind="no_place")
        code = codes.code_of(found)
        return Response({"code": code, "svg": codes.picture_of(code)})


class RegistrationUndo(APIView):
    scopes = {"POST": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="undo_check_in", request=UndoBody, responses={200: ScanOutcome, **PROBLEMS})
    def post(self, request: Request, registration_id: str, **_: Any) -> Response:
        """Take a wrong check-in back, with what rules did for it. The same nonce is the same undo."""
        found = find_registration(registration_id)
        body = UndoBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        try:
            taken = taking_back.undo(
                registration_id=found.pk, nonce=given["nonce"], reason=given["reason"], now=timezone.now(),
                actor=given["operator"] or f"app {key_of(request).name}",
            )  # fmt: skip
        except CannotScan as error:
            status = 409 if error.kind == "nonce_reused" else 422
            raise Problem(error.sentence, status_code=status, kind=error.kind) from error
        return Response(_said(taken))


def take_items(activity: Activity, items: list[dict[str, Any]], *, now: datetime, actor: str) -> list[dict[str, Any]]:
    """Read scans as they were sent and take them; a line for each, in order. Two queries find whom they name."""
    results: list[dict[str, Any]] = [{} for _ in items]
    read: list[tuple[int, Mapping[str, Any]]] = []
    for place, item in enumerate(items):
        body = ScanItem(data=item)
        if body.is_valid():
            read.append((place, body.validated_data))
        else:
            mistakes = (f"{each['pointer'].removeprefix('#/')}: {each['detail']}" for each in flat(body.errors, ""))
            results[place] = _rejected(item.get("nonce"), "invalid", " ".join(mistakes))
    registrations = _registrations({given["registration"] for _, given in read if "registration" in given})
    members = {
        each.ref: each
        for each in Member.objects.filter(
            ref__in={given["member"] for _, given in read if "\x00" not in given.get("member", "\x00")}
        )
    }
    scans: list[tuple[int, Scanned]] = []
    for place, given in read:
        if "registration" in given and given["registration"] not in registrations:
            results[place] = _rejected(
                given["nonce"], "unknown_registration", gettext("There is no such registration.")
            )
        elif "member" in given and given["member"] not in members:
            results[place] = _rejected(given["nonce"], "unknown_member", gettext("This member is unknown."))
        else:
            scans.append(
                (
                    place,
                    Scanned(
                        nonce=given["nonce"], scanned_at=given["scanned_at"], code=given.get("code", ""),
                        registration=registrations.get(given.get("registration", "")),
                        member=members.get(given.get("member", "")), guests=given.get("guests"),
                        device=given["device"], reason=given["reason"],
                    ),
                )
            )  # fmt: skip
    answers = take_all(activity_id=activity.pk, scans=[scan for _, scan in scans], now=now, actor=actor)
    for (place, scan), answer in zip(scans, answers, strict=True):
        if isinstance(answer, CannotScan):
            results[place] = _rejected(scan.nonce, answer.kind, answer.sentence)
        else:
            results[place] = _said(answer)
    return results


def _registrations(texts: set[str]) -> dict[str, Registration]:
    wanted: dict[uuid.UUID, str] = {}
    for text in texts:
        try:
            wanted[uuid.UUID(text)] = text
        except ValueError:
            continue
    found = Registration.objects.select_related("member").filter(public_id__in=wanted)
    return {wanted[each.public_id]: each for each in found}


def _said(taken: Taken) -> dict[str, Any]:
    scan, registration = taken.scan, taken.scan.registration
    # Of whom it is said only where the scan belongs here.
    is_ours = registration is not None and registration.activity_id == scan.activity_id
    return {
        "nonce": scan.nonce,
        "status": scan.result,
        "code": scan.why,
        "sentence": taken.sentence,
        "is_new": taken.is_new,
        "registration": str(registration.public_id) if registration is not None and is_ours else None,
        "member": scan.member.ref if scan.member is not None and (is_ours or registration is None) else None,
        "name": str(scan.member) if scan.member is not None and (is_ours or registration is None) else "",
        "guests": registration.guests if registration is not None and is_ours else None,
        "came_at": registration.checked_in_at if registration is not None and is_ours else None,
    }


def _rejected(nonce: object, code: str, sentence: str) -> dict[str, Any]:
    return {
        "nonce": nonce[:NONCE_LENGTH_MAX] if isinstance(nonce, str) else "", "status": "rejected", "code": code,
        "sentence": sentence, "is_new": False, "registration": None, "member": None, "name": "", "guests": None,
        "came_at": None,
    }  # fmt: skip
