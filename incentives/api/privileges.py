"""What members may do, whether now, why not; and the uses that count."""

from __future__ import annotations

import re
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.points import IDEMPOTENCY, Moving
from incentives.domain.privileges import granting, using
from incentives.domain.privileges.deciding import answers_of
from incentives.domain.privileges.definitions import Definition, remembered
from incentives.enums import QuotaPeriod, UseState
from incentives.models import Privilege, PrivilegeGrant, PrivilegeUse
from members.api.authentication import PerKeyThrottle, key_of
from members.api.bodies import Moment, StrictBody
from members.api.members import find_member
from members.api.params import known_only
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.enums import Scope

NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
USES_SHOWN_MAX = 200


class PrivilegeBody(serializers.Serializer[Any]):
    """A right as operators defined it."""

    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    texts = serializers.DictField(child=serializers.CharField())
    way = serializers.CharField(help_text="Who uses it: the app, the member by booking, or the team fulfils.")
    quota = serializers.IntegerField(allow_null=True)
    every = serializers.ChoiceField(choices=QuotaPeriod.choices)
    promise_hours = serializers.IntegerField(allow_null=True)


class WhyNotBody(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Never changes; such as tier_too_low or quota_used.")
    sentence = serializers.CharField(help_text="In the language of Accept-Language.")


class PriceBody(serializers.Serializer[Any]):
    amount = serializers.CharField()
    currency = serializers.CharField()


class AnswerBody(serializers.Serializer[Any]):
    """Whether a member may, now. `quota` and `left` null are as often as they like."""

    code = serializers.CharField(source="definition.code")
    names = serializers.DictField(child=serializers.CharField(), source="definition.names")
    way = serializers.CharField(source="definition.way")
    may = serializers.BooleanField()
    why_not = WhyNotBody(allow_null=True)
    quota = serializers.IntegerField(allow_null=True)
    every = serializers.ChoiceField(choices=QuotaPeriod.choices, source="definition.every")
    left = serializers.IntegerField(allow_null=True)
    again_at = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    price = PriceBody(allow_null=True)
    promise_hours = serializers.IntegerField(allow_null=True, source="definition.promise_hours")


class NewUse(StrictBody):
    """What it is used on and about, and when a booking is for."""

    target = serializers.CharField(max_length=128, required=False, allow_blank=True, default="")
    text = serializers.CharField(max_length=2_000, required=False, allow_blank=True, default="")
    wanted_at = Moment(required=False, allow_null=True, default=None)


class UseBody(serializers.Serializer[Any]):
    """A use, what became of it, and until when the team has promised it."""

    id = serializers.CharField(source="pk")
    privilege = serializers.CharField(source="privilege.code")
    state = serializers.ChoiceField(choices=UseState.choices)
    target = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    used_at = serializers.DateTimeField()
    wanted_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField(allow_blank=True)
    proof = serializers.CharField(allow_blank=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    journal_id = serializers.CharField(allow_null=True, help_text="What it cost, where it was bought.")


class NewGrant(StrictBody):
    """How long it holds (one of `until`, `days` and `like`), and how many uses it brings; left out, as the privilege's
    grants are."""

    until = Moment(required=False, allow_null=True, default=None)
    days = serializers.IntegerField(
        min_value=1, max_value=3_660, required=False, allow_null=True, default=None,
        help_text="So many whole days of the member's own calendar, today the first.",
    )  # fmt: skip
    like = serializers.CharField(
        max_length=80, required=False, allow_blank=True, default="",
        help_text="Exactly as long as the activity of this code.",
    )  # fmt: skip
    uses_max = serializers.IntegerField(min_value=1, max_value=1_000, required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class PrivilegeGrantBody(serializers.Serializer[Any]):
    id = serializers.CharField(source="pk")
    privilege = serializers.CharField(source="privilege.code")
    granted_at = serializers.DateTimeField()
    starts_at = serializers.DateTimeField(allow_null=True, help_text="Null is from granted_at on.")
    until = serializers.DateTimeField(allow_null=True)
    uses_max = serializers.IntegerField(allow_null=True)
    uses = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class Reading(APIView):
    scopes = {"GET": Scope.PRIVILEGES_READ}
    throttle_classes = [PerKeyThrottle]


class Privileges(Reading):
    @extend_schema(operation_id="list_privileges", responses={200: PrivilegeBody(many=True), **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """Every privilege that is offered."""
        known_only(request)
        found = [each for each in remembered().values() if each.is_active]
        return Response(PrivilegeBody(sorted(found, key=lambda each: each.code), many=True).data)


class MemberPrivileges(Reading):
    @extend_schema(operation_id="member_privileges", responses={200: AnswerBody(many=True), **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """What a member may do now, what is left, until when, and why not."""
        known_only(request)
        offered = sorted((each for each in remembered().values() if each.is_active), key=lambda each: each.code)
        answers = answers_of(find_member(ref), offered, now=timezone.now())
        return Response(AnswerBody(answers, many=True).data)


class MemberPrivilege(Reading):
    @extend_schema(operation_id="member_privilege", responses={200: AnswerBody, **PROBLEMS})
    def get(self, request: Request, ref: str, code: str, **_: Any) -> Response:
        """Whether a member may do this one thing now, and why not."""
        known_only(request)
        (answer,) = answers_of(find_member(ref), [_definition(code)], now=timezone.now())
        return Response(AnswerBody(answer).data)


class PrivilegeUses(Moving):
    scopes = {"GET": Scope.PRIVILEGES_READ, "POST": Scope.PRIVILEGES_WRITE}

    @extend_schema(operation_id="list_privilege_uses", responses={200: UseBody(many=True), **PROBLEMS})
    def get(self, request: Request, ref: str, code: str, **_: Any) -> Response:
        """A member's newest 200 uses of a privilege, with what became of each."""
        known_only(request)
        member, definition = find_member(ref), _definition(code)
        found = PrivilegeUse.objects.filter(member=member, privilege_id=definition.id).select_related("privilege")
        return Response(UseBody(found.order_by("-pk")[:USES_SHOWN_MAX], many=True).data)

    @extend_schema(
        operation_id="use_privilege",
        request=NewUse,
        responses={201: UseBody, 200: UseBody, **PROBLEMS},
        parameters=[IDEMPOTENCY],
    )
    def post(self, request: Request, ref: str, code: str, **_: Any) -> Response:
        """Use a privilege once for this key, or be told why not."""
        given = _valid(NewUse, request)
        member, definition = find_member(ref), _definition(code)

        def do(key: bytes, actor: str) -> dict[str, Any]:
            use = using.use_privilege(
                member_id=member.pk, code=definition.code, key=key, now=timezone.now(), actor=actor, **given
            )
            return _plain(UseBody(use).data)

        try:
            return self.once(request, _plain(given), do)
        except using.WordsMissing as error:
            raise Problem("Say what it is about.", kind="invalid", pointer="/text") from error


class PrivilegeUseCancellation(APIView):
    scopes = {"POST": Scope.PRIVILEGES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="cancel_privilege_use", request=None, responses={200: UseBody, **PROBLEMS})
    def post(self, request: Request, ref: str, code: str, use_id: str, **_: Any) -> Response:
        """Give a use back, with the points it cost. Repeating it changes nothing."""
        member, definition = find_member(ref), _definition(code)
        number = _number(use_id)
        if not PrivilegeUse.objects.filter(pk=number, member=member, privilege_id=definition.id).exists():
            raise Problem("There is no such use.", status_code=404, kind="unknown_use")
        try:
            use, _new = using.give_back(
                use_id=number, member_id=member.pk, now=timezone.now(), actor=str(key_of(request).name)
            )
        except using.CannotGiveBack as error:
            raise Problem(error.sentence, status_code=422, kind=error.kind) from error
        return Response(UseBody(use).data)


class PrivilegeGrants(Moving):
    scopes = {"GET": Scope.PRIVILEGES_READ, "POST": Scope.PRIVILEGES_WRITE}

    @extend_schema(operation_id="list_privilege_grants", responses={200: PrivilegeGrantBody(many=True), **PROBLEMS})
    def get(self, request: Request, ref: str, code: str, **_: Any) -> Response:
        """The newest 200 grants of a privilege to a member."""
        known_only(request)
        member, definition = find_member(ref), _definition(code)
        found = PrivilegeGrant.objects.filter(member=member, privilege_id=definition.id).select_related("privilege")
        return Response(PrivilegeGrantBody(found.order_by("-pk")[:USES_SHOWN_MAX], many=True).data)

    @extend_schema(
        operation_id="grant_privilege",
        request=NewGrant,
        responses={201: PrivilegeGrantBody, 200: PrivilegeGrantBody, **PROBLEMS},
        parameters=[IDEMPOTENCY],
    )
    def post(self, request: Request, ref: str, code: str, **_: Any) -> Response:
        """Give a member a privilege, until a day or for good."""
        given = _valid(NewGrant, request)
        member, definition = find_member(ref), _definition(code)
        now = timezone.now()
        if given["until"] is not None and given["until"] <= now:
            raise Problem("until must lie in the future.", kind="invalid", pointer="/until")

        def do(key: bytes, actor: str) -> dict[str, Any]:
            made, _new = granting.grant_privilege(
                member_id=member.pk, privilege=Privilege.objects.get(pk=definition.id), key=key.hex(), now=now,
                actor=actor, **given,
            )  # fmt: skip
            return _plain(PrivilegeGrantBody(made).data)

        try:
            return self.once(request, _plain(given), do)
        except granting.NotGrantable as error:
            raise Problem(str(error), status_code=422, kind="not_grantable") from error


class PrivilegeGrantRevocation(APIView):
    scopes = {"POST": Scope.PRIVILEGES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="revoke_privilege_grant", request=None, responses={200: PrivilegeGrantBody, **PROBLEMS})
    def post(self, request: Request, ref: str, code: str, grant_id: str, **_: Any) -> Response:
        """Take a grant back; what was used of it stays used. Repeating it changes nothing."""
        member, definition = find_member(ref), _definition(code)
        found = PrivilegeGrant.objects.filter(pk=_number(grant_id), member=member, privilege_id=definition.id)
        if not found.exists():
            raise Problem("There is no such grant.", status_code=404, kind="unknown_grant")
        granting.revoke_grant(grant_id=found.get().pk, now=timezone.now())
        return Response(PrivilegeGrantBody(found.select_related("privilege").get()).data)


def _definition(code: str) -> Definition:
    found = remembered().get(code)
    if found is None:
        raise Problem(f"There is no privilege {code[:64]!r}.", status_code=404, kind="unknown_privilege")
    return found


def _number(text: str) -> int:
    return int(text) if NUMBER.fullmatch(text) else 0


def _valid(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    valid: dict[str, Any] = body.validated_data
    return valid


def _plain(values: Any) -> dict[str, Any]:
    """Values as JSON keeps them: moments as texts."""
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}
