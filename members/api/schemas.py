"""Shapes that several endpoints answer with."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers


class ProblemError(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON pointer to the place in the request.")
    detail = serializers.CharField()


class ProblemDetails(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    errors = ProblemError(many=True, required=False)


def _problem(description: str) -> OpenApiResponse:
    return OpenApiResponse(ProblemDetails, description=description)


PROBLEMS: dict[Any, OpenApiResponse] = {
    (400, "application/problem+json"): _problem("The request is not valid."),
    (401, "application/problem+json"): _problem("No key, or one that is not valid."),
    (403, "application/problem+json"): _problem("The key lacks the scope."),
    (404, "application/problem+json"): _problem("There is no such thing."),
    (409, "application/problem+json"): _problem("It contradicts what was done before."),
    (413, "application/problem+json"): _problem("The request is too large."),
    (415, "application/problem+json"): _problem("The body is of a kind that is not read here."),
    (422, "application/problem+json"): _problem("It was understood and refused for good."),
    (429, "application/problem+json"): _problem("Too many requests."),
    (503, "application/problem+json"): _problem("Busy; send the same request again."),
}

PAGE_SIZE = OpenApiParameter(
    "page_size", {"type": "integer", "minimum": 1, "maximum": 200}, description="Lines on a page; 50 if left out."
)
PAGE_PARAMETERS = [
    OpenApiParameter("cursor", OpenApiTypes.STR, description="Where the page begins, as `next` of the one before."),
    PAGE_SIZE,
]
