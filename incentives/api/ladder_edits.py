"""Changes of ladders: applied as they were previewed, listed, and undone as a whole."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incentives.api.points import IDEMPOTENCY, Moving
from incentives.api.schemas import PROBLEMS
from incentives.domain.ladders import undo_ladder_edit
from incentives.domain.pump import hints
from incentives.tasks.standing import evaluate_ladders
from members.api.bodies import StrictBody
from members.api.ladders import EditedLadder, PreviewBody, find_ladder
from members.api.paging import Pages
from members.api.problems import Problem
from members.domain.ladders.editing import BadLadder, change_ladder
from members.domain.ladders.edits import EditConflict, plain
from members.domain.ladders.undoing import CannotUndo, preview_undo
from members.enums import Scope
from members.models import Ladder, LadderEdit


class AppliedLadder(EditedLadder):
    """What a ladder shall be, as it was previewed: the same words, with the preview's fingerprint and the reason."""

    fingerprint = serializers.CharField(max_length=80)
    why = serializers.CharField(max_length=200)


class WhyUndone(StrictBody):
    """Why a change is undone; with the fingerprint of its preview, only if the ladder is still what was previewed."""

    why = serializers.CharField(max_length=200)
    fingerprint = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)


class GainedBody(serializers.Serializer[Any]):
    """What members came to between a change and its undo: it stays theirs. Points by currency, in major units."""

    rises = serializers.IntegerField()
    falls = serializers.IntegerField()
    points = serializers.DictField(child=serializers.CharField())
    badges = serializers.IntegerField()
    privileges = serializers.IntegerField()


class LadderEditBody(serializers.ModelSerializer[LadderEdit]):
    """A change of a ladder, as the ladder's words before and after. `undoes` names the change that this one undid."""

    id = serializers.CharField()
    ladder = serializers.CharField(source="ladder.code")
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()
    undoes = serializers.CharField(source="undoes_id", allow_null=True)
    undone_by = serializers.SerializerMethodField()
    gained = serializers.SerializerMethodField()

    class Meta:
        model = LadderEdit
        fields = [
            "id", "ladder", "why", "made_by", "made_at", "before", "after", "undoes", "undone_by", "gained",
        ]  # fmt: skip

    def get_before(self, edit: LadderEdit) -> dict[str, Any]:
        return plain(edit.before)

    def get_after(self, edit: LadderEdit) -> dict[str, Any]:
        return plain(edit.after)

    def get_undone_by(self, edit: LadderEdit) -> str | None:
        return str(edit.undo.pk) if edit.undo is not None else None

    @extend_schema_field(GainedBody(allow_null=True))
    def get_gained(self, edit: LadderEdit) -> dict[str, Any] | None:
        return edit.gained or None


class UndoBody(LadderEditBody):
    """The change that undid another. `was_undone` says that it had been undone before, and nothing was done now."""

    was_undone = serializers.BooleanField()

    class Meta(LadderEditBody.Meta):
        fields = [*LadderEditBody.Meta.fields, "was_undone"]


class LadderEdits(generics.ListAPIView[LadderEdit], Moving):
    scopes = {"GET": Scope.RULES_READ, "POST": Scope.LADDERS_WRITE}
    queryset = LadderEdit.objects.all()
    serializer_class = LadderEditBody
    pagination_class = Pages
    filterset_class = None

    def get_queryset(self) -> QuerySet[LadderEdit]:
        if getattr(self, "swagger_fake_view", False):
            return LadderEdit.objects.none()
        return LadderEdit.objects.filter(ladder=find_ladder(self.kwargs["code"])).select_related("ladder", "undone_by")

    @extend_schema(operation_id="list_ladder_edits", responses={200: LadderEditBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Changes of a ladder and undos of them, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="change_ladder", request=AppliedLadder, parameters=[IDEMPOTENCY],
        responses={201: LadderEditBody, 200: LadderEditBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, code: str, **_: Any) -> Response:
        """Change a ladder exactly as it was previewed; refused if it was changed meanwhile. Then all are evaluated."""
        ladder = find_ladder(code)
        body = AppliedLadder(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        tiers, seen, why = values.pop("tiers"), values.pop("fingerprint"), values.pop("why")

        def do(_key: bytes, actor: str) -> dict[str, Any]:
            try:
                made = change_ladder(
                    ladder=ladder, values=values, tiers=tiers, seen=seen, why=why, by=actor, now=timezone.now()
                )
            except BadLadder as error:
                raise Problem(str(error), status_code=422, kind="bad_ladder") from error
            except EditConflict as error:
                raise _conflict(error) from error
            hints.send_on_commit(evaluate_ladders)
            return dict(LadderEditBody(made).data)

        return self.once(request, {**values, "tiers": tiers, "fingerprint": seen, "why": why}, do)


class LadderEditUndo(Moving):
    scopes = {"GET": Scope.RULES_READ, "POST": Scope.LADDERS_WRITE}

    @extend_schema(operation_id="preview_ladder_undo", responses={200: PreviewBody, **PROBLEMS})
    def get(self, request: Request, code: str, edit_id: int, **_: Any) -> Response:
        """Who would rise and who would fall if a change were undone. Nothing is changed."""
        try:
            found = preview_undo(edit=_found(find_ladder(code), edit_id), now=timezone.now())
        except CannotUndo as error:
            raise Problem(str(error), status_code=409, kind="cannot_undo") from error
        return Response(PreviewBody(found).data)

    @extend_schema(
        operation_id="undo_ladder_edit", request=WhyUndone, parameters=[IDEMPOTENCY],
        responses={201: UndoBody, 200: UndoBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, code: str, edit_id: int, **_: Any) -> Response:
        """Undo the newest change of a ladder as a whole. What rules gave meanwhile stays, and is told in `gained`."""
        edit = _found(find_ladder(code), edit_id)
        body = WhyUndone(data=request.data)
        body.is_valid(raise_exception=True)
        why, seen = body.validated_data["why"], body.validated_data["fingerprint"]

        def do(_key: bytes, actor: str) -> dict[str, Any]:
            try:
                undone = undo_ladder_edit(edit=edit, why=why, by=actor, now=timezone.now(), seen=seen)
            except CannotUndo as error:
                raise Problem(str(error), status_code=409, kind="cannot_undo") from error
            except EditConflict as error:
                raise _conflict(error) from error
            if undone.is_new:
                hints.send_on_commit(evaluate_ladders)
            return {**LadderEditBody(undone.undo).data, "was_undone": not undone.is_new}

        answer = self.once(request, {"why": why, "fingerprint": seen}, do)
        if answer.data["was_undone"]:
            answer.status_code = 200
        return answer


def _conflict(error: EditConflict) -> Problem:
    return Problem(str(error), status_code=409, kind="ladder_changed")


def _found(ladder: Ladder, edit_id: int) -> LadderEdit:
    found = LadderEdit.objects.filter(ladder=ladder, pk=edit_id).first() if edit_id < 2**63 else None
    if found is None:
        raise Problem("There is no such change of this ladder.", status_code=404, kind="unknown_ladder_edit")
    return found
