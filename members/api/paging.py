"""Pages of lists by cursor."""

from __future__ import annotations

from typing import Any

from rest_framework import exceptions
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from members.api.problems import Problem

PAGE_SIZE, PAGE_SIZE_MAX = 50, 200


def page_size_of(request: Request) -> int:
    """How many lines a caller wants on a page. Raises a problem for anything but 1 to PAGE_SIZE_MAX."""
    text = request.query_params.get("page_size", "")
    if not text:
        return PAGE_SIZE
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= PAGE_SIZE_MAX):
        raise Problem(
            f"page_size is a whole number from 1 to {PAGE_SIZE_MAX}.", kind="invalid_page_size", pointer="/page_size"
        )
    return int(text)


def bad_cursor() -> Problem:
    return Problem(
        "This cursor is not one of this list; start again without it.", kind="invalid_cursor", pointer="/cursor"
    )


class Pages(CursorPagination):
    """Newest first, by id."""

    ordering = "-id"
    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = PAGE_SIZE_MAX

    def get_page_size(self, request: Request) -> int:
        return page_size_of(request)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """OpenAPI 3.1 says null by its type; DRF still says it as 3.0 did."""
        address = {"type": ["string", "null"], "format": "uri"}
        properties = {"next": address, "previous": address, "results": schema}
        return {"type": "object", "required": ["next", "previous", "results"], "properties": properties}

    def decode_cursor(self, request: Request) -> Cursor | None:
        if not request.query_params.get(self.cursor_query_param):
            return None
        try:
            cursor: Any = super().decode_cursor(request)
        except exceptions.NotFound as error:
            raise bad_cursor() from error
        position = str(cursor.position or "")
        if not (position.isascii() and position.isdigit() and len(position) <= 18):
            raise bad_cursor()
        return Cursor(*cursor)
