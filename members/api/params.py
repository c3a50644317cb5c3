"""What stands behind the question mark of an address: known names only, each read strictly."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from members.api.bodies import moment_mistake
from members.api.problems import Problem

PAGING = ("cursor", "page_size")


def known_only(request: Request, *names: str) -> None:
    """Refuse a parameter that would silently do nothing, naming the near one. Raises a problem."""
    for name in request.query_params:
        if name not in names:
            raise unknown_parameter(name, names)


class MomentField(forms.CharField):
    """A moment in an address; one without a zone is refused, as everywhere."""

    def to_python(self, value: Any) -> Any:
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise forms.ValidationError("Write a moment such as 2026-11-24T09:30:00Z.") from error
        sentence = moment_mistake(moment)
        if sentence:
            raise forms.ValidationError(sentence)
        # PostgreSQL does not know every offset that people may write.
        return moment.astimezone(UTC)


class MomentFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]  # The library ships no types.
    field_class = MomentField


def unknown_parameter(name: str, names: Iterable[str]) -> Problem:
    known = sorted(names)
    near = difflib.get_close_matches(name[:80], known, 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}." if known else "There are none."
    return Problem(f"There is no parameter {name[:80]!r} here. {hint}", kind="unknown_parameter")


def moment_of(request: Request, name: str) -> datetime | None:
    """A moment with its zone, or None where it is left out. Raises a problem."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _invalid(name, "Write a moment such as 2026-11-24T09:30:00Z.") from error
    sentence = moment_mistake(moment)
    if sentence:
        raise _invalid(name, sentence)
    return moment


def choice_of(request: Request, name: str, choices: Iterable[str]) -> str:
    """One of the choices; empty where it is left out. Raises a problem."""
    text: str = request.query_params.get(name, "")
    known = list(choices)
    if text and text not in known:
        raise _invalid(name, f"{name} is one of: {', '.join(known)}.")
    return text


def text_of(request: Request, name: str, length_max: int = 128) -> str:
    """A text as it stands; empty where it is left out. Raises a problem."""
    text: str = request.query_params.get(name, "")
    if len(text) > length_max or "\x00" in text:
        raise _invalid(name, f"{name} has at most {length_max} characters, and none of them is NUL.")
    return text


def _invalid(name: str, sentence: str) -> Problem:
    return Problem(sentence, kind="invalid", pointer=f"/{name}")


class StrictFilterBackend(DjangoFilterBackend):  # type: ignore[misc]  # The library ships no types.
    """Filters a list by its filter set, and refuses what the set does not know."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        filters = self.get_filterset_class(view, queryset)
        known_only(request, *(filters.base_filters if filters is not None else ()), *PAGING)
        found: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return found
