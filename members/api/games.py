"""Games of the day: rounds that hosts open, and members' turns."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
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
from members.domain.games import playing
from members.enums import Scope
from members.models import Game, GameRound

TURNS_SHOWN_MAX = 200
NOT_THERE = ("unknown_round", "unknown_game")


class RoundBody(serializers.Serializer[Any]):
    """A round; its answers are never told."""

    id = serializers.UUIDField(source="public_id")
    game = serializers.CharField(source="game.code")
    opening = serializers.CharField()
    host = serializers.SerializerMethodField()
    opened_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)

    def get_host(self, played: GameRound) -> str | None:
        return played.host.ref if played.host is not None else None


class GameBody(serializers.Serializer[Any]):
    """A game, and the round that is open."""

    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    kind = serializers.CharField()
    round = serializers.SerializerMethodField()

    @extend_schema_field(RoundBody(allow_null=True))
    def get_round(self, game: Any) -> dict[str, Any] | None:
        return dict(RoundBody(game.open_rounds[0]).data) if game.open_rounds else None


class TurnBody(serializers.Serializer[Any]):
    """A turn; `why_not` names what was wrong with it: not_an_idiom, not_known, does_not_follow, said_before, not_it."""

    number = serializers.IntegerField()
    member = serializers.CharField(source="member.ref")
    text = serializers.CharField(allow_blank=True)
    right = serializers.BooleanField(source="is_right")
    why_not = serializers.CharField(allow_blank=True)
    taken_at = serializers.DateTimeField()


class PlayedBody(RoundBody):
    """A round with its turns, the newest 200 in their order."""

    turns = TurnBody(many=True, source="shown_turns")


class NewRound(StrictBody):
    """What a round begins with; `answers` for a line to guess; `hours` until it ends by itself."""

    opening = serializers.CharField(max_length=200)
    answers = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=playing.ANSWERS_MAX, required=False, default=list
    )
    hours = serializers.IntegerField(
        min_value=1, max_value=playing.HOURS_MAX, required=False, allow_null=True, default=None
    )
    host = serializers.CharField(max_length=128, required=False, allow_null=True, default=None)


class NewTurn(StrictBody):
    """Who says what."""

    member = serializers.CharField(max_length=128)
    text = serializers.CharField(max_length=200)


def _refused(error: playing.CannotPlay) -> Problem:
    return Problem(error.sentence, status_code=404 if error.kind in NOT_THERE else 422, kind=error.kind)


def _known(round_id: str) -> str:
    try:
        return str(uuid.UUID(round_id))
    except ValueError as error:
        raise Problem("There is no such round.", status_code=404, kind="unknown_round") from error


class Games(generics.ListAPIView[Game]):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]
    serializer_class = GameBody
    pagination_class = Pages
    queryset = Game.objects.filter(is_active=True).prefetch_related(
        Prefetch(
            "rounds", GameRound.objects.filter(closed_at__isnull=True).select_related("game", "host"), "open_rounds"
        )
    )

    @extend_schema(operation_id="list_games", responses={200: GameBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Games in use, each with the round that is open."""
        return super().get(request, *args, **kwargs)


class GameRounds(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="open_round", request=NewRound, responses={201: RoundBody, **PROBLEMS})
    def post(self, request: Request, code: str, **_: Any) -> Response:
        """Open a round in a host's name; of each game one at a time."""
        body = NewRound(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        game = Game.objects.filter(code=code).first() if "\x00" not in code else None
        if game is None:
            raise Problem("There is no such game.", status_code=404, kind="unknown_game")
        host = find_member(given["host"], "/host") if given["host"] is not None else None
        try:
            made = playing.open_round(
                game=game, opening=given["opening"], answers=given["answers"], hours=given["hours"], host=host,
                now=timezone.now(),
            )  # fmt: skip
        except playing.CannotPlay as error:
            raise _refused(error) from error
        return Response(RoundBody(made).data, status=201)


class RoundDetail(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_round", responses={200: PlayedBody, **PROBLEMS})
    def get(self, request: Request, round_id: str, **_: Any) -> Response:
        """A round with its turns."""
        known_only(request)
        found: Any = GameRound.objects.select_related("game", "host").filter(public_id=_known(round_id)).first()
        if found is None:
            raise Problem("There is no such round.", status_code=404, kind="unknown_round")
        newest = found.turns.select_related("member").order_by("-number")[:TURNS_SHOWN_MAX]
        found.shown_turns = list(newest)[::-1]
        return Response(PlayedBody(found).data)


class RoundTurns(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="take_turn", request=NewTurn, responses={201: TurnBody, 200: TurnBody, **PROBLEMS})
    def post(self, request: Request, round_id: str, **_: Any) -> Response:
        """Take a member's turn, which is checked and told as `game.played`; saying it again changes nothing."""
        body = NewTurn(data=request.data)
        body.is_valid(raise_exception=True)
        member = find_member(body.validated_data["member"], "/member")
        try:
            made, is_new = playing.take_turn(
                public_id=_known(round_id), member=member, text=body.validated_data["text"], now=timezone.now()
            )
        except playing.CannotPlay as error:
            raise _refused(error) from error
        return Response(TurnBody(made).data, status=201 if is_new else 200)


class RoundClosing(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="close_round", request=None, responses={200: RoundBody, **PROBLEMS})
    def post(self, request: Request, round_id: str, **_: Any) -> Response:
        """End a round; repeating it changes nothing."""
        known_only(request)
        try:
            found = playing.close_round(public_id=_known(round_id), now=timezone.now())
        except playing.CannotPlay as error:
            raise _refused(error) from error
        return Response(RoundBody(found).data)
