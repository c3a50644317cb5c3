"""Many members in one call, with a result for each."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle, key_of
from members.api.bodies import StrictBody
from members.api.members import MemberBody
from members.api.problems import Problem, flat
from members.api.schemas import PROBLEMS
from members.domain.attributes import definitions
from members.domain.people.saving import Draft, save_members
from members.domain.people.tables import REF
from members.enums import Scope
from members.models import Member

MEMBERS_MAX = 500


class BatchItem(MemberBody):
    """A member with the ref they are known by; what is left out of somebody known keeps its value."""

    ref = serializers.RegexField(rf"^{REF.pattern}$", max_length=128)

    class Meta(MemberBody.Meta):
        read_only_fields = ["public_id"]


class BatchBody(StrictBody):
    members = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=MEMBERS_MAX)


class BatchRequest(serializers.Serializer[Any]):
    """As it is documented: the items are checked one by one, so that one bad one never refuses its neighbours."""

    members = serializers.ListField(child=BatchItem(), min_length=1, max_length=MEMBERS_MAX)


class ItemError(serializers.Serializer[Any]):
    pointer = serializers.CharField()
    detail = serializers.CharField()


class ItemResult(serializers.Serializer[Any]):
    """What became of an item: created, changed, unchanged or rejected, and then why."""

    ref = serializers.CharField(allow_blank=True)
    status = serializers.CharField(help_text="created, changed, unchanged or rejected.")
    errors = ItemError(many=True, required=False)


class BatchResults(serializers.Serializer[Any]):
    results = ItemResult(many=True)


class MemberBatch(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="put_members", request=BatchRequest, responses={200: BatchResults, **PROBLEMS})
    def post(self, request: Request, **_: Any) -> Response:
        """Create or change up to 500 members; each item is answered for itself, and repeating it changes nothing."""
        body = BatchBody(data=request.data)
        body.is_valid(raise_exception=True)
        items: list[dict[str, Any]] = body.validated_data["members"]
        results: list[dict[str, Any]] = [{} for _ in items]
        places, drafts = _read(items, results)
        try:
            saved = save_members(drafts, now=timezone.now(), reason=f"API key {key_of(request).name}")
        except IntegrityError as error:
            raise Problem(
                "Somebody created one of these members just now; send it again.", status_code=409, kind="conflict"
            ) from error
        for place, each in zip(places, saved, strict=True):
            results[place] = {"ref": each.member.ref, "status": each.verdict}
        return Response({"results": results})


def _read(items: list[dict[str, Any]], results: list[dict[str, Any]]) -> tuple[list[int], list[Draft]]:
    """The good items as drafts with their places; the others are answered in `results`."""
    refs = [item["ref"] for item in items if isinstance(item.get("ref"), str) and "\x00" not in item["ref"]]
    known = {member.ref: member for member in Member.objects.filter(ref__in=refs)}
    context, seen = {"definitions": definitions()}, set[str]()
    places, drafts = [], []
    for place, item in enumerate(items):
        ref = str(item["ref"]) if isinstance(item.get("ref"), str) else ""
        before = known.get(ref)
        one = BatchItem(before, data=item, partial=before is not None, context=context)
        mistakes: Any = None if one.is_valid() else one.errors
        if not mistakes and ref in seen:
            mistakes = {"ref": ["This ref stands further up in the same call."]}
        elif not mistakes and before is None and settings.CLOSED_COMMUNITY:
            mistakes = {"ref": ["This community is closed: somebody new comes in by an invitation."]}
        elif not mistakes and before is not None and before.merged_into_id is not None:
            mistakes = {"ref": ["This member was merged into another; send the other one's ref."]}
        if mistakes:
            results[place] = {
                "ref": ref[:128],
                "status": "rejected",
                "errors": list(flat(mistakes, f"/members/{place}")),
            }
            continue
        seen.add(ref)
        places.append(place)
        drafts.append(Draft(ref, {name: value for name, value in one.validated_data.items() if name != "ref"}))
    return places, drafts
